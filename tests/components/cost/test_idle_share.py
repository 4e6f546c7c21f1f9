"""What the workloads of a stack leave unused of its node pools."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from components.cost.idle_share import IdleShare, idle_shares
from components.cost.stack_bill import stack_bill
from tests.support.raw_resources import Resource, deployment, node_group, node_pool
from tests.support.stack_costs import CATALOG, cost_of, declared


def idle(*resources: Resource) -> tuple[IdleShare, ...]:
    bill = stack_bill(declared(*resources), "us-east-1")
    return idle_shares(bill.machines, bill.pods, CATALOG)


def test_the_resource_that_is_asked_for_most_decides() -> None:
    # Two c5.xlarge: 8 vCPU, 16 GiB, $248.20 a month.
    (share,) = idle(node_group(["c5.xlarge"], 1, 2, 4), deployment("1400m", "1Gi", 2))

    assert share.share == pytest.approx(1 - 2.8 / 8)
    assert share.usd_per_month == 161.33
    assert share.sentence == "r0: idle 65% = $161.33 a month (asked for 2.8 of 8 vCPU)"

    (share,) = idle(node_group(["c5.xlarge"], 1, 2, 4), deployment("100m", "6Gi", 2))
    assert share.basis == "asked for 12 of 16 GiB of memory"


def test_the_bill_carries_the_remark() -> None:
    cost = cost_of(node_group(["c5.xlarge"], 1, 2, 4), deployment("1400m", "1Gi", 2))

    assert cost.remarks == ("r0: idle 65% = $161.33 a month (asked for 2.8 of 8 vCPU)",)


def test_pods_that_ask_for_accelerators_run_where_they_are() -> None:
    shares = idle(
        node_group(["c5.xlarge"], 1, 1, 1), node_group(["g5.xlarge"], 2, 2, 2),
        deployment("1", "1Gi", 1, accelerators=1), deployment("2", "1Gi", 1),
    )  # fmt: skip

    assert [item.basis for item in shares] == ["asked for 2 of 4 vCPU", "asked for 1 of 2 accelerators"]


def test_a_selector_chooses_the_pool() -> None:
    pools = [node_group(["c5.xlarge"], 1, 1, 1, labels={"for": name}) for name in ("a", "b")]

    shares = idle(*pools, deployment("2", "1Gi", 1, nodeSelector={"for": "b"}))

    assert [item.share for item in shares] == [1, 0.5]


@pytest.mark.parametrize(
    ("label", "pools"),
    [
        ("eks.amazonaws.com/nodegroup", [node_group(["c5.xlarge"], 1, 1, 1, nodeGroupName=name) for name in ("a", "b")]),
        ("cloud.google.com/gke-nodepool", [node_pool("e2-standard-4", name=name, nodeCount=1) for name in ("a", "b")]),
    ],
)  # fmt: skip
def test_a_pod_that_is_pinned_to_a_pool_by_its_name_counts_in_that_pool_alone(
    label: str, pools: list[Resource]
) -> None:
    shares = idle(*pools, deployment("2", "1Gi", 1, nodeSelector={label: "b"}))

    assert [item.share for item in shares] == [1, 0.5]


def test_a_pool_whose_name_is_not_known_yet_still_has_a_share() -> None:
    shares = idle(node_group(["c5.xlarge"], 1, 1, 1, nodeGroupName=UNKNOWN_STRING_VALUE), deployment("2", "1Gi", 1))

    assert [item.share for item in shares] == [0.5]


def test_a_pool_of_unknown_size_has_an_unknown_share() -> None:
    (share,) = idle(node_group(["g9.huge"], 1, 1, 1), deployment("1", "1Gi"))

    assert (share.share, share.usd_per_month) == (None, None)
    assert "its idle share is unknown: the size of g9.huge is not in" in share.sentence


@pytest.mark.parametrize(
    "resources", [[node_group(["c5.xlarge"], 1, 1, 1)], [deployment("1", "1Gi")], [node_group(["c5.xlarge"], 0, 0, 3), deployment("1", "1Gi")]]
)  # fmt: skip
def test_without_both_there_is_nothing_to_say(resources: list[Resource]) -> None:
    assert idle(*resources) == ()


@given(st.lists(st.integers(1, 4000), max_size=4), st.integers(1, 20))
def test_a_share_is_between_nothing_and_all_and_more_pods_leave_less(millicores: list[int], nodes: int) -> None:
    pool = node_pool("e2-standard-4", nodeCount=nodes)
    workloads = [deployment(f"{number}m", "1Mi", 1) for number in millicores]

    shares = [idle(pool, deployment("1m", "1Mi"), *workloads[:count])[0] for count in range(len(workloads) + 1)]

    found = [item.share for item in shares if item.share is not None]
    assert len(found) == len(shares)
    assert all(0 <= share <= 1 for share in found)
    assert found == sorted(found, reverse=True)
