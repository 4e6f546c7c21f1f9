"""Policies over resources that were written by hand: bounds of autoscalers, owners of replicas, age of prices."""

from datetime import date
from typing import Any

import pytest
from pulumi_policy import EnforcementLevel, PolicyProviderResource, PolicyResource
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.autoscaling.bounds import SCALING_TARGET, SCALING_TARGETS
from components.catalog.prices_file import read_catalog
from components.catalog.services import Service
from components.cost.machines import Count, RentedMachines
from components.cost.stack_bill import StackBill, stack_bill
from policies.autoscaling_sanity import autoscaling_sanity
from policies.autoscaling_sanity import check as check_autoscaling
from policies.price_freshness import AgeLimit, price_freshness
from policies.price_freshness import check as check_freshness
from tests.support.policy_runs import policy_resource
from tests.support.raw_resources import Resource, endpoint_configuration, node_group, node_pool, variant, vertex_pool
from tests.support.stack_costs import cost_of, declared

TODAY = date(2026, 11, 24)


def said(*resources: Resource, ignored: tuple[str, ...] = ()) -> list[str]:
    """Return what is wrong with resources named r0, r1, …, all of which ignore changes of these properties."""
    return check_autoscaling(
        policy_resource(f"r{number}", *item, ignored=ignored) for number, item in enumerate(resources)
    )


def connected(name: str, item: Resource, provider: str) -> PolicyResource:
    """A resource that this provider of Kubernetes makes."""
    made = policy_resource(name, *item)
    kind = "pulumi:providers:kubernetes"
    made.provider = PolicyProviderResource(kind, {}, f"urn:pulumi:s::p::{kind}::{provider}", provider)
    return made


def deployment(name: str = "web", namespace: str | None = None, **spec: Any) -> Resource:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return "kubernetes:apps/v1:Deployment", {"metadata": metadata, "spec": spec}


def pod_autoscaler(name: str = "web", maximum: float = 4, namespace: str | None = None, **spec: Any) -> Resource:
    target = {"kind": "Deployment", "name": name}
    metadata = {"namespace": namespace} if namespace else {}
    return (
        "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
        {"metadata": metadata, "spec": {"scaleTargetRef": target, "maxReplicas": maximum, **spec}},
    )


def managed(minimum: int, maximum: int, start: int = 1) -> Resource:
    scaling = {"minInstanceCount": minimum, "maxInstanceCount": maximum}
    return endpoint_configuration(variant("ml.m5.xlarge", start, managedInstanceScaling=scaling))


def target(minimum: int, maximum: int, token: str = SCALING_TARGET) -> Resource:
    return token, {"minCapacity": minimum, "maxCapacity": maximum}


def old_pod_autoscaler(**spec: Any) -> Resource:
    target = {"kind": "Deployment", "name": "web"}
    return "kubernetes:autoscaling/v1:HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": target, **spec}}


def index(**resources: Any) -> Resource:
    token = "gcp:vertex/aiIndexEndpointDeployedIndex:AiIndexEndpointDeployedIndex"
    return token, {"region": "us-central1", **resources}


def shadow(minimum: int, maximum: int) -> Resource:
    scaling = {"minInstanceCount": minimum, "maxInstanceCount": maximum}
    shadow = variant("ml.m5.xlarge", 2, managedInstanceScaling=scaling)
    return endpoint_configuration(variant("ml.m5.xlarge"), shadowProductionVariants=[shadow])


def beta_pod_autoscaler(version: str, **spec: Any) -> Resource:
    target = {"kind": "Deployment", "name": "web"}
    return f"kubernetes:autoscaling/{version}:HorizontalPodAutoscaler", {"spec": {"scaleTargetRef": target, **spec}}


def keda(**spec: Any) -> Resource:
    return "kubernetes:keda.sh/v1alpha1:ScaledObject", {"spec": {"scaleTargetRef": {"name": "web"}, **spec}}


def vertex_endpoint(deployed: Any) -> Resource:
    return "gcp:vertex/aiEndpoint:AiEndpoint", {"location": "us-central1", "deployedModels": deployed}


def garden(**config: Any) -> Resource:
    token = "gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment"
    return token, {"location": "us-central1", "deployConfig": config}


def dedicated(minimum: int, maximum: int) -> dict[str, int]:
    return {"minReplicaCount": minimum, "maxReplicaCount": maximum}


def gke(*bounds: tuple[int, int], **cluster: Any) -> Resource:
    pools = [
        {"name": f"p{number}", "autoscaling": {"minNodeCount": low, "maxNodeCount": high}}
        for number, (low, high) in enumerate(bounds)
    ]
    return "gcp:container/cluster:Cluster", {"location": "us-central1-a", "nodePools": pools, **cluster}


