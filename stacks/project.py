"""Where a project keeps its files."""

from dataclasses import dataclass
from pathlib import Path

from optimizers.errors import InvalidArgs, Issue
from optimizers.lock import LOCK_NAME
from stacks.strict_yaml import read_yaml

PULUMI_FILE = "Pulumi.yaml"
PRIVATE = ".model-serving"


@dataclass(frozen=True, slots=True)
class Project:
    """
    A checkout: the folder that holds `Pulumi.yaml`.

    Everything that is built or runs lies under `.model-serving/`, which git ignores.

    Attributes:
        root: The folder.
        proposed_locks: Folder of locks that a preview judges instead of the committed ones; None for these.
    """

    root: Path
    proposed_locks: Path | None = None

    @property
    def name(self) -> str:
        """
        What `Pulumi.yaml` calls the project.

        Raises:
            InvalidArgs: The file is not YAML, or has no name.
        """
        content = read_yaml(self.root / PULUMI_FILE, PULUMI_FILE)
        name = content.get("name") if isinstance(content, dict) else None
        if not isinstance(name, str):
            issue = Issue("name", "nothing" if name is None else f"`{name}`", "it must be a text", "name the project")
            raise InvalidArgs(PULUMI_FILE, (issue,))
        return name

    @property
    def lock_path(self) -> Path:
        """The committed lock that `serving optimize` writes; `stack_lock.lock_path` tells which one a stack reads."""
        return self.root / LOCK_NAME

    @property
    def private(self) -> Path:
        """What belongs to this checkout only."""
        return self.root / PRIVATE

    @property
    def store_path(self) -> Path:
        """The artifact store."""
        return self.private / "artifacts"

    def policy_config_path(self, stack: str) -> Path:
        """Limits of the stack's policies, in the form of `pulumi preview --policy-pack-config`; need not be there."""
        return self.root / "stacks" / f"policies.{stack}.json"

    def run_path(self, stack: str) -> Path:
        """Folder of what a stack runs on this machine."""
        return self.private / "run" / stack


def find_project(start: Path) -> Project:
    """
    Return the project that `start` lies in.

    Raises:
        InvalidArgs: No folder from `start` upwards holds `Pulumi.yaml`.
    """
    project = nearest_project(start)
    if project is None:
        issue = Issue(
            "the current folder", f"`{start}`", f"no `{PULUMI_FILE}` in it or above it", "go to the project's folder"
        )
        raise InvalidArgs("the command line", (issue,))
    return project


def nearest_project(start: Path) -> Project | None:
    """Return the project that `start` lies in, or None, for commands that also work outside of one."""
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / PULUMI_FILE).is_file():
            return Project(folder)
    return None
