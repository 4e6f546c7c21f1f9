"""SKU pages: a machine costs the sum of its parts."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.google_billing import read_sku_pages
from components.catalog.instance_type import CatalogRow
from components.catalog.price_list import Market, PriceList
from components.catalog.prices_file import read_catalog
from components.catalog.services import Service
from optimizers.errors import InvalidArgs
from tests.support.catalog_rows import TODAY, machine, row
from tests.support.price_lists import E2, N1, Document, page_of, sku, sku_page

A2 = {
    "A2 Instance Core": ("h", 31_611_000), "A2 Instance Ram": ("GiBy.h", 4_237_000),
    "Nvidia Tesla A100 GPU": ("h", 2_933_908_000),
}  # fmt: skip
G2 = {"G2 Instance Core": ("h", 24_988_000), "G2 Instance Ram": ("GiBy.h", 2_927_000)}
L4_GPU = {"accelerator": "l4", "accelerator_count": 1, "accelerator_memory_gib": 24.0}


def read(page: Document, *rows: CatalogRow) -> PriceList:
    return read_sku_pages([("skus.json", page)], rows)


def prices(found: PriceList) -> dict[tuple[str, Market], float]:
    return {(quote.name, quote.market): quote.usd_per_hour for quote in found.quotes}


@pytest.mark.parametrize(
    ("name", "parts"),
    [("e2-standard-2", E2), ("e2-standard-8", E2), ("n1-standard-4", N1), ("a2-highgpu-1g", A2), ("a2-highgpu-8g", A2)],
)
def test_the_shipped_price_of_a_machine_is_the_sum_of_real_parts(name: str, parts: dict[str, tuple[str, int]]) -> None:
    """Two sources that do not know of each other: a price calculator, and Google's unit prices of vCPU, memory, GPU."""
    shipped = read_catalog(None, TODAY).find(Service.COMPUTE_ENGINE, "us-central1", name)
    assert shipped is not None

    found = read(page_of(parts), shipped)

    assert prices(found)[name, Market.ON_DEMAND] == pytest.approx(shipped.price.usd_per_hour, rel=1e-5)
    assert found.as_of == date(2026, 11, 22)
    assert "without local SSD" in found.source


@given(
    nanos=st.tuples(st.integers(10**6, 10**9), st.integers(1, 10**8), st.integers(1, 10**10)),
    vcpu=st.integers(1, 400),
    memory_gib=st.sampled_from([0.5, 3.75, 16.0, 1872.0]),
    count=st.integers(1, 16),
)
def test_parts_add_up(nanos: tuple[int, int, int], vcpu: int, memory_gib: float, count: int) -> None:
    core, ram, gpu = nanos
    parts = {"G2 Instance Core": ("h", core), "G2 Instance Ram": ("GiBy.h", ram), "Nvidia L4 GPU": ("h", gpu)}
    wanted = machine("g2-standard-4", vcpu, memory_gib, **{**L4_GPU, "accelerator_count": count})

    found = prices(read(page_of(parts), wanted))

    expected = (core * vcpu + ram * memory_gib + gpu * count) / 1e9
    assert found["g2-standard-4", Market.ON_DEMAND] == pytest.approx(expected, abs=6e-7)


def test_spot_parts_have_names_of_their_own() -> None:
    page = sku_page(
        sku("G2 Instance Core", "h", 24_988_000),
        sku("G2 Instance Ram", "GiBy.h", 2_927_000),
        sku("Nvidia L4 GPU", "h", 560_040_000),
        sku("Spot Preemptible G2 Instance Core", "h", 10_000_000, "Preemptible"),
        sku("Spot Preemptible G2 Instance Ram", "GiBy.h", 1_000_000, "Preemptible"),
        sku("Nvidia L4 GPU attached to Spot Preemptible VMs", "h", 200_000_000, "Preemptible"),
    )

    found = prices(read(page, machine("g2-standard-4", 4, 16.0, **L4_GPU)))

    assert found["g2-standard-4", Market.ON_DEMAND] == pytest.approx(0.706824)
    assert found["g2-standard-4", Market.SPOT] == pytest.approx(0.256)


