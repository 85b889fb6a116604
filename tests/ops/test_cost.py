"""`python -m ops cost`: what it adds up, what it says it does not know, and how it refuses."""

import json
import re
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from rich.console import Console
from typer.testing import CliRunner

from config import costs
from config.costs import Item, at_home
from config.parsing import parse
from config.prices import Prices
from ops import cost, cost_view, stack_file
from ops.__main__ import app
from ops.cost import Volume, VolumeError
from tests.settings import stacks
from tests.settings.legal import raw_settings
from tests.settings.stacks import CHAT, CLAUDE, DAY, ROOT, changed

PAGE = ROOT / "docs" / "cost.md"
PRICES = Prices.load()

Write = Callable[[dict[str, Any]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes the file of a stack called `mine`; gives its folder."""

    def written(values: dict[str, Any]) -> Path:
        config = {f"litellm-azure:{key}": value for key, value in values.items()}
        (tmp_path / "Pulumi.mine.yaml").write_text(yaml.safe_dump({"config": config}))
        return tmp_path

    return written


def run(*words: str, folder: Path = ROOT, fails: bool = False) -> str:
    """What the command says: on standard error where it refuses."""
    done = CliRunner().invoke(app, ["cost", "--cwd", str(folder), *words])
    assert done.exit_code == (1 if fails else 0), done.output
    assert not fails or done.stdout == ""
    return done.stderr if fails else done.stdout


def told(*words: str, folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("--stack", "mine", "--json", *words, folder=folder))
    return found


def report(prices: Prices = PRICES, volumes: tuple[Volume, ...] = (), **changes: Any) -> cost.Report:
    return cost.report(stacks.settings(**changes), prices, volumes)


def shown(found: cost.Report) -> str:
    console = Console(width=cost_view.WIDTH, highlight=False, no_color=True)
    with console.capture() as capture:
        console.print(cost_view.draw(found, "prod", PRICES))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def test_the_page_shows_what_the_command_prints() -> None:
    """The example of docs/cost.md, with the options that stand above it."""
    text = PAGE.read_text(encoding="utf-8")
    (options,) = re.findall(r"^\$ .* ops cost --stack prod (.+)$", text, re.MULTILINE)
    (example,) = re.findall(r"<!-- cost -->\n```text\n(.*?)\n```\n<!-- /cost -->", text, re.DOTALL)
    printed = run("--stack", "prod", *options.split())
    assert example.splitlines() == [line.rstrip() for line in printed.splitlines()]


@pytest.mark.parametrize("stack", stacks.STACKS)
def test_every_tracked_stack_has_its_costs(stack: str) -> None:
    assert f"What {stack} costs a month" in run("--stack", stack)


def test_a_table_adds_up(write: Write) -> None:
    """For whoever checks it with a pencil: to the cent, of the lines as they are printed."""
    found = told("--tokens", "chat=10M/2M", folder=write(changed()))
    lines = [Decimal(line["month"]) for line in found["fixed"]]
    assert sum(lines) == Decimal(found["subtotal"])
    for level in found["replicas"]:
        assert Decimal(level["month"]) + sum(lines) == Decimal(level["total"])
    (spent,) = found["volumes"]
    assert Decimal(spent["from"]) == Decimal("12.50") + Decimal("20.00")
    assert Decimal(found["total"]["from"]) == Decimal(found["replicas"][0]["total"]) + Decimal(spent["from"])
    assert Decimal(found["total"]["to"]) == Decimal(found["replicas"][-1]["total"]) + Decimal(spent["to"])


def test_money_is_text_in_json_and_the_same_each_time(write: Write) -> None:
    folder = write(changed())
    assert told(folder=folder) == told(folder=folder)
    numbers = [
        value for key, value in _leaves(told(folder=folder)) if isinstance(value, float) and key != "hours"
    ]
    assert numbers == []


def _leaves(value: Any, key: str = "") -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(inner, name)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner, key)]
    return [(key, value)]


def test_one_replica_at_rest_and_busy_are_the_figures_of_azures_own_calculator() -> None:
    """1 vCPU and 2 GiB, 730 hours: idle 7.884 + 2 x 7.884, active 63.072 + 2 x 7.884."""
    at_rest, busy, most = report().levels
    assert (at_rest.a_month, busy.a_month, most.a_month) == (
        Decimal("23.65"),
        Decimal("78.84"),
        Decimal("236.52"),
    )


def test_a_gateway_that_sleeps_costs_nothing_until_somebody_calls() -> None:
    at_rest, busy, _ = report(gateway={"minReplicas": 0}).levels
    assert (at_rest.replicas, at_rest.a_month) == (0, Decimal(0))
    assert (busy.replicas, busy.a_month) == (1, Decimal("78.84"))


def test_provisioned_units_are_paid_all_month_by_the_region_of_their_account() -> None:
    units = {**CHAT, "sku": "DataZoneProvisionedManaged", "capacity": 15}
    found = report(
        regions=[{"name": "eastus2"}, {"name": "swedencentral"}],
        deployments=[units, {**units, "region": "swedencentral"}],
    )
    lines = {line.quote.region: line.a_month for line in found.fixed if line.quote and line.count == 15}
    assert lines == {
        "eastus2": Decimal("1.10") * 15 * 730,
        "swedencentral": Decimal("1.20") * 15 * 730,
    }
    assert [model.reserved for model in found.models] == [True, True]
    assert shown(found).count("in its units") == 2


def test_a_price_of_another_region_is_marked_and_named() -> None:
    text = shown(report(regions=[{"name": "westeurope"}]))
    assert "$0.000024* / vCPU-second" in text
    assert "$0.000004 / vCPU-second" in text, "its own, where it is known"
    assert "* The price of eastus2, swedencentral: none is known for westeurope." in text


def test_what_has_no_price_is_in_no_sum_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not known is not free."""
    meters = {**PRICES.meters, "new": PRICES.meters["private-zone"].model_copy(update={"prices": ()})}
    prices = PRICES.model_copy(update={"meters": meters})
    new = Item(setting="network", what="the new thing", meter="new", count=at_home(lambda found: 2))
    before = report(prices).subtotal
    monkeypatch.setattr(costs, "FIXED", (*costs.FIXED, new))
    found = report(prices)
    assert found.subtotal == before
    assert found.unknown == ("the new thing",)
    assert re.search(r"the new thing +network +2 +not known +not known", shown(found))
    assert "No price is known, and none is in the sums, for: the new thing." in shown(found)


def test_a_model_without_a_price_has_no_total() -> None:
    """gpt-5.1 is sold by the region, and no source has that price."""
    regional = {**CHAT, "sku": "Standard"}
    found = report(volumes=(cost.volume("chat=1M/1M"),), deployments=[regional])
    assert found.models[0].rate is None
    assert (found.spent[0].low, found.spent[0].high) == (None, None)
    assert cost_view.totals(found) == (None, None)
    assert re.search(r"with everything above +not known", shown(found))


def test_another_providers_model_is_billed_by_it(write: Write) -> None:
    secret = {"ANTHROPIC_API_KEY": {"secure": "v1:abc"}}
    text = run("--stack", "mine", folder=write(changed(deployments=[CHAT, CLAUDE], providerKeys=secret)))
    assert "billed by anthropic" in text


def test_an_alias_whose_deployments_differ_in_price_costs_from_to() -> None:
    zone = {**CHAT, "name": "zone", "alias": "chat", "sku": "DataZoneStandard"}
    (spent,) = report(volumes=(cost.volume("chat=100M/20M"),), deployments=[CHAT, zone]).spent
    assert (spent.low, spent.high) == (Decimal("325.00"), Decimal("357.50"))


def test_tokens_that_units_have_room_for_cost_nothing_more() -> None:
    units = {**CHAT, "name": "units", "alias": "chat", "sku": "GlobalProvisionedManaged", "capacity": 15}
    (spent,) = report(volumes=(cost.volume("chat=100M/20M"),), deployments=[units, CHAT]).spent
    assert (spent.low, spent.high) == (Decimal(0), Decimal("325.00"))


def test_cached_input_is_a_part_of_the_input() -> None:
    (spent,) = report(volumes=(cost.volume("chat=100M/0/80M"),)).spent
    assert spent.low == spent.high == Decimal("25.00") + Decimal("10.00")


@pytest.mark.parametrize(
    ("written", "input_tokens"),
    [("1500", 1500), ("20k", 20_000), ("2.5M", 2_500_000), ("1B", 1_000_000_000)],
)
def test_sizes_of_tokens(written: str, input_tokens: int) -> None:
    assert cost.volume(f"chat={written}") == Volume(
        alias="chat", input=Decimal(input_tokens), output=Decimal(), cached=Decimal()
    )


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param("chat", "write a model's name and its tokens of a month, INPUT/OUTPUT", id="no number"),
        pytest.param("chat=many", "such as --tokens gpt-5.1=100M/20M", id="no number that it knows"),
        pytest.param("chat=-5M", "such as --tokens gpt-5.1=100M/20M", id="less than nothing"),
        pytest.param("chat=1M/1M/2M", "CACHED is a part of INPUT, and cannot be more", id="more cached"),
    ],
)
def test_tokens_that_cannot_be_understood(written: str, says: str) -> None:
    with pytest.raises(VolumeError, match=re.escape(says)):
        cost.volume(written)