GOOD = [
    old_pod_autoscaler(maxReplicas=4),
    keda(),
    keda(minReplicaCount=0, maxReplicaCount=1),
    keda(minReplicaCount=2, idleReplicaCount=0),
    pod_autoscaler(minReplicas=0, metrics=[{"type": "Resource"}, {"type": "External"}]),
    beta_pod_autoscaler("v2beta2", minReplicas=1, maxReplicas=4),
    index(dedicatedResources=dedicated(1, 2)),
    index(automaticResources={"minReplicaCount": 1}),
    shadow(1, 2),
    endpoint_configuration(
        variant("ml.m5.xlarge", managedInstanceScaling={"status": "ENABLED", "maxInstanceCount": 4})
    ),
    endpoint_configuration(
        variant("ml.m5.xlarge", managedInstanceScaling={"status": "ENABLED", "minInstanceCount": 1})
    ),
    endpoint_configuration(
        {"variantName": "main", "instanceType": "ml.m5.xlarge", "managedInstanceScaling": {"minInstanceCount": 3}}
    ),
    # What the provider records of a pool with bounds of each zone.
    node_pool(
        "e2-standard-2",
        autoscaling={"minNodeCount": 1, "maxNodeCount": 3, "totalMinNodeCount": 0, "totalMaxNodeCount": 0},
    ),
    # The minimum was raised after the pool was made; another start would make a new one.
    node_pool("e2-standard-2", initialNodeCount=1, autoscaling={"minNodeCount": 2, "maxNodeCount": 3}),
    node_pool("e2-standard-2", initialNodeCount=3, autoscaling={"totalMinNodeCount": 3, "totalMaxNodeCount": 9}),
    vertex_pool("n1-standard-4", 1, 2),
    vertex_endpoint([{"dedicatedResources": [dedicated(1, 1)]}, {"sharedResources": "pool"}]),
    vertex_endpoint(UNKNOWN_STRING_VALUE),
    garden(),
    garden(dedicatedResources={"minReplicaCount": 2}),
    gke((0, 3), (1, 1)),
    gke((1, 1), nodePools=[{"name": "fixed", "nodeCount": 2}]),
    gke(nodePools=[{"name": UNKNOWN_STRING_VALUE, "autoscaling": {"minNodeCount": 1, "maxNodeCount": 3}}]),
    # What the provider lists of a cluster whose pools are resources of their own, or Google's.
    gke(initialNodeCount=1, nodePools=UNKNOWN_STRING_VALUE),
    gke(removeDefaultNodePool=True, initialNodeCount=1, nodePools=UNKNOWN_STRING_VALUE),
    gke(enableAutopilot=True, nodePools=UNKNOWN_STRING_VALUE),
    node_group(["c5.xlarge"], 1, 2, 4),
    node_group(["c5.xlarge"], 0, 0, 4, nodeRoleArn=UNKNOWN_STRING_VALUE),
    node_pool("e2-standard-2", nodeCount=2),
    node_pool("e2-standard-2", autoscaling={"minNodeCount": 0, "maxNodeCount": 3}),
    node_pool("e2-standard-2", autoscaling={"totalMinNodeCount": 1, "totalMaxNodeCount": 3}),
    managed(1, 3),
    target(0, 2),
    pod_autoscaler(),
    deployment(replicas=2),
    deployment("other", template={"spec": {"containers": [{"image": UNKNOWN_STRING_VALUE}]}}),
    ("aws:s3/bucket:Bucket", {"bucket": UNKNOWN_STRING_VALUE}),
]


@pytest.mark.parametrize("item", GOOD, ids=lambda item: item[0].rpartition(":")[2])
def test_sound_resources_raise_no_alarm(item: Resource) -> None:
    assert said(item) == []


