"""A replica: the processes of its containers, probed, restarted when they die, stopped in good order."""

import asyncio
import logging
import os
import secrets as randomness
import shlex
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from offline import processes
from offline.apps.addresses import Addresses, Tunnel
from offline.apps.probes import ContainerDeadError, Prober
from offline.apps.workplace import (
    VOLUMES,
    Paths,
    Surroundings,
    arguments,
    environment,
    listening_port,
    make_volumes,
    values,
)
from offline.arm.container_app_template import Container, Template
from offline.clock import Clock
from offline.images import ImageCommand

logger = logging.getLogger(__name__)

FIRST_BACKOFF = 10.0
"""Virtual seconds before the first restart; doubled each time (Kubernetes, as in Azure)."""
LONGEST_BACKOFF = 300.0
CALM_SECONDS = 600.0
"""Virtual seconds of running after which the backoff begins anew."""

Secrets = Callable[[], Mapping[str, str]]
"""The app's secrets as they are now: a restart gets new values."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """A container and what stands in for its image."""

    container: Container
    image: ImageCommand | None
    """None is a placeholder."""


class RunningContainer:
    """One container of a replica, over all of its restarts."""

    def __init__(self, program: Program, replica: "Replica") -> None:
        self.name = program.container.name
        self.stands_for = program.image.stands_for if program.image is not None else "placeholder"
        self.port: int | None = None
        self.pid: int | None = None
        self.restarts = 0
        self.ready = False
        self.listens = listening_port(program.container, program.image)
        self._program = program
        self._replica = replica
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def log(self) -> Path:
        return self._replica.folder / f"{self.name}.log"

    def start(self) -> None:
        self._task = asyncio.create_task(self._live(), name=f"{self._replica.name}/{self.name}")

    async def stop(self, grace: float) -> None:
        """SIGTERM while requests still run; SIGKILL after the grace."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._set_ready(False)
        if self._process is not None:
            await processes.stop(self._process, grace)
        self.pid = None

    async def _live(self) -> None:
        backoff = FIRST_BACKOFF
        clock = self._replica.clock
        while True:
            began = time.monotonic()
            await self._run_once()
            self._set_ready(False)
            if (time.monotonic() - began) * clock.speed > CALM_SECONDS and not self._replica.starting:
                backoff = FIRST_BACKOFF
            self.restarts += 1
            self._replica.changed()
            await clock.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF)

    async def _run_once(self) -> None:
        """From the start of the process to its end."""
        try:
            self._process = await self._spawn()
        except (OSError, KeyError) as error:  # No such program, or no such secret any more.
            logger.warning("%s: container %s does not start: %s", self._replica.name, self.name, error)
            return
        process = self._process
        self.pid = process.pid
        self._replica.changed()
        assert self.port is not None
        prober = Prober(
            self._program.container,
            self.port,
            self._replica.session,
            reachable=lambda port: self.listens is None or port == self.listens,
            on_ready=self._set_ready,
        )
        watching = asyncio.create_task(prober.watch())
        exited = asyncio.create_task(process.wait())
        try:
            # Without probes to keep asking, watching ends at once; the container runs on.
            await asyncio.wait({watching, exited}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done() and watching.exception() is None:
                await exited
            elif watching.done():
                logger.warning("%s: container %s: %s", self._replica.name, self.name, _reason(watching))
        finally:
            watching.cancel()
            exited.cancel()
            await asyncio.wait({watching, exited})
        if process.returncode is None:
            self._set_ready(False)
            await processes.stop(process, self._replica.template.grace)
        else:
            await processes.stop(process, 0)
            logger.warning(
                "%s: container %s exited with %s; its words are in %s",
                self._replica.name,
                self.name,
                process.returncode,
                self.log,
            )
        self._process = None
        self.pid = None

    async def _spawn(self) -> asyncio.subprocess.Process:
        """`OFFLINE_REPLICA_WRAPPER` in the service's environment is put in front of the command: a tracer, say."""
        replica, program = self._replica, self._program
        secrets = replica.secrets()
        volumes = make_volumes(replica.template, replica.folder, secrets)
        paths = Paths(program.container, volumes)
        addresses = await Addresses.named_in(values(program.container, secrets), replica.tunnel)
        self.port = processes.free_port()
        wrapper = shlex.split(os.environ.get("OFFLINE_REPLICA_WRAPPER", ""))
        return await processes.spawn(
            [*wrapper, *arguments(program.container, program.image, paths, port=self.port)],
            environment=environment(
                program.container,
                replica.surroundings,
                secrets,
                paths,
                addresses,
                port=self.port,
                home=replica.folder,
                programs=program.image.programs if program.image is not None else None,
            ),
            folder=replica.folder,
            log=self.log,
        )

    def _set_ready(self, ready: bool) -> None:
        if self.ready != ready:
            self.ready = ready
            self._replica.changed()


class Replica:
    """One copy of a revision. The first container takes the ingress's traffic."""

    def __init__(
        self,
        *,
        template: Template,
        programs: tuple[Program, ...],
        surroundings: Surroundings,
        folder: Path,
        secrets: Secrets,
        tunnel: Tunnel,
        clock: Clock,
        session: aiohttp.ClientSession,
        on_change: Callable[[], None],
        on_stop: Callable[[], None],
    ) -> None:
        self.name = surroundings.replica
        self.template = template
        self.surroundings = surroundings
        self.folder = folder
        self.secrets = secrets
        self.tunnel = tunnel
        self.clock = clock
        self.session = session
        self.created = Clock.stamp()
        self.in_flight = 0
        self.starting = True
        """False once it has been ready."""
        self.stopping = False
        self.containers = tuple(RunningContainer(program, self) for program in programs)
        self._on_change = on_change
        self._on_stop = on_stop

    @property
    def ready(self) -> bool:
        return (
            not self.stopping
            and bool(self.containers)
            and all(container.ready for container in self.containers)
        )

    @property
    def can_start(self) -> bool:
        """Law app-volume: a volume with an illegal name is accepted, and its replicas never start."""
        return all(volume.starts for volume in self.template.volumes)

    @property
    def port(self) -> int | None:
        return self.containers[0].port if self.containers else None

    @property
    def listens(self) -> int | None:
        return self.containers[0].listens if self.containers else None

    @property
    def restarts(self) -> int:
        return sum(container.restarts for container in self.containers)

    @property
    def state(self) -> str:
        if self.ready or (not self.stopping and all(container.pid for container in self.containers)):
            return "Running"
        return "NotRunning"

    def start(self) -> None:
        """Start its containers, if they can start at all."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.can_start:
            for container in self.containers:
                container.start()

    async def stop(self, grace: float | None = None) -> None:
        """:param grace: seconds; the template's by default."""
        self.stopping = True
        seconds = self.template.grace if grace is None else grace
        await asyncio.gather(*(container.stop(seconds) for container in self.containers))
        # Its log stays, for people; its secrets do not.
        await asyncio.to_thread(shutil.rmtree, self.folder / VOLUMES, ignore_errors=True)
        self._on_stop()

    def changed(self) -> None:
        if self.ready:
            self.starting = False
        self._on_change()


def replica_name(revision: str, template_hash: str) -> str:
    """As Kubernetes names pods: `<revision>-<hash of the template>-<five letters>`."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    letters = "".join(randomness.choice(alphabet) for _ in range(5))
    return f"{revision}-{template_hash[:10]}-{letters}"


def _reason(watching: "asyncio.Task[None]") -> str:
    error = watching.exception()
    if isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if error is not None and not isinstance(error, ContainerDeadError):
        raise error
    return str(error)
