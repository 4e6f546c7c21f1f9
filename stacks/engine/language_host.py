"""
The Python language host for an engine that was built from source: runs programs and policy packs.

The engine starts it, reads a port from stdout and calls it over gRPC. The work of running a program is the SDK's own
(`pulumi.automation._server.LanguageServer`, a private class: the SDK is pinned). Where the official distribution is
installed, its own host is used instead.
"""

import contextlib
import importlib.metadata
import os
import queue
import runpy
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Generator, Iterator
from concurrent import futures
from pathlib import Path
from types import FrameType
from typing import IO, Any

import grpc
import pulumi
from google.protobuf import empty_pb2
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

# A plan of a large stack is one message; the SDK's own servers use the same limit.
LARGEST_MESSAGE_BYTES = 400 << 20
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", LARGEST_MESSAGE_BYTES),
    ("grpc.max_send_message_length", LARGEST_MESSAGE_BYTES),
)
MODULES = {"analyzer": "pulumi.policy"}
READ_BYTES = 1 << 16


class ProjectLanguageHost(LanguageServer):
    """Answers the engine; each program runs in this process."""

    def __init__(self, engine_address: str) -> None:
        super().__init__(self._run_program)
        self._engine_address = engine_address
        self._entry_point = Path()
        self._working_folder = Path()

    def Handshake(self, request: Any, context: Any) -> Any:
        """Take the engine's address from newer engines, which do not pass it as an argument."""
        self._engine_address = request.engine_address or self._engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        """Return the version of the SDK."""
        return plugin_pb2.PluginInfo(version=importlib.metadata.version("pulumi"))

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:
        """Ask for nothing: the project's Makefile owns the environment."""
        return language_pb2.RuntimeOptionsResponse()

    def GetProgramDependencies(self, request: Any, context: Any) -> Any:
        """Return every installed distribution."""
        found = (
            language_pb2.DependencyInfo(name=item.name, version=item.version)
            for item in importlib.metadata.distributions()
        )
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Install nothing: `make setup` does."""
        yield language_pb2.InstallDependenciesResponse(stdout=b"run `make setup` to install dependencies\n")

    def Cancel(self, request: Any, context: Any) -> Any:
        """Have nothing to undo: the engine ends this process."""
        return empty_pb2.Empty()

    def Run(self, request: Any, context: Any) -> Any:
        """Run a program against the engine."""
        folder = Path(request.info.program_directory)
        self._entry_point = folder / (request.info.entry_point or ".")
        self._working_folder = Path(request.pwd or folder)
        sys.argv = [str(self._entry_point), *request.args]
        # The SDK's server takes the engine's address from here.
        del request.args[:]
        request.args.append(self._engine_address)
        response = super().Run(request, context)  # type: ignore[no-untyped-call]
        if response.error:
            # The SDK has reported the error; as an answer it would be printed a second time.
            response.ClearField("error")
            response.bail = True
        return response

    def RunPlugin(self, request: Any, context: Any) -> Generator[Any]:
        """Run a policy pack, or another plugin that is written in Python, and stream its output."""
        folder = request.info.program_directory
        module = MODULES.get(request.kind)
        arguments = ["-m", module, *request.args, "."] if module else [folder, *request.args]
        process = subprocess.Popen(
            [sys.executable, "-u", *arguments],
            cwd=folder,
            env={**os.environ, **dict(entry.split("=", 1) for entry in request.env)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        context.add_callback(process.kill)
        for stream, data in _output(process):
            is_stdout = stream == "stdout"
            yield (
                language_pb2.RunPluginResponse(stdout=data)
                if is_stdout
                else language_pb2.RunPluginResponse(stderr=data)
            )
        yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def _run_program(self) -> None:
        folder = self._entry_point if self._entry_point.is_dir() else self._entry_point.parent
        sys.path.insert(0, str(folder))
        os.chdir(self._working_folder)
        try:
            runpy.run_path(str(self._entry_point), run_name="__main__")
        except pulumi.RunError:
            raise
        except SystemExit as end:
            if end.code:
                raise pulumi.RunError(f"the program ended itself with {end.code}") from None
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            # A syntax error has no frame of the program; it names its file and line itself.
            own = [frame for frame in frames if Path(frame.filename).is_relative_to(folder.parent)]
            text = "".join(traceback.format_list(own)) + "".join(traceback.format_exception_only(error))
            raise pulumi.RunError(f"Program failed with an unhandled exception:\n{text}") from error


def _output(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield what a process writes, as it writes it, as ("stdout" or "stderr", bytes)."""
    chunks: queue.SimpleQueue[tuple[str, bytes]] = queue.SimpleQueue()
    streams: dict[str, IO[bytes] | None] = {"stdout": process.stdout, "stderr": process.stderr}

    def pump(name: str, stream: IO[bytes] | None) -> None:
        while stream is not None and (data := os.read(stream.fileno(), READ_BYTES)):
            chunks.put((name, data))
        chunks.put((name, b""))

    for name, stream in streams.items():
        threading.Thread(target=pump, args=(name, stream), daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        name, data = chunks.get()
        if data:
            yield name, data
        else:
            open_streams -= 1


def main() -> None:
    """Serve until the engine, which is this process's parent, is gone."""
    # The engine is interrupted with its whole process group; a traceback of this process would land in the diagnostics.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=CHANNEL_OPTIONS)
    host = ProjectLanguageHost(sys.argv[-1] if len(sys.argv) > 1 else "")
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 - the engine reads it
    parent = os.getppid()
    with contextlib.suppress(KeyboardInterrupt):
        while os.getppid() == parent:
            server.wait_for_termination(timeout=1)
    # Not `return`: a program that still runs would keep this process for as long as it likes.
    os._exit(0)


def _leave(_number: int, _frame: FrameType | None) -> None:
    os._exit(0)


if __name__ == "__main__":
    main()
