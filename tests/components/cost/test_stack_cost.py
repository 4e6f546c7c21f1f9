"""What is billed beside machines: disks, load balancers, control planes, serverless memory, and who pays for pods."""

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.autoscaling.bounds import SCALING_TARGET
from components.catalog.unit_price import Item, Unit, UnitPrice
from components.cost.billed_units import CostKind
from components.cost.month import MonthlyCost, UsdPerMonth
from components.cost.raw_resources import READERS
from components.cost.unpriced_types import UNPRICED
from components.cost.usage import Usage
from components.platforms.choice import Cloud
from tests.components.cost.test_month import by_hand
from tests.support.raw_resources import (
    ENDPOINT_CONFIGURATION,
    Resource,
    deployment,
    endpoint_configuration,
    ingress,
    node_group,
    node_pool,
    serverless,
    service,
    variant,
    vertex_pool,
    volume_claim,
)
from tests.support.stack_costs import CATALOG, cost_of

POD: dict[str, Any] = {"spec": {"containers": [{"name": "server", "resources": {"requests": {"cpu": "500m"}}}]}}
EKS_CLUSTER: Resource = ("aws:eks/cluster:Cluster", {"region": "us-east-1"})
PROVISIONING = {
    "enabled": True,
    "resourceLimits": [{"resourceType": "cpu", "maximum": 1000}, {"resourceType": "memory", "maximum": 4000}],
}
USAGE = Usage(requests_per_month=1_000_000, seconds_per_request=0.25)


def gke_cluster(**props: Any) -> Resource:
    return "gcp:container/cluster:Cluster", {"location": "us-central1-a", **props}


def load_balancer(token: str, **props: Any) -> Resource:
    return token, {"region": "us-east-1", **props}


def stateful_set(replicas: int, size: str) -> Resource:
    claim = {"spec": {"resources": {"requests": {"storage": size}}, "storageClassName": "gp2"}}
    return "kubernetes:apps/v1:StatefulSet", {"spec": {"replicas": replicas, "volumeClaimTemplates": [claim]}}


