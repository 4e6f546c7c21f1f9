"""Bring the lock up to date for a stack: build and measure what is missing, then write the lock."""

from filelock import FileLock

from optimizers import hardware, lock
from optimizers.build import optimize
from optimizers.lock import LockedModel
from optimizers.progress import Progress
from optimizers.store import ArtifactStore
from stacks.arguments import model_source, optimization_goal
from stacks.project import Project
from stacks.spec import ServingSpec


def ensure_artifacts(spec: ServingSpec, project: Project, progress: Progress, *, force: bool = False) -> LockedModel:
    """
    Return the locked model for this spec and this machine; builds nothing when nothing changed.

    A second build in the same checkout waits for the first. The lock is written last and whole, so a build that is
    interrupted at any moment leaves the old one.

    Raises:
        InvalidArgs: The model is not where the spec says.
        ArtifactError: The model cannot be read, or no candidate can be built.
        MissingExtra: A library that the build needs is not installed.
    """
    source = model_source(spec, project.root)
    project.private.mkdir(parents=True, exist_ok=True)
    with FileLock(project.private / "optimize.lock"):
        current = lock.read(project.lock_path)
        previous = current.models.get(spec.name)
        built = optimize(
            source,
            optimization_goal(spec),
            hardware.detect(),
            ArtifactStore(project.store_path),
            previous,
            progress,
            force=force,
        )
        if built != previous:
            lock.write(project.lock_path, current.with_model(spec.name, built))
    return built
