"""
Start, find and stop a server's processes.

A server's processes carry the path of their configuration in their environment. They are found by it, so a process is
never lost when this one is killed between a start and the note of it, and never mistaken for somebody else's.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
from pydantic import ValidationError

from components.embedded.server_config import CONFIG_VARIABLE, ServerConfig
from optimizers.atomic_file import write_atomically
from optimizers.errors import DeployError

CONFIG_NAME = "config.json"
OUTPUT_NAME = "server.log"
SERVICE = "components.embedded.server.service:Endpoint"
GRACE_S = 20.0
POLL_S = 0.05
# What a server may know of the environment of the command that started it: no credentials, no Pulumi variables.
# With the same `PYTHONPATH` it imports the same code as the command that wrote its configuration.
INHERITED = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
INHERITED_PREFIXES = ("OTEL_", "OMP_", "OPENBLAS_", "ORT_", "OPENVINO_")


def start(config: ServerConfig, run_folder: Path) -> None:
    """
    Start a server that outlives this process, and return at once.

    Raises:
        DeployError: The port is in use.
    """
    refuse_used_port(config.host, config.port)
    run_folder.mkdir(parents=True, exist_ok=True)
    path = run_folder / CONFIG_NAME
    write_atomically(path, config.model_dump_json(indent=2).encode())
    kept = {
        name: value for name, value in os.environ.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)
    }
    environment = {
        **kept,
        CONFIG_VARIABLE: str(path),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": str(run_folder / "bentoml"),
    }
    arguments = ["-m", "bentoml", "serve", SERVICE, "--host", config.host, "--port", str(config.port)]
    (run_folder / OUTPUT_NAME).write_bytes(b"")
    # Opened for appending, so that the server can empty it while it writes.
    with (run_folder / OUTPUT_NAME).open("ab") as output:
        # The shell ends at once, so the server is nobody's child: it outlives this process and never becomes its zombie.
        subprocess.run(
            ["/bin/sh", "-c", '"$@" &', "sh", sys.executable, *arguments],
            check=True,
            cwd=run_folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def running_config(run_folder: Path) -> ServerConfig | None:
    """Return the configuration of the server that runs from this folder; None where none of this version's runs."""
    path = run_folder / CONFIG_NAME
    if not path.is_file() or arbiter(run_folder) is None:
        return None
    try:
        return ServerConfig.model_validate_json(path.read_bytes())
    except ValidationError:
        return None


def arbiter(run_folder: Path) -> psutil.Process | None:
    """Return the process that supervises the workers, or None."""
    processes = server_processes(run_folder)
    workers = {child.pid for process in processes for child in _children(process)}
    supervisors = [process for process in processes if process.pid not in workers and SERVICE in _arguments(process)]
    return next((process for process in supervisors if "serve" in _arguments(process)), None)


def server_processes(run_folder: Path) -> list[psutil.Process]:
    """Return every live process that was started with this folder's configuration, orphaned workers included."""
    return [process for process in psutil.process_iter() if _started_from(process) == run_folder]


def run_folders(run_path: Path) -> list[Path]:
    """Return the folders below `run_path` that hold a server's files or that a live server was started from."""
    found = {folder for folder in run_path.iterdir() if folder.is_dir()} if run_path.is_dir() else set[Path]()
    for process in psutil.process_iter():
        folder = _started_from(process)
        if folder is not None and folder.parent == run_path:
            found.add(folder)
    return sorted(found)


def stop(run_folder: Path, grace_s: float = GRACE_S) -> None:
    """
    End the server: requests that it is answering are finished within `grace_s`, then what is left is killed.

    Returns when no process is left, so the port is free. Does nothing where none runs.
    """
    supervisor = arbiter(run_folder)
    if supervisor is not None:
        _signal(supervisor, kill=False)
    deadline = time.monotonic() + (grace_s if supervisor is not None else 0)
    while (left := server_processes(run_folder)) and time.monotonic() < deadline:
        psutil.wait_procs(left, timeout=POLL_S)
    while left := server_processes(run_folder):
        for process in left:
            _signal(process, kill=True)
        psutil.wait_procs(left, timeout=1)


def refuse_used_port(host: str, port: int) -> None:
    """Raise DeployError, naming the holder where it can be found, if the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise DeployError(
                f"port {port} on {host} cannot be used ({error.strerror}{_holder(port)}); "
                "stop the holder or set another `endpoint.port` in the stack file"
            ) from None


def free_port(host: str) -> int:
    """Return a port that nothing uses now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            address = connection.laddr
            if connection.status == psutil.CONN_LISTEN and address and address.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                folder = _started_from(process)
                whose = f", the endpoint `{folder.name}` of stack `{folder.parent.name}`" if folder else ""
                return f", held by process {connection.pid} `{process.name()}`{whose}"
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        pass
    return ""


def _started_from(process: psutil.Process) -> Path | None:
    """Return the folder of the server that this process belongs to, or None where it is none of ours."""
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        path = process.environ().get(CONFIG_VARIABLE)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return None
    return Path(path).parent if path else None


def _signal(process: psutil.Process, *, kill: bool) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill() if kill else process.terminate()


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
