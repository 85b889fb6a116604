"""Makes revisions and their replicas out of an app's template."""

import asyncio
from collections.abc import Callable

import aiohttp

from offline.apps.identities import visible_identities
from offline.apps.identity_endpoint import IdentityEndpoint
from offline.apps.records import RevisionRows
from offline.apps.replica import Program, Replica, replica_name
from offline.apps.revision import Revision
from offline.apps.running import RunningApp
from offline.apps.ways import Ways
from offline.apps.workplace import Surroundings
from offline.arm import container_apps_laws as laws
from offline.arm.container_app_template import App, Template
from offline.arm.store import Store
from offline.clock import Clock
from offline.home import Home
from offline.images import ImageCommand, ImageUnavailableError


def revision_fqdn(running: RunningApp, app: App, name: str) -> str:
    """The host name of one revision, for the app as it is wanted."""
    inside = "" if app.ingress is not None and app.ingress.external else ".internal"
    return f"{name}{inside}.{running.environment.default_domain}"


class RevisionFactory:
    """Knows what every replica is given."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        home: Home,
        ways: Ways,
        identities: IdentityEndpoint,
        images: Callable[[str], ImageCommand | None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._home = home
        self._ways = ways
        self._identities = identities
        self._images = images
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        # A probe closes its connection: a kept one would hold up a program that drains before it ends.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def stop(self) -> None:
        if self._session is not None:
            await self._session.close()

    def revision(
        self,
        running: RunningApp,
        name: str,
        template: Template,
        template_hash: str,
        programs: tuple[Program, ...],
        values: dict[str, str],
    ) -> Revision:
        """:param values: the secrets until the revision serves; after that, the app's."""

        def secrets() -> dict[str, str]:
            return running.secrets if name in running.revisions else values

        def make_replica(revision: Revision) -> Replica:
            return self._replica(running, revision, template_hash, programs, secrets)

        return Revision(name=name, template=template, clock=self._clock, make_replica=make_replica)

    def _replica(
        self,
        running: RunningApp,
        revision: Revision,
        template_hash: str,
        programs: tuple[Program, ...],
        secrets: Callable[[], dict[str, str]],
    ) -> Replica:
        assert self._session is not None
        app = running.app
        name = replica_name(revision.name, template_hash)
        header = self._identities.admit(lambda: visible_identities(self._store, running.app))
        has_identity = bool(app.user_identities or app.has_system_identity)
        rows = RevisionRows(self._store, app.id)

        def changed() -> None:
            revision.changed()
            if running.revisions.get(revision.name) is revision:
                rows.show_replicas(revision.name, revision.replicas)

        return Replica(
            template=revision.template,
            programs=programs,
            surroundings=Surroundings(
                app=app.name,
                revision=revision.name,
                replica=name,
                hostname=revision_fqdn(running, app, revision.name),
                dns_suffix=running.environment.default_domain,
                proxy=running.proxy,
                bundle=self._home.bundle,
                identity_endpoint=self._identities.url if has_identity else None,
                identity_header=header,
            ),
            folder=self._home.apps / app.name / revision.name / name,
            secrets=secrets,
            tunnel=lambda host, port: self._ways.tunnel_of(running.app, host, port),
            clock=self._clock,
            session=self._session,
            on_change=changed,
            on_stop=lambda: self._identities.dismiss(header),
        )

    async def programs(self, app: App, template: Template) -> tuple[Program, ...]:
        """:raises ArmError: app-image."""
        found: list[Program] = []
        for container in template.containers:
            try:
                image = await asyncio.to_thread(self._images, container.image)
            except ImageUnavailableError as reason:
                raise laws.APP_IMAGE.broken(
                    name=app.name, container=container.name, image=container.image, reason=reason
                ) from reason
            found.append(Program(container=container, image=image))
        return tuple(found)
