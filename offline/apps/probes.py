"""Asking a container whether it has started, is ready, is alive: as its template says.

Seconds are real ones here, because the processes are. Only the pace differs while a container comes up: it is asked
every quarter of a second instead of once a period, so that nobody waits for the rest of a period; the time that it is
given, initial delay + failures * period, stays the template's.
"""

import asyncio
import time
from collections.abc import Callable

import aiohttp

from offline.arm.container_app_template import Container, Probe

POLL_SECONDS = 0.25


class ContainerDeadError(Exception):
    """The startup or liveness probe has failed too often: the container is restarted."""


class Prober:
    """Asks one run of one container.

    :param reachable: False for a probe's port that the container does not listen on.
    :param on_ready: told every change of readiness.
    """

    def __init__(
        self,
        container: Container,
        port: int,
        session: aiohttp.ClientSession,
        *,
        reachable: Callable[[int], bool],
        on_ready: Callable[[bool], None],
    ) -> None:
        self._probes = {probe.kind: probe for probe in container.probes}
        self._port = port
        self._session = session
        self._reachable = reachable
        self._on_ready = on_ready

    async def watch(self) -> None:
        """Ask for as long as the container runs.

        :raises ContainerDeadError: it is to be restarted.
        """
        startup = self._probes.get("Startup")
        if startup is not None:
            await self._come_up(startup)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._readiness(self._probes.get("Readiness")))
            liveness = self._probes.get("Liveness")
            if liveness is not None:
                group.create_task(self._liveness(liveness))

    async def _come_up(self, probe: Probe) -> None:
        ends = time.monotonic() + probe.initial_delay + probe.failures * probe.period
        while not await self._ask(probe):
            if time.monotonic() > ends:
                raise ContainerDeadError("startup probe failed")
            await asyncio.sleep(min(POLL_SECONDS, probe.period))

    async def _readiness(self, probe: Probe | None) -> None:
        if probe is None:
            self._on_ready(True)
            return
        ready = False
        in_a_row = 0
        while True:
            if await self._ask(probe) != ready:
                in_a_row += 1
                if in_a_row >= (probe.failures if ready else probe.successes):
                    ready, in_a_row = not ready, 0
                    self._on_ready(ready)
            else:
                in_a_row = 0
            await asyncio.sleep(probe.period if ready else min(POLL_SECONDS, probe.period))

    async def _liveness(self, probe: Probe) -> None:
        await asyncio.sleep(probe.initial_delay)
        failed = 0
        while failed < probe.failures:
            failed = 0 if await self._ask(probe) else failed + 1
            await asyncio.sleep(probe.period)
        raise ContainerDeadError("liveness probe failed")

    async def _ask(self, probe: Probe) -> bool:
        if not self._reachable(probe.port):
            return False
        try:
            async with asyncio.timeout(probe.timeout):
                if probe.path is None:
                    _, writer = await asyncio.open_connection("127.0.0.1", self._port)
                    writer.close()
                    return True
                url = f"{probe.scheme}://127.0.0.1:{self._port}{probe.path}"
                async with self._session.get(
                    url, headers=probe.headers, allow_redirects=False, ssl=False
                ) as response:
                    return 200 <= response.status < 400
        except (OSError, TimeoutError, aiohttp.ClientError):
            return False
