"""Each rule, by one valid row with one field broken."""

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.lint import HIGHEST_PREMIUM, LOWEST_PREMIUM, lint
from components.catalog.prices_file import SHIPPED_PATH, parse
from components.catalog.services import Service
from components.platforms.choice import Cloud
from tests.support.catalog_rows import TODAY, row

SERVICES = list(Service)


def said(*rows: Any) -> str:
    """Return the one sentence that the rows deserve."""
    (issue,) = lint(rows, TODAY)
    assert issue.got
    assert issue.rule
    assert issue.fix
    assert "\n" not in str(issue)
    return str(issue)


def test_the_shipped_prices_break_no_rule() -> None:
    rows = parse(SHIPPED_PATH.read_bytes(), "shipped")

    assert lint(rows, TODAY) == ()
    assert len(rows) == 119


@pytest.mark.parametrize("service", SERVICES)
def test_a_valid_row_of_each_service_passes(service: Service) -> None:
    assert lint([row(service)], TODAY) == ()


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"usd_per_hour": 0.0, "spot_usd_per_hour": None}, "usd_per_hour", "a finite number above 0"),
        ({"usd_per_hour": -1.0, "spot_usd_per_hour": None}, "usd_per_hour", "got `-1`"),
        ({"usd_per_hour": math.nan}, "usd_per_hour", "got `nan`"),
        ({"usd_per_hour": math.inf}, "usd_per_hour", "got `inf`"),
        ({"usd_per_hour": 700.0}, "usd_per_hour", "some catalogs write it for an unknown price"),
        ({"spot_usd_per_hour": -0.1}, "spot_usd_per_hour", "a finite number above 0"),
        ({"spot_usd_per_hour": 1.01}, "spot_usd_per_hour", "spot is at most on-demand, 1"),
        ({"source": ""}, "source", "got nothing; a price says where it was read"),
        ({"as_of": date(2026, 11, 25)}, "as_of", "today is 2026-11-24"),
        ({"region": "us-central1"}, "region", "it is no region of aws"),
        ({"region": "us-east-1 (assumed)"}, "region", "it is no region of aws"),
        ({"region": ""}, "region", "it is no region of aws"),
        ({"name": "ml.g5.xlarge"}, "instance_type", "it is no type of ec2"),
        ({"name": ""}, "instance_type", "it is no type of ec2"),
        ({"provider": Cloud.GCP}, "provider", "ec2 is sold by `aws`"),
        ({"vcpu": 0}, "vcpu", "a finite number above 0"),
        ({"memory_gib": math.nan}, "memory_gib", "a finite number above 0"),
        ({"vcpu": None}, "memory_gib", "both known or both not"),
        ({"accelerator_count": None}, "accelerator", "both there or both not"),
        ({"accelerator": None, "accelerator_memory_gib": None}, "accelerator_count", "both there or both not"),
        ({"accelerator": None, "accelerator_count": None}, "accelerator_memory_gib", "there is no memory of one"),
        ({"accelerator": "A100 80GB"}, "accelerator", "small letters"),
        ({"accelerator_count": -1}, "accelerator_count", "a finite number above 0"),
    ],
)
def test_a_broken_field_is_named_with_its_rule(changes: dict[str, Any], path: str, words: str) -> None:
    sentence = said(row(**changes))

    assert f", {path}: got " in sentence
    assert words in sentence


@pytest.mark.parametrize(
    "changes",
    [
        {"spot_usd_per_hour": 1.0},
        {"spot_usd_per_hour": None},
        {"usd_per_hour": None},
        {"usd_per_hour": None, "spot_usd_per_hour": None, "source": "", "as_of": None},
        {"as_of": TODAY},
        {"as_of": None},
        {"vcpu": None, "memory_gib": None},
        {"accelerator": "inferentia2", "accelerator_memory_gib": None},
        {"usd_per_hour": 699.99, "spot_usd_per_hour": 5.0},
    ],
)
def test_what_is_unknown_or_equal_is_allowed(changes: dict[str, Any]) -> None:
    assert lint([row(**changes)], TODAY) == ()


def test_a_type_is_there_once_a_service_and_region() -> None:
    assert "ec2 us-east-1 g5.xlarge: got 3 rows" in said(row(), row(), row())
    assert lint([row(), row(region="us-west-2"), row(Service.SAGEMAKER)], TODAY) == ()


@given(base=st.floats(0.01, 100), factor=st.floats(0.5, 3))
def test_sagemaker_hosting_costs_somewhat_more_than_ec2(base: float, factor: float) -> None:
    rows = [
        row(usd_per_hour=base, spot_usd_per_hour=None),
        row(Service.SAGEMAKER_HOSTING, usd_per_hour=base * factor, spot_usd_per_hour=None),
    ]

    refused = [issue for issue in lint(rows, TODAY) if "of EC2" in issue.rule]

    assert bool(refused) is not (LOWEST_PREMIUM <= round(base * factor / base, 9) <= HIGHEST_PREMIUM)


@pytest.mark.parametrize(("price", "passes"), [(1.10, True), (1.45, True), (1.0999, False), (1.4501, False)])
def test_the_bounds_of_the_premium_are_allowed(price: float, passes: bool) -> None:
    assert (lint([row(), row(Service.SAGEMAKER_HOSTING, usd_per_hour=price)], TODAY) == ()) is passes


def test_a_price_of_sagemaker_is_compared_with_the_same_type_and_region_only() -> None:
    hosting = row(Service.SAGEMAKER_HOSTING, usd_per_hour=9.0)

    for other in (row(region="us-west-2"), row(name="g5.2xlarge"), row(usd_per_hour=None)):
        assert lint([other, hosting], TODAY) == ()
    assert "that is 9.00 x the 1 of EC2, and SageMaker hosting costs 1.10 to 1.45 x" in said(row(), hosting)


def test_every_broken_rule_is_reported_at_once() -> None:
    assert len(lint([row(usd_per_hour=-1.0, spot_usd_per_hour=math.nan, region="x"), row(vcpu=-1)], TODAY)) == 4
