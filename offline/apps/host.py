"""Brings container apps to life: new revisions, their traffic, their end, and all of it again after a crash."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Coroutine

from aiohttp import web

from offline import processes
from offline.apps.factory import RevisionFactory, revision_fqdn
from offline.apps.identities import IdentityTokens
from offline.apps.identity_endpoint import IdentityEndpoint
from offline.apps.ingress import IDLE_SECONDS, Ingress
from offline.apps.places import environment_of
from offline.apps.records import RevisionRow, RevisionRows
from offline.apps.revision import DRAIN_SECONDS, ExpiredError, Patience, Revision
from offline.apps.running import RunningApp
from offline.apps.secrets import SecretValues, VaultOverFabric, VaultReader
from offline.apps.status import AppStatus, app_status
from offline.apps.ways import Fabric, Ways
from offline.apps.workplace import VOLUMES
from offline.arm import container_apps_laws as laws
from offline.arm.container_app_template import App, fields, number, read_template, text
from offline.arm.errors import JSON, ArmError
from offline.arm.store import Resource, Store
from offline.arrival import Arrival
from offline.clock import Clock
from offline.home import Home
from offline.images import ImageCommand, prepare

logger = logging.getLogger(__name__)

APP = "Microsoft.App/containerApps"
SECRET_REFRESH_SECONDS = 1800.0
"""A versionless reference's new version arrives within 30 minutes (docs container-apps/manage-secrets)."""
SERVICE_STOP_SECONDS = 5.0
"""Real seconds that replicas get at most when the service itself stops."""
MAX_INACTIVE = 100


