"""`serving preview --markdown FILE --json FILE` of resources that were written by hand."""

import json
import subprocess
from collections.abc import Generator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from stacks.review.review_schema import review_schema
from tests.support.checkout import SERVING, TIMEOUT_S, Checkout, Finished, finished
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, variant
from tests.support.recording_provider import CreatingProvider, clouds

pytestmark = pytest.mark.integration

PROGRAM = """
import json
from pathlib import Path

import pulumi

for name, (token, props, *identity) in json.loads(Path(__file__).with_name("resources.json").read_text()).items():
    options = pulumi.ResourceOptions(id=identity[0]) if identity else None
    pulumi.CustomResource(token, name, props, options)
"""
UP = 'eval "$("{serving}" engine --export)"; pulumi stack select --create local; pulumi up --yes --skip-preview'
ONE_G5 = endpoint_configuration(variant("ml.g5.xlarge", 1))
TWO_G5 = endpoint_configuration(variant("ml.g5.xlarge", 2))


@pytest.fixture(scope="module")
def provider() -> Generator[dict[str, str]]:
    with clouds(CreatingProvider) as addresses:
        yield {"PULUMI_DEBUG_PROVIDERS": addresses}


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return make_optimized_checkout(tmp_path)


def by_hand(checkout: Checkout, **resources: Resource | tuple[str, dict[str, Any], str]) -> None:
    """Let the program make these resources instead of an endpoint of ours, or read what has an id as its third part."""
    (checkout.root / "stacks/__main__.py").write_text(PROGRAM)
    (checkout.root / "stacks/resources.json").write_text(json.dumps(resources))


def previewed(checkout: Checkout, variables: dict[str, str] | None = None) -> tuple[Finished, Any, str]:
    """Preview; return what the command said, the document and the comment."""
    result = finished(checkout.start("preview", "--json", "out.json", "--markdown", "out.md", **(variables or {})))
    document = json.loads((checkout.root / "out.json").read_text())
    jsonschema.validate(document, review_schema())
    return result, document, (checkout.root / "out.md").read_text()


def deployed(checkout: Checkout, variables: dict[str, str]) -> None:
    """Make the resources of the program with plain `pulumi`, as their author would."""
    subprocess.run(
        ["bash", "-euc", UP.format(serving=SERVING)], cwd=checkout.root, stdin=subprocess.DEVNULL,
        env={**checkout.environment, **variables}, capture_output=True, check=True, timeout=TIMEOUT_S,
    )  # fmt: skip


def test_resources_by_hand_before_and_after_a_change_of_what_they_rent(
    checkout: Checkout, provider: dict[str, str]
) -> None:
    by_hand(checkout, config=ONE_G5, gone=endpoint_configuration(variant("ml.m5.xlarge")))
    _, first, _ = previewed(checkout, provider)
    assert first["cost"]["before"] == {"minimum": 0.0, "expected": 0.0, "maximum": 0.0}
    assert {row["name"]: row["operation"] for row in first["endpoints"]} == {"config": "create", "gone": "create"}

    deployed(checkout, provider)
    _, same, comment = previewed(checkout, provider)
    assert same["changed"] == {}
    assert same["cost"]["before"] == same["cost"]["after"] == first["cost"]["after"]
    assert "monthly cost unchanged at" in same["headline"]
    assert "Nothing: 2 same." in comment

    by_hand(checkout, config=TWO_G5, new=endpoint_configuration(variant("ml.g5.xlarge", 1)))
    result, document, comment = previewed(checkout, provider)

    assert result.code == 0, result.err
    rows = {row["name"]: row for row in document["endpoints"]}
    # 1.408 $/h of SageMaker hosting for a ml.g5.xlarge, 730 hours.
    assert rows["config"]["operation"] == "replace"
    assert rows["config"]["usd_per_month_change"]["expected"] == pytest.approx(1.408 * 730, abs=0.005)
    assert (rows["new"]["before"], rows["gone"]["after"]) == (None, None)
    assert document["changes"] == {"create": 1, "delete": 1, "replace": 1}
    change = document["cost"]["after"]["expected"] - document["cost"]["before"]["expected"]
    assert document["cost"]["change"]["expected"] == pytest.approx(change, abs=0.001)
    assert document["prices"]["oldest_days"] > 0
    assert "productionVariants\\[0\\].initialInstanceCount | 1 | 2 |" in comment


def test_an_unknown_price_is_never_nothing(checkout: Checkout, provider: dict[str, str]) -> None:
    by_hand(checkout, workers=node_group(["g9.huge"], 1, 1, 1))

    result, document, comment = previewed(checkout, provider)

    assert result.code == 0, result.err
    assert document["cost"]["after"] is None
    assert document["cost"]["change"] is None
    assert "monthly cost unknown" in comment
    assert any("g9.huge is not in the shipped catalog" in sentence for sentence in document["unknown"])


def test_what_the_program_only_reads_is_no_part_of_the_cost(checkout: Checkout, provider: dict[str, str]) -> None:
    read, own = (*node_group(["p5.48xlarge"], 1, 1, 1), "of-another-stack"), node_group(["c5.xlarge"], 1, 1, 1)
    # $0.17 x 730 h + 20 GB x $0.10.
    nothing, one = (dict.fromkeys(("minimum", "expected", "maximum"), usd) for usd in (0.0, 126.1))
    by_hand(checkout, shared=read)
    deployed(checkout, provider)
    limits = {"cost-budget": {"usd_per_month": 200}, "cost-increase": {"usd_per_month": 100}}
    (checkout.root / "stacks/policies.local.json").write_text(json.dumps(limits))

    result, document, _ = previewed(checkout, provider)
    assert result.code == 0, result.err
    assert (document["cost"]["before"], document["cost"]["after"]) == (nothing, nothing)

    by_hand(checkout, shared=read, mine=own)
    result, document, _ = previewed(checkout, provider)
    assert result.code == 3, result.err
    assert (document["cost"]["before"], document["cost"]["after"]) == (nothing, one)
    assert "cost-increase: $126.10 a month more at maximum ($0.00 -> $126.10) is over the $100.00 allowed" in result.err

    by_hand(checkout, shared=own)
    result, document, _ = previewed(checkout, provider)
    assert document["changes"] == {"replace": 1}
    assert (document["cost"]["before"], document["cost"]["after"]) == (nothing, one)

    by_hand(checkout)
    result, document, _ = previewed(checkout, provider)
    assert result.code == 0, result.err
    assert (document["cost"]["before"], document["cost"]["after"]) == (nothing, nothing)
