"""Refuse a lock that was made for another spec, wherever something is planned from it."""

from optimizers import lock
from optimizers.build_request import build_request
from optimizers.errors import ArtifactError
from stacks.arguments import described_source, optimization_goal
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_lock import lock_path, lock_remedy


def refuse_outdated_lock(spec: ServingSpec, project: Project, stack: str) -> None:
    """
    Compare what the spec asks for with what the locked artifacts were built for; the model itself is not read.

    Raises:
        ArtifactError: They differ, the lock is not readable, or nothing was promoted to the stack yet.
    """
    path = lock_path(spec, project, stack)
    locked = lock.read(path).models.get(spec.name)
    if locked is None:
        if spec.promotion is not None:
            raise ArtifactError(
                f"`{spec.name}` was never promoted to stack `{stack}`, so {path.name} does not hold it; "
                f"{lock_remedy(spec, stack)}"
            )
        return
    difference = build_request(described_source(spec), optimization_goal(spec)).difference(locked.request)
    if difference is not None:
        raise ArtifactError(
            f"{path.name}: `{spec.name}` was built for another spec ({difference}); {lock_remedy(spec, stack)}"
        )
