"""A lock that is proposed for a stack: judged where it lies, and put in the place of the stack's lock in one step."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from optimizers import lock
from optimizers.atomic_file import write_atomically
from optimizers.lock import Lock, LockedModel
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_lock import lock_path


@dataclass(frozen=True, slots=True)
class Proposal:
    """
    A proposed lock.

    Attributes:
        current: The stack's lock.
        proposed: The lock that would replace it.
    """

    current: Path
    proposed: Path

    @property
    def changes_nothing(self) -> bool:
        """Whether the stack's lock holds the same already."""
        return lock.read(self.current) == lock.read(self.proposed)

    def accept(self) -> None:
        """
        Replace the stack's lock, whole or not at all.

        Raises:
            ArtifactError: The disk is full or the folder cannot be written; the old lock is untouched.
        """
        write_atomically(self.current, self.proposed.read_bytes())


def as_proposed(project: Project, stack: str) -> Project:
    """Return the project as it would be for the stack: a plan or preview of it reads the proposed lock."""
    return replace(project, proposed_locks=project.private / "proposed" / stack)


@contextmanager
def proposal(spec: ServingSpec, project: Project, stack: str, model: LockedModel) -> Generator[Proposal]:
    """
    Yield a lock that holds this model for the stack, where `as_proposed` reads it; it is removed at the end.

    The caller holds the stack. What a killed command left is overwritten.

    Raises:
        ArtifactError: The disk is full or the folder cannot be written.
    """
    proposed = lock_path(spec, as_proposed(project, stack), stack)
    try:
        lock.write(proposed, Lock(models={spec.name: model}))
        yield Proposal(lock_path(spec, project, stack), proposed)
    finally:
        shutil.rmtree(proposed.parent, ignore_errors=True)
