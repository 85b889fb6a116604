"""A language host that stays when an engine has gone: importing the SDK anew is a third of what an `up` takes.

An engine that is told PULUMI_DEBUG_LANGUAGES attaches to it, and says in its handshake where it is itself. Each program
runs in a process of its own, forked from one that has imported what it needs.
"""

import multiprocessing
import os
from multiprocessing.connection import Connection

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import language_pb2

from offline.language_host import Context, LanguageHost, serve
from offline.program import run_program


class LastingHost(LanguageHost):
    """Runs the programs of one engine after the other."""

    def __init__(self) -> None:
        super().__init__("")
        self._fork = multiprocessing.get_context("forkserver")
        self._fork.set_forkserver_preload(["tests.whole_sdk", __name__])
        self._programs: set[multiprocessing.process.BaseProcess] = set()

    def Handshake(  # noqa: N802  gRPC names the methods
        self, request: language_pb2.LanguageHandshakeRequest, context: Context
    ) -> language_pb2.LanguageHandshakeResponse:
        self.engine = request.engine_address
        return super().Handshake(request, context)

    def Run(self, request: language_pb2.RunRequest, context: Context) -> language_pb2.RunResponse:  # noqa: N802
        back, there = self._fork.Pipe(duplex=False)
        program = self._fork.Process(target=run, args=(there, request.SerializeToString(), self.engine))
        program.start()
        self._programs.add(program)
        # An engine that was killed takes its program with it, as it would its own host.
        context.add_callback(program.kill)
        there.close()
        try:
            return language_pb2.RunResponse.FromString(back.recv_bytes())
        except EOFError:
            return language_pb2.RunResponse(error="the program was ended")
        finally:
            program.join()
            self._programs.discard(program)

    def Cancel(self, request: Empty, context: Context) -> Empty:  # noqa: N802
        """This engine is done, and what it left running with it. The next one comes."""
        for program in list(self._programs):
            program.kill()
        return Empty()


def run(there: Connection, request: bytes, engine: str) -> None:
    """One program, to its end."""
    response = run_program(language_pb2.RunRequest.FromString(request), engine)
    there.send_bytes(response.SerializeToString())
    # Threads that a failed program left waiting would wait for an engine that has gone.
    os._exit(0)


if __name__ == "__main__":
    serve(LastingHost())
