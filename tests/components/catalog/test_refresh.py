"""What the lists say is taken into the rows, and nothing else is."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.price_changes import ChangeKind, compare
from components.catalog.price_list import Market, PriceList, Quote
from components.catalog.prices_file import parse, render
from components.catalog.refresh import refresh
from components.catalog.services import Service
from tests.support.catalog_rows import row

NEWER, OLDER = date(2026, 11, 20), date(2026, 10, 1)
REGION = (Service.EC2, "us-east-1", Market.ON_DEMAND)


def listed(
    *prices: tuple[Market, float], as_of: date = NEWER, source: str = "a new list", covers: bool = False
) -> PriceList:
    quotes = (
        Quote(service=Service.EC2, region="us-east-1", name="g5.xlarge", market=market, usd_per_hour=usd)
        for market, usd in prices
    )
    return PriceList(source=source, as_of=as_of, quotes=tuple(quotes), covers=frozenset({REGION} if covers else ()))


def test_a_quote_replaces_price_source_and_day_and_keeps_the_spot_price_with_its_own() -> None:
    (found,) = refresh([row()], [listed((Market.ON_DEMAND, 1.1))]).rows

    assert (found.price.usd_per_hour, found.price.as_of) == (1.1, NEWER)
    assert found.price.spot_usd_per_hour == 0.4
    assert found.price.source == "a new list ; spot: a price list, 2026-11-01"
    assert found.instance == row().instance


def test_a_spot_quote_leaves_the_on_demand_price_and_its_day() -> None:
    before = row(source="A ; spot: B")

    (found,) = refresh([before], [listed((Market.SPOT, 0.5))]).rows

    assert (found.price.usd_per_hour, found.price.as_of) == (1.0, before.price.as_of)
    assert (found.price.spot_usd_per_hour, found.price.source) == (0.5, "A ; spot: a new list, 2026-11-20")


def test_a_spot_price_alone_names_its_source_after_a_round_trip_too() -> None:
    unpriced = row(usd_per_hour=None, spot_usd_per_hour=None, source="", as_of=None)

    (found,) = parse(render(refresh([unpriced], [listed((Market.SPOT, 0.5))]).rows), "prices.csv")

    assert (found.price.usd_per_hour, found.price.spot_usd_per_hour) == (None, 0.5)
    assert found.price.basis(spot=True) == "a new list, 2026-11-20"


def test_a_list_of_both_prices_is_the_one_source() -> None:
    (found,) = refresh([row()], [listed((Market.ON_DEMAND, 1.1), (Market.SPOT, 0.5))]).rows

    assert (found.price.source, found.price.spot_usd_per_hour) == ("a new list", 0.5)


def test_types_that_the_catalog_does_not_have_are_not_added() -> None:
    other = row(name="g6.xlarge")

    assert refresh([other], [listed((Market.ON_DEMAND, 1.1))]).rows == (other,)


def test_a_type_that_a_complete_list_leaves_out_becomes_unknown_and_never_zero() -> None:
    (found,) = refresh([row(name="g6.xlarge")], [listed((Market.ON_DEMAND, 1.1), covers=True)]).rows

    assert found.price.usd_per_hour is None
    assert found.price.source == "not in a new list ; spot: a price list, 2026-11-01"


@pytest.mark.parametrize("before", [row(region="us-west-2"), row(Service.SAGEMAKER_HOSTING), row(name="g6.xlarge")])
def test_a_list_that_does_not_cover_a_type_leaves_its_price(before: object) -> None:
    assert refresh([before], [listed((Market.ON_DEMAND, 1.1))]).rows == (before,)  # type: ignore[list-item]


def test_a_type_without_one_clear_price_keeps_the_old_one_and_is_named() -> None:
    unclear = listed(covers=True).model_copy(update={"unclear": frozenset({row().key}), "remarks": ("two prices",)})

    found = refresh([row()], [unclear])

    assert found.rows == (row(),)
    assert found.remarks == ("two prices",)


def test_an_older_list_does_not_turn_a_price_back() -> None:
    found = refresh([row()], [listed((Market.ON_DEMAND, 2.0), (Market.SPOT, 1.5), as_of=OLDER)])

    assert found.rows == (row(),)
    assert found.remarks == ("a new list, 2026-10-01: 1 prices of the catalog are newer and stay",)


def test_the_newest_of_several_lists_decides_in_whatever_order_they_come() -> None:
    lists = [listed((Market.ON_DEMAND, 2.0), source="new"), listed((Market.ON_DEMAND, 3.0), as_of=date(2026, 11, 2))]

    assert refresh([row()], lists).rows[0].price.usd_per_hour == 2.0
    assert refresh([row()], lists[::-1]).rows[0].price.usd_per_hour == 2.0


@given(st.floats(0.01, 1000), st.floats(0.01, 1000))
def test_a_refresh_is_idempotent_and_its_change_in_percent_leads_from_before_to_after(
    before: float, after: float
) -> None:
    rows = [row(usd_per_hour=before, spot_usd_per_hour=None)]
    lists = [listed((Market.ON_DEMAND, after))]

    once = refresh(rows, lists).rows

    assert refresh(once, lists).rows == once
    changes = compare(rows, once)
    assert len(changes.changes) + changes.unchanged == 1
    for change in changes.changes:
        assert change.percent is not None
        assert before * (1 + change.percent / 100) == pytest.approx(after, abs=before * 1e-4)


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [(None, 1.0, ChangeKind.ADDED), (1.0, 2.0, ChangeKind.CHANGED), (1.0, None, ChangeKind.REMOVED)],
)
def test_a_change_is_of_one_kind(before: float | None, after: float | None, kind: ChangeKind) -> None:
    found = compare([row(usd_per_hour=before)], [row(usd_per_hour=after)])

    (change,) = found.changes
    assert (change.kind, change.before, change.after, change.market) == (kind, before, after, Market.ON_DEMAND)
    assert change.percent == (100.0 if kind is ChangeKind.CHANGED else None)
    assert found.unchanged == 1
    assert found.of(kind) == found.changes


def test_what_is_unknown_before_and_after_is_neither_a_change_nor_unchanged() -> None:
    unknown = row(usd_per_hour=None, spot_usd_per_hour=None)

    assert (compare([unknown], [unknown]).changes, compare([unknown], [unknown]).unchanged) == ((), 0)
