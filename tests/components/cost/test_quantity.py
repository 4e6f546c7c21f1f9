"""Quantities of Kubernetes."""

from decimal import Decimal

import pytest

from components.cost.quantity import quantity


@pytest.mark.parametrize(
    ("text", "number"),
    [("500m", "0.5"), ("2", "2"), (2.0, "2"), ("4Gi", "4294967296"), ("1.5M", "1500000"), ("1e3", "1000"), ("1E", "1e18"), (".5", "0.5")],
)  # fmt: skip
def test_a_quantity_is_the_number_that_it_stands_for(text: object, number: str) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "much", "-1", "1Gb", "1e3Mi", "1 Gi", "Gi"])
def test_refuses_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)
