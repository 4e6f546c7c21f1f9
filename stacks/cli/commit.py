"""Which commit is previewed."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Set by GitHub Actions: a file with the event that started the workflow.
EVENT = "GITHUB_EVENT_PATH"
TIMEOUT_S = 10


def github_event(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the event of the workflow that this runs in; empty outside of GitHub Actions."""
    path = environment.get(EVENT)
    if not path:
        return {}
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


def previewed_commit(project: Path, environment: Mapping[str, str]) -> str | None:
    """Return the digest of the commit; of a pull request its last one, not GitHub's trial merge. None outside of git."""
    head = github_event(environment).get("pull_request", {}).get("head", {}).get("sha")
    if isinstance(head, str):
        return head
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
