"""Refuse a lock that was made for another spec, wherever something is planned from it."""

from optimizers import lock
from optimizers.build_request import build_request
from optimizers.errors import ArtifactError
from stacks.arguments import described_source, optimization_goal
from stacks.project import Project
from stacks.spec import ServingSpec


def refuse_outdated_lock(spec: ServingSpec, project: Project) -> None:
    """
    Compare what the spec asks for with what the locked artifacts were built for; the model itself is not read.

    Raises:
        ArtifactError: They differ, or the lock is not readable.
    """
    locked = lock.read(project.lock_path).models.get(spec.name)
    if locked is None:
        return
    difference = build_request(described_source(spec), optimization_goal(spec)).difference(locked.request)
    if difference is not None:
        raise ArtifactError(
            f"{project.lock_path.name}: `{spec.name}` was built for another spec ({difference}); run `serving optimize`"
        )
