from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.freshness import OLDEST_DAYS, age_days, stale
from tests.support.catalog_rows import TODAY, row


@given(day=st.dates(date(2020, 1, 1), date(2030, 1, 1)), days=st.integers(0, 3000))
def test_an_age_is_the_days_since(day: date, days: int) -> None:
    assert age_days(day, day + timedelta(days=days)) == days


@pytest.mark.parametrize(("days", "warns"), [(0, False), (OLDEST_DAYS, False), (OLDEST_DAYS + 1, True)])
def test_a_price_warns_from_the_day_after_the_limit(days: int, warns: bool) -> None:
    found = stale([row(as_of=TODAY - timedelta(days=days))], TODAY)

    assert bool(found) is warns


def test_a_warning_is_one_sentence_for_all_prices_of_a_day() -> None:
    old = date(2025, 1, 26)
    rows = [row(as_of=old), row(as_of=old, name="g5.2xlarge"), row(as_of=TODAY, name="g6.xlarge")]

    assert stale(rows, TODAY) == (
        "2 prices of ec2 in us-east-1: of 2025-01-26, 667 days old, over the limit of 180; check them or refresh",
    )
    assert stale(rows, TODAY, oldest_days=1000) == ()


def test_a_price_without_a_date_warns_and_an_unknown_price_has_no_age() -> None:
    (warning,) = stale([row(as_of=None)], TODAY)

    assert warning.startswith("1 price of ec2 in us-east-1: no date is known")
    assert stale([row(as_of=None, usd_per_hour=None)], TODAY) == ()