@pytest.mark.parametrize(
    ("written", "says"),
    [
        pytest.param(
            "gpt=1M", "--tokens gpt=…: this stack has no such model. It has chat, vectors.", id="alias"
        ),
        pytest.param(
            "vectors=1M/1M", "it gives no tokens back. Write --tokens vectors=INPUT.", id="embeddings"
        ),
    ],
)
def test_tokens_that_the_stack_has_not(write: Write, written: str, says: str) -> None:
    said = run("--stack", "mine", "--tokens", written, folder=write(changed()), fails=True)
    assert says in " ".join(said.split())


def test_a_mistake_in_the_stack_file_is_told_as_a_deployment_tells_it(write: Write) -> None:
    said = run("--stack", "mine", folder=write(changed(gateway={"cpu": 9}, workload="UP")), fails=True)
    assert "The stack's settings have 2 problems." in said
    assert "litellm-azure:gateway.cpu is 9" in said
    assert "Traceback" not in said


def test_a_stack_without_a_file_names_those_that_have_one() -> None:
    said = run("--stack", "production", fails=True)
    assert "There is no Pulumi.production.yaml in" in said
    assert "dev, example, prod, staging" in " ".join(said.split())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("config: [", "cannot be read", id="no YAML"),
        pytest.param("", "has no `config:` with settings in it", id="empty"),
        pytest.param("config: nothing", "has no `config:` with settings in it", id="no settings"),
    ],
)
def test_a_file_that_is_no_stacks(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "Pulumi.mine.yaml").write_text(text)
    said = " ".join(run("--stack", "mine", folder=tmp_path, fails=True).split())
    assert says in said
    assert "Traceback" not in said