class AppsHost:
    """Runs the container apps of one offline Azure: the `ContainerAppsHost` of `offline/arm/kinds.py`.

    :param images: what stands in for an image; None from it is a placeholder.
    :param vault: where Key Vault references are read; through the fabric by default.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        home: Home,
        fabric: Fabric,
        tokens: IdentityTokens,
        vault: VaultReader | None = None,
        images: Callable[[str], ImageCommand | None] = prepare,
        patience: Patience | None = None,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._store = store
        self._clock = clock
        self._home = home
        self._ways = Ways(store, fabric)
        self._patience = patience or Patience()
        self._values = SecretValues(store, vault or VaultOverFabric(tokens, home.bundle))
        self._identity_endpoint = IdentityEndpoint(tokens)
        self._apps: dict[str, RunningApp] = {}
        self._background: set[asyncio.Task[None]] = set()
        self._factory = RevisionFactory(store, clock, home, self._ways, self._identity_endpoint, images)
        self.ingress = Ingress(store, self._apps, idle_seconds=idle_seconds)

    # The service's start and end -----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Remove what a killed service left, and bring the serving revisions back. They come up in their own time."""
        orphans = await asyncio.to_thread(processes.kill_orphans, self._home.apps)
        if orphans:
            logger.warning("ended %s processes that an earlier service had left", orphans)
        for volumes in self._home.apps.glob(f"*/*/*/{VOLUMES}"):
            await asyncio.to_thread(shutil.rmtree, volumes, ignore_errors=True)
        await self._identity_endpoint.start()
        await self._factory.start()
        await self.ingress.start()
        for resource in self._store.of_type(APP):
            await self._revive(App(resource))
        self._later(self._follow_secrets())

    async def shutdown(self) -> None:
        """End every replica; returns once no process is left."""
        for task in self._background:
            task.cancel()
        if self._background:
            await asyncio.wait(self._background)
        await asyncio.gather(
            *(
                revision.stop(min(SERVICE_STOP_SECONDS, revision.template.grace))
                for running in self._apps.values()
                for revision in [*running.revisions.values(), *running.leaving]
            )
        )
        await self.ingress.stop()
        await self._identity_endpoint.stop()
        await self._factory.stop()
        await asyncio.to_thread(processes.kill_orphans, self._home.apps)

    async def settled(self, seconds: float) -> bool:
        """Wait until every app's latest revision is ready, for so many real seconds; False when one is not."""
        ends = asyncio.get_running_loop().time() + seconds
        while not all(self._is_ready(running) for running in self._apps.values()):
            if asyncio.get_running_loop().time() > ends:
                return False
            await asyncio.sleep(0.1)
        return True

    @staticmethod
    def _is_ready(running: RunningApp) -> bool:
        return all(revision.ready for revision in running.revisions.values())

    # What the resource manager asks for ----------------------------------------------------------------------------

    async def handle(self, request: web.BaseRequest, arrival: Arrival) -> web.StreamResponse:
        """A request to `*.azurecontainerapps.io`."""
        return await self.ingress.handle(request, arrival)

    def status(self) -> list[AppStatus]:
        """Every app and its replicas, for people."""
        return [app_status(running, self.ingress.port_of(running)) for running in self._apps.values()]

    async def check_secrets(self, app: Resource) -> None:
        """:raises ArmError: app-kv-ref."""
        read = App(app)
        if any(secret.url is not None for secret in read.secrets):
            await self._values.resolve(read, await self._ways.proxy_of(read))

    async def roll(self, app: Resource) -> JSON:
        """Bring the app's template to life; the traffic moves when all of its replicas are ready.

        :raises ArmError: app-kv-ref, app-image, app-expired, app-revision-suffix.
        """
        read = App(app)
        running = await self._known(read)
        async with running.lock:
            running.proxy = await self._ways.proxy_of(read)
            values = await self._values.resolve(read, running.proxy)
            rows = RevisionRows(self._store, read.id)
            row = self._same_revision(rows, read)
            if row is not None and row.serving and row.name in running.revisions:
                self._adopt(running, read, values)
                name = row.name
            else:
                name = row.name if row is not None else rows.next_name(read)
                await self._bring_up(running, read, values, name)
            self._show_traffic(running)
            return {
                "latestRevisionName": name,
                "latestReadyRevisionName": name,
                "latestRevisionFqdn": running.revision_fqdn(name) if running.ingress is not None else "",
                "runningStatus": "Running",
            }

    async def stop_app(self, app: Resource) -> None:
        """End every replica of a deleted app."""
        running = self._apps.pop(app.id.key, None)
        if running is not None:
            async with running.lock:
                everyone = [*running.revisions.values(), *running.leaving]
                running.revisions.clear()
                await asyncio.gather(*(revision.stop() for revision in everyone))
        await self._ways.close(App(app))
        RevisionRows(self._store, app.id).forget_all()
        self._store.set_fact(_secrets_fact(App(app)), {})

    # Revisions -----------------------------------------------------------------------------------------------------

    @staticmethod
    def _same_revision(rows: RevisionRows, app: App) -> RevisionRow | None:
        """The latest revision when the template is still its own, also after a failed attempt at it.

        :raises ArmError: app-revision-suffix.
        """
        suffix = app.template.suffix
        if suffix:
            row = rows.named(f"{app.name}--{suffix}")
            if row is not None and row.template_hash != app.template_hash:
                raise laws.APP_REVISION_SUFFIX.broken(suffix=suffix)
            return row
        known = rows.all()
        return known[-1] if known and known[-1].template_hash == app.template_hash else None

    async def _bring_up(self, running: RunningApp, app: App, values: dict[str, str], name: str) -> None:
        """Start a revision beside the one that serves, wait for it, move the traffic, let the old one go."""
        programs = await self._factory.programs(app, app.template)
        rows = RevisionRows(self._store, app.id)
        rows.begin(name, app, revision_fqdn(running, app, name))
        revision = self._factory.revision(running, name, app.template, app.template_hash, programs, values)
        revision.start()
        try:
            await revision.wait_ready(self._patience)
        except BaseException as why:
            await asyncio.shield(revision.stop(0))
            rows.mark(
                name,
                provisioningState="Failed",
                runningState="Failed",
                healthState="Unhealthy",
                active=False,
                replicas=0,
            )
            rows.show_replicas(name, [])
            if isinstance(why, ExpiredError):
                raise laws.APP_EXPIRED.broken(name=app.name) from why
            raise
        self._adopt(running, app, values)
        old = [] if not app.single else [r for r in running.revisions.values() if r.name != name]
        running.revisions[name] = revision
        running.latest = name
        with self._store.together():
            rows.mark(
                name,
                serving=True,
                provisioningState="Provisioned",
                runningState="Running",
                healthState="Healthy",
            )
            for left in old:
                rows.mark(left.name, serving=False, active=False, runningState="Deactivating")
        rows.show_replicas(name, revision.replicas)
        await self._drain(running, old)

    async def _drain(self, running: RunningApp, old: list[Revision]) -> None:
        """Requests still reach the old revisions for a moment; then they are told to end, in their own time."""
        for revision in old:
            running.revisions.pop(revision.name, None)
        running.leaving.extend(old)
        try:
            if old:
                await self._clock.sleep(DRAIN_SECONDS)
        finally:
            for revision in old:
                self._later(self._retire(running, revision))

    async def _retire(self, running: RunningApp, revision: Revision) -> None:
        rows = RevisionRows(self._store, running.app.id)
        running.leaving = [left for left in running.leaving if left is not revision]
        try:
            await revision.stop()
        except asyncio.CancelledError:
            await revision.stop(min(SERVICE_STOP_SECONDS, revision.template.grace))
            raise
        finally:
            rows.mark(revision.name, runningState="Stopped", healthState="None", replicas=0, trafficWeight=0)
            rows.show_replicas(revision.name, [])
            keep = number(running.app.configuration.get("maxInactiveRevisions"), MAX_INACTIVE)
            rows.prune(keep)

    def _adopt(self, running: RunningApp, app: App, values: dict[str, str]) -> None:
        """From now on the app is as written: its ingress, secrets and identities."""
        running.app = app
        running.environment = environment_of(self._store, app)
        running.secrets = values
        self._store.set_fact(_secrets_fact(app), values)

    def _show_traffic(self, running: RunningApp) -> None:
        rows = RevisionRows(self._store, running.app.id)
        weights = {revision.name: weight for revision, weight in running.traffic()}
        with self._store.together():
            for name in running.revisions:
                rows.mark(name, trafficWeight=weights.get(name, 0))

    # Coming back, and keeping up -----------------------------------------------------------------------------------

    async def _revive(self, app: App) -> None:
        """Start the revisions that served when the service ended, from their own templates."""
        rows = RevisionRows(self._store, app.id)
        serving = [row for row in rows.all() if row.serving]
        if not serving:
            return
        running = await self._known(app)
        kept = fields(self._store.fact(_secrets_fact(app)))
        running.secrets = {name: text(value) for name, value in kept.items()}
        target_port = app.ingress.target_port if app.ingress is not None else 0
        for row in serving:
            template = read_template(row.template_body, target_port)
            try:
                programs = await self._factory.programs(app, template)
            except ArmError as refusal:
                logger.warning("%s cannot come back: %s", row.name, refusal.message)
                continue
            revision = self._factory.revision(
                running, row.name, template, row.template_hash, programs, running.secrets
            )
            running.revisions[row.name] = revision
            running.latest = row.name
            revision.start()

    async def _follow_secrets(self) -> None:
        """Fetch new versions of versionless references; who has one in a variable is restarted."""
        while True:
            await self._clock.sleep(SECRET_REFRESH_SECONDS)
            for running in list(self._apps.values()):
                if any(secret.versionless for secret in running.app.secrets) and running.revisions:
                    await self._refresh(running)

    async def _refresh(self, running: RunningApp) -> None:
        async with running.lock:
            newer = await self._values.newer(running.app, running.secrets, running.proxy)
            if not newer:
                return
            running.secrets = {**running.secrets, **newer}
            self._store.set_fact(_secrets_fact(running.app), running.secrets)
            for revision in list(running.revisions.values()):
                if revision.template.secrets_in_environment() & set(newer):
                    try:
                        await revision.replace(self._patience)
                    except ExpiredError:
                        logger.warning("%s does not start with the new secrets", revision.name)

    # ---------------------------------------------------------------------------------------------------------------

    async def _known(self, app: App) -> RunningApp:
        running = self._apps.get(app.id.key)
        if running is None:
            running = RunningApp(app, environment_of(self._store, app), await self._ways.proxy_of(app))
            running = self._apps.setdefault(app.id.key, running)
        if running.ingress is not None:
            await self.ingress.serve_further(running)
        return running

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("the Container Apps host broke", exc_info=task.exception())


def _secrets_fact(app: App) -> str:
    """Under this name the store keeps the values that the app's secrets had when they were last resolved."""
    return f"app-secrets:{app.id.key}"
