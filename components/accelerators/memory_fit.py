"""Whether a replica's weights, KV cache and runtime fit into the memory of its accelerators."""

from components.accelerators.kv_cache import GIB
from components.endpoint_plan import PlannedAccelerator, PlanPart

# vLLM takes 90 % of a GPU's memory by default (`gpu_memory_utilization`, engine arguments); the rest is for what nobody
# counted: fragmentation, the driver, another process.
HEADROOM = 0.1


class MemoryFit(PlanPart):
    """
    What one accelerator holds and may hold, in GiB (2^30 bytes).

    Attributes:
        needed_gib: Its share of weights and KV cache, and the reserve.
        usable_gib: Its memory less the headroom.
        most_sequences: Sequences at once that would fit; None without a KV cache.
    """

    needed_gib: float
    usable_gib: float
    most_sequences: int | None

    @property
    def fits(self) -> bool:
        """Whether what is needed is there."""
        return self.needed_gib <= self.usable_gib


def unknown_parts(accelerator: PlannedAccelerator) -> tuple[str, ...]:
    """Return what is not known of the memory, each with the sentence that says why."""
    cache = accelerator.kv_cache
    parts = {
        "memory_gib": accelerator.memory_gib,
        "weights_gib": accelerator.weights_gib,
        "reserve_gib": accelerator.reserve_gib,
        **({"kv_cache.bytes_per_token": cache.bytes_per_token} if cache else {}),
    }
    return tuple(f"{name} ({part.basis})" for name, part in parts.items() if part.value is None)


def memory_fit(accelerator: PlannedAccelerator, headroom: float) -> MemoryFit:
    """
    Return what one of the accelerators needs and has.

    Args:
        accelerator: With every part known (`unknown_parts`).
        headroom: Share of the memory that must stay free, at least 0 and below 1.

    Raises:
        ValueError: A part is unknown, or the headroom is out of its range.
    """
    cache = accelerator.kv_cache
    memory, weights, reserve = (
        accelerator.memory_gib.value,
        accelerator.weights_gib.value,
        accelerator.reserve_gib.value,
    )
    token_bytes = cache.bytes_per_token.value if cache else 0.0
    if memory is None or weights is None or reserve is None or token_bytes is None or not 0 <= headroom < 1:
        raise ValueError(f"unknown: {', '.join(unknown_parts(accelerator))}; headroom {headroom:g}, needs 0 to below 1")
    sequence_gib = token_bytes * cache.context_tokens / GIB / accelerator.count if cache else 0.0
    usable = memory * (1 - headroom)
    without_cache = weights / accelerator.count + reserve
    sequences = cache.sequences if cache else 0
    room = max(0.0, usable - without_cache)
    return MemoryFit(
        needed_gib=without_cache + sequences * sequence_gib,
        usable_gib=usable,
        most_sequences=int(room / sequence_gib * (1 + 1e-12)) if sequence_gib else None,
    )
