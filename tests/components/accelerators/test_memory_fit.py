"""Weights, KV cache and reserve against the memory of an accelerator."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.accelerators.kv_cache import kv_cache_bytes
from components.accelerators.memory_fit import HEADROOM, memory_fit, unknown_parts
from components.endpoint_plan import Estimate, KvCache, PlannedAccelerator


def known(value: float | None) -> Estimate:
    return Estimate(value=value, basis="told")


def l4(
    count: int = 1,
    weights_gib: float | None = 15,
    reserve_gib: float | None = 1,
    memory_gib: float | None = 22.35,
    sequences: int = 8,
    **cache: Any,
) -> PlannedAccelerator:
    """Llama-3.1-8B in BF16 on L4s: 128 KiB a token."""
    token = kv_cache_bytes(layers=32, kv_heads=8, head_dim=128, bytes_per_number=2, tokens=1)
    fields: dict[str, Any] = {"bytes_per_token": known(token), "context_tokens": 4096, **cache}
    return PlannedAccelerator(
        kind="l4",
        count=count,
        memory_gib=known(memory_gib),
        weights_gib=known(weights_gib),
        kv_cache=KvCache(sequences=sequences, **fields),
        reserve_gib=known(reserve_gib),
    )


def test_a_hand_calculation_is_met() -> None:
    fit = memory_fit(l4(), HEADROOM)

    # 15 GiB, 8 x 4096 x 128 KiB = 4 GiB, and 1 GiB; 90 % of 22.35 GiB; a sequence is half a GiB: (20.115 - 16) / 0.5.
    assert fit.needed_gib == 20
    assert fit.usable_gib == pytest.approx(20.115)
    assert fit.fits
    assert fit.most_sequences == 8
    assert not memory_fit(l4(sequences=9), HEADROOM).fits


def test_weights_and_cache_are_spread_and_the_reserve_is_on_each() -> None:
    assert memory_fit(l4(count=2), HEADROOM).needed_gib == 15 / 2 + 4 / 2 + 1


def test_a_model_without_a_cache_has_no_number_of_sequences() -> None:
    fit = memory_fit(l4().model_copy(update={"kv_cache": None}), 0)

    assert (fit.needed_gib, fit.most_sequences) == (16, None)


@given(
    weights=st.floats(0, 200), reserve=st.floats(0, 20), count=st.integers(1, 8), headroom=st.floats(0, 0.99),
    sequences=st.integers(1, 500),
)  # fmt: skip
def test_the_most_sequences_fit_and_one_more_does_not(
    weights: float, reserve: float, count: int, headroom: float, sequences: int
) -> None:
    fit = memory_fit(l4(count, weights, reserve, sequences=sequences), headroom)
    assert fit.most_sequences is not None

    if fit.most_sequences:
        at_most = memory_fit(l4(count, weights, reserve, sequences=fit.most_sequences), headroom)
        assert at_most.needed_gib <= at_most.usable_gib * (1 + 1e-9)
    assert not memory_fit(l4(count, weights, reserve, sequences=fit.most_sequences + 1), headroom).fits
    assert fit.fits is (fit.needed_gib <= fit.usable_gib)


@pytest.mark.parametrize("part", ["weights_gib", "reserve_gib", "memory_gib", "bytes_per_token"])
def test_an_unknown_part_is_named_and_never_counted_as_nothing(part: str) -> None:
    lacking: dict[str, Any] = {part: known(None) if part == "bytes_per_token" else None}
    unknown = l4(**lacking)

    (said,) = unknown_parts(unknown)
    assert said.endswith(f"{part} (told)")
    with pytest.raises(ValueError, match=part):
        memory_fit(unknown, HEADROOM)


@pytest.mark.parametrize("headroom", [-0.1, 1, float("nan")])
def test_a_headroom_that_is_no_share_is_refused(headroom: float) -> None:
    with pytest.raises(ValueError, match="needs 0 to below 1"):
        memory_fit(l4(), headroom)
