"""Find what was promoted to a stack in the store of this machine; nothing is built or measured for such a stack."""

from optimizers import hardware, lock
from optimizers.artifact import Artifact
from optimizers.errors import ArtifactError
from optimizers.lock import LockedModel
from optimizers.report import Report
from optimizers.store import ArtifactStore
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_file import read_spec
from stacks.stack_lock import lock_path


def promoted_artifacts(spec: ServingSpec, project: Project, stack: str) -> LockedModel:
    """
    Return the model that was promoted to the stack, after comparing the files of the artifact that will serve.

    Raises:
        ArtifactError: Nothing was promoted, or the artifact is not in the store of this machine.
        DigestMismatch: A file of it was changed.
    """
    refuse_outdated_lock(spec, project, stack)
    locked = lock.read(lock_path(spec, project, stack)).models[spec.name]
    artifact = _serving(locked)
    store = ArtifactStore(project.store_path)
    if artifact is not None and not store.has(artifact.sha256):
        builds = building_stack(spec, project, stack)
        built = lock.read(project.lock_path).models.get(spec.name)
        raise ArtifactError(_missing(artifact, stack, builds, store, built))
    if artifact is not None:
        store.verify(artifact)
    return locked


def building_stack(spec: ServingSpec, project: Project, stack: str) -> str:
    """
    Return the stack at the beginning of the chain of promotions, the one that builds.

    Raises:
        InvalidArgs: A stack of the chain has no file, or its spec breaks rules.
    """
    passed = {stack}
    while spec.promotion is not None and spec.promotion.source not in passed:
        stack = spec.promotion.source
        passed.add(stack)
        spec = read_spec(project.root, stack)
    return stack


def _serving(locked: LockedModel) -> Artifact | None:
    """Return the artifact that serves on this machine; None where it was never measured, which a policy refuses."""
    report: Report | None = locked.reports.get(hardware.detect().fingerprint)
    return locked.artifact(report.chosen) if report else None


def _missing(artifact: Artifact, stack: str, builds: str, store: ArtifactStore, built: LockedModel | None) -> str:
    """Say where an artifact can be had; pure."""
    said = f"artifact `{artifact.name}` ({artifact.sha256[:12]}) of stack `{stack}` is not in {store.root}"
    now = built.artifact(artifact.name) if built else None
    if now is not None and now.sha256 == artifact.sha256:
        return f"{said}; run `serving optimize --stack {builds}`, which builds the same bytes from the same model"
    return (
        f"{said}, and `{builds}` builds another one now; copy the folder {store.folder(artifact.sha256)} from a machine "
        f"that has it, or check out the commit that locked it and run `serving optimize --stack {builds}` there"
    )
