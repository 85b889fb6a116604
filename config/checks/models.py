"""Models: in the catalog, in their SKU, and what shares a name must be interchangeable.

A retired model is no problem here: it stops its creation, not the stack that still holds it
(`Settings.retired`). A deprecated one is a warning (`Settings.warnings`).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from config import versions
from config.catalog import Catalog, Kind
from config.problems import ABSENT, HIDDEN, UNKNOWN, Problem, nearest
from config.schema import AZURE, Deployment

if TYPE_CHECKING:
    from config.settings import Group, Settings

AZURE_ONLY = ("version", "sku", "capacity")
OTHERS_ONLY = {"kind": "kind", "api_base": "apiBase", "api_key_variable": "apiKeyVariable"}

# Variables that already mean something in the gateway: a provider's key must not overwrite them.
# (`words.VariableName` keeps it from all that does not end in KEY or TOKEN.)
OUR_VARIABLES = ("LITELLM_", "AZURE_", "IDENTITY_", "MSI_", "CONTAINER_APP_")


def _azure(deployment: Deployment) -> bool:
    return deployment.provider == AZURE


def complete(settings: "Settings") -> Iterator[Problem]:
    """An Azure deployment says version, SKU and capacity; another provider's entry has none of them."""
    for index, deployment in enumerate(settings.deployments):
        key = f"deployments[{index}]"
        if _azure(deployment):
            yield from (
                _missing(settings, key, deployment, field)
                for field in AZURE_ONLY
                if not getattr(deployment, field)
            )
            unfit = {name for field, name in OTHERS_ONLY.items() if getattr(deployment, field) is not None}
        else:
            fields = {
                "version": "version",
                "sku": "sku",
                "capacity": "capacity",
                "region": "region",
                "api_version": "apiVersion",
                "content_filter": "contentFilter",
            }
            unfit = {name for field, name in fields.items() if getattr(deployment, field) is not None}
            if not deployment.api_key_variable:
                yield Problem(
                    key=f"{key}.apiKeyVariable",
                    value=ABSENT,
                    allowed=f"the environment variable that holds {deployment.provider}'s key",
                    next=f"add apiKeyVariable: {deployment.provider.upper()}_API_KEY",
                    about=(f"{key}.provider",),
                )
        for name in sorted(unfit):
            yield Problem(
                key=f"{key}.{name}",
                value="set",
                allowed=f"nothing: provider {deployment.provider} has no {name}",
                next="remove it, or correct provider",
                about=(f"{key}.provider",),
            )


def _missing(settings: "Settings", key: str, deployment: Deployment, field: str) -> Problem:
    known = Catalog.load().models.get(deployment.model)
    pinned = known.versions.get(deployment.version or "") if known else None
    allowed, step = {
        "version": (
            f"a version of {deployment.model}: {', '.join(known.versions)}"
            if known
            else "the model's version",
            "pin one: a version left out floats, and answers change on a day of Azure's choosing",
        ),
        "sku": (
            f"one of {', '.join(pinned.skus)}" if pinned else "how it is paid for, such as GlobalStandard",
            "add sku",
        ),
        "capacity": (
            "a number of thousand tokens a minute, within the subscription's quota",
            "add capacity: 10, say",
        ),
    }[field]
    return Problem(
        key=f"{key}.{field}",
        value=ABSENT,
        allowed=allowed,
        next=step,
        about=(f"{key}.provider", f"{key}.model"),
    )


def known(settings: "Settings") -> Iterator[Problem]:
    """Model, version and SKU as the catalog has them."""
    catalog = Catalog.load()
    for index, deployment in enumerate(settings.deployments):
        if not _azure(deployment):
            continue
        key = f"deployments[{index}]"
        model = catalog.models.get(deployment.model)
        if model is None:
            yield Problem(
                key=f"{key}.model",
                value=deployment.model,
                allowed=f"one of {', '.join(catalog.models)} (config/catalog.yaml, {catalog.as_of})",
                next=nearest(deployment.model, catalog.models)
                or "if Azure has it by now, add it to config/catalog.yaml",
                about=(f"{key}.provider",),
            )
            continue
        if deployment.version is None:
            continue
        version = model.versions.get(deployment.version)
        if version is None:
            yield Problem(
                key=f"{key}.version",
                value=deployment.version,
                allowed=f"a version of {deployment.model}: {', '.join(model.versions)}",
                next=nearest(deployment.version, model.versions) or "take one of these",
                about=(f"{key}.model",),
            )
        elif deployment.sku and deployment.sku not in version.skus:
            yield Problem(
                key=f"{key}.sku",
                value=str(deployment.sku),
                allowed=f"what {deployment.model} {deployment.version} is sold as: {', '.join(version.skus)}",
                next=f"write sku: {version.skus[0]}",
                about=(f"{key}.model", f"{key}.version"),
            )


