"""The laws of Container Apps: environments, what an app's body must be, and revisions that do not come up."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from azure.mgmt.appcontainers import ContainerAppsAPIClient

from offline import control
from offline.images import LITELLM
from tests.laws.azure import REGION, Azure
from tests.laws.refused import Refused, Silent
from tests.offline.accounts import SECRETS_OFFICER, SECRETS_USER

Expect = Callable[[str], Refused]
Body = dict[str, Any]

ENVIRONMENT = "Microsoft.App/managedEnvironments"
APP = "Microsoft.App/containerApps"
PROFILES = [{"name": "Consumption", "workloadProfileType": "Consumption"}]
DELEGATED = [{"name": "apps", "properties": {"serviceName": "Microsoft.App/environments"}}]


@pytest.fixture(scope="module")
def group(azure: Azure) -> str:
    return azure.group()


@pytest.fixture(scope="module")
def network(azure: Azure, group: str) -> str:
    return azure.network(group)


@pytest.fixture(scope="module")
def environment(azure: Azure, group: str) -> str:
    """One without a network of its own, for apps."""
    made = new(group, ENVIRONMENT)
    azure.put(made, environment_body())
    return made


def new(group: str, kind: str, name: str | None = None) -> str:
    """A path that nobody has."""
    return f"{group}/providers/{kind}/{name or f'c-{uuid.uuid4().hex[:8]}'}"


def environment_body(subnet: str | None = None, **more: Any) -> Body:
    """:param subnet: its whole id."""
    properties: Body = {"workloadProfiles": PROFILES}
    if subnet is not None:
        properties["vnetConfiguration"] = {"infrastructureSubnetId": subnet, "internal": False}
    return {"location": REGION, "properties": properties, **more}


def app_body(environment: str, **parts: Any) -> Body:
    """An app of one container, whose image is a placeholder.

    :param parts: `identity`; of the configuration `secrets`, `ingress`, `registries`; of the template `volumes`,
        `revisionSuffix`; everything else is the container's.
    """
    identity = {word: parts.pop(word) for word in ("identity",) if word in parts}
    configuration = {word: parts.pop(word) for word in ("secrets", "ingress", "registries") if word in parts}
    template = {word: parts.pop(word) for word in ("volumes", "revisionSuffix") if word in parts}
    container: Body = {
        "name": "main",
        "image": "mcr.microsoft.com/k8se/quickstart:latest",
        "resources": {"cpu": 0.25, "memory": "0.5Gi"},
        **parts,
    }
    properties: Body = {
        "environmentId": environment,
        "configuration": configuration,
        "template": {"containers": [container], **template},
    }
    return {"location": REGION, "properties": properties, **identity}


@contextmanager
def failing(azure: Azure, kind: str) -> Iterator[None]:
    """What is made in there is accepted, and then fails."""
    words = {"type": kind, "verb": "create", "effect": "fail", "code": "ManagedEnvironmentProvisioningError"}
    control.fault(azure.cloud.record, "operation", words)
    try:
        yield
    finally:
        control.clear_faults(azure.cloud.record)


# Environments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "bad", "good"),
    [
        pytest.param(law, bad, good, id=law, marks=pytest.mark.law(law))
        for law, bad, good in (
            (
                "env-delegation",
                {"addressPrefix": "10.0.0.0/27"},
                {"addressPrefix": "10.0.0.0/27", "delegations": DELEGATED},
            ),
            (
                "env-size",
                {"addressPrefix": "10.0.1.0/28", "delegations": DELEGATED},
                {"addressPrefix": "10.0.1.0/27", "delegations": DELEGATED},
            ),
            (
                "env-subnet-missing",
                {"addressPrefixes": ["10.0.2.0/27"], "delegations": DELEGATED},
                {"addressPrefix": "10.0.2.0/27", "delegations": DELEGATED},
            ),
        )
    ],
)
def test_an_environment_wants_a_subnet_of_a_kind(
    azure: Azure, refused: Expect, group: str, network: str, law: str, bad: Body, good: Body
) -> None:
    subnet, path = f"{network}/subnets/{law}", new(group, ENVIRONMENT)
    azure.put(subnet, {"properties": bad})
    with refused(law):
        azure.put(path, environment_body(azure.base + subnet))
    azure.put(subnet, {"properties": good})
    azure.put(path, environment_body(azure.base + subnet))


@pytest.mark.law("env-subnet-missing")
def test_a_subnet_is_there_before_its_environment(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    subnet, path = f"{network}/subnets/later", new(group, ENVIRONMENT)
    with refused("env-subnet-missing"):
        azure.put(path, environment_body(azure.base + subnet))
    azure.subnet(network, "later", "10.0.3.0/27", delegations=DELEGATED)
    azure.put(path, environment_body(azure.base + subnet))


@pytest.mark.law("env-subnet-shared", "net-subnet-in-use")
def test_a_subnet_is_one_environments_also_for_a_while_after_its_end(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    subnet = azure.subnet(network, "shared", "10.0.4.0/27", delegations=DELEGATED)
    first, second = new(group, ENVIRONMENT), new(group, ENVIRONMENT)
    azure.put(first, environment_body(azure.base + subnet))
    with refused("env-subnet-shared"):
        azure.put(second, environment_body(azure.base + subnet))
    with azure.fact("subnet-held-seconds", 10**7):
        azure.delete(first)
    for path in (first, second):
        with refused("env-subnet-shared"):
            azure.put(path, environment_body(azure.base + subnet))
    with refused("net-subnet-in-use"):
        azure.delete(subnet)
    with azure.fact("held-subnets", {}):
        azure.put(second, environment_body(azure.base + subnet))


@pytest.mark.law("env-subnet-shared")
def test_a_failed_environment_keeps_its_subnet(
    azure: Azure, refused: Expect, group: str, network: str
) -> None:
    subnet = azure.subnet(network, "kept", "10.0.5.0/27", delegations=DELEGATED)
    failed, other = new(group, ENVIRONMENT), new(group, ENVIRONMENT)
    with failing(azure, ENVIRONMENT):
        azure.rest("PUT", failed, environment_body(azure.base + subnet)).raise_for_status()
        azure.idle()
    assert azure.get(failed)["properties"]["provisioningState"] == "Failed"
    with refused("env-subnet-shared"):
        azure.put(other, environment_body(azure.base + subnet))
    with azure.fact("subnet-held-seconds", 10**7):
        azure.delete(failed)
    with refused("env-subnet-shared"):
        azure.put(other, environment_body(azure.base + subnet))
    free = azure.subnet(network, "free", "10.0.6.0/27", delegations=DELEGATED)
    azure.put(other, environment_body(azure.base + free))


@pytest.mark.law("env-net-change")
def test_an_environment_stays_where_it_was_made(
    azure: Azure, silently: Callable[[str], Silent], group: str, network: str
) -> None:
    old = azure.subnet(network, "old", "10.0.7.0/27", delegations=DELEGATED)
    moved = azure.subnet(network, "new", "10.0.8.0/27", delegations=DELEGATED)
    path = new(group, ENVIRONMENT)
    azure.put(path, environment_body(azure.base + old))

    def stands_in() -> str:
        return str(azure.get(path)["properties"]["vnetConfiguration"]["infrastructureSubnetId"])

    with silently("env-net-change"):
        answer = azure.rest("PUT", path, environment_body(azure.base + moved))
        assert answer.status_code == 200
        azure.idle()
        assert stands_in() == azure.base + old
        assert azure.get(path)["properties"]["provisioningState"] == "Succeeded"
    azure.delete(path)
    azure.put(path, environment_body(azure.base + moved))
    assert stands_in() == azure.base + moved


@pytest.mark.law("env-busy")
def test_an_environment_is_written_once_at_a_time(azure: Azure, refused: Expect, group: str) -> None:
    path = new(group, ENVIRONMENT)
    with azure.held(ENVIRONMENT):
        azure.rest("PUT", path, environment_body()).raise_for_status()
        assert azure.get(path)["properties"]["provisioningState"] == "Waiting"
        with refused("env-busy"):
            azure.put(path, environment_body(tags={"a": "b"}))
        with refused("env-busy"):
            azure.delete(path)
    azure.put(path, environment_body(tags={"a": "b"}))


@pytest.mark.law("env-failed")
def test_an_app_goes_into_an_environment_that_is_whole(azure: Azure, refused: Expect, group: str) -> None:
    path, app = new(group, ENVIRONMENT), new(group, APP)
    with failing(azure, ENVIRONMENT):
        azure.rest("PUT", path, environment_body()).raise_for_status()
        azure.idle()
    with refused("env-failed"):
        azure.put(app, app_body(azure.base + path))
    azure.put(path, environment_body(tags={"repaired": "yes"}))
    azure.put(app, app_body(azure.base + path))


@pytest.mark.law("env-has-apps")
def test_an_environment_goes_after_its_apps(azure: Azure, refused: Expect, group: str) -> None:
    apps = azure.sdk(ContainerAppsAPIClient)
    rg, path, app = group.rpartition("/")[2], new(group, ENVIRONMENT), new(group, APP)
    azure.put(path, environment_body())
    azure.put(app, app_body(azure.base + path))
    with refused("env-has-apps"):
        apps.managed_environments.begin_delete(rg, path.rpartition("/")[2]).result()
    apps.container_apps.begin_delete(rg, app.rpartition("/")[2]).result()
    apps.managed_environments.begin_delete(rg, path.rpartition("/")[2]).result()


# What an app's body must be ------------------------------------------------------------------------------------

EMPTY_DIR = [{"name": "data", "storageType": "EmptyDir"}]


def mounted(path: str) -> Body:
    return {"volumes": EMPTY_DIR, "volumeMounts": [{"volumeName": "data", "mountPath": path}]}


@pytest.mark.parametrize(
    ("law", "bad", "good"),
    [
        pytest.param(law, bad, good, id=f"{law}: {what}", marks=pytest.mark.law(law))
        for law, what, bad, good in (
            (
                "app-secret",
                "an empty value is none",
                {"secrets": [{"name": "key", "value": ""}]},
                {"secrets": [{"name": "key", "value": "x"}]},
            ),
            (
                "app-secret",
                "a reference has an identity",
                {"secrets": [{"name": "key", "keyVaultUrl": "https://v.vault.azure.net/secrets/key"}]},
                {"secrets": [{"name": "key", "value": "x"}]},
            ),
            (
                "app-secret-name",
                "no underscore",
                {"secrets": [{"name": "my_key", "value": "x"}]},
                {"secrets": [{"name": "my-key", "value": "x"}]},
            ),
            (
                "app-secretref",
                "a variable's",
                {"env": [{"name": "KEY", "secretRef": "key"}]},
                {
                    "env": [{"name": "KEY", "secretRef": "key"}],
                    "secrets": [{"name": "key", "value": "x"}],
                },
            ),
            (
                "app-cpu",
                "memory is twice the cores",
                {"resources": {"cpu": 0.5, "memory": "2Gi"}},
                {"resources": {"cpu": 0.5, "memory": "1Gi"}},
            ),
            ("app-mount", "not the root", mounted("/"), mounted("/data")),
            ("app-mount", "no colon", mounted("/data:ro"), mounted("/data")),
            (
                "app-port",
                "up to 65535",
                {"ingress": {"external": True, "targetPort": 70000}},
                {"ingress": {"external": True, "targetPort": 8080}},
            ),
        )
    ],
)
def test_an_apps_body_is_judged(
    azure: Azure, refused: Expect, group: str, environment: str, law: str, bad: Body, good: Body
) -> None:
    path = new(group, APP)
    with refused(law):
        azure.put(path, app_body(azure.base + environment, **bad))
    assert azure.rest("GET", path).status_code == 404, "nothing is left of it"
    azure.put(path, app_body(azure.base + environment, **good))


@pytest.mark.law("app-name")
@pytest.mark.parametrize("name", ["a--b", "Upper", "a" * 33])
def test_an_apps_name_is_part_of_a_host_name(
    azure: Azure, refused: Expect, group: str, environment: str, name: str
) -> None:
    with refused("app-name"):
        azure.put(new(group, APP, name), app_body(azure.base + environment))
    azure.put(new(group, APP, "a" * 32), app_body(azure.base + environment))


@pytest.mark.law("app-environment", "app-environment-missing")
def test_an_app_lives_in_an_environment_that_is_there(azure: Azure, refused: Expect, group: str) -> None:
    path, later = new(group, APP), new(group, ENVIRONMENT)
    with refused("app-environment"):
        azure.put(path, app_body(azure.base + group))
    with refused("app-environment-missing"):
        azure.put(path, app_body(azure.base + later))
    azure.put(later, environment_body())
    azure.put(path, app_body(azure.base + later))


@pytest.mark.law("app-identity")
def test_a_secret_is_fetched_by_an_identity_that_the_app_carries(
    azure: Azure, refused: Expect, group: str, environment: str
) -> None:
    vault = azure.vault(group)
    azure.grant(vault, SECRETS_OFFICER)
    azure.secrets(vault).set_secret("key", "v")
    mine = azure.identity(group)
    azure.grant(vault, SECRETS_USER, mine["properties"]["principalId"])
    body = referring(azure, vault, environment, mine["id"])
    with refused("app-identity"):
        azure.put(new(group, APP), {**body, "identity": {"type": "SystemAssigned"}})
    azure.put(new(group, APP), body)


def referring(azure: Azure, vault: str, environment: str, identity: str) -> Body:
    """An app with a secret that a vault holds under `key`."""
    url = f"https://{vault.rpartition('/')[2]}.vault.azure.net/secrets/key"
    return app_body(
        azure.base + environment,
        secrets=[{"name": "key", "keyVaultUrl": url, "identity": identity}],
        identity={"type": "UserAssigned", "userAssignedIdentities": {identity: {}}},
    )


@pytest.mark.law("app-kv-ref")
def test_a_vaults_secret_can_be_read_before_the_app_is_made(
    azure: Azure, refused: Expect, group: str, environment: str
) -> None:
    """The secret, the role and the network: what is missing is not told, and it is told at the PUT."""
    vault, path = azure.vault(group), new(group, APP)
    azure.grant(vault, SECRETS_OFFICER)
    identity = azure.identity(group)
    body = referring(azure, vault, environment, identity["id"])
    azure.grant(vault, SECRETS_USER, identity["properties"]["principalId"])
    with refused("app-kv-ref"):
        azure.put(path, body)
    azure.secrets(vault).set_secret("key", "v")
    with azure.fact("firewall-delay-seconds", 0):
        azure.put(vault, azure.vault_body(publicNetworkAccess="Disabled"))
        with refused("app-kv-ref"):
            azure.put(path, body)
        azure.put(vault, azure.vault_body())
    assert azure.rest("GET", path).status_code == 404, "nothing is left of it"
    azure.put(path, body)


@pytest.mark.law("app-kv-ref")
def test_a_role_arrives_late(azure: Azure, refused: Expect, group: str, environment: str) -> None:
    vault, path = azure.vault(group), new(group, APP)
    azure.grant(vault, SECRETS_OFFICER)
    azure.secrets(vault).set_secret("key", "v")
    identity = azure.identity(group)
    role = {
        "roleDefinitionId": f"{azure.base}/providers/Microsoft.Authorization/roleDefinitions/{SECRETS_USER}",
        "principalId": identity["properties"]["principalId"],
        "principalType": "ServicePrincipal",
    }
    assignment = f"{vault}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}"
    with azure.fact("role-delay-seconds", 10**7):
        azure.put(assignment, {"properties": role})
    with refused("app-kv-ref"):
        azure.put(path, referring(azure, vault, environment, identity["id"]))
    azure.delete(assignment)
    azure.grant(vault, SECRETS_USER, identity["properties"]["principalId"])
    azure.put(path, referring(azure, vault, environment, identity["id"]))


# A roll, and a revision that does not come up ------------------------------------------------------------------


@pytest.mark.law("app-busy")
def test_an_app_is_written_once_at_a_time(
    azure: Azure, refused: Expect, group: str, environment: str
) -> None:
    path, body = new(group, APP), app_body(azure.base + environment)
    with azure.held(APP):
        azure.rest("PUT", path, body).raise_for_status()
        assert azure.get(path)["properties"]["provisioningState"] == "InProgress"
        with refused("app-busy"):
            azure.put(path, {**body, "tags": {"a": "b"}})
        with refused("app-busy"):
            azure.delete(path)
    azure.put(path, {**body, "tags": {"a": "b"}})


@pytest.mark.law("app-secrets-revision")
def test_another_secret_reaches_no_revision(
    azure: Azure, silently: Callable[[str], Silent], group: str, environment: str
) -> None:
    path = new(group, APP)

    def keyed(value: str, digest: str) -> Body:
        env = [{"name": "KEY", "secretRef": "key"}, {"name": "DIGEST", "value": digest}]
        return app_body(azure.base + environment, secrets=[{"name": "key", "value": value}], env=env)

    def revision() -> str:
        return str(azure.get(path)["properties"]["latestRevisionName"])

    azure.put(path, keyed("one", "1"))
    first = revision()
    with silently("app-secrets-revision"):
        azure.put(path, keyed("two", "1"))
        assert revision() == first
    azure.put(path, keyed("two", "2"))
    assert revision() != first


@pytest.mark.law("app-revision-suffix")
def test_a_revisions_suffix_is_for_one_template(
    azure: Azure, refused: Expect, group: str, environment: str
) -> None:
    path = new(group, APP)

    def template(suffix: str, value: str) -> Body:
        return app_body(azure.base + environment, revisionSuffix=suffix, env=[{"name": "A", "value": value}])

    azure.put(path, template("one", "1"))
    with refused("app-revision-suffix"):
        azure.put(path, template("one", "2"))
    azure.put(path, template("two", "2"))


@pytest.mark.law("app-image")
def test_an_image_that_cannot_be_had(azure: Azure, refused: Expect, group: str, environment: str) -> None:
    path = new(group, APP)
    with refused("app-image"):
        azure.put(path, app_body(azure.base + environment, image=f"{LITELLM}:v0.0.1"))
    assert azure.get(path)["properties"]["provisioningState"] == "Failed"
    azure.put(path, app_body(azure.base + environment))


@pytest.mark.law("app-expired")
def test_a_container_that_ends_is_waited_for_and_then_given_up(
    azure: Azure, refused: Expect, group: str, environment: str
) -> None:
    path, ingress = new(group, APP), {"external": True, "targetPort": 4000}
    with refused("app-expired"):
        azure.put(path, app_body(azure.base + environment, image=LITELLM, command=["false"], ingress=ingress))
    assert azure.get(path)["properties"]["provisioningState"] == "Failed"
    azure.put(path, app_body(azure.base + environment, ingress=ingress))


@pytest.mark.law("app-volume", "app-expired")
def test_a_volume_of_a_wrong_name_is_accepted_and_never_starts(
    azure: Azure, silently: Callable[[str], Silent], refused: Expect, group: str, environment: str
) -> None:
    path = new(group, APP)

    def with_volume(name: str) -> Body:
        volumes = [{"name": name, "storageType": "EmptyDir"}]
        mounts = [{"volumeName": name, "mountPath": "/data"}]
        return app_body(azure.base + environment, volumes=volumes, volumeMounts=mounts)

    with silently("app-volume"):
        answer = azure.rest("PUT", path, with_volume("Work_Data"))
        assert answer.status_code == 201
        azure.idle()
        refused("app-expired").by(azure.rest("GET", answer.headers["Azure-AsyncOperation"]))
    azure.put(path, with_volume("work-data"))
