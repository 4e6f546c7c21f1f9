from datetime import date
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.aws_spot_history import read_spot_history
from components.catalog.price_list import PriceList
from components.catalog.services import Service
from optimizers.errors import InvalidArgs
from tests.support.price_lists import Document, spot, spot_history

EC2 = (Service.EC2, "us-east-1", "g5.xlarge")


def read(*prices: Document) -> PriceList:
    return read_spot_history(spot_history(*prices), "spot.json", (EC2,))


def test_the_estimate_is_the_median_over_zones_of_each_zone_s_newest_price() -> None:
    found = read(
        spot("us-east-1a", "g5.xlarge", "0.900000", hour=1),
        spot("us-east-1a", "g5.xlarge", "0.400000", hour=9),
        spot("us-east-1b", "g5.xlarge", "0.500000"),
        spot("us-east-1c", "g5.xlarge", "0.450000"),
        spot("us-east-1d", "g5.xlarge", "9.000000", product="Windows"),
        spot("us-east-1-bos-1a", "g5.xlarge", "8.000000"),
        spot("eu-west-1a", "g5.xlarge", "7.000000"),
        spot("us-east-1a", "g6.xlarge", "0.3"),
    )

    (quote,) = found.quotes
    assert (quote.key, quote.market, quote.usd_per_hour) == (EC2, "spot", 0.45)
    assert found.as_of == date(2026, 11, 21)
    assert "median" in found.source
    assert found.covers == frozenset()


@given(st.lists(st.integers(1, 10**7), min_size=1, max_size=6))
def test_the_estimate_lies_between_the_cheapest_and_the_dearest_zone(micro_dollars: list[int]) -> None:
    texts = [f"{amount / 1e6:.6f}" for amount in micro_dollars]

    (quote,) = read(
        *(spot(f"us-east-1{'abcdef'[index]}", "g5.xlarge", text) for index, text in enumerate(texts))
    ).quotes

    assert min(map(float, texts)) <= quote.usd_per_hour <= max(map(float, texts))
    assert quote.usd_per_hour == pytest.approx(median(map(float, texts)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({}, "got nothing as SpotPriceHistory"),
        ({"SpotPriceHistory": 1}, "got `1` as SpotPriceHistory"),
        (spot_history(), "got no such price; it holds prices of Linux/UNIX"),
        (spot_history(spot("us-east-1a", "g5.xlarge", "-1")), "got `-1` as SpotPriceHistory.0.SpotPrice"),
        (spot_history(spot("us-east-1a", "g5.xlarge", "NaN")), "got `NaN` as SpotPriceHistory.0.SpotPrice"),
        (spot_history(spot("us-east-1a", "g5.xlarge", "0")), "got `0` as SpotPriceHistory.0.SpotPrice"),
        (spot_history({}), "got nothing as SpotPriceHistory.0.AvailabilityZone"),
        (
            spot_history(spot("us-east-1a", "g5.xlarge", "1") | {"Timestamp": "today"}),
            "as SpotPriceHistory.0.Timestamp",
        ),
        ([], "as the document"),
    ],
)
def test_a_malformed_history_is_refused_in_one_sentence(content: Document, words: str) -> None:
    with pytest.raises(InvalidArgs) as caught:
        read_spot_history(content, "spot.json", (EC2,))

    (issue,) = caught.value.issues
    assert issue.path == "spot.json"
    assert words in str(issue)
