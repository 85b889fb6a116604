"""The real servers behind the databases: one process each, started by the first call, that keeps nothing on disk."""

import asyncio
import logging
import secrets
import signal
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from offline import processes
from offline.arm.ids import ResourceId
from offline.arm.redis_enterprise import DATABASE
from offline.arm.store import Resource, Store
from offline.dataplane.redis import outages, program
from offline.dataplane.redis.program import MISSING, ServerProgram
from offline.dataplane.redis.wire import command
from offline.home import Home

logger = logging.getLogger(__name__)

USER = b"default"
"""The servers' one user. Callers never learn its password: who they are is judged before (`admission.py`)."""

BLOCKED = (
    "ACL",
    "BGREWRITEAOF",
    "BGSAVE",
    "CONFIG",
    "DEBUG",
    "MIGRATE",
    "MODULE",
    "PSYNC",
    "REPLICAOF",
    "REPLCONF",
    "SAVE",
    "SHUTDOWN",
    "SLAVEOF",
    "SYNC",
)
"""Commands that Azure keeps to itself, and answers with "ERR unknown command" (docs of the older Azure Cache for Redis,
quoted in hhyo/Archery#1451; for Azure Managed Redis by analogy). ACL would let a caller make users whom nobody here
judges."""

EVICTION = {
    "AllKeysLFU": "allkeys-lfu",
    "AllKeysLRU": "allkeys-lru",
    "AllKeysRandom": "allkeys-random",
    "NoEviction": "noeviction",
    "VolatileLFU": "volatile-lfu",
    "VolatileLRU": "volatile-lru",
    "VolatileRandom": "volatile-random",
    "VolatileTTL": "volatile-ttl",
}
_MEMORY = "512mb"
"""Of the smallest SKU, whatever the SKU: it is this machine's memory."""
_TRIES = 3
"""A port that was free can be taken before the server has it."""
_START_SECONDS = 30.0


class UnavailableError(Exception):
    """There is no server to connect to; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """One that answers."""

    process: asyncio.subprocess.Process
    port: int
    password: bytes
    program: ServerProgram

    @property
    def runs(self) -> bool:
        return self.process.returncode is None

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self.process.send_signal(number)


@dataclass(frozen=True, kw_only=True)
class CacheStatus:
    """A database and its server, for people."""

    cluster: str
    state: str
    """`running`, `not called yet`, or the outage's answer."""
    pid: int | None
    program: str | None


