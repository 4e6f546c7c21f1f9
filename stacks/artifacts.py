"""Bring the lock up to date for a stack: build and measure what is missing, then write the lock."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from optimizers import hardware, lock
from optimizers.build import optimize
from optimizers.errors import ServingError
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.progress import Progress
from optimizers.store import ArtifactStore
from optimizers.vocabulary import DeploymentTarget
from stacks.arguments import model_source, optimization_goal
from stacks.project import Project
from stacks.spec import ServingSpec


def ensure_artifacts(  # noqa: PLR0913 - what is built, where, how it is shown, and what the command line says
    spec: ServingSpec,
    project: Project,
    progress: Progress,
    say: Callable[[str], None],
    *,
    force: bool = False,
    budget_seconds: float | None = None,
) -> LockedModel:
    """
    Return the locked model for this spec and this machine; builds nothing when nothing changed.

    A second build in the same checkout says so and waits for the first. The lock is written last and whole, so a build
    that is interrupted at any moment leaves the old one.

    Args:
        spec: What the stack asks for.
        project: Where the lock and the store lie.
        progress: Told about each step.
        say: Told what is worth a line.
        force: Build and measure everything again.
        budget_seconds: Wall time for it; None for that of the spec.

    Raises:
        InvalidArgs: The model is not where the spec says.
        ArtifactError: The model cannot be read, or no candidate can be built.
        MissingExtra: A library that the build needs is not installed.
    """
    source = model_source(spec, project.root)
    project.private.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(project, say):
        current = lock.read(project.lock_path)
        previous = current.models.get(spec.name)
        machine = hardware.detect()
        if previous and machine.fingerprint not in previous.reports:
            say(f"optimize: {_measured_elsewhere(previous, machine)}")
        store = ArtifactStore(project.store_path)
        budget_s = spec.optimization.budget_seconds if budget_seconds is None else budget_seconds
        built = optimize(
            source, optimization_goal(spec), machine, store, previous, progress, force=force, budget_s=budget_s
        )
        if built != previous:
            lock.write(project.lock_path, current.with_model(spec.name, built))
        if spec.serving_context.deployment_target is DeploymentTarget.EMBEDDED and _is_new(built, previous, machine):
            measured = _with_overhead(built, machine, store, project, say)
            if measured != built:
                lock.write(project.lock_path, current.with_model(spec.name, measured))
            return measured
    return built


def _is_new(built: LockedModel, previous: LockedModel | None, machine: Hardware) -> bool:
    return previous is None or built.reports[machine.fingerprint] != previous.reports.get(machine.fingerprint)


def _with_overhead(
    built: LockedModel, machine: Hardware, store: ArtifactStore, project: Project, say: Callable[[str], None]
) -> LockedModel:
    """Return what was built with what a server adds to it; predictions go on without, so no failure ends the build."""
    # A build that finds everything done needs no server, and these imports would be a quarter of its time.
    from components.embedded.overhead import can_measure, measure_overhead

    report = built.reports[machine.fingerprint]
    artifact = built.artifact(report.chosen)
    if artifact is None or not can_measure(report):
        return built
    say("optimize: measuring what a server adds to the model")
    otherwise = "predictions use a server that was measured on another machine"
    try:
        overhead = measure_overhead(store, artifact, report, project.private / "overhead")
    except ServingError as error:
        say(f"optimize: {otherwise}, for here {error}")
        return built
    if overhead is None:
        say(f"optimize: {otherwise}, for other work changed the speed of this one meanwhile")
        return built
    return built.with_server(machine.fingerprint, overhead)


def _measured_elsewhere(previous: LockedModel, machine: Hardware) -> str:
    others = "; ".join(sorted(report.hardware.description for report in previous.reports.values())) or "none yet"
    return f"the lock holds measurements of other machines ({others}); measuring on this one ({machine.description})"


@contextmanager
def _one_at_a_time(project: Project, say: Callable[[str], None]) -> Generator[None]:
    lock_file = FileLock(project.private / "optimize.lock")
    try:
        lock_file.acquire(timeout=0)
    except Timeout:
        say("optimize: another one runs in this project, waiting until it ends")
        lock_file.acquire()
    try:
        yield
    finally:
        lock_file.release()