def test_a_stacks_full_name_is_taken_too() -> None:
    assert "rg-idha-stg" in run("--stack", "acme/litellm-azure/staging")


def test_secrets_stay_encrypted_and_plain_ones_are_refused(write: Write) -> None:
    encrypted = {
        "masterKey": {"secure": "v1:abc"},
        "applicationKeys": {"secure": "v1:abc"},
        "providerKeys": {"secure": "v1:abc"},
    }
    told(folder=write(changed(deployments=[CHAT, CLAUDE], **encrypted)))
    plain = changed(masterKey="sk-0123456789abcdefghijklmnopqrstuvwxyz")
    said = run("--stack", "mine", folder=write(plain), fails=True)
    assert "litellm-azure:masterKey is [secret]" in said
    assert "0123456789abc" not in said


def test_an_api_version_without_quotes_is_no_day(tmp_path: Path) -> None:
    """YAML reads it as one; the engine hands it over as text."""
    text = stacks.stack_text("staging") + "\n  litellm-azure:apiVersion: 2024-10-21\n"
    (tmp_path / "Pulumi.mine.yaml").write_text(text)
    assert stack_file.read(tmp_path, "mine", DAY).api_version == "2024-10-21"


def test_it_needs_neither_the_engine_nor_the_azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "Pulumi.prod.yaml", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "What prod costs a month" in run("--stack", "prod", folder=tmp_path)


def test_json_has_the_address_that_answers_with_todays_price(write: Write) -> None:
    found = told(folder=write(changed()))
    (balancer,) = [line for line in found["fixed"] if "load balancer" in line["what"]]
    assert balancer["price"]["check"].startswith("https://prices.azure.com/api/retail/prices?$filter=")
    assert set(found["sources"]) >= {line["price"]["source"] for line in found["fixed"]}


@given(raw_settings())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_legal_stack_has_its_costs(raw: dict[str, Any]) -> None:
    """And more replicas, or busier ones, never cost less."""
    found = cost.report(parse(raw, DAY), PRICES)
    at_rest, busy, most = (level.total for level in found.levels)
    assert at_rest is not None
    assert busy is not None
    assert most is not None
    assert found.subtotal <= at_rest <= busy <= most
    assert all(line.a_month is not None and line.a_month > 0 for line in found.fixed)
    shown(found)
    json.dumps(cost_view.as_json(found, "any", PRICES))