class Servers:
    """Starts servers and ends them: the `CacheHost` of `offline/arm/kinds.py`.

    :param find: the program that serves; None from it is a machine without one.
    """

    def __init__(
        self, store: Store, home: Home, find: Callable[[], ServerProgram | None] = program.find
    ) -> None:
        self._store = store
        self._folder = home.caches
        self._find = find
        self._known: dict[str, Server] = {}
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def start(self) -> None:
        """Remove what a killed service left."""
        orphans = await asyncio.to_thread(processes.kill_orphans, self._folder)
        if orphans:
            logger.warning("ended %s Redis servers that an earlier service had left", orphans)

    async def close(self) -> None:
        """End every server; returns once no process is left."""
        known = [*self._known.values()]
        self._known.clear()
        await asyncio.gather(*(processes.stop(server.process, 0) for server in known))
        await asyncio.to_thread(processes.kill_orphans, self._folder)

    async def connect(
        self, database: ResourceId, protocol: Callable[[], asyncio.Protocol]
    ) -> tuple[asyncio.Transport, Server]:
        """A connection to the database's server, which is started when it does not run.

        :raises UnavailableError: there is none, or it was taken away.
        """
        for _ in range(_TRIES):
            server = await self._running(database)
            try:
                transport, _ = await asyncio.get_running_loop().create_connection(
                    protocol, "127.0.0.1", server.port
                )
            except OSError:  # It has just died: nobody has told us yet.
                await processes.stop(server.process, 0)
                continue
            return transport, server
        raise UnavailableError(
            f"the server of {database} dies at once; its words are in {self._log(database)}"
        )

    def end(self, database: ResourceId) -> None:
        """End a database's server at once: nothing in it is kept."""
        server = self._known.pop(database.key, None)
        if server is not None:
            server.send(signal.SIGKILL)

    def obey(self) -> None:
        """Do to the servers that run what the outages say by now."""
        for key, server in [*self._known.items()]:
            match outages.answer_of(self._store, ResourceId(key)):
                case "refused":
                    self.end(ResourceId(key))
                case "hang":
                    server.send(signal.SIGSTOP)
                case _:
                    server.send(signal.SIGCONT)

    def status(self) -> list[CacheStatus]:
        """Every database and its server, for people."""
        return [self._status(database.id) for database in self._store.of_type(DATABASE)]

    def missing(self) -> str | None:
        """What is missing on this machine, and how it comes here; None where a server can be started."""
        return MISSING if self._find() is None else None

    def _status(self, database: ResourceId) -> CacheStatus:
        server = self._known.get(database.key)
        running = server if server is not None and server.runs else None
        return CacheStatus(
            cluster=database.names[0],
            state=outages.answer_of(self._store, database) or ("running" if running else "not called yet"),
            pid=running.process.pid if running else None,
            program=running.program.name if running else None,
        )

    async def _running(self, database: ResourceId) -> Server:
        """:raises UnavailableError: there is none, or it was taken away."""
        async with self._starting[database.key]:
            server = self._known.get(database.key)
            if server is None or not server.runs:
                server = await self._start(self._there(database))
                self._known[database.key] = server
        # While it started, the database may have gone, or an outage come.
        try:
            self._there(database)
        except UnavailableError:
            self.end(database)
            raise
        if outages.answer_of(self._store, database) == "hang":
            server.send(signal.SIGSTOP)
        return server

    def _there(self, database: ResourceId) -> Resource:
        """:raises UnavailableError: it is gone, or away."""
        found = self._store.get(database)
        if found is None or outages.answer_of(self._store, database) == "refused":
            raise UnavailableError(f"{database} is not there")
        return found

    async def _start(self, database: Resource) -> Server:
        found = await asyncio.to_thread(self._find)
        if found is None:
            raise UnavailableError(MISSING)
        log = self._log(database.id)
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for _ in range(_TRIES):
            password, port = secrets.token_hex(32), processes.free_port()
            process = await processes.spawn(
                [str(found.path), "-"],
                environment={"HOME": str(log.parent)},
                folder=log.parent,
                log=log,
                told=_configuration(database, port, password),
            )
            server = Server(process=process, port=port, password=password.encode(), program=found)
            if await _answers(server):
                return server
            await processes.stop(process, 0)
        raise UnavailableError(f"{found.path} does not start; its words are in {log}")

    def _log(self, database: ResourceId) -> Path:
        """One folder a database: group/cluster/database."""
        return self._folder.joinpath(database.group or "", *database.names, "server.log")


def _configuration(database: Resource, port: int, password: str) -> str:
    """What the server reads on its standard input, so that the password stands nowhere else."""
    lines = (
        "bind 127.0.0.1",
        f"port {port}",
        'save ""',
        "appendonly no",
        "databases 1",
        f"maxmemory {_MEMORY}",
        f"maxmemory-policy {EVICTION[str(database.properties.get('evictionPolicy', 'VolatileLRU'))]}",
        f"user {USER.decode()} on >{password} ~* &* +@all",
        *(f'rename-command {word} ""' for word in BLOCKED),
    )
    return "\n".join(lines) + "\n"


async def _answers(server: Server) -> bool:
    """Wait until the server takes its own password: on its port there could be somebody else."""
    ended = asyncio.create_task(server.process.wait())
    asking = asyncio.create_task(_ask(server))
    try:
        await asyncio.wait({ended, asking}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        return asking.done() and asking.result()
    finally:
        ended.cancel()
        asking.cancel()
        await asyncio.wait({ended, asking})


async def _ask(server: Server) -> bool:
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            break
        except OSError:
            await asyncio.sleep(0.01)
    try:
        writer.write(command((b"AUTH", USER, server.password)))
        return await reader.readline() == b"+OK\r\n"
    except OSError:
        return False
    finally:
        writer.close()