def placed(settings: "Settings") -> Iterator[Problem]:
    """A deployment is in one of the stack's regions."""
    names = [region.name for region in settings.regions]
    for index, deployment in enumerate(settings.deployments):
        if deployment.region and deployment.region not in names:
            yield Problem(
                key=f"deployments[{index}].region",
                value=deployment.region,
                allowed=f"one of the stack's regions: {', '.join(names)}",
                next=nearest(deployment.region, names) or "add the region to regions first",
                about=("regions", f"deployments[{index}].provider"),
            )


def filtered(settings: "Settings") -> Iterator[Problem]:
    """A content filter that a deployment names is one of the stack's."""
    names = list(settings.content_filters)
    for index, deployment in enumerate(settings.deployments):
        name = deployment.content_filter
        if name is not None and name not in names:
            yield Problem(
                key=f"deployments[{index}].contentFilter",
                value=name,
                allowed=f"one of contentFilters: {', '.join(names)}"
                if names
                else "nothing: contentFilters has none",
                next=nearest(name, names)
                or f"add {name} to contentFilters, or leave it out for Azure's default",
                about=("contentFilters", f"deployments[{index}].provider"),
            )


def _where(settings: "Settings", deployment: Deployment) -> str:
    """Within what a deployment's name is the only one."""
    return settings.region_of(deployment) if _azure(deployment) else deployment.provider


def named_once(settings: "Settings") -> Iterator[Problem]:
    """A deployment's name once in an account. Azure does not tell capitals apart."""
    seen: dict[tuple[str, str], int] = {}
    for index, deployment in enumerate(settings.deployments):
        where = _where(settings, deployment)
        first = seen.setdefault((where, deployment.name.lower()), index)
        if first != index:
            yield Problem(
                key=f"deployments[{index}].name",
                value=deployment.name,
                allowed=f"a name that deployments[{first}] in {where} does not have",
                next="rename one, and give both the same alias if clients should see one model",
                about=(
                    f"deployments[{first}]",
                    f"deployments[{index}].region",
                    f"deployments[{index}].provider",
                    "regions",
                ),
            )


def spelled_alike(settings: "Settings") -> Iterator[Problem]:
    """No two aliases that differ in capitals alone: LiteLLM tells them apart, people do not."""
    seen: dict[str, Group] = {}
    for group in settings.groups:
        first = seen.setdefault(group.alias.lower(), group)
        if first is group:
            continue
        lead, member = first.members[0], group.members[0]
        if (_where(settings, member), member.name.lower()) == (_where(settings, lead), lead.name.lower()):
            continue  # `named_once` says it
        index = settings.deployments.index(member)
        yield Problem(
            key=f"deployments[{index}].{'alias' if member.alias else 'name'}",
            value=group.alias,
            allowed=f"a name of its own: clients can ask for {first.alias} already",
            next=f"write {first.alias} if both should answer for it, else choose another",
            about=(f"deployments[{settings.deployments.index(lead)}]", f"deployments[{index}]"),
        )


def aliases(settings: "Settings") -> Iterator[Problem]:
    """What answers to one name must be interchangeable."""
    for group in settings.groups:
        if len(group.members) == 1:
            continue
        indices = [settings.deployments.index(member) for member in group.members]
        first, *others = indices
        lead = settings.deployments[first]
        for index in others:
            member = settings.deployments[index]
            about = (f"deployments[{first}]", f"deployments[{index}]")
            kinds = settings.kind_of(lead), settings.kind_of(member)
            if kinds[0] is not kinds[1]:
                yield Problem(
                    key=f"deployments[{index}].alias",
                    value=group.alias,
                    allowed=f"models of one kind: {lead.model} is {kinds[0]}, {member.model} is {kinds[1]}",
                    next="give it an alias of its own",
                    about=about,
                )
            elif kinds[0] is Kind.EMBEDDING and lead.model != member.model:
                yield Problem(
                    key=f"deployments[{index}].alias",
                    value=group.alias,
                    allowed=f"one embedding model: vectors of {lead.model} and {member.model} cannot be compared",
                    next="give it an alias of its own",
                    about=about,
                )
        yield from _weighted(settings, group, indices)
        ordered = [index for index in indices if settings.deployments[index].order is not None]
        if ordered and len(ordered) < len(indices):
            index = next(index for index in indices if index not in ordered)
            yield Problem(
                key=f"deployments[{index}].order",
                value=ABSENT,
                allowed=f"a place for every member of {group.alias}, since deployments[{ordered[0]}] has one",
                next="add order: 1 for what goes first, 2 for what takes over",
                about=tuple(f"deployments[{index}]" for index in indices),
            )


