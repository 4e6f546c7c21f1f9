"""Layers go back to floating point until parity holds, and not one more."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizers.errors import UnsupportedModel
from optimizers.kept_layers import MOST_KEPT_SHARE, fewest_kept
from optimizers.report import Parity


def judged(value: float) -> Parity:
    return Parity(metric="cosine", value=value, threshold=0.9, samples=1, passed=value >= 0.9)


@given(layers=st.integers(1, 200), needed=st.integers(0, 200))
def test_as_few_layers_are_kept_as_parity_needs_in_few_tries(layers: int, needed: int) -> None:
    ranked = [f"layer-{index}" for index in range(layers)]
    tried = list[int]()

    def parity_with(kept: Sequence[str], /, *, hasty: bool) -> Parity:
        assert hasty is (not kept and not tried) or len(kept) not in {0, most}
        tried.append(len(kept))
        assert list(kept) == ranked[: len(kept)]
        return judged(1.0 if len(kept) >= needed else 0.5)

    most = int(MOST_KEPT_SHARE * layers)
    if needed <= most:
        assert len(fewest_kept(parity_with, lambda: ranked)) == needed
    else:
        with pytest.raises(UnsupportedModel, match=rf"^cosine 0\.5 with {most} of {layers} layers kept"):
            fewest_kept(parity_with, lambda: ranked)
        assert len(tried) <= 2
    # Of one layer, none is half: it is judged in full for its number.
    assert len(tried) - (most == 0 < needed) == len(set(tried)) <= 3 + math.log2(layers)


def test_where_everything_may_be_quantized_no_layer_is_ranked() -> None:
    def unasked() -> Sequence[str]:
        raise AssertionError

    assert fewest_kept(lambda _kept, *, hasty: judged(1.0 if hasty else 0.0), unasked) == ()
