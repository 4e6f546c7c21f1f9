"""The KV cache of known models, and the formula's proportions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.accelerators.kv_cache import kv_cache_bytes

factor = st.integers(min_value=1, max_value=512)


@pytest.mark.parametrize(
    ("layers", "kv_heads", "head_dim", "bytes_a_token"),
    [
        # OPT-13B, width 5120 in 40 heads: the 800 KB that Kwon et al. 2023 give.
        (40, 40, 128, 819_200),
        # Llama-3.1-8B (its config.json): 32 layers, 8 heads of keys and values of 128 numbers.
        (32, 8, 128, 131_072),
    ],
)
def test_a_token_of_a_known_model_in_fp16(layers: int, kv_heads: int, head_dim: int, bytes_a_token: int) -> None:
    found = kv_cache_bytes(layers=layers, kv_heads=kv_heads, head_dim=head_dim, bytes_per_number=2, tokens=1)

    assert found == bytes_a_token


@given(factor, factor, factor, st.sampled_from([1, 2, 4]), st.integers(0, 10**6), st.integers(0, 10**6))
def test_tokens_add_up_and_grouped_queries_save_their_share(  # noqa: PLR0913, PLR0917 - the formula's factors
    layers: int, kv_heads: int, head_dim: int, width: int, some: int, more: int
) -> None:
    def of(tokens: int, heads: int = kv_heads) -> int:
        return kv_cache_bytes(layers=layers, kv_heads=heads, head_dim=head_dim, bytes_per_number=width, tokens=tokens)

    assert of(some) + of(more) == of(some + more)
    assert of(some, 4 * kv_heads) == 4 * of(some)
    assert of(0) == 0


@pytest.mark.parametrize("broken", ["layers", "kv_heads", "head_dim", "bytes_per_number", "tokens"])
def test_a_factor_that_no_model_has_is_refused(broken: str) -> None:
    factors = {"layers": 2, "kv_heads": 2, "head_dim": 8, "bytes_per_number": 2, "tokens": 1, broken: -1}

    with pytest.raises(ValueError, match="needs at least 1 of each"):
        kv_cache_bytes(**factors)
