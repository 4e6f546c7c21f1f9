"""
`accelerator-fit` and `accelerator-warning`: weights, KV cache and runtime fit into the memory of the accelerators.

`accelerator-fit` refuses, `accelerator-warning` tells; each leaves its own share of the memory free.
"""

from pulumi_policy import EnforcementLevel
from pydantic import Field

from components.accelerators.memory_fit import HEADROOM, memory_fit, unknown_parts
from components.endpoint_plan import EndpointPlan, PlannedAccelerator
from optimizers.vocabulary import Accelerator
from policies.configuration import PolicyConfiguration
from policies.endpoint_policy import configured_endpoint_policy


class FitHeadroom(PolicyConfiguration):
    """The configuration of `accelerator-fit`."""

    headroom: float = Field(
        default=HEADROOM, ge=0, lt=1, description="Share of an accelerator's memory that must stay free."
    )


class WarningHeadroom(PolicyConfiguration):
    """The configuration of `accelerator-warning`."""

    headroom: float | None = Field(
        default=None, ge=0, lt=1, description="Share of the memory under which to warn. Not set: nothing is judged."
    )


def check(plan: EndpointPlan, limit: FitHeadroom | WarningHeadroom) -> list[str]:
    """Return a violation if a part of the memory is unknown, or too little of it stays free."""
    accelerator = plan.accelerator
    if limit.headroom is None:
        return []
    if accelerator is None:
        served_by = plan.hardware.accelerator
        if served_by is Accelerator.CPU:
            return []
        return [f"`{served_by}` serves and its memory is not planned; use one version of model-serving"]
    if unknown := unknown_parts(accelerator):
        return [f"unknown: {', '.join(unknown)}; whether the model fits cannot be checked, so make it known"]
    fit = memory_fit(accelerator, limit.headroom)
    if fit.fits:
        return []
    return [
        (
            f"one {accelerator.kind} needs {fit.needed_gib:.2f} GiB of {accelerator.memory_gib.value:g} GiB, of which "
            f"{limit.headroom:.0%} must stay free ({fit.usable_gib:.2f} GiB usable); "
            f"{_remedy(accelerator, fit.most_sequences)}"
        )
    ]


def _remedy(accelerator: PlannedAccelerator, most_sequences: int | None) -> str:
    more = f"use more than {accelerator.count} of them, larger ones, or a smaller precision"
    if not most_sequences or accelerator.kv_cache is None:
        return more
    cache = accelerator.kv_cache
    return f"lower the {cache.sequences} sequences of {cache.context_tokens} tokens to {most_sequences}, or {more}"


accelerator_fit = configured_endpoint_policy(
    "accelerator-fit", "Weights, KV cache and runtime fit into the accelerators' memory.", FitHeadroom, check
)
accelerator_warning = configured_endpoint_policy(
    "accelerator-warning",
    "At least the warning's `headroom` of the accelerators' memory stays free.",
    WarningHeadroom,
    check,
    EnforcementLevel.ADVISORY,
)
