"""Find the Pulumi engine: on PATH, else by the official installer, else built from Go modules."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from optimizers.atomic_file import write_atomically
from stacks.engine.build import BINARY, Say, ensure_built
from stacks.engine.cache import VERSION, built_engine_folder, cache_root, installed_engine_folder

# The oldest engine that this project was run with; the SDK that it pins speaks to this one and newer.
OLDEST_VERSION = (3, 259, 0)
VERSION_LINE = re.compile(r"v?\d+\.\d+\.\d+")
VERSION_TIMEOUT_S = 20
INSTALL_TIMEOUT_S = 300
# How long a failed try of the installer is remembered, so that a machine without internet is asked once a day.
INSTALL_RETRY_S = 24 * 3600


class Origin(StrEnum):
    """Where an engine comes from."""

    PATH = "path"
    INSTALLER = "installer"
    BUILT = "built"


@dataclass(frozen=True, slots=True)
class Engine:
    """
    An engine that can be run.

    Attributes:
        path: The executable `pulumi`.
        version: Its version, `3.259.0`.
        origin: Which of the three ways found it.
        sentence: The same for people.
    """

    path: Path
    version: str
    origin: Origin
    sentence: str


def locate_engine(say: Say) -> Engine:
    """
    Return the engine to use.

    Args:
        say: Called with a line of text while something takes long.

    Raises:
        DeployError: None is installed, none can be had, and none can be built.
    """
    return _on_path(say) or _installed(say) or _built(say)


def _on_path(say: Say) -> Engine | None:
    found = shutil.which(BINARY)
    if found is None:
        return None
    path = Path(found).resolve()
    if cache_root().resolve() in path.parents:
        return None
    version = _version(path)
    if version is None:
        say(f"engine: `{path}` does not print its version and is not used")
        return None
    shown = _dotted(version)
    if version < OLDEST_VERSION:
        say(f"engine: `{path}` {shown} is older than {_dotted(OLDEST_VERSION)} and is not used")
        return None
    return Engine(path, shown, Origin.PATH, f"using Pulumi {shown} from PATH ({path})")


def _installed(say: Say) -> Engine | None:
    folder = installed_engine_folder()
    binary = folder / "bin" / BINARY
    if not binary.is_file() and not (built_engine_folder() / "bin" / BINARY).is_file():
        _run_installer(folder, say)
    if not binary.is_file():
        return None
    return Engine(binary, VERSION, Origin.INSTALLER, f"using Pulumi {VERSION} from the official installer ({binary})")


def _built(say: Say) -> Engine:
    binary = ensure_built(say)
    return Engine(
        binary,
        VERSION,
        Origin.BUILT,
        f"using Pulumi {VERSION} built from Go modules, with the project's language host ({binary})",
    )


def _run_installer(folder: Path, say: Say) -> None:
    """Run the official installer in a process of its own, so that no network keeps it longer than the limit."""
    failed = folder.with_name(f"{folder.name}.failed")
    if failed.exists() and time.time() - failed.stat().st_mtime < INSTALL_RETRY_S:
        return
    say(f"engine: trying the official installer for Pulumi {VERSION}")
    program = (
        "import sys, semver; from pulumi.automation import PulumiCommand; "
        "PulumiCommand.install(root=sys.argv[1], version=semver.VersionInfo.parse(sys.argv[2]))"
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    # An installer that is killed leaves half an engine, so it works aside.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="installing-") as temporary:
        installed = Path(temporary) / folder.name
        try:
            subprocess.run(
                [sys.executable, "-c", program, str(installed), VERSION],
                check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S,
            )  # fmt: skip
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            reason = (
                _last_line(error.stderr) if isinstance(error, subprocess.CalledProcessError) else "it took too long"
            )
            say(f"engine: the official installer cannot be had here ({reason})")
            write_atomically(failed, reason.encode())
            return
        if not folder.exists():
            installed.rename(folder)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it gave no reason"


def _version(path: Path) -> tuple[int, ...] | None:
    """Return the version of an executable, remembered for as long as the file does not change."""
    memory = cache_root() / "engine" / "versions.json"
    status = path.stat()
    key = f"{path}:{status.st_mtime_ns}:{status.st_size}"
    known = _remembered(memory)
    if key not in known:
        environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            printed = subprocess.run(
                [str(path), "version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_S, env=environment, check=False
            ).stdout  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return None
        found = VERSION_LINE.match(printed)
        if found is None:
            return None
        known[key] = found[0]
        write_atomically(memory, json.dumps(known).encode())
    return tuple(int(part) for part in re.findall(r"\d+", known[key]))


def _remembered(memory: Path) -> dict[str, str]:
    try:
        content = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in content.items()} if isinstance(content, dict) else {}


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)
