"""Names and tags: one convention, one table of what Azure allows.

`<kind>-<workload>-<environment>-<region>-<instance>`, optionally followed by a part that tells siblings
apart: the account `ai-idha-sbx-scus-001`, the subnet `snet-idha-sbx-scus-001-gateway-10.40.0.0-26`. Every
physical name in the program comes out of `Naming`, so a name that would break one of Azure's rules is found before
anything is deployed (`broken_rule`).

Kinds are abbreviated as the Cloud Adoption Framework does ("Abbreviation recommendations for Azure
resources"), except the Azure OpenAI account, which is `ai` as in the system this project started from (the
framework says `oai`). Lengths and characters: "Naming rules and restrictions for Azure resources", read 2026-11.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Scope(StrEnum):
    """Within what a name has to be the only one."""

    WORLD = "all of Azure"
    SUBSCRIPTION = "the subscription"
    GROUP = "the resource group"
    PARENT = "its parent"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of resource: its abbreviation and what Azure allows its name to be."""

    abbreviation: str
    title: str
    longest: int
    characters: str
    """A regular expression that the whole name matches."""
    allowed: str
    """The same in words."""
    unique_in: Scope


_WORDY = r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9_])?"
_WORDY_TEXT = "letters, digits, dots, dashes and underscores, starting with a letter or digit"
_DASHED = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_DASHED_TEXT = "lower-case letters, digits and dashes, starting and ending with a letter or digit"
_APP = r"[a-z](?!.*--)([a-z0-9-]*[a-z0-9])?"
_APP_TEXT = (
    "lower-case letters, digits and single dashes, starting with a letter and ending with a letter or digit"
)


def _kind(abbreviation: str, title: str, longest: int, unique_in: Scope, *, pattern: str = _WORDY) -> Kind:
    allowed = {_WORDY: _WORDY_TEXT, _DASHED: _DASHED_TEXT, _APP: _APP_TEXT}[pattern]
    return Kind(
        abbreviation=abbreviation,
        title=title,
        longest=longest,
        characters=pattern,
        allowed=allowed,
        unique_in=unique_in,
    )


KINDS = MappingProxyType(
    {
        kind.abbreviation: kind
        for kind in (
            _kind("rg", "resource group", 90, Scope.SUBSCRIPTION),
            _kind("vnet", "virtual network", 64, Scope.GROUP),
            _kind("snet", "subnet", 80, Scope.PARENT),
            _kind("nsg", "network security group", 80, Scope.GROUP),
            _kind("pep", "private endpoint", 64, Scope.GROUP),
            # The account's name is also its subdomain, and that is a DNS label.
            _kind("ai", "Azure OpenAI account", 63, Scope.WORLD, pattern=_DASHED),
            _kind("kv", "key vault", 24, Scope.WORLD, pattern=_APP),
            _kind("id", "user-assigned identity", 128, Scope.GROUP),
            _kind("log", "Log Analytics workspace", 63, Scope.GROUP, pattern=_DASHED),
            _kind("appi", "Application Insights component", 255, Scope.GROUP),
            _kind("cae", "Container Apps environment", 60, Scope.GROUP, pattern=_DASHED),
            _kind("ca", "container app", 32, Scope.GROUP, pattern=_APP),
            _kind("ag", "action group", 260, Scope.GROUP),
            # The framework has no abbreviations of these two.
            _kind("ma", "metric alert", 260, Scope.GROUP),
            _kind("budget", "budget", 63, Scope.PARENT, pattern=_DASHED),
            _kind("psql", "PostgreSQL server", 63, Scope.WORLD, pattern=_DASHED),
            _kind("amr", "Azure Managed Redis", 60, Scope.WORLD, pattern=_DASHED),
        )
    }
)

