"""What a provider or an API server fills in is never taken for what the program wrote: the real engine and policy pack."""

import json
from collections.abc import Generator
from typing import Any

import pytest

from tests.integration.test_review_by_hand import PROGRAM, deployed
from tests.support.checkout import Checkout, finished
from tests.support.filling_provider import FillingProvider
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.raw_resources import Resource, node_pool
from tests.support.recording_provider import clouds

pytestmark = pytest.mark.integration

POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "server", "image": "web"}]}}
WEB: Resource = (
    "kubernetes:apps/v1:Deployment",
    {"metadata": {"name": "web"}, "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": POD}},
)
OWNER: Resource = (
    "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
    {"metadata": {"name": "web"}, "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "maxReplicas": 4}},
)
POOL = node_pool("g2-standard-4", autoscaling={"minNodeCount": 1, "maxNodeCount": 10})
# 10 x ($0.706832 x 730 h + 100 GB x $0.10).
MAXIMUM_USD = 5259.87


@pytest.fixture(scope="module")
def provider() -> Generator[dict[str, str]]:
    with clouds(FillingProvider) as addresses:
        yield {"PULUMI_DEBUG_PROVIDERS": addresses}


def previewed(checkout: Checkout, provider: dict[str, str], usd_per_month: float) -> tuple[list[str], Any]:
    """Preview with a budget; return what refuses it, and the cost that the review tells."""
    limits = {"cost-budget": {"usd_per_month": usd_per_month}, "cost-increase": {"usd_per_month": usd_per_month}}
    (checkout.root / "stacks/policies.local.json").write_text(json.dumps(limits))
    result = finished(checkout.start("preview", "--json", "out.json", **provider))
    document = json.loads((checkout.root / "out.json").read_text())
    refusing = sorted(item["policy"] for item in document["policies"] if item["verdict"] == "refused")
    assert bool(result.code) is bool(refusing), result.err
    return refusing, document["cost"]


def test_a_new_stack_and_the_same_stack_after_an_up_are_judged_alike(
    tmp_path_factory: pytest.TempPathFactory, provider: dict[str, str]
) -> None:
    checkout = make_optimized_checkout(tmp_path_factory.mktemp("filled-in"))
    (checkout.root / "stacks/__main__.py").write_text(PROGRAM)
    (checkout.root / "stacks/resources.json").write_text(json.dumps({"pool": POOL, "web": WEB, "owner": OWNER}))

    assert previewed(checkout, provider, MAXIMUM_USD - 1)[0] == ["cost-budget", "cost-increase"]
    refusing, first = previewed(checkout, provider, MAXIMUM_USD)
    assert refusing == []
    assert first["after"]["maximum"] == MAXIMUM_USD

    deployed(checkout, provider)
    assert previewed(checkout, provider, MAXIMUM_USD - 1)[0] == ["cost-budget"]
    refusing, same = previewed(checkout, provider, MAXIMUM_USD)
    assert refusing == []
    assert same["before"] == same["after"] == first["after"]
