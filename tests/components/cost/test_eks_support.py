"""The control plane of EKS: standard support, extended support from its day on, and what is not known."""

from datetime import date
from typing import Any

import pytest

from components.catalog.prices_file import read_catalog, read_unchecked
from components.cost.eks_support import STANDARD_SUPPORT_ENDS
from components.cost.stack_bill import stack_bill
from components.cost.used_prices import used_prices
from tests.components.cost.test_month import by_hand
from tests.support.raw_resources import Resource
from tests.support.stack_costs import CATALOG, cost_of, declared

STANDARD, EXTENDED = "0.1*730", "0.6*730"


def cluster(**props: Any) -> Resource:
    return "aws:eks/cluster:Cluster", {"region": "us-east-1", **props}


@pytest.mark.parametrize(
    ("day", "props", "usd"),
    [
        ("2026-11-24", {}, STANDARD),
        ("2026-11-24", {"version": "1.25"}, EXTENDED),
        ("2026-11-24", {"version": "1.33"}, EXTENDED),
        ("2026-11-24", {"version": "1.34"}, STANDARD),
        ("2026-12-01", {"version": "1.34"}, STANDARD),
        ("2026-12-02", {"version": "1.34"}, EXTENDED),
        ("2026-11-24", {"version": "1.99"}, STANDARD),
        ("2026-11-24", {"version": "1.25", "upgradePolicy": {"supportType": "STANDARD"}}, STANDARD),
        ("2026-11-24", {"version": "1.25", "upgradePolicy": {"supportType": "EXTENDED"}}, EXTENDED),
    ],
)
def test_a_control_plane_costs_what_its_version_does_on_that_day(day: str, props: dict[str, Any], usd: str) -> None:
    catalog = CATALOG.model_copy(update={"day": date.fromisoformat(day)})

    total = cost_of(cluster(**props), catalog=catalog).total

    assert total is not None
    assert (total.minimum, total.maximum) == (by_hand(usd), by_hand(usd))


def test_a_version_whose_support_nobody_here_knows_is_unknown() -> None:
    later = CATALOG.model_copy(update={"day": max(STANDARD_SUPPORT_ENDS.values())})
    for catalog, version in ((later, "1.99"), (CATALOG.model_copy(update={"day": None}), "1.34")):
        (line,) = cost_of(cluster(version=version), catalog=catalog).unknown

        assert f"whether Kubernetes {version} is in standard support is not known" in line.unit_price.basis


def test_the_dates_follow_the_versions() -> None:
    versions = sorted(STANDARD_SUPPORT_ENDS)

    assert versions == list(range(versions[0], versions[-1] + 1))
    assert sorted(STANDARD_SUPPORT_ENDS.values()) == [STANDARD_SUPPORT_ENDS[version] for version in versions]


def test_a_catalog_knows_the_day_on_which_it_was_read() -> None:
    assert read_catalog(None, date(2026, 12, 2)).day == date(2026, 12, 2)
    assert read_unchecked(None).day is None


def test_the_price_of_extended_support_counts_among_those_that_are_used() -> None:
    bill = stack_bill(declared(cluster(version="1.25")))

    assert [row.item for row in used_prices(bill, CATALOG).units] == ["eks-cluster-extended"]
