"""Plugins that the language host runs for the engine: policy packs, above all."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import grpc
import psutil
import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2

from offline.language_host import LanguageHost, interpreter_of


class Call:
    """A call that the engine can cancel: the part of a gRPC context that counts here."""

    def __init__(self) -> None:
        self.cancel: Callable[[], object] = lambda: None

    def add_callback(self, callback: Callable[[], object]) -> bool:
        self.cancel = callback
        return True


def run(request: language_pb2.RunPluginRequest, call: Call) -> Iterator[language_pb2.RunPluginResponse]:
    return LanguageHost("").RunPlugin(request, cast("grpc.ServicerContext", call))


def plugin(folder: Path, program: str) -> language_pb2.RunPluginRequest:
    """What the engine sends for a plugin of one file."""
    (folder / "__main__.py").write_text(program)
    return language_pb2.RunPluginRequest(
        pwd=str(folder),
        args=["127.0.0.1:1"],
        env=["ASKED=yes=no"],
        info=language_pb2.ProgramInfo(program_directory=str(folder)),
    )


def test_a_plugins_output_and_exit_code_reach_the_engine(scratch: Path) -> None:
    """The engine reads the plugin's port from its output, and the reason of a failure from its errors."""
    request = plugin(
        scratch,
        "import os, sys\nprint(sys.argv[1], os.environ['ASKED'])\nprint('why', file=sys.stderr)\nsys.exit(3)\n",
    )
    answers = list(run(request, Call()))
    assert b"".join(answer.stdout for answer in answers) == b"127.0.0.1:1 yes=no\n"
    assert b"".join(answer.stderr for answer in answers) == b"why\n"
    assert answers[-1] == language_pb2.RunPluginResponse(exitcode=3)


def test_a_cancelled_plugin_ends(scratch: Path) -> None:
    """The engine is done with a policy pack when it hangs up."""
    request = plugin(scratch, "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(600)\n")
    call = Call()
    answers = run(request, call)
    process = psutil.Process(int(next(answers).stdout))
    call.cancel()
    rest = threading.Thread(target=lambda: list(answers))
    rest.start()
    rest.join(timeout=5)
    assert not process.is_running()


@pytest.mark.parametrize("named", [pytest.param("", id="none"), pytest.param("missing", id="missing")])
def test_a_program_without_an_environment_of_its_own_runs_in_ours(scratch: Path, named: str) -> None:
    """A fresh clone names a virtual environment that nobody has made yet."""
    options = Struct()
    options.update({"virtualenv": named})
    assert interpreter_of(language_pb2.ProgramInfo(root_directory=str(scratch), options=options)) is None


def test_our_own_environment_is_no_other() -> None:
    """Where a program names the environment that the host runs in, nothing is started twice."""
    options = Struct()
    options.update({"virtualenv": sys.prefix})
    assert interpreter_of(language_pb2.ProgramInfo(root_directory="/", options=options)) is None