def fallbacks(settings: "Settings") -> Iterator[Problem]:
    """An alias is answered for by others that are there, of its own kind, and not by itself."""
    groups = {group.alias: group for group in settings.groups}
    for key, named in (
        ("fallbacks", settings.fallbacks),
        ("longContextFallbacks", settings.long_context_fallbacks),
    ):
        for alias, others in named.items():
            if alias not in groups:
                yield Problem(
                    key=f"{key}.{alias}",
                    value=UNKNOWN,
                    allowed=f"the names that clients use: {', '.join(groups)}",
                    next=nearest(alias, groups) or "remove it",
                    about=("deployments",),
                )
                continue
            for index, other in enumerate(others):
                problem = _unfit(groups, alias, other)
                if problem is not None:
                    allowed, step = problem
                    yield Problem(
                        key=f"{key}.{alias}[{index}]",
                        value=other,
                        allowed=allowed,
                        next=step,
                        about=("deployments",),
                    )


def _unfit(groups: "Mapping[str, Group]", alias: str, other: str) -> tuple[str, str] | None:
    """What is allowed instead, and what to do."""
    kind = groups[alias].kind
    fit = [name for name, group in groups.items() if group.kind is kind and name != alias]
    if other in fit and kind is Kind.CHAT:
        return None
    if kind is not Kind.CHAT:
        return f"nothing: vectors of {alias} and of another model cannot be compared", "remove it"
    return f"another chat model: {', '.join(fit) or 'there is none'}", nearest(other, fit) or "remove it"


def _weighted(settings: "Settings", group: "Group", indices: list[int]) -> Iterator[Problem]:
    """Embeddings go by tiers, in which a weight means nothing unless members share one."""
    for index in indices:
        deployment = settings.deployments[index]
        if group.kind is Kind.EMBEDDING and deployment.weight is not None and deployment.order is None:
            yield Problem(
                key=f"deployments[{index}].weight",
                value=deployment.weight,
                allowed=f"nothing: embeddings of {group.alias} are asked in order, the next when one fails",
                next="remove it, or give every member an order of its own choosing",
                about=tuple(f"deployments[{index}]" for index in indices),
            )


def responses(settings: "Settings") -> Iterator[Problem]:
    """Native Responses need an API version that has them."""
    for index, deployment in enumerate(settings.deployments):
        version = settings.api_version_of(deployment)
        if not _azure(deployment) or deployment.responses != "native" or versions.serves_responses(version):
            continue
        key = f"deployments[{index}].apiVersion" if deployment.api_version else "apiVersion"
        yield Problem(
            key=key,
            value=version,
            allowed=f"{versions.FIRST_WITH_RESPONSES} or later, or v1: deployments[{index}] asks for native Responses",
            next=f"raise it, or leave deployments[{index}].responses out: they are then served over chat completions",
            about=(f"deployments[{index}].responses", "apiVersion"),
        )


def provider_keys(settings: "Settings") -> Iterator[Problem]:
    """Every key that is named is there, and every key that is there is used."""
    wanted = {
        d.api_key_variable: index
        for index, d in reversed(list(enumerate(settings.deployments)))
        if d.api_key_variable
    }
    for variable, index in wanted.items():
        if variable.startswith(OUR_VARIABLES):
            yield Problem(
                key=f"deployments[{index}].apiKeyVariable",
                value=variable,
                allowed=f"a variable that does not begin with {', '.join(OUR_VARIABLES)}",
                next="name it after the provider",
            )
        elif variable not in settings.provider_keys:
            yield Problem(
                key=f"providerKeys.{variable}",
                value=ABSENT,
                allowed=f"the key that deployments[{index}] sends",
                next=f"pulumi config set --secret --path 'providerKeys.{variable}'",
                about=(f"deployments[{index}].apiKeyVariable",),
            )
    for variable, key in settings.provider_keys.items():
        if variable not in wanted:
            yield Problem(
                key=f"providerKeys.{variable}",
                value=HIDDEN,
                allowed="keys that a deployment's apiKeyVariable names",
                next=nearest(variable, [name for name in wanted if name]) or "remove it",
                about=("deployments",),
            )
        elif len(key.get_secret_value().strip()) < 8:
            yield Problem(
                key=f"providerKeys.{variable}",
                value=HIDDEN,
                allowed="a key of 8 characters or more",
                next="set it again",
            )