@pytest.mark.parametrize(
    ("item", "sentence"),
    [
        (node_group(["c5.xlarge"], 3, 3, 2), "r0: the minimum 3 is over the maximum 2; raise the maximum"),
        (node_group(["c5.xlarge"], 1, 9, 4), "r0: it starts with 9, outside 1 to 4"),
        (node_group(["c5.xlarge"], 0, 0, 0), "r0: the maximum 0 lets nothing run"),
        (node_pool("e2-standard-2", autoscaling={"minNodeCount": 4, "maxNodeCount": 3}), "the minimum 4 is over the maximum 3"),
        (node_pool("e2-standard-2", autoscaling={"totalMinNodeCount": 4, "totalMaxNodeCount": 3}), "the minimum 4 is over"),
        (node_pool("e2-standard-2", autoscaling={"totalMinNodeCount": 4}), "(`autoscaling.totalMaxNodeCount` is missing)"),
        (node_pool("e2-standard-2", autoscaling={"minNodeCount": 4}), "(`autoscaling.maxNodeCount` is missing)"),
        (managed(2, 3, start=1), "r0: variant `main`: it starts with 1, outside 2 to 3"),
        (managed(3, 2, start=3), "r0: variant `main`: the minimum 3 is over the maximum 2"),
        (target(-1, 2), "r0: the minimum -1 is negative"),
        (target(5, 2), "r0: the minimum 5 is over the maximum 2"),
        (pod_autoscaler(maximum=0), "r0: the maximum 0 lets nothing run"),
        (pod_autoscaler(maximum=2, minReplicas=3), "r0: the minimum 3 is over the maximum 2"),
        (old_pod_autoscaler(maxReplicas=2, minReplicas=3), "r0: the minimum 3 is over the maximum 2"),
        (keda(minReplicaCount=9, maxReplicaCount=2), "r0: the minimum 9 is over the maximum 2"),
        (keda(minReplicaCount=101), "r0: the minimum 101 is over the maximum 100"),
        (vertex_pool("n1-standard-4", 9, 2), "r0: the minimum 9 is over the maximum 2"),
        (vertex_endpoint([{}, {"dedicatedResources": [dedicated(9, 2)]}]), "r0: model 1: the minimum 9 is over the maximum 2"),
        (index(dedicatedResources=dedicated(9, 2)), "r0: the minimum 9 is over the maximum 2"),
        (shadow(9, 2), "r0: shadow variant `main`: the minimum 9 is over the maximum 2"),
        (endpoint_configuration(variant("ml.m5.xlarge", 5, managedInstanceScaling={"maxInstanceCount": 4})),
         "r0: variant `main`: it starts with 5, outside 0 to 4"),
        (pod_autoscaler(minReplicas=0), "r0: the minimum 0 needs an Object or External metric"),
        (pod_autoscaler(minReplicas=0, metrics=[{"type": "Resource"}]), "r0: the minimum 0 needs an Object or External metric"),
        (old_pod_autoscaler(maxReplicas=2, minReplicas=0), "r0: the minimum 0 needs an Object or External metric"),
        (beta_pod_autoscaler("v2beta1", minReplicas=9, maxReplicas=2), "r0: the minimum 9 is over the maximum 2"),
        (beta_pod_autoscaler("v2beta2", minReplicas=9, maxReplicas=2), "r0: the minimum 9 is over the maximum 2"),
        (keda(minReplicaCount=2, idleReplicaCount=3), "r0: it idles with 3, not under the minimum 2"),
        (keda(idleReplicaCount=0), "r0: it idles with 0, not under the minimum 0"),
        (node_pool("e2-standard-2", initialNodeCount=50, autoscaling={"minNodeCount": 1, "maxNodeCount": 3}),
         "r0: it starts with 50, outside 1 to 3"),
        (node_pool("e2-standard-2", initialNodeCount=50, autoscaling={"totalMinNodeCount": 1, "totalMaxNodeCount": 3}),
         "r0: it starts with 50, outside 1 to 3"),
        (garden(dedicatedResources=dedicated(9, 2)), "r0: the minimum 9 is over the maximum 2"),
        (gke((0, 3), (9, 2)), "r0: pool `p1`: the minimum 9 is over the maximum 2"),
        (gke(nodePools=[{"autoscaling": {"minNodeCount": 9, "maxNodeCount": 2}}]), "r0: pool 0: the minimum 9 is over the maximum 2"),
        (gke(nodePools=UNKNOWN_STRING_VALUE), "can't be known during preview; autoscaling cannot be checked"),
        (node_group(["c5.xlarge"], 1, 1, UNKNOWN_NUMBER_VALUE), "can't be known during preview; autoscaling cannot be checked"),  # type: ignore[arg-type]
        (node_group(["c5.xlarge"], 1, 1, 1, scalingConfig=None), "its properties are not those of its type"),
    ],
)  # fmt: skip
def test_bounds_that_make_no_sense_are_named(item: Resource, sentence: str) -> None:
    (message,) = said(item)

    assert sentence in message


