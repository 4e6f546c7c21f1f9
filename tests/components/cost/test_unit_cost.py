"""What a thousand requests and a million tokens cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.cost.month import UsdPerMonth
from components.cost.unit_cost import usd_per_1000_requests, usd_per_million_tokens
from components.cost.usage import Usage

MONTH = UsdPerMonth(minimum=100, expected=200, maximum=400)
USAGE = Usage(requests_per_month=2_000_000, tokens_per_request=500)


def test_a_month_over_what_is_done_in_it() -> None:
    requests, tokens = usd_per_1000_requests(MONTH, USAGE), usd_per_million_tokens(MONTH, USAGE)

    assert requests is not None
    assert (requests.minimum, requests.expected, requests.maximum) == (0.05, 0.1, 0.2)
    assert tokens is not None
    assert (tokens.minimum, tokens.expected, tokens.maximum) == (0.1, 0.2, 0.4)


@pytest.mark.parametrize("usage", [Usage(), Usage(tokens_per_request=500)])
def test_without_a_rate_it_is_unknown(usage: Usage) -> None:
    assert usd_per_1000_requests(MONTH, usage) is None
    assert usd_per_million_tokens(MONTH, usage) is None


def test_an_unknown_month_or_unknown_tokens_make_it_unknown() -> None:
    assert usd_per_1000_requests(None, USAGE) is None
    assert usd_per_million_tokens(None, USAGE) is None
    assert usd_per_million_tokens(MONTH, Usage(requests_per_month=1)) is None


@given(st.lists(st.integers(0, 10**9), min_size=3, max_size=3), st.floats(1, 1e12))
def test_order_is_kept_and_more_requests_cost_less_each(cents: list[int], rate: float) -> None:
    low, middle, high = (value / 100 for value in sorted(cents))
    month = UsdPerMonth(minimum=low, expected=middle, maximum=high)

    one = usd_per_1000_requests(month, Usage(requests_per_month=rate))
    twice = usd_per_1000_requests(month, Usage(requests_per_month=2 * rate))

    assert one is not None
    assert twice is not None
    assert one.minimum <= one.expected <= one.maximum
    assert twice.maximum <= one.maximum
