"""What an offline run tells the engine."""

from pathlib import Path

from offline.engine import Engine
from offline.home import Home


def test_operations_do_not_wait_for_a_core(scratch: Path) -> None:
    """They wait for Azure: by the engine's own number, two cores would run eight at a time."""
    environment = Engine(scratch / "pulumi").environment(Home(scratch / "home"), {})
    assert environment["PULUMI_PARALLEL"] == "32"


def test_what_the_caller_has_set_for_the_engine_stays(scratch: Path) -> None:
    caller = {"PULUMI_PARALLEL": "3", "PULUMI_BACKEND_URL": "file:///elsewhere"}
    environment = Engine(scratch / "pulumi").environment(Home(scratch / "home"), caller)
    assert {name: environment[name] for name in caller} == caller
