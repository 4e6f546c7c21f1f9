"""The environment that the engine runs in: which backend holds the state, and where it finds the project's Python."""

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from stacks.engine.locate import Engine, Origin
from stacks.project import Project

PASSPHRASE = "PULUMI_CONFIG_PASSPHRASE"  # noqa: S105 - the name of a variable
PASSPHRASE_FILE = "PULUMI_CONFIG_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
BACKEND = "PULUMI_BACKEND_URL"
NO_DOWNLOADS = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"


def engine_environment(project: Project, engine: Engine, inherited: Mapping[str, str]) -> dict[str, str]:
    """
    Return the variables to add to `inherited` for a run.

    The state lies where the user is logged in, else in files below the project. A file backend has an empty passphrase
    unless the user sets one: nothing in it is secret.
    """
    ours = (str(engine.path.parent), str(Path(sys.prefix) / "bin"))
    added = {
        "VIRTUAL_ENV": sys.prefix,
        "PATH": os.pathsep.join(path for path in (*ours, inherited.get("PATH", "")) if path),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        # Nothing here needs a downloaded plugin, and a failed download costs seconds.
        NO_DOWNLOADS: "true",
    }
    if engine.origin is Origin.PATH:
        del added[NO_DOWNLOADS]
    backend = inherited.get(BACKEND) or current_login(inherited)
    if not backend:
        backend = added[BACKEND] = own_backend(project)
    if backend.startswith("file://") and PASSPHRASE not in inherited and PASSPHRASE_FILE not in inherited:
        added[PASSPHRASE] = ""
    return added


def own_backend(project: Project) -> str:
    """
    Return the URL of the project's own file backend.

    Without `metadata=skip` the engine keeps a file of attributes beside each state file. It does not write that
    atomically, and where it was killed while it did, no later run can read the state ("failed to load checkpoint: EOF").
    """
    return f"file://{quote(str(own_state_folder(project)))}?metadata=skip"


def own_state_folder(project: Project) -> Path:
    """Return the folder of the project's own file backend."""
    return project.private / "state"


def current_login(inherited: Mapping[str, str]) -> str | None:
    """Return the backend that the user is logged in to with `pulumi login`, or None."""
    home = Path(inherited.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        content = json.loads((home / "credentials.json").read_text())
    except (OSError, ValueError):
        return None
    current = content.get("current") if isinstance(content, dict) else None
    return current if isinstance(current, str) and current else None


def export_lines(added: Mapping[str, str]) -> str:
    """Return shell lines that give plain `pulumi` commands the same environment."""
    return "\n".join(f"export {key}={shlex.quote(value)}" for key, value in added.items())
