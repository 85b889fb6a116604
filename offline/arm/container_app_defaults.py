"""What Azure adds to a container app's body, and what it keeps to itself of it."""

from offline.arm.container_app_template import entries, fields, text
from offline.arm.errors import JSON


def split_secrets(configuration: JSON, known: JSON) -> tuple[JSON, JSON]:
    """The configuration without secret values, and the values.

    A secret that comes without the key `value` keeps the one that it has: a PATCH of something else sends it so.
    """
    values: JSON = {}
    shown: list[JSON] = []
    for entry in entries(configuration.get("secrets")):
        name = text(entry.get("name"))
        if "keyVaultUrl" not in entry:
            value = text(entry["value"]) if "value" in entry else text(known.get(name))
            if value:
                values[name] = value
        shown.append({key: item for key, item in entry.items() if key != "value"})
    if "secrets" not in configuration:
        return configuration, values
    return {**configuration, "secrets": shown}, values


def filled_configuration(configuration: JSON, app: str, domain: str) -> JSON:
    """The configuration with what Azure sets where it says nothing, and the ingress's host name."""
    filled: JSON = {"activeRevisionsMode": "Single", **configuration}
    ingress = fields(configuration.get("ingress"))
    if ingress:
        external = ingress.get("external") is True
        filled["ingress"] = {
            "external": external,
            "transport": "Auto",
            "allowInsecure": False,
            "exposedPort": 0,
            "traffic": [{"latestRevision": True, "weight": 100}],
            **ingress,
            "fqdn": f"{app}{'' if external else '.internal'}.{domain}",
        }
    return filled


def filled_template(template: JSON) -> JSON:
    """The template with what Azure sets where it says nothing."""
    scale = {"minReplicas": 0, "maxReplicas": 10, "cooldownPeriod": 300, "pollingInterval": 30}
    return {
        **template,
        "containers": [
            {**container, "resources": {"cpu": 0.5, "memory": "1Gi", **fields(container.get("resources"))}}
            for container in entries(template.get("containers"))
        ],
        "scale": {**scale, **fields(template.get("scale"))},
    }
