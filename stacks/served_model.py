"""Turn a stack and its lock into what a package is made from."""

from collections.abc import Callable

from components.embedded.plan import batch_size_for, concurrent_calls, overhead_of
from components.embedded.requests import max_concurrency, request_timeout_s
from components.packages.kinds import OriginalPackage, PackageKind
from components.packages.served import ServedArtifact, ServedOriginal, ServerSettings
from optimizers import digest, hardware, lock
from optimizers.errors import ArtifactError, DigestMismatch
from optimizers.lock import LockedModel
from optimizers.report import Report
from optimizers.session import read_manifest
from optimizers.store import ArtifactStore
from stacks.arguments import model_source
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_lock import lock_path, lock_remedy


def served_model(
    kind: PackageKind, spec: ServingSpec, project: Project, stack: str, say: Callable[[str], None]
) -> ServedArtifact | ServedOriginal:
    """
    Return what a package of this kind holds: the chosen artifact, or the original model.

    Raises:
        ArtifactError: The lock is for another spec or lacks the artifact, or its files are not in the store.
        DigestMismatch: A file differs from what the lock says.
        InvalidArgs: The original model is not where the spec says.
    """
    refuse_outdated_lock(spec, project, stack)
    locked = lock.read(lock_path(spec, project, stack)).models.get(spec.name)
    if isinstance(kind, OriginalPackage):
        return _original(spec, project, locked, say)
    if locked is None:
        raise ArtifactError(
            f"`{spec.name}` is not in {lock_path(spec, project, stack).name}; {lock_remedy(spec, stack)}"
        )
    report = lock.report_of(locked, spec.name, hardware.detect().fingerprint)
    artifact = locked.artifact(report.chosen)
    if artifact is None:
        raise ArtifactError(
            f"the lock lacks the artifact `{report.chosen}` of `{spec.name}`; {lock_remedy(spec, stack)}"
        )
    say(f"package: checking `{artifact.name}` against the lock")
    folder = ArtifactStore(project.store_path).verify(artifact)
    return ServedArtifact(
        name=spec.name,
        settings=_settings(spec, report),
        artifact=artifact,
        manifest=read_manifest(folder),
        folder=folder,
        recipe_sha256=locked.recipe_sha256,
        versions=report.versions,
    )


def _original(
    spec: ServingSpec, project: Project, locked: LockedModel | None, say: Callable[[str], None]
) -> ServedOriginal:
    source = model_source(spec, project.root)
    say(f"package: reading {source.location}")
    found = digest.of_path(source.path)
    if locked is not None and found != locked.model_sha256:
        raise DigestMismatch(
            f"{source.location}: sha256 {found[:12]} differs from the lock's {locked.model_sha256[:12]}; "
            "run `serving optimize` for the new model"
        )
    return ServedOriginal(spec.name, _settings(spec, None), source, found)


def _max_batch_size(spec: ServingSpec, report: Report | None) -> int:
    """Return the most rows in one call: those of the spec, or fewer where the measured calls would break the SLA."""
    wanted = spec.batching.max_batch_size if spec.batching.enabled else 1
    if report is None:
        return wanted
    sla_ms = spec.serving_context.latency_sla_ms
    return int(batch_size_for(report.call_times, overhead_of(report), wanted, sla_ms).value)


def _settings(spec: ServingSpec, report: Report | None) -> ServerSettings:
    """Return the server's settings: those of the spec, and what was measured where something was."""
    context = spec.serving_context
    timeout_s = request_timeout_s(context.latency_sla_ms)
    return ServerSettings(
        max_batch_size=_max_batch_size(spec, report),
        streams=report.streams if report else 1,
        threads=report.threads if report else spec.optimization.threads or hardware.detect().cpu_cores,
        accelerator=context.hardware.accelerator,
        concurrent_calls=int(concurrent_calls(report.call_times).value) if report else 1,
        cache_entries=spec.caching.entries if spec.caching.enabled else 0,
        request_timeout_s=timeout_s,
        max_concurrency=max_concurrency(context.throughput_rps, timeout_s),
    )
