"""Runs one Python program for the engine, as Pulumi's own `pulumi-language-python-exec` does.

Imports nothing of this project, so that the interpreter of another program's virtual environment can run it:
`python -c … program.py FD` reads a RunRequest from standard input and writes the RunResponse to that descriptor.
"""

import asyncio
import gc
import importlib
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import grpc
from pulumi import RunError, log
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

_ENGINE_ENDS = "grpc: the client connection is closing"
"""What a call that was under way hears when the engine, which has found an error, closes its providers.

The engine has told that error itself. The words are grpc-go's (`ErrClientConnClosing`) for a connection that its own
side has closed; a provider that dies is told otherwise.
"""


def run_program(request: language_pb2.RunRequest, engine: str) -> language_pb2.RunResponse:
    """Run a program to its end in this thread; what goes wrong in it is told to the engine, once."""
    # It lives for seconds and keeps what it loads: looking for garbage in the SDK's classes is time lost.
    gc.set_threshold(100_000)
    folder = Path(request.info.program_directory or request.pwd)
    entry = folder / (request.info.entry_point or request.program)
    os.chdir(request.pwd)
    _forget_modules_of(folder)
    if str(folder) in sys.path:
        sys.path.remove(str(folder))
    sys.path.insert(0, str(folder))
    sys.argv = [str(entry), *request.args]
    reset_options(
        project=request.project,
        stack=request.stack,
        root_directory=request.info.root_directory,
        parallel=request.parallel,
        engine_address=engine,
        monitor_address=request.monitor_address,
        preview=request.dryRun,
        organization=request.organization or "organization",
    )
    # The SDK has one type for the settings and another for the request's map of the same strings.
    set_all_config(dict(request.config), list(request.configSecretKeys))

    async def program() -> None:
        runpy.run_path(str(entry), run_name="__main__")

    response = language_pb2.RunResponse()
    loop = asyncio.new_event_loop()
    # Every registration that is under way waits in a thread of its own.
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(request.parallel, 1) * 4))
    # What a task that nobody awaits raised is raised again by the run itself.
    loop.set_exception_handler(lambda _loop, _context: None)
    try:
        loop.run_until_complete(run_in_stack(program))
    except RunError as error:
        log.error(str(error))
        response.bail = True
    except SystemExit as exit_:
        if exit_.code not in (None, 0):
            if not isinstance(exit_.code, int):
                print(exit_.code, file=sys.stderr)  # noqa: T201 - as Python itself ends
            code = exit_.code if isinstance(exit_.code, int) else 1
            response.error = f"Program exited with non-zero exit code: {code}"
    except grpc.RpcError as error:
        # An engine that is ending no longer answers, and has told the reason itself.
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            log.error(f"The engine refused a call: {error.details()}")
        response.bail = True
    except BaseException as error:
        if _ENGINE_ENDS in str(error):
            response.bail = True
            return response
        log.error("Program failed with an unhandled exception:\n" + traceback_of(error, folder))
        response.bail = True
    finally:
        _close(loop)
        sys.stdout.flush()
        sys.stderr.flush()
    return response


def traceback_of(error: BaseException, folder: Path) -> str:
    """The traceback from the first line of the user's program on: how the program was started is left out."""
    told = traceback.TracebackException.from_exception(error)
    seen: set[int] = set()
    waiting: list[traceback.TracebackException | None] = [told]
    while waiting:
        part = waiting.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        waiting += [part.__cause__, part.__context__]
        own = [index for index, frame in enumerate(part.stack) if _is_in(frame.filename, folder)]
        if own:
            part.stack = traceback.StackSummary.from_list(list(part.stack)[own[0] :])
        elif _is_in(getattr(part, "filename", None) or "", folder):
            # A syntax error in the first file: it names its place itself, and no line of the program ran.
            part.stack = traceback.StackSummary()
    return "".join(told.format())


def _is_in(filename: str, folder: Path) -> bool:
    path = Path(filename)
    return path.is_relative_to(folder) and "site-packages" not in path.parts


def _forget_modules_of(folder: Path) -> None:
    """A preview and its update may be run by one process; the program must start afresh for each."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and _is_in(getattr(module, "__file__", None) or "", folder):
            del sys.modules[name]
    importlib.invalidate_caches()


def _close(loop: asyncio.AbstractEventLoop) -> None:
    """End what a failed run left under way, so that Python prints no complaint about it."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            loop.run_until_complete(task)
    loop.close()


if __name__ == "__main__":
    _, descriptor, address = sys.argv
    answer = run_program(language_pb2.RunRequest.FromString(sys.stdin.buffer.read()), address)
    with os.fdopen(int(descriptor), "wb") as back:
        back.write(answer.SerializeToString())
    # Threads that a failed program left waiting must not keep the answer from the engine.
    os._exit(0)
