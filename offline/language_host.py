"""The language host: runs Python programs and policy packs for an engine that brings no host of its own.

Pulumi's official `pulumi-language-python` is a Go program that only its installer has. The engine asks little of
it: run this program, run that plugin, stop. Where the official host stands beside the CLI, this one is not used.
"""

import io
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import IO, NoReturn

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

from offline import program
from offline.plugin_server import LARGEST_MESSAGE, announce, when_parent_ends

Context = grpc.ServicerContext
Run = tuple[language_pb2.RunRequest, futures.Future[language_pb2.RunResponse]]

_IN_ANOTHER_INTERPRETER = "import runpy, sys; runpy.run_path({script!r}, run_name='__main__')"


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine. Programs are run by the main thread, as every Python program expects of itself."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.runs: queue.SimpleQueue[Run] = queue.SimpleQueue()
        self._children: set[subprocess.Popen[bytes]] = set()

    def Handshake(
        self, request: language_pb2.LanguageHandshakeRequest, context: Context
    ) -> language_pb2.LanguageHandshakeResponse:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def About(self, request: language_pb2.AboutRequest, context: Context) -> language_pb2.AboutResponse:
        version = ".".join(str(part) for part in sys.version_info[:3])
        return language_pb2.AboutResponse(executable=sys.executable, version=version)

    def GetRequiredPlugins(
        self, request: language_pb2.GetRequiredPluginsRequest, context: Context
    ) -> language_pb2.GetRequiredPluginsResponse:
        return language_pb2.GetRequiredPluginsResponse()

    def GetRequiredPackages(
        self, request: language_pb2.GetRequiredPackagesRequest, context: Context
    ) -> language_pb2.GetRequiredPackagesResponse:
        return language_pb2.GetRequiredPackagesResponse()

    def GetProgramDependencies(
        self, request: language_pb2.GetProgramDependenciesRequest, context: Context
    ) -> language_pb2.GetProgramDependenciesResponse:
        return language_pb2.GetProgramDependenciesResponse()

    def InstallDependencies(
        self, request: language_pb2.InstallDependenciesRequest, context: Context
    ) -> Iterator[language_pb2.InstallDependenciesResponse]:
        """Nothing to install: the interpreter that runs this host has what the program needs."""
        return iter(())

    def Run(self, request: language_pb2.RunRequest, context: Context) -> language_pb2.RunResponse:
        done: futures.Future[language_pb2.RunResponse] = futures.Future()
        self.runs.put((request, done))
        return done.result()

    def run_forever(self) -> NoReturn:
        """Run what the engine asks for, one program after the other, in the thread that calls this."""
        while True:
            request, done = self.runs.get()
            try:
                own = interpreter_of(request.info)
                done.set_result(
                    program.run_program(request, self.engine) if own is None else self._run_with(own, request)
                )
            except BaseException as error:
                done.set_exception(error)

    def _run_with(self, python: Path, request: language_pb2.RunRequest) -> language_pb2.RunResponse:
        """Run a program with the interpreter of its own virtual environment.

        The request holds secrets, so it goes through a pipe and not by file or argument.
        """
        back, there = os.pipe()
        script = _IN_ANOTHER_INTERPRETER.format(script=program.__file__)
        child = subprocess.Popen(
            [python, "-u", "-c", script, str(there), self.engine],
            cwd=request.pwd,
            stdin=subprocess.PIPE,
            pass_fds=[there],
        )
        self._children.add(child)
        os.close(there)
        assert child.stdin is not None
        child.stdin.write(request.SerializeToString())
        child.stdin.close()
        with os.fdopen(back, "rb") as answer:
            told = answer.read()
        code = child.wait()
        self._children.discard(child)
        if code != 0:
            return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {code}")
        return language_pb2.RunResponse.FromString(told)

    def RunPlugin(
        self, request: language_pb2.RunPluginRequest, context: Context
    ) -> Iterator[language_pb2.RunPluginResponse]:
        """Start a policy pack or another plugin written in Python; pass on what it prints until it ends."""
        python = interpreter_of(request.info) or Path(sys.executable)
        folder = request.info.program_directory or request.program
        child = subprocess.Popen(
            [python, "-u", folder, *request.args],
            cwd=request.pwd,
            env=dict(entry.split("=", 1) for entry in request.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._children.add(child)
        context.add_callback(child.terminate)
        printed: queue.SimpleQueue[language_pb2.RunPluginResponse | None] = queue.SimpleQueue()

        def forward(pipe: IO[bytes] | None, told: Callable[[bytes], language_pb2.RunPluginResponse]) -> None:
            assert isinstance(pipe, io.BufferedReader)
            while chunk := pipe.read1(65536):
                printed.put(told(chunk))
            printed.put(None)

        for pipe, told in (
            (child.stdout, lambda chunk: language_pb2.RunPluginResponse(stdout=chunk)),
            (child.stderr, lambda chunk: language_pb2.RunPluginResponse(stderr=chunk)),
        ):
            threading.Thread(target=forward, args=(pipe, told), daemon=True).start()
        for _ in range(2):
            yield from iter(printed.get, None)
        code = child.wait()
        self._children.discard(child)
        yield language_pb2.RunPluginResponse(exitcode=code)

    def Cancel(self, request: Empty, context: Context) -> Empty:
        # The answer goes out first: the engine waits for it.
        context.add_callback(self.end)
        return Empty()

    def end(self) -> NoReturn:
        """End at once, and what was started from here with it: the engine waits 5 s for a host that lingers."""
        for child in list(self._children):
            child.kill()
        os._exit(0)


def interpreter_of(info: language_pb2.ProgramInfo) -> Path | None:
    """The interpreter of the virtual environment that Pulumi.yaml names; None where that is our own or missing."""
    named = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    if not named:
        return None
    environment = Path(info.root_directory or info.program_directory) / named
    if not environment.is_dir() or environment.resolve() == Path(sys.prefix).resolve():
        return None
    return _python_in(environment)


def _python_in(environment: Path) -> Path | None:
    found = shutil.which("python", path=str(environment / "bin")) or shutil.which(
        "python", path=str(environment / "Scripts")
    )
    return Path(found) if found else None


def serve(host: LanguageHost) -> NoReturn:
    """Announce a port, and run programs for whoever comes, until this process is ended."""
    for wanted in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wanted, lambda _number, _frame: host.end())
    server = grpc.server(
        futures.ThreadPoolExecutor(),
        options=[
            ("grpc.max_receive_message_length", LARGEST_MESSAGE),
            ("grpc.max_send_message_length", LARGEST_MESSAGE),
        ],
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    when_parent_ends(host.end)
    announce(port)
    host.run_forever()


def main() -> None:
    """Serve the engine whose address is the last argument until it is done with us."""
    # What makes this host importable is no business of the programs that it runs.
    source = str(Path(__file__).resolve().parent.parent)
    sys.path[:] = [entry for entry in sys.path if entry != source]
    serve(LanguageHost(sys.argv[-1]))


if __name__ == "__main__":
    main()