# Prices as shipped, written out: minimum, expected, maximum.
@pytest.mark.parametrize(
    ("resources", "minimum", "expected", "maximum"),
    [
        ([EKS_CLUSTER], "0.1*730", "0.1*730", "0.1*730"),
        ([EKS_CLUSTER, node_group(["c5.xlarge"], 1, 1, 3, diskSize=100)],
         "0.1*730+0.17*730+100*0.1", "0.1*730+0.17*730+100*0.1", "0.1*730+3*0.17*730+3*100*0.1"),
        ([node_group(["m5.xlarge"], 1, 1, 1, amiType="WINDOWS_CORE_2022_x86_64")],
         "0.192*730+50*0.1", "0.192*730+50*0.1", "0.192*730+50*0.1"),
        ([gke_cluster(removeDefaultNodePool=True, initialNodeCount=1)], "73", "73", "73"),
        ([gke_cluster(removeDefaultNodePool=True, clusterAutoscaling={"enabled": False, "resourceLimits": []})], "73", "73", "73"),
        ([("aws:eks/cluster:Cluster", {"region": "us-east-1", "computeConfig": {"enabled": False}})],
         "0.1*730", "0.1*730", "0.1*730"),
        ([gke_cluster(initialNodeCount=2, nodeConfig={"machineType": "e2-standard-4", "diskType": "pd-standard"})],
         "73+2*0.134023*730+2*100*0.04", "73+2*0.134023*730+2*100*0.04", "73+2*0.134023*730+2*100*0.04"),
        ([gke_cluster(nodePools=[{"nodeCount": 1, "nodeConfig": {"machineType": "e2-standard-4"}}])],
         "73+0.134023*730+100*0.1", "73+0.134023*730+100*0.1", "73+0.134023*730+100*0.1"),
        ([load_balancer("aws:lb/loadBalancer:LoadBalancer")], "16.43", "16.43", "16.43"),
        ([load_balancer("aws:alb/loadBalancer:LoadBalancer", loadBalancerType="network")], "16.43", "16.43", "16.43"),
        ([load_balancer("aws:elb/loadBalancer:LoadBalancer")], "18.25", "18.25", "18.25"),
        ([("gcp:compute/globalForwardingRule:GlobalForwardingRule", {})], "18.25", "18.25", "18.25"),
        ([service()], "18.25", "18.25", "18.25"),
        ([service(**{"service.beta.kubernetes.io/aws-load-balancer-type": "external"})], "16.43", "16.43", "16.43"),
        ([service("ClusterIP")], "0", "0", "0"),
        ([("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 64_000, "type": "gp3"})],
         "64000*0.08", "64000*0.08", "64000*0.08"),
        ([("gcp:compute/disk:Disk", {"zone": "us-central1-a", "size": 500, "type": "pd-ssd"})],
         "500*0.17", "500*0.17", "500*0.17"),
        ([ingress("alb")], "16.43", "16.43", "16.43"),
        ([ingress("nginx")], "0", "0", "0"),
        ([volume_claim("100Gi")], "100*0.08", "100*0.08", "100*0.08"),
        ([stateful_set(3, "10Gi"), node_group(["c5.xlarge"], 1, 1, 1)],
         "3*10*0.1+0.17*730+20*0.1", "3*10*0.1+0.17*730+20*0.1", "3*10*0.1+0.17*730+20*0.1"),
        # 250,000 seconds x 2 GB; at most 4 at once for 2,628,000 seconds.
        ([serverless(2048, 4)], "250000*2*0.00002", "250000*2*0.00002", "4*2628000*2*0.00002"),
        ([deployment("1", "1Gi", 2), node_group(["c5.xlarge"], 1, 1, 1)],
         "0.17*730+20*0.1", "0.17*730+20*0.1", "0.17*730+20*0.1"),
    ],
)  # fmt: skip
def test_a_stack_costs_what_a_calculation_by_hand_says(
    resources: list[Resource], minimum: str, expected: str, maximum: str
) -> None:
    total = cost_of(*resources, usage=USAGE).total

    assert total is not None
    assert (total.minimum, total.expected, total.maximum) == tuple(
        by_hand(text) for text in (minimum, expected, maximum)
    )


@pytest.mark.parametrize(
    ("resource", "region", "reason"),
    [
        (endpoint_configuration(variant("ml.m5.xlarge", volumeSizeInGb=30)), "", "sagemaker-hosting-volume us-east-1 is not in"),
        (serverless(2048, 4, 2), "", "sagemaker-serverless-provisioned us-east-1 is not in"),
        ((ENDPOINT_CONFIGURATION, {"region": "us-east-1", "productionVariants": None}), "", "it names no production variant"),
        ((ENDPOINT_CONFIGURATION, {"region": "us-east-1"}), "", "it names no production variant"),
        (endpoint_configuration(), "", "it names no production variant"),
        (service(), "us-central1", "forwarding-rule us-central1 is not in the shipped unit prices; it is priced in global"),
        (service(), "us-central1", "a row `gcp,forwarding-rule,us-central1,hour,` with price, source and day"),
        (service(), "", "forwarding-rule of an unknown region is not in"),
        (service(), "", "it is priced in global; set `region` to where it is"),
        (volume_claim("1Gi", "fast"), "us-east-1", "fast us-east-1 is not in"),
        (volume_claim("1Gi", None), "us-east-1", "the cluster's default storage class us-east-1 is not in"),
        (("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 100, "type": "io2"}), "", "ebs-io2 us-east-1 is not in"),
        (("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "size": 100, "type": "gp3", "iops": 16000}), "",
         "its `iops` or `throughput` beyond what is included is billed"),
        (("aws:ebs/volume:Volume", {"availabilityZone": "us-east-1a", "snapshotId": "s"}), "", "write `size`"),
        (("gcp:compute/disk:Disk", {"zone": "us-central1-a", "image": "debian"}), "", "write `size`"),
        (gke_cluster(enableAutopilot=True), "", "`enableAutopilot` bills each pod by what it asks for"),
        (gke_cluster(initialNodeCount=1, clusterAutoscaling=PROVISIONING), "", "up to 1000 cpu, 4000 memory, and those are not priced"),
        (gke_cluster(removeDefaultNodePool=True, clusterAutoscaling={"enabled": True}), "", "up to no limit that is written"),
        (gke_cluster(removeDefaultNodePool=True, clusterAutoscaling=UNKNOWN_STRING_VALUE), "", "`clusterAutoscaling` can't be known"),
        (("aws:eks/cluster:Cluster", {"region": "us-east-1", "computeConfig": UNKNOWN_STRING_VALUE}), "",
         "`computeConfig` can't be known"),
        (node_pool("e2-standard-4", config={"bootDisk": UNKNOWN_STRING_VALUE}, nodeCount=1), "",
         "`nodeConfig.bootDisk` can't be known"),
        (gke_cluster(removeDefaultNodePool=True, clusterAutoscaling={"enabled": UNKNOWN_STRING_VALUE}), "",
         "`clusterAutoscaling.enabled` can't be known"),
        (("aws:eks/cluster:Cluster", {"region": "us-east-1", "computeConfig": {"enabled": True}}), "",
         "`computeConfig.enabled` lets EKS rent machines of its choice"),
        (ingress(None), "us-east-1", "write `ingressClassName`"),
        (ingress("ours"), "us-east-1", "whether ingress class `ours` makes a load balancer is unknown"),
        (volume_claim("much"), "us-east-1", "`much` is no quantity"),
        (volume_claim(UNKNOWN_STRING_VALUE), "us-east-1", "`spec.resources.requests.storage` can't be known"),
        (node_pool("e2-standard-4", config={"diskType": "hyperdisk-balanced"}), "", "hyperdisk-balanced us-central1 is not in"),
        (node_pool("e2-standard-4", config={"diskSizeGb": UNKNOWN_NUMBER_VALUE}), "", "`nodeConfig.diskSizeGb` can't be known"),
        (node_group(["c5.xlarge"], 1, 1, 1, region="eu-west-3"), "", "is priced in us-east-1"),
        (vertex_pool("n1-standard-4", 1, 3), "", "vertex-ai-prediction us-central1 n1-standard-4 is not in"),
        (deployment("1", "1Gi", 2), "us-east-1", "set `machines_paid_elsewhere`"),
    ],
)  # fmt: skip
def test_what_cannot_be_priced_is_unknown_and_never_free(resource: Resource, region: str, reason: str) -> None:
    cost = cost_of(resource, load_balancer("aws:lb/loadBalancer:LoadBalancer"), region=region, usage=USAGE)

    assert cost.total is None
    assert any(reason in line.unit_price.basis for line in cost.unknown), cost.unknown


READY_TARGET: Resource = (
    SCALING_TARGET,
    {
        "serviceNamespace": "sagemaker", "resourceId": "endpoint/e/variant/main", "minCapacity": 1, "maxCapacity": 4,
        "scalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency",
    },
)  # fmt: skip


def test_a_target_of_ready_concurrency_bounds_what_a_serverless_variant_keeps_ready() -> None:
    cost = cost_of(serverless(2048, 8, 2), READY_TARGET, usage=USAGE)

    ready = next(line for line in cost.unknown if "kept ready for" in line.what)
    assert ready.what == "2 GB of serverless memory, kept ready for 1 to 4 requests"
    assert ready.unit_price.basis.startswith("sagemaker-serverless-provisioned us-east-1 is not in")
    price = UnitPrice(
        provider=Cloud.AWS, item=Item.SERVERLESS_PROVISIONED, region="us-east-1", unit=Unit.GB_SECOND, usd_per_unit=1e-5
    )
    catalog = CATALOG.model_copy(update={"unit_prices": (*CATALOG.unit_prices, price)})
    lines = cost_of(serverless(2048, 8, 2), READY_TARGET, usage=USAGE, catalog=catalog).lines
    # 2 GB x 2,628,000 s x $0.00001, for 1, 2 and 4 requests.
    assert next(line.usd_per_month for line in lines if "kept ready for" in line.what) == UsdPerMonth(
        minimum=52.56, expected=105.12, maximum=210.24
    )


def test_what_may_be_kept_ready_later_counts_where_nothing_is_now() -> None:
    assert any("kept ready for 1 to 4" in line.what for line in cost_of(serverless(2048, 8), READY_TARGET).lines)


@pytest.mark.parametrize(
    "scaled", [endpoint_configuration(variant("ml.g5.xlarge")), endpoint_configuration({"variantName": "other",
     "serverlessConfig": {"memorySizeInMb": 2048, "maxConcurrency": 8}})],
)  # fmt: skip
def test_a_target_of_ready_concurrency_without_its_serverless_variant_is_unknown(scaled: Resource) -> None:
    cost = cost_of(scaled, READY_TARGET, usage=USAGE)

    (reason,) = (line.unit_price.basis for line in cost.unknown if line.resource == "r1")
    assert reason.startswith(
        "it scales up to 4 ready requests of the serverless variant `main`, and no serverless variant is named so"
    )


def huge(number: Any) -> list[Resource]:
    """Resources of each kind with this number in place of one of theirs."""
    return [
        node_group(["c5.xlarge"], 1, 1, number),
        node_group(["c5.xlarge"], 1, 1, 1, diskSize=number),
        node_pool("e2-standard-4", nodeCount=number),
        node_pool("e2-standard-4", config={"diskSizeGb": number}),
        endpoint_configuration(variant("ml.g5.xlarge", number)),
        serverless(number, 4),
        serverless(1024, number),
        serverless(1024, 4, number),
        vertex_pool("n1-standard-4", 1, number),
        deployment("1", "1Gi", number),
        ("kubernetes:apps/v1:StatefulSet", {"spec": {**stateful_set(1, "1Gi")[1]["spec"], "replicas": number}}),
        ("aws:appautoscaling/target:Target",
         {"serviceNamespace": "sagemaker", "resourceId": "endpoint/e/variant/main", "minCapacity": 0, "maxCapacity": number}),
    ]  # fmt: skip


def huge_quantities() -> list[Resource]:
    return [
        resource
        for text in ("1e30", "1e300", "1e400", "1e999999999")
        for resource in (volume_claim(text), deployment(text, "1Gi"), deployment("1", text))
    ]


@pytest.mark.parametrize("usage", [Usage(), Usage(requests_per_month=1e300, seconds_per_request=1e300)])
@pytest.mark.parametrize(
    "number", [math.inf, math.nan, 1e300, 10**30, 10**400], ids=["inf", "nan", "1e300", "1e30", "1e400"]
)
def test_a_number_that_nobody_rents_is_unknown_and_no_exception(number: float, usage: Usage) -> None:
    for item in huge(number):
        cost = cost_of(item, endpoint_configuration(variant("ml.g5.xlarge")), usage=usage)
        assert cost.total is None, item


def test_a_quantity_that_nobody_asks_for_raises_nothing_and_is_never_free() -> None:
    for item in huge_quantities():
        total = cost_of(item, node_group(["c5.xlarge"], 1, 1, 1)).total
        # A Deployment runs on what the pool has, whatever it asks for.
        assert total is None or item[0] == "kubernetes:apps/v1:Deployment" or total.maximum > 1e15, item


@pytest.mark.parametrize("token", UNPRICED)
def test_a_type_that_rents_by_the_hour_and_has_no_price_is_unknown(token: str) -> None:
    cost = cost_of((token, {"metadata": UNKNOWN_STRING_VALUE}), node_group(["c5.xlarge"], 1, 1, 1))

    assert cost.total is None
    (line,) = cost.unknown
    assert (line.resource, line.kind) == ("r0", CostKind.UNPRICED)
    assert line.unit_price.basis.endswith(", billed by time and not priced by this version")


@pytest.mark.parametrize(
    "token", ["aws:rds/instance:Instance", "aws:ec2/natGateway:NatGateway", "aws:efs/fileSystem:FileSystem",
     "aws:fsx/lustreFileSystem:LustreFileSystem", "gcp:filestore/instance:Instance", "gcp:vertex/aiFeatureStore:AiFeatureStore",
     "gcp:vertex/aiFeatureOnlineStore:AiFeatureOnlineStore", "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
     "gcp:cloudfunctionsv2/function:Function", "gcp:compute/regionDisk:RegionDisk", "aws:mwaa/environment:Environment",
     "aws:dms/replicationInstance:ReplicationInstance", "aws:elasticbeanstalk/environment:Environment",
     "aws:route53/resolverEndpoint:ResolverEndpoint", "kubernetes:gateway.networking.k8s.io/v1:Gateway"],
)  # fmt: skip
def test_what_a_cloud_bills_by_time_beside_machines_is_never_free(token: str) -> None:
    assert cost_of((token, {})).total is None


def test_no_type_is_both_priced_and_not() -> None:
    assert READERS.keys().isdisjoint(UNPRICED)


WORKLOADS: dict[str, dict[str, Any]] = {
    "kubernetes:apps/v1:DaemonSet": {"template": POD},
    "kubernetes:apps/v1:ReplicaSet": {"replicas": 3, "template": POD},
    "kubernetes:apps/v1:StatefulSet": {"replicas": 3, "template": POD},
    "kubernetes:batch/v1:CronJob": {"jobTemplate": {"spec": {"parallelism": 3, "template": POD}}},
    "kubernetes:batch/v1:Job": {"parallelism": 3, "template": POD},
    "kubernetes:core/v1:Pod": POD["spec"],
    "kubernetes:core/v1:ReplicationController": {"replicas": 3, "template": POD},
}


@pytest.mark.parametrize(("token", "spec"), WORKLOADS.items())
def test_pods_of_every_workload_are_unknown_without_a_pool_and_free_on_one(token: str, spec: dict[str, Any]) -> None:
    workload: Resource = (token, {"spec": spec})
    group = node_group(["c5.xlarge"], 1, 1, 1)
    pods = 1 if token.endswith(("DaemonSet", "Pod")) else 3

    (line,) = cost_of(workload).unknown
    assert (line.what, line.kind) == (f"{pods} x pod", CostKind.PODS)
    assert "set `machines_paid_elsewhere`" in line.unit_price.basis
    assert cost_of(workload, machines_paid_elsewhere=True).unknown == ()
    assert cost_of(workload, group).total == cost_of(group).total
    assert f"asked for {pods / 2:.4g} of 4 vCPU" in cost_of(workload, group).remarks[0]


def test_pods_cost_nothing_where_another_stack_pays_for_their_machines() -> None:
    cost = cost_of(deployment("1", "1Gi", 2), machines_paid_elsewhere=True)

    assert cost.total is not None
    assert (cost.total.maximum, cost.lines) == (0, ())


@pytest.mark.parametrize(
    "config",
    [
        {"localSsdCount": 8},
        {"ephemeralStorageLocalSsdConfig": {"localSsdCount": 8}},
        {"localNvmeSsdBlockConfig": {"localSsdCount": 8}},
        {"ephemeralStorageConfig": {"localSsdCount": 8}},
    ],
)
def test_local_ssds_of_a_node_pool_are_never_free(config: dict[str, Any]) -> None:
    pool = node_pool("n1-standard-4", config=config, nodeCount=2)
    price = UnitPrice.model_validate(
        {"provider": "gcp", "item": "local-ssd", "region": "us-central1", "unit": "GB-month",
         "usd_per_unit": 0.5, "source": "our contract", "as_of": "2026-11-01"}
    )  # fmt: skip
    catalog = CATALOG.model_copy(update={"unit_prices": (*CATALOG.unit_prices, price)})

    lines = [line for line in cost_of(pool).unknown if line.kind is CostKind.STORAGE]
    priced = [line for line in cost_of(pool, catalog=catalog).lines if line.what.startswith("8 local SSDs")]

    assert [line.what for line in lines] == ["8 local SSDs of 375 GB a node"]
    assert "local-ssd us-central1 is not in the shipped unit prices" in lines[0].unit_price.basis
    assert [line.usd_per_month.maximum for line in priced if line.usd_per_month] == [by_hand("2*8*375*0.5")]


def test_a_price_of_the_project_makes_a_cost_known() -> None:
    price = UnitPrice.model_validate(
        {"provider": "aws", "item": "sagemaker-hosting-volume", "region": "us-east-1", "unit": "GB-month",
         "usd_per_unit": 0.5, "source": "our contract", "as_of": "2026-11-01"}
    )  # fmt: skip
    catalog = CATALOG.model_copy(update={"unit_prices": (price,)})

    cost = cost_of(endpoint_configuration(variant("ml.m5.xlarge", 2, volumeSizeInGb=30)), catalog=catalog)

    assert cost.total is not None
    assert cost.total.maximum == by_hand("2*0.23*730+60*0.5")
    assert {line.unit_price.basis for line in cost.lines if line.kind is CostKind.STORAGE} == {
        "our contract, 2026-11-01"
    }


@st.composite
def resource(draw: st.DrawFn) -> Resource:
    low, middle, high = sorted(draw(st.tuples(*[st.integers(0, 50)] * 3)))
    chosen: Resource = draw(
        st.sampled_from(
            [
                node_group(["g5.xlarge"], low, middle, high, diskSize=draw(st.integers(1, 16_000))),
                node_pool("g2-standard-4", autoscaling={"minNodeCount": low, "maxNodeCount": max(1, high)}),
                serverless(1024 * draw(st.integers(1, 6)), 1 + high),
                volume_claim(f"{1 + middle}Gi"),
                service(),
                EKS_CLUSTER,
            ]
        )
    )
    return chosen


@given(
    st.lists(resource(), max_size=6),
    st.floats(1, 1e12, allow_nan=False),
    st.floats(1e-3, 900, allow_nan=False),
)
def test_the_minimum_is_at_most_the_expected_is_at_most_the_maximum(
    resources: list[Resource], requests: float, seconds: float
) -> None:
    cost = cost_of(*resources, usage=Usage(requests_per_month=requests, seconds_per_request=seconds))

    assert cost.total is not None
    assert cost.total.minimum <= cost.total.expected <= cost.total.maximum
    assert_sum(cost)


def assert_sum(cost: MonthlyCost) -> None:
    for at in ("minimum", "expected", "maximum"):
        lines = sum((Decimal(repr(getattr(line.usd_per_month, at))) for line in cost.lines), Decimal(0))
        assert Decimal(repr(getattr(cost.total, at))) == lines


@given(st.lists(resource(), max_size=6), st.integers(0, 6))
def test_one_unknown_line_makes_the_total_unknown(resources: list[Resource], place: int) -> None:
    unknown = node_group(["g9.huge"], 0, 0, 0)

    assert cost_of(*resources[:place], unknown, *resources[place:], usage=USAGE).total is None