def test_replicas_that_an_autoscaler_owns_must_be_left_out() -> None:
    assert said(deployment(), pod_autoscaler()) == []
    (message,) = said(deployment(replicas=3), pod_autoscaler())
    assert message == (
        "r0: sets `spec.replicas`, which the autoscaler `r1` owns: each `up` scales it back; leave `replicas` out, or ignore its changes"
    )


@pytest.mark.parametrize("path", ["spec.replicas", 'spec["replicas"]', '["spec"].replicas', "spec", "spec.*", "*"])
def test_replicas_whose_changes_the_program_ignores_are_the_autoscaler_s(path: str) -> None:
    assert said(deployment(replicas=3), pod_autoscaler(), ignored=(path,)) == []
    assert said(deployment(replicas=UNKNOWN_NUMBER_VALUE), pod_autoscaler(), ignored=(path,)) == []


@pytest.mark.parametrize("path", ["spec.paused", "status.replicas", "spec.template.spec", "metadata", ""])
def test_replicas_stay_the_program_s_where_it_ignores_changes_of_something_else(path: str) -> None:
    (message,) = said(deployment(replicas=3), pod_autoscaler(), ignored=(path,))

    assert "which the autoscaler `r1` owns" in message


def test_two_autoscalers_of_one_workload_undo_each_other() -> None:
    assert said(deployment(), pod_autoscaler(), keda()) == [
        "r2: scales what `r1` scales: each undoes what the other does; keep one"
    ]
    assert said(deployment(), pod_autoscaler(), pod_autoscaler("other"), pod_autoscaler(namespace="elsewhere")) == []


@pytest.mark.parametrize(
    ("first", "second", "alarms"),
    [("east", "west", 0), ("east", "default_4_24_0", 0), ("east", "east", 1), ("default_4_24_0", "default", 1)],
)
def test_workloads_of_one_name_in_two_clusters_have_an_owner_each(first: str, second: str, alarms: int) -> None:
    scalers = [connected("r0", pod_autoscaler(), first), connected("r1", pod_autoscaler(), second)]
    replicated = connected("r2", deployment(replicas=3), second)

    assert len(check_autoscaling([*scalers, connected("r3", deployment(), first)])) == alarms
    assert len(check_autoscaling([scalers[0], replicated])) == alarms


@pytest.mark.parametrize("token", sorted(SCALING_TARGETS))
def test_bounds_of_a_scaling_target_are_judged_whichever_provider_makes_it(token: str) -> None:
    assert said(target(0, 2, token)) == []
    assert said(target(9, 2, token)) == ["r0: the minimum 9 is over the maximum 2; raise the maximum"]


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ({"totalMinNodeCount": 5, "maxNodeCount": 2}, ("maxNodeCount", "totalMinNodeCount")),
        ({"minNodeCount": 1, "maxNodeCount": 2, "totalMaxNodeCount": 9}, ("minNodeCount", "totalMaxNodeCount")),
    ],
)
def test_bounds_of_each_zone_and_of_all_zones_are_refused_together(
    written: dict[str, int], named: tuple[str, str]
) -> None:
    pool = node_pool("e2-standard-2", autoscaling=written)
    each, together = named

    (message,) = said(pool)
    (line,) = cost_of(pool).unknown

    why = f"`{each}` is of each zone and `{together}` of all zones together; GKE takes bounds of one kind"
    assert message == f"r0: its properties are not those of its type ({why}); correct them"
    assert why in line.unit_price.basis


@pytest.mark.parametrize(
    "resources",
    [
        [deployment(UNKNOWN_STRING_VALUE, UNKNOWN_STRING_VALUE, replicas=2)],
        [deployment(replicas=UNKNOWN_NUMBER_VALUE)],
        [("kubernetes:apps/v1:Deployment", {"metadata": UNKNOWN_STRING_VALUE, "spec": UNKNOWN_STRING_VALUE})],
        [pod_autoscaler(UNKNOWN_STRING_VALUE, namespace=UNKNOWN_STRING_VALUE)],
        [deployment(UNKNOWN_STRING_VALUE), pod_autoscaler(UNKNOWN_STRING_VALUE)],
        # A namespace that is made in the same preview, by a provider whose cluster is made there too.
        [
            deployment(namespace=UNKNOWN_STRING_VALUE),
            deployment("other", UNKNOWN_STRING_VALUE, replicas=2),
            pod_autoscaler(namespace=UNKNOWN_STRING_VALUE),
            pod_autoscaler("third", namespace=UNKNOWN_STRING_VALUE),
        ],
        [deployment(namespace=UNKNOWN_STRING_VALUE, replicas=2), pod_autoscaler("other")],
    ],
)
def test_a_name_need_not_be_known_where_nothing_depends_on_it(resources: list[Resource]) -> None:
    assert said(*resources) == []


