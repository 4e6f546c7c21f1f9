"""Which commit is previewed."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizers.json_text import parse_json

# Set by GitHub Actions: a file with the event that started the workflow.
EVENT = "GITHUB_EVENT_PATH"
TIMEOUT_S = 10


def event_pull_request(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the pull request that started the workflow that this runs in; empty where none did."""
    path = environment.get(EVENT)
    if not path:
        return {}
    try:
        event = parse_json(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    found = event.get("pull_request") if isinstance(event, dict) else None
    return found if isinstance(found, dict) else {}


def previewed_commit(project: Path, environment: Mapping[str, str]) -> str | None:
    """Return the digest of the commit; of a pull request its last one, not GitHub's trial merge. None outside of git."""
    head = event_pull_request(environment).get("head")
    if isinstance(head, dict) and isinstance(head.get("sha"), str):
        return str(head["sha"])
    git = shutil.which("git")
    if git is None:
        return None
    try:
        found = subprocess.run(
            [git, "rev-parse", "HEAD"], cwd=project, capture_output=True, text=True, check=False, timeout=TIMEOUT_S,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() or None if found.returncode == 0 else None