# Short names of regions: Azure Backup's geo-code list ("Azure regions and geo-codes", learn.microsoft.com).
REGION_SHORT_NAMES = MappingProxyType(
    {
        "australiacentral": "acl",
        "australiaeast": "ae",
        "australiasoutheast": "ase",
        "brazilsouth": "brs",
        "canadacentral": "cnc",
        "canadaeast": "cne",
        "centralindia": "inc",
        "centralus": "cus",
        "eastasia": "ea",
        "eastus": "eus",
        "eastus2": "eus2",
        "francecentral": "frc",
        "germanywestcentral": "gwc",
        "israelcentral": "ilc",
        "italynorth": "itn",
        "japaneast": "jpe",
        "japanwest": "jpw",
        "koreacentral": "krc",
        "northcentralus": "ncus",
        "northeurope": "ne",
        "norwayeast": "nwe",
        "polandcentral": "plc",
        "qatarcentral": "qac",
        "southafricanorth": "san",
        "southcentralus": "scus",
        "southeastasia": "sea",
        "southindia": "ins",
        "spaincentral": "spc",
        "swedencentral": "sdc",
        "switzerlandnorth": "szn",
        "uaenorth": "uan",
        "uksouth": "uks",
        "ukwest": "ukw",
        "westcentralus": "wcus",
        "westeurope": "we",
        "westus": "wus",
        "westus2": "wus2",
        "westus3": "wus3",
    }
)


@dataclass(frozen=True)
class Place:
    """A region as names write it: `scus` and `001`."""

    short: str
    instance: str


@dataclass(frozen=True)
class Naming:
    """All names of one stack. Build it from the settings (`Settings.names`)."""

    workload: str
    environment: str
    home: Place
    vault_suffix: str = ""
    generation: int = 1

    def of(self, kind: str, place: Place | None = None, *, part: str = "") -> str:
        """The name of a resource of this kind, in the home region unless another is given."""
        where = place or self.home
        pieces = [
            KINDS[kind].abbreviation,
            self.workload,
            self.environment,
            where.short,
            where.instance,
            part,
        ]
        return "-".join(piece for piece in pieces if piece)

    @property
    def resource_group(self) -> str:
        return self.of("rg")

    @property
    def virtual_network(self) -> str:
        return self.of("vnet")

    def subnet(self, purpose: str, addresses: str) -> str:
        """`purpose` is one word: gateway, endpoints. A subnet that is in use cannot change its range: with the range
        in its name, another range is another subnet."""
        return self.of("snet", part=_with(purpose, addresses))

    def security_group(self, purpose: str, addresses: str) -> str:
        """Of the subnet of this purpose and range, and as old as that."""
        return self.of("nsg", part=_with(purpose, addresses))

    def account(self, place: Place) -> str:
        """The Azure OpenAI account of a region, and its custom subdomain: they are the same word."""
        return self.of("ai", place)

    def private_endpoint(self, target: str) -> str:
        """The endpoint of a named resource: it carries the whole name of what it leads to."""
        return f"{KINDS['pep'].abbreviation}-{target}"

    @property
    def vault(self) -> str:
        """A deleted vault keeps its name for months: the suffix moves on to a free one."""
        return self.of("kv", part=self.vault_suffix)

    @property
    def redis(self) -> str:
        return self.of("amr")

    @property
    def identity(self) -> str:
        return self.of("id")

    @property
    def workspace(self) -> str:
        return self.of("log")

    @property
    def action_group(self) -> str:
        return self.of("ag")

    @property
    def action_group_short(self) -> str:
        """Who speaks, in a mail's subject or a text message: `idha-prod`. No name of a resource; at most 12 characters
        (`checks.monitoring`)."""
        return f"{self.workload}-{self.environment}"

    def alert(self, target: str, what: str) -> str:
        """An alert on a named resource: like an endpoint it carries the whole name of that, so another resource is
        another alert.

        :param what: one word, and the deployment's name where it is about one.
        """
        return f"{KINDS['ma'].abbreviation}-{target}-{what}"

    @property
    def budget(self) -> str:
        return self.of("budget")

    @property
    def container_environment(self) -> str:
        """A generation other than the first is part of the name, so that a second one can stand beside the first."""
        return self.of("cae", part=self._generation)

    @property
    def gateway(self) -> str:
        """The container app. It moves with its environment, which it cannot change."""
        return self.of("ca", part=self._generation)

    @property
    def _generation(self) -> str:
        return "" if self.generation == 1 else f"g{self.generation}"

    def all(
        self, places: tuple[Place, ...], ranges: Mapping[str, str], *, redis: bool
    ) -> Iterator[tuple[str, str]]:
        """Every name of the stack as (kind, name): what `broken_rule` is asked about.

        :param ranges: of each subnet, by its purpose.
        :param redis: whether there is one.
        """
        yield "rg", self.resource_group
        yield "vnet", self.virtual_network
        for purpose, addresses in ranges.items():
            yield "snet", self.subnet(purpose, addresses)
            yield "nsg", self.security_group(purpose, addresses)
        for place in places:
            yield "ai", self.account(place)
            yield "pep", self.private_endpoint(self.account(place))
        yield "kv", self.vault
        yield "pep", self.private_endpoint(self.vault)
        if redis:
            yield "amr", self.redis
            yield "pep", self.private_endpoint(self.redis)
        yield "id", self.identity
        yield "log", self.workspace
        yield "cae", self.container_environment
        yield "ca", self.gateway
        yield "ag", self.action_group
        yield "budget", self.budget


