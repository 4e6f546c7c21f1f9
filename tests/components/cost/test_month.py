"""What stacks cost a month: twenty examples against a calculation by hand, and what holds for every stack."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE

from components.autoscaling.bounds import SCALING_TARGET
from components.catalog.services import Service
from components.cost.billed_units import HOURS_PER_MONTH
from components.cost.machines import Count, RentedMachines
from components.cost.month import MonthlyCost, dearest_first, machine_line
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, node_pool, variant
from tests.support.stack_costs import CATALOG, cost_of

MANAGED = {"managedInstanceScaling": {"minInstanceCount": 1, "maxInstanceCount": 5}}
TARGET_3_TO_5: Resource = (
    SCALING_TARGET,
    {"serviceNamespace": "sagemaker", "resourceId": "endpoint/e/variant/main", "minCapacity": 3, "maxCapacity": 5},
)
NATIVE_TARGET: Resource = ("aws-native:applicationautoscaling:ScalableTarget", TARGET_3_TO_5[1])
T4 = {"guestAccelerators": [{"type": "nvidia-tesla-t4", "count": 2}]}


# Hourly prices as the shipped catalog has them, 730 hours, written out; None: unknown.
@pytest.mark.parametrize(
    ("resources", "minimum", "expected", "maximum"),
    [
        ([endpoint_configuration(variant("ml.m5.xlarge"))], "0.23*730", "0.23*730", "0.23*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 2))], "2*1.408*730", "2*1.408*730", "2*1.408*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 2, **MANAGED))], "1.408*730", "2*1.408*730", "5*1.408*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 1, managedInstanceScaling={"minInstanceCount": 3, "maxInstanceCount": 5}))],
         "3*1.408*730", "3*1.408*730", "5*1.408*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 1)), TARGET_3_TO_5], "3*1.408*730", "3*1.408*730", "5*1.408*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 1)), NATIVE_TARGET], "3*1.408*730", "3*1.408*730", "5*1.408*730"),
        ([endpoint_configuration(variant("ml.g5.xlarge", 7)), TARGET_3_TO_5], "3*1.408*730", "7*1.408*730", "7*1.408*730"),
        ([node_group(["c5.xlarge"], 5, 1, 9)], "5*0.17*730+5*20*0.1", "5*0.17*730+5*20*0.1", "9*0.17*730+9*20*0.1"),
        ([endpoint_configuration(variant("ml.c5.xlarge"), variant("ml.g4dn.xlarge"))],
         "(0.204+0.7364)*730", "(0.204+0.7364)*730", "(0.204+0.7364)*730"),
        ([endpoint_configuration(variant("ml.c5.xlarge"), shadowProductionVariants=[variant("ml.inf2.xlarge")])],
         "(0.204+0.99)*730", "(0.204+0.99)*730", "(0.204+0.99)*730"),
        ([endpoint_configuration(variant("ml.c5.xlarge", 0))], "0.204*730", "0.204*730", "0.204*730"),
        ([node_group(["c5.xlarge"], 1, 2, 4)], "0.17*730+20*0.1", "2*0.17*730+2*20*0.1", "4*0.17*730+4*20*0.1"),
        ([node_group(["g6.xlarge"], 0, 0, 3)], "0", "0", "3*0.8048*730+3*20*0.1"),
        ([node_group(["g4dn.xlarge", "g5.xlarge"], 1, 1, 2)], "1.006*730+20*0.1", "1.006*730+20*0.1", "2*1.006*730+2*20*0.1"),
        ([node_group(["g5.xlarge"], 0, 1, 2, capacityType="SPOT")], "0", "0.4886*730+20*0.1", "2*0.4886*730+2*20*0.1"),
        ([node_group(["p5.48xlarge"], 0, 0, 1, diskSize=500)], "0", "0", "55.04*730+500*0.1"),
        ([node_pool("e2-standard-4", nodeCount=3)],
         "3*0.134023*730+3*100*0.1", "3*0.134023*730+3*100*0.1", "3*0.134023*730+3*100*0.1"),
        ([node_pool("e2-standard-4", config={"bootDisk": {"sizeGb": 9000, "diskType": "pd-ssd"}}, nodeCount=1)],
         "0.134023*730+9000*0.17", "0.134023*730+9000*0.17", "0.134023*730+9000*0.17"),
        ([node_pool("e2-standard-4", config={"bootDisk": {"sizeGb": 200}, "diskSizeGb": UNKNOWN_NUMBER_VALUE}, nodeCount=1)],
         "0.134023*730+200*0.1", "0.134023*730+200*0.1", "0.134023*730+200*0.1"),
        # What Google's provider records of bounds of each zone.
        ([node_pool("g2-standard-4", initialNodeCount=1, nodeCount=1, autoscaling={
            "minNodeCount": 1, "maxNodeCount": 10, "totalMinNodeCount": 0, "totalMaxNodeCount": 0})],
         "0.706832*730+100*0.1", "0.706832*730+100*0.1", "10*0.706832*730+10*100*0.1"),
        ([node_pool("e2-standard-4", nodeCount=2, initialNodeCount=UNKNOWN_NUMBER_VALUE)],
         "2*0.134023*730+2*100*0.1", "2*0.134023*730+2*100*0.1", "2*0.134023*730+2*100*0.1"),
        ([node_pool("g2-standard-4", autoscaling={"minNodeCount": 0, "maxNodeCount": 2})],
         "0", "0", "2*0.706832*730+2*100*0.1"),
        ([node_pool("c3-standard-4", "us-central1", config={"diskType": "pd-ssd", "diskSizeGb": 50}, initialNodeCount=1)],
         "3*0.201608*730+3*50*0.17", "3*0.201608*730+3*50*0.17", "3*0.201608*730+3*50*0.17"),
        ([node_pool("c3-standard-4", "us-central1", nodeLocations=["us-central1-a", "us-central1-b"],
                    autoscaling={"minNodeCount": 1, "maxNodeCount": 4})],
         "2*0.201608*730+2*100*0.1", "2*0.201608*730+2*100*0.1", "8*0.201608*730+8*100*0.1"),
        ([node_pool("c3-standard-4", "us-central1", autoscaling={"totalMinNodeCount": 1, "totalMaxNodeCount": 4})],
         "0.201608*730+100*0.1", "0.201608*730+100*0.1", "4*0.201608*730+4*100*0.1"),
        ([node_pool("n1-standard-4", config=T4, nodeCount=1)],
         "0.189999*730+2*0.35*730+100*0.1", "0.189999*730+2*0.35*730+100*0.1", "0.189999*730+2*0.35*730+100*0.1"),
        ([node_pool("a2-highgpu-1g", config={"spot": True}, nodeCount=1)],
         "1.92802*730+100*0.1", "1.92802*730+100*0.1", "1.92802*730+100*0.1"),
        ([endpoint_configuration(variant("ml.g5.xlarge")), node_group(["m5.xlarge"], 2, 2, 6),
          node_pool("a3-highgpu-8g", nodeCount=1)],
         "1.408*730+2*0.192*730+88.49*730+2*20*0.1+100*0.1", "1.408*730+2*0.192*730+88.49*730+2*20*0.1+100*0.1",
         "1.408*730+6*0.192*730+88.49*730+6*20*0.1+100*0.1"),
        ([], "0", "0", "0"),
    ],
)  # fmt: skip
def test_a_stack_costs_what_a_calculation_by_hand_says(
    resources: list[Resource], minimum: str, expected: str, maximum: str
) -> None:
    total = cost_of(*resources).total

    assert total is not None
    assert (total.minimum, total.expected, total.maximum) == tuple(
        by_hand(text) for text in (minimum, expected, maximum)
    )


def by_hand(text: str) -> float:
    """Return a calculation in exact decimals, each summand to the cent as it stands on a bill."""
    numbers = text.replace("(", "").replace(")*730", "").split("+") if text.startswith("(") else text.split("+")
    hours = Decimal(730) if text.startswith("(") else Decimal(1)
    cents = Decimal(0)
    for summand in numbers:
        product = hours
        for factor in summand.split("*"):
            product *= Decimal(factor)
        cents += product.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return float(cents)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (endpoint_configuration(variant("ml.g5.xlrge")), "near it: ml.g5.xlarge"),
        (endpoint_configuration(variant("ml.g5.xlarge"), region="eu-west-3"), "it is priced in us-east-1"),
        (endpoint_configuration({"variantName": "v", "serverlessConfig": {"memorySizeInMb": 2048, "maxConcurrency": 4}}),
         "how long it runs is not known; set `requests_per_month`"),
        (node_group([], 1, 1, 1, launchTemplate={"id": "lt-1"}), "the disk of the launch template us-east-1 is not in"),
        (node_group(["g5.xlarge", "g9.huge"], 1, 1, 1), "g9.huge is not in"),
        (node_group(["c5.xlarge"], 1, 1, 1, capacityType="SPOT"), "has no spot price"),
        (node_pool("ct5lp-hightpu-1t", nodeCount=1), "ct5lp-hightpu-1t is not in"),
    ],
)  # fmt: skip
def test_what_has_no_price_is_unknown_and_never_free(resource: Resource, reason: str) -> None:
    cost = cost_of(resource, node_group(["c5.xlarge"], 1, 1, 1))

    assert cost.total is None
    line = cost.unknown[-1]
    assert reason in line.unit_price.basis
    assert line in cost.lines[: len(cost.unknown)]


def test_a_group_of_no_machines_of_an_unknown_type_is_unknown_too() -> None:
    assert cost_of(node_group(["g9.huge"], 0, 0, 0)).total is None


def bill(machines: list[RentedMachines]) -> MonthlyCost:
    return dearest_first(machine_line(item, CATALOG) for item in machines)


ROWS = [row for row in CATALOG.rows if row.price.usd_per_hour is not None]


@st.composite
def rented(draw: st.DrawFn) -> RentedMachines:
    row = draw(st.sampled_from(ROWS)).instance
    low, middle, high = sorted(draw(st.tuples(*[st.integers(0, 500)] * 3)))
    count = Count(minimum=low, expected=middle, maximum=high)
    return RentedMachines(resource="r", service=row.service, region=row.region, names=(row.name,), count=count)


@given(st.lists(rented(), max_size=8))
def test_more_machines_never_cost_less_and_the_total_is_the_sum_of_its_lines(machines: list[RentedMachines]) -> None:
    cost = bill(machines)

    assert cost.total is not None
    assert cost.total.minimum <= cost.total.expected <= cost.total.maximum
    for at in ("minimum", "expected", "maximum"):
        cents = sum(round(100 * getattr(line.usd_per_month, at)) for line in cost.lines)
        assert round(100 * getattr(cost.total, at)) == cents


@given(st.lists(rented(), max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_resources_does_not_change_the_total(machines: list[RentedMachines], random: object) -> None:
    shuffled = sorted(machines, key=lambda _: random.random())  # type: ignore[attr-defined]

    assert bill(machines).total == bill(shuffled).total


def test_a_month_has_730_hours() -> None:
    row = CATALOG.find(Service.EC2, "us-east-1", "c5.xlarge")
    assert row is not None
    assert HOURS_PER_MONTH == 8760 / 12
