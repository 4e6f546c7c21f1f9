"""`artifact-integrity`: the artifact is the locked one and passed parity, and the plan follows from that very lock."""

import os
from functools import lru_cache
from pathlib import Path

from components.embedded.record import contradictions
from components.endpoint_plan import EndpointPlan, PlannedArtifact
from optimizers import lock
from optimizers.errors import ArtifactError
from optimizers.lock import LOCK_NAME, PROPOSED_VARIABLE, Lock
from optimizers.store import files_sha256
from policies.endpoint_policy import endpoint_policy


def check(plan: EndpointPlan) -> list[str]:
    """Return violations of the plan against its lock in the project that the policy pack belongs to."""
    try:
        return check_against(plan, locked(plan.lock))
    except ArtifactError as error:
        return [str(error)]


def locked(name: str) -> Lock:
    """
    Return the lock of this name in the project, read once for all endpoints; one that was written since is read again.

    Raises:
        ArtifactError: It cannot be read.
    """
    # The engine starts a policy pack in the pack's own folder.
    path = Path(os.environ.get(PROPOSED_VARIABLE) or Path.cwd().parent) / name
    if not path.exists():
        return Lock()
    status = path.stat()
    return _read_version(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read_version(path: Path, _modified_ns: int, _size_bytes: int) -> Lock:
    return lock.read(path)


def check_against(plan: EndpointPlan, locked: Lock) -> list[str]:
    """Return every way in which the plan's artifact is not the locked, parity-checked one, or its numbers are not from it."""
    found = [*digest_violations(plan.name, plan.lock, plan.artifact, locked), *_answer_violations(plan, locked)]
    # What differs is told by its name; only the rest, such as a measurement, by the digest of everything.
    return found or _lock_violations(plan, locked) or _record_violations(plan, locked)


def digest_violations(name: str, lock_name: str, planned: PlannedArtifact, locked: Lock) -> list[str]:
    """Return why the artifact of a model is not the one in its lock; empty where it is."""
    model = locked.models.get(name)
    if model is None:
        return [f"`{name}` is not in {lock_name}; {_remedy(lock_name)}"]
    artifact = model.artifact(planned.name)
    if artifact is None:
        return [f"artifact `{planned.name}` is not in {lock_name}; {_remedy(lock_name)}"]
    if artifact.sha256 != planned.sha256:
        return [f"artifact digest {planned.sha256[:12]} is not the locked {artifact.sha256[:12]}; {_remedy(lock_name)}"]
    if files_sha256(artifact.files) != artifact.sha256:
        return [f"artifact digest {artifact.sha256[:12]} is not that of its files in {lock_name}; {_remedy(lock_name)}"]
    return []


def _answer_violations(plan: EndpointPlan, locked: Lock) -> list[str]:
    """Return why the plan's artifact does not answer rightly, or not as its lock says; labels decide where there are some."""
    parity, accuracy = plan.parity, plan.accuracy
    if parity is None:
        return [f"no parity is recorded for artifact `{plan.artifact.name}`; {_remedy(plan.lock)}"]
    if not (accuracy or parity).passed:
        missed = f"parity {parity.metric} {parity.value:g} misses the threshold {parity.threshold:g}"
        return [f"{accuracy.against_limit if accuracy else missed}; choose another artifact"]
    model = locked.models.get(plan.name)
    report = model.reports.get(plan.hardware.measured_on) if model else None
    candidates = report.candidates if report else ()
    measured = next((item for item in candidates if item.name == plan.artifact.name), None)
    if measured is None or measured.parity != parity:
        return [f"parity {parity.metric} {parity.value:g} is not what {plan.lock} records; {_remedy(plan.lock)}"]
    if measured.accuracy != accuracy:
        said = "no accuracy" if accuracy is None else accuracy.in_words
        return [f"{said} is not what {plan.lock} records; {_remedy(plan.lock)}"]
    if measured.artifact_sha256 != plan.artifact.sha256:
        return [
            f"parity was measured on artifact {str(measured.artifact_sha256)[:12]}, another one; {_remedy(plan.lock)}"
        ]
    return []


def _lock_violations(plan: EndpointPlan, locked: Lock) -> list[str]:
    now = locked.models[plan.name].sha256
    if now == plan.locked_sha256:
        return []
    recorded = plan.locked_sha256[:12]
    return [f"the plan was made when {plan.lock} held {recorded} of `{plan.name}`, not {now[:12]}; preview again"]


def _record_violations(plan: EndpointPlan, locked: Lock) -> list[str]:
    report = locked.models[plan.name].reports[plan.hardware.measured_on]
    return [
        f"the recorded plan contradicts itself or {plan.lock}: {why}; let `serving up` plan it again"
        for why in contradictions(plan, report)
    ]


def _remedy(lock_name: str) -> str:
    command = "serving optimize" if lock_name == LOCK_NAME else "serving promote"
    return f"run `{command}` and commit the lock"


artifact_integrity = endpoint_policy(
    name="artifact-integrity",
    description="The artifact is the locked one and passed parity, and the plan follows from its lock.",
    check=check,
)
