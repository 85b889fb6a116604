"""An app's identities: who it is when it asks for a token or for a secret."""

from dataclasses import dataclass
from typing import Protocol

from offline.arm.container_app_template import SYSTEM_IDENTITY, App, fields, text
from offline.arm.store import Store


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A managed identity of an app."""

    id: str
    """`system`, or the ARM id of the user-assigned identity."""
    principal_id: str
    client_id: str


class IdentityTokens(Protocol):
    """Where managed identities' tokens come from."""

    def managed_identity(self, *, principal_id: str, client_id: str, resource: str) -> tuple[str, int]:
        """A token for that audience, and when it expires (epoch seconds)."""
        ...


def identity_of(store: Store, app: App, identity: str) -> Identity | None:
    """The identity that a reference of the app means; None when the app does not carry it or it is gone."""
    if identity.lower() == SYSTEM_IDENTITY:
        if not app.has_system_identity:
            return None
        body = fields(app.resource.body.get("identity"))
        return Identity(
            id=SYSTEM_IDENTITY,
            principal_id=text(body.get("principalId")),
            client_id=text(app.resource.private.get("systemClientId")),
        )
    if identity.lower() not in (assigned.lower() for assigned in app.user_identities):
        return None
    resource = store.get(identity)
    if resource is None:
        return None
    return Identity(
        id=resource.id.text,
        principal_id=text(resource.properties.get("principalId")),
        client_id=text(resource.properties.get("clientId")),
    )


def visible_identities(store: Store, app: App) -> list[Identity]:
    """Those that the containers may use: `identitySettings` can keep an identity for the platform alone."""
    names = [SYSTEM_IDENTITY] if app.has_system_identity else []
    found = (
        identity_of(store, app, name)
        for name in [*names, *app.user_identities]
        if name.lower() not in app.hidden_identities
    )
    return [identity for identity in found if identity is not None]