def test_an_accelerator_alone_costs_what_its_sku_says() -> None:
    found = prices(read(sku_page(sku("Nvidia Tesla T4 GPU", "h", 350_000_000)), row(Service.COMPUTE_ENGINE_GPU)))

    assert found == {("nvidia-tesla-t4", Market.ON_DEMAND): 0.35}


@pytest.mark.parametrize(
    "other",
    [
        sku("E2 Custom Instance Core", "h", 1),
        sku("Commitment v1: E2 Instance Core", "h", 1, "Commit1Yr"),
        sku("E2 Instance Core", "h", 1, region="europe-west1") | {"serviceRegions": ["europe-west1"]},
        sku("E2 Instance Core", "h", 1, "Preemptible"),
        sku("E2 Instance Core", "mo", 1),
        sku("E2 Instance Core", "h", 1)
        | {"category": {"resourceFamily": "License", "usageType": "OnDemand"}, "pricingInfo": []},
        sku("E2 Instance Core", "h", 0),
        {"skuId": "without anything else"},
    ],
)
def test_skus_of_something_else_are_passed_over(other: Document) -> None:
    page = page_of(E2)
    page["skus"].append(other)

    assert prices(read(page, machine("e2-standard-2", 2, 8.0)))["e2-standard-2", Market.ON_DEMAND] == 0.067011


@pytest.mark.parametrize(
    "wanted",
    [
        machine("e2-micro", 2, 1.0),
        machine("z9-standard-4", 4, 16.0),
        machine("e2-standard-2", 2, 8.0, region="asia-east1"),
        machine("e2-standard-4", None, None),
        machine("n1-standard-4", 4, 15.0),
        machine("e2-highgpu-1g", 2, 8.0, **L4_GPU),
        machine("g2-standard-8", 8, 32.0),
    ],
)
def test_a_machine_whose_parts_are_not_all_known_has_no_price(wanted: CatalogRow) -> None:
    known = machine("e2-standard-2", 2, 8.0)

    found = read(page_of(E2 | G2), known, wanted)

    assert [quote.key for quote in found.quotes] == [known.key]
    assert found.unclear == {wanted.key}
    assert found.remarks == (
        f"skus.json does not hold one price for each part of {wanted.label}; the prices of these stay",
    )


def test_parts_with_two_prices_have_none() -> None:
    page = page_of(E2 | N1)
    page["skus"].append(sku("E2 Instance Core", "h", 5))

    found = read(page, machine("e2-standard-2", 2, 8.0), machine("n1-standard-4", 4, 15.0))

    assert [quote.name for quote in found.quotes] == ["n1-standard-4"]


def test_the_parts_of_a_machine_may_be_on_different_pages() -> None:
    first, second = ({name: part} for name, part in E2.items())

    found = read_sku_pages([("a", page_of(first)), ("b", page_of(second))], [machine("e2-standard-2", 2, 8.0)])

    assert prices(found) == {("e2-standard-2", Market.ON_DEMAND): 0.067011}


def broken(**changes: Any) -> Document:
    page = page_of(E2)
    unit_price = page["skus"][0]["pricingInfo"][0]["pricingExpression"]["tieredRates"][0]["unitPrice"]
    unit_price.update(changes)
    return page


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ({}, "got nothing as skus"),
        ({"skus": []}, "as skus"),
        ({"skus": "x"}, "got `x` as skus"),
        (
            broken(currencyCode="EUR"),
            "got `EUR` as pricingInfo.0.pricingExpression.tieredRates.0.unitPrice.currencyCode",
        ),
        (broken(nanos=-1), "got `-1` as pricingInfo"),
        (broken(nanos="many"), "got `many` as pricingInfo"),
        (sku_page(sku("E2 Instance Core", "h", 5) | {"pricingInfo": []}), "as pricingInfo"),
        (page_of(N1), "got no price; it prices parts of the catalog's Compute Engine machines"),
    ],
)
def test_a_malformed_page_is_refused_in_one_sentence(page: Document, words: str) -> None:
    with pytest.raises(InvalidArgs) as caught:
        read(page, machine("e2-standard-2", 2, 8.0))

    (issue,) = caught.value.issues
    assert issue.path == "skus.json"
    assert words in str(issue)
