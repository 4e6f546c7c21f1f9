"""Which lock a stack reads: that of the build, or one of its own that only `serving promote` writes."""

from collections.abc import Mapping
from pathlib import Path

from optimizers.errors import InvalidArgs, Issue
from optimizers.lock import LOCK_NAME, PROPOSED_VARIABLE
from stacks.project import Project
from stacks.spec import ServingSpec


def lock_path(spec: ServingSpec, project: Project, stack: str) -> Path:
    """
    Return the lock that the program, the plan, the policies and `up` of this stack read.

    Every stack that builds shares `artifacts.lock.json`. A stack that is promoted to keeps `artifacts.<stack>.lock.json`,
    so it stays on the digest that it was given.
    """
    name = LOCK_NAME if spec.promotion is None else f"artifacts.{stack}.lock.json"
    return (project.proposed_locks or project.root) / name


def lock_remedy(spec: ServingSpec, stack: str) -> str:
    """Return what to type where that lock is missing or outdated."""
    if spec.promotion is None:
        return "run `serving optimize`"
    return f"run `serving promote {spec.promotion.source} {stack}`"


def proposed_locks(environment: Mapping[str, str], *, only_preview: bool) -> Path | None:
    """
    Return the folder of locks that `serving promote` wants judged, or None where nothing is proposed.

    Raises:
        InvalidArgs: Something would be deployed from a lock that is only proposed.
    """
    folder = environment.get(PROPOSED_VARIABLE)
    if not folder:
        return None
    if not only_preview:
        issue = Issue(PROPOSED_VARIABLE, f"`{folder}`", "a proposed lock is for previews only", "unset the variable")
        raise InvalidArgs("the environment", (issue,))
    return Path(folder)