def _with(purpose: str, addresses: str) -> str:
    """`gateway-10.40.0.0-26`: the slash of a range is no part of a name."""
    return f"{purpose}-{addresses.replace('/', '-')}"


def broken_rule(kind: str, name: str) -> str | None:
    """What Azure would say against this name, or None when it is allowed."""
    rule = KINDS[kind]
    if len(name) > rule.longest:
        return f"a {rule.title} has at most {rule.longest} characters, this has {len(name)}"
    if not re.fullmatch(rule.characters, name):
        return f"a {rule.title} has {rule.allowed}"
    return None


def endpoint(account: str) -> str:
    """The address of an Azure OpenAI account. It follows from the subdomain, so a preview shows it."""
    return f"https://{account}.openai.azure.com/"


def vault_uri(vault: str) -> str:
    return f"https://{vault}.vault.azure.net/"


def secret_name(variable: str) -> str:
    """The secret that holds an environment variable, in the vault and in the container app.

    >>> secret_name("AZURE_OPENAI_API_KEY")
    'azure-openai-api-key'

    Key Vault takes letters, digits and dashes; Container Apps the lower-case ones only.
    """
    return variable.lower().replace("_", "-")


# A namespace of our own, so that the same parts give the same GUID on every machine and in every year.
_ROLE_ASSIGNMENTS = uuid.uuid5(uuid.NAMESPACE_URL, "litellm-azure/role-assignments")


def role_assignment(*parts: str) -> str:
    """The name of a role assignment: a GUID that follows from scope, role and principal.

    Azure wants a GUID, and refuses another principal or scope under an old one (`RoleAssignmentUpdateNotPermitted`),
    so all three are parts of it, the principal's id and not its name.
    """
    return str(uuid.uuid5(_ROLE_ASSIGNMENTS, "|".join(part.lower() for part in parts)))


_WORKBOOKS = uuid.uuid5(uuid.NAMESPACE_URL, "litellm-azure/workbooks")


def workbook(*parts: str) -> str:
    """The name of a workbook: a GUID that follows from subscription and resource group.

    Azure wants a GUID. A new one at every deployment would be another page than the one that people have bookmarked,
    and a second workbook of the same title in the same place is refused.
    """
    return str(uuid.uuid5(_WORKBOOKS, "|".join(part.lower() for part in parts)))


def tags(naming: Naming, extra: dict[str, str]) -> dict[str, str]:
    """The tags of every resource: ours, then the stack's own, which cannot replace ours."""
    return {**extra, "workload": naming.workload, "environment": naming.environment, "managed-by": "pulumi"}


OUR_TAGS = frozenset({"workload", "environment", "managed-by"})