@pytest.mark.parametrize(
    ("resources", "faulty", "unknown"),
    [
        ([deployment(UNKNOWN_STRING_VALUE, replicas=2), pod_autoscaler()], "r0", "the name of the workload of `r0`"),
        ([deployment(namespace=UNKNOWN_STRING_VALUE, replicas=2), pod_autoscaler()], "r0", "the namespace of the workload of `r0`"),
        ([deployment(replicas=2), pod_autoscaler(UNKNOWN_STRING_VALUE)], "r0", "the name of the workload of `r1`"),
        ([deployment(replicas=2), pod_autoscaler(scaleTargetRef=UNKNOWN_STRING_VALUE)], "r0",
         "the kind of the workload of `r1` and the name of the workload of `r1`"),
        ([pod_autoscaler(), pod_autoscaler(UNKNOWN_STRING_VALUE)], "r1", "the name of the workload of `r1`"),
        ([pod_autoscaler(UNKNOWN_STRING_VALUE), pod_autoscaler()], "r1", "the name of the workload of `r0`"),
    ],
)  # fmt: skip
def test_a_workload_that_an_autoscaler_may_own_is_refused_with_the_name_to_make_known(
    resources: list[Resource], faulty: str, unknown: str
) -> None:
    (message,) = said(*resources)

    assert message.startswith(f"{faulty}: ")
    assert f": {unknown} can't be known during preview; make it known" in message


def test_an_autoscaler_that_names_no_workload_is_refused() -> None:
    (message,) = said(pod_autoscaler(scaleTargetRef={"kind": "Deployment"}))

    assert "(`spec.scaleTargetRef.name` is missing)" in message


@pytest.mark.parametrize("owner", [old_pod_autoscaler(maxReplicas=4), keda()], ids=["v1", "keda"])
def test_replicas_are_owned_by_autoscalers_of_every_kind(owner: Resource) -> None:
    (message,) = said(deployment(replicas=3), owner)

    assert "which the autoscaler `r1` owns" in message


@pytest.mark.parametrize(
    "scaled",
    [
        pod_autoscaler("other"),
        pod_autoscaler(namespace="elsewhere"),
        pod_autoscaler(scaleTargetRef={"kind": "StatefulSet", "name": "web"}),
    ],
)
def test_an_autoscaler_of_something_else_owns_nothing(scaled: Resource) -> None:
    assert said(deployment(replicas=3), scaled) == []


def bill(name: str = "c5.xlarge") -> StackBill:
    count = Count(minimum=1, expected=1, maximum=1)
    machines = RentedMachines(resource="r", service=Service.EC2, region="us-east-1", names=(name,), count=count)
    return StackBill((machines,), (), ())


def test_prices_over_the_age_limit_warn_and_only_those_that_are_used() -> None:
    catalog = read_catalog(None, TODAY)
    row = catalog.find(Service.EC2, "us-east-1", "c5.xlarge")
    assert row is not None
    assert row.price.as_of is not None
    age = (TODAY - row.price.as_of).days

    assert check_freshness(bill(), catalog, TODAY, AgeLimit(oldest_days=age)) == []
    (message,) = check_freshness(bill(), catalog, TODAY, AgeLimit(oldest_days=age - 1))
    assert f"{age} days old, over the limit of {age - 1}" in message
    assert check_freshness(StackBill((), (), ()), catalog, TODAY, AgeLimit(oldest_days=0)) == []
    assert check_freshness(bill("g9.huge"), catalog, TODAY, AgeLimit(oldest_days=0)) == []


def test_prices_only_warn_and_bounds_refuse() -> None:
    assert price_freshness.enforcement_level is EnforcementLevel.ADVISORY
    assert autoscaling_sanity.enforcement_level is EnforcementLevel.MANDATORY


def test_prices_of_disks_and_control_planes_warn_too() -> None:
    catalog = read_catalog(None, TODAY)
    cluster = ("aws:eks/cluster:Cluster", {"region": "us-east-1"})
    bill_of_both = stack_bill(declared(cluster, node_group(["c5.xlarge"], 1, 1, 1)), "us-east-1")

    said = check_freshness(bill_of_both, catalog, TODAY, AgeLimit(oldest_days=200))

    assert [message.partition(":")[0] for message in said] == [
        "1 price of ebs-gp2 in us-east-1", "1 price of eks-cluster in us-east-1",
    ]  # fmt: skip
    assert all("check them, and correct `unit_prices.csv`" in message for message in said)
