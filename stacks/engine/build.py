"""Build the Pulumi engine from its Go modules, pinned by `go.mod` and `go.sum`; about 5 minutes on 2 cores, once."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from optimizers.errors import DeployError
from stacks.engine.cache import BUILD_FLAGS, MODULE, SOURCE, VERSION, built_engine_folder
from stacks.engine.launchers import write_launchers

BINARY = "pulumi"
BUILDING = "building-"
# As the `go` line of go.mod: an older one would have to download a newer toolchain.
OLDEST_GO = (1, 26)
SAY_EVERY_S = 15

Say = Callable[[str], None]


def ensure_built(say: Say) -> Path:
    """
    Return the built engine, building it if the cache has none for these module files.

    A second build of the same engine waits for the first. The binary is renamed into place when complete.

    Raises:
        DeployError: Go is missing or too old, or the build fails.
    """
    folder = built_engine_folder() / "bin"
    binary = folder / BINARY
    if not binary.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "build.lock"):
            if not binary.is_file():
                _build(binary, say)
    write_launchers(folder)
    return binary


def _build(binary: Path, say: Say) -> None:
    go = _find_go()
    for stale in binary.parent.glob(f"{BUILDING}*"):
        # A build that was killed could not remove its folder; no other build runs while the lock is held.
        shutil.rmtree(stale, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=binary.parent, prefix=BUILDING) as temporary:
        built = Path(temporary) / BINARY
        command = [go, "build", "-mod=readonly", *BUILD_FLAGS, "-o", str(built), MODULE]
        started = time.monotonic()
        say(f"engine: building Pulumi {VERSION} from Go modules, once a machine (about 5 minutes on 2 cores)")
        # The output goes to a file: a full pipe would stop the compiler.
        log = Path(temporary) / "build.log"
        with log.open("wb") as stream:
            environment = {**os.environ, "CGO_ENABLED": "0"}
            process = subprocess.Popen(command, cwd=SOURCE, stdout=stream, stderr=subprocess.STDOUT, env=environment)
            while (code := _wait(process)) is None:
                say(f"engine: still building, {time.monotonic() - started:.0f} s")
        if code != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
            raise DeployError(f"the engine cannot be built; `go build` ended with {code}:\n{tail}")
        built.rename(binary)
        say(f"engine: built in {time.monotonic() - started:.0f} s")


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(timeout=SAY_EVERY_S)
    except subprocess.TimeoutExpired:
        return None


def _find_go() -> str:
    wanted = ".".join(str(part) for part in OLDEST_GO)
    remedy = f"install Go {wanted} or newer, or Pulumi {VERSION} or newer, and run the command again"
    go = shutil.which("go")
    if go is None:
        raise DeployError(f"no Pulumi engine and no `go` on PATH to build one; {remedy}")
    printed = subprocess.run([go, "version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"go(\d+)\.(\d+)", printed)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GO:
        raise DeployError(f"`{go}` is too old to build the Pulumi engine (`{printed.strip()}`); {remedy}")
    return go


def main() -> int:
    """Find or build the engine and say which one is used; the Makefile's `engine`."""
    from optimizers.errors import ServingError
    from stacks.engine.locate import locate_engine

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)  # noqa: T201

    try:
        say(f"engine: {locate_engine(say).sentence}")
    except ServingError as error:
        say(f"error: {error}")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
