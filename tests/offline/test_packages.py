"""Imports go one way between the packages: what lies below knows nothing of what stands on it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imported(file: Path) -> set[str]:
    """Every module that a file names in an import, at whatever depth; `from a import b` names `a.b` too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found.add(str(node.module))
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize(
    ("package", "above"),
    [
        pytest.param(
            "offline/arm",
            ("offline.dataplane", "offline.apps", "offline.fabric", "offline.network", "offline.service"),
            id="the resource manager knows neither data planes, apps nor the network that callers use",
        ),
        pytest.param(
            "offline/dataplane",
            ("offline.apps", "offline.fabric", "offline.service"),
            id="data planes know no apps",
        ),
        pytest.param(
            "offline/schema",
            ("offline.arm.manager", "offline.arm.store", "offline.dataplane", "offline.apps"),
            id="the schema knows no service",
        ),
        pytest.param("offline", ("config", "infra", "demo"), id="Azure does not know what is deployed to it"),
        pytest.param("config", ("pulumi", "pulumi_azure_native", "infra", "offline"), id="config is plain"),
        pytest.param("infra", ("offline",), id="the program does not know that Azure is offline"),
    ],
)
def test_imports_go_one_way(package: str, above: tuple[str, ...]) -> None:
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    broken = [
        f"{file.relative_to(ROOT)} imports {module}"
        for file in files
        for module in sorted(imported(file))
        if any(module == name or module.startswith(f"{name}.") for name in above)
    ]
    assert broken == []
