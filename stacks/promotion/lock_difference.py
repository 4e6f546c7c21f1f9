"""In what the artifact that runs, and its measurements, differ from what a lock says; pure."""

from collections.abc import Iterator

from pydantic import BaseModel

from components.endpoint_plan import EndpointPlan
from stacks.promotion.shown_value import shown_value

# What a plan takes from the lock as it is. Everything else in it follows from the spec, which may differ, and from
# measurements that it does not repeat: the digest of all that is locked stands for those.
FROM_THE_LOCK = ("artifact", "parity", "accuracy", "measured")


def lock_differences(running: EndpointPlan, locked: EndpointPlan) -> tuple[str, ...]:
    """
    Return a sentence for each value of the lock that the running plan was not made from.

    Args:
        running: The plan that was deployed.
        locked: The plan that would be made of the lock now, of the same endpoint on the same machine.
    """
    found = list[str]()
    ran, now = running.hardware.measured_on, locked.hardware.measured_on
    if ran != now:
        found.append(f"measured on: {ran} runs, {now} is locked")
    for part in FROM_THE_LOCK:
        found.extend(_differences(part, getattr(running, part), getattr(locked, part)))
    if not found and running.locked_sha256 != locked.locked_sha256:
        digests = f"{running.locked_sha256[:12]} runs, {locked.locked_sha256[:12]} is locked"
        found.append(f"other measurements, or those of other machines (digest of all that is locked): {digests}")
    return tuple(found)


def _differences(path: str, runs: object, locked: object) -> Iterator[str]:
    if isinstance(runs, BaseModel) and isinstance(locked, BaseModel):
        for field in type(runs).model_fields:
            yield from _differences(f"{path}.{field}", getattr(runs, field), getattr(locked, field))
    elif runs != locked:
        yield f"{path}: {_shown(runs)} runs, {_shown(locked)} is locked"


def _shown(value: object) -> str:
    return "none" if value is None else shown_value(value)
