"""Where a project lies in its repository: what tells two projects apart that have a stack of one name."""

from pathlib import Path

# A folder, or a file in a worktree and in a submodule.
GIT = ".git"


def repository_folder(project: Path) -> str:
    """Return the project's folder from the repository's root, with `/` between its parts; empty at the root or without git."""
    found = project.resolve()
    for root in (found, *found.parents):
        if (root / GIT).exists():
            return "" if root == found else found.relative_to(root).as_posix()
    return ""
