"""Content filters of an Azure OpenAI account: in Azure's words, RAI policies."""

from collections.abc import Iterator

import pulumi
from pulumi_azure_native import cognitiveservices

from config.settings import ContentFilter

# What a policy of our own starts from; its filters are all written out.
BASE = "Microsoft.DefaultV2"

PROMPT = cognitiveservices.RaiPolicyContentSource.PROMPT
COMPLETION = cognitiveservices.RaiPolicyContentSource.COMPLETION


def content_filter(
    name: str,
    settings: ContentFilter,
    *,
    account_name: pulumi.Input[str],
    resource_group_name: pulumi.Input[str],
    parent: pulumi.Resource,
    after: pulumi.Resource,
) -> cognitiveservices.RaiPolicy:
    """One filter of an account, after its neighbour: Azure refuses two writes at once under an account.

    :param name: what deployments call it.
    :param parent: the component whose name its Pulumi name begins with.
    """
    return cognitiveservices.RaiPolicy(
        f"{parent.pulumi_resource_name}-{name}",
        rai_policy_name=name,
        account_name=account_name,
        resource_group_name=resource_group_name,
        properties=cognitiveservices.RaiPolicyPropertiesArgs(
            base_policy_name=BASE,
            mode=cognitiveservices.RaiPolicyMode.ASYNCHRONOUS_FILTER
            if settings.asynchronous
            else cognitiveservices.RaiPolicyMode.BLOCKING,
            content_filters=list(_filters(settings)),
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[after]),
    )


def _filters(settings: ContentFilter) -> Iterator[cognitiveservices.RaiPolicyContentFilterArgs]:
    """Every filter that Azure has for text, under its names ("Content filtering", learn.microsoft.com; spelled as in
    public templates)."""
    for name, severity in (
        ("Hate", settings.hate),
        ("Sexual", settings.sexual),
        ("Violence", settings.violence),
        ("Selfharm", settings.self_harm),
    ):
        for source in (PROMPT, COMPLETION):
            yield cognitiveservices.RaiPolicyContentFilterArgs(
                name=name, source=source, enabled=True, blocking=True, severity_threshold=severity
            )
    for name, source, wanted in (
        ("Jailbreak", PROMPT, settings.jailbreak),
        ("Indirect Attack", PROMPT, settings.indirect_attack),
        ("Protected Material Text", COMPLETION, settings.protected_text),
        ("Protected Material Code", COMPLETION, settings.protected_code),
    ):
        yield cognitiveservices.RaiPolicyContentFilterArgs(
            name=name, source=source, enabled=wanted, blocking=wanted
        )
