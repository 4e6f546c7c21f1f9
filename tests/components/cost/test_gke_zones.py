"""In how many zones a pool of GKE runs: those that it names, or those of its cluster, wherever the pool is declared."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from tests.components.cost.test_month import by_hand
from tests.components.cost.test_stack_cost import gke_cluster
from tests.support.raw_resources import Resource, node_pool
from tests.support.stack_costs import cost_of


def inline_pool(**pool: Any) -> dict[str, Any]:
    """A pool inside of a cluster, of two nodes in each zone."""
    return {"nodeCount": 2, "nodeConfig": {"machineType": "e2-standard-4"}, **pool}


# Prices as shipped, written out, at every number of machines.
@pytest.mark.parametrize(
    ("resources", "usd"),
    [
        # A zone and two more, two nodes in each.
        ([gke_cluster(nodeLocations=["us-central1-b", "us-central1-c"], initialNodeCount=2, nodeConfig={"machineType": "e2-standard-4"})],
         "73+6*0.134023*730+6*100*0.1"),
        ([gke_cluster(nodeLocations=["us-central1-b", "us-central1-c"], nodePools=[inline_pool()])],
         "73+6*0.134023*730+6*100*0.1"),
        ([gke_cluster(nodeLocations=["us-central1-a", "us-central1-b"], nodePools=[inline_pool(nodeLocations=["us-central1-f"])])],
         "73+2*0.134023*730+2*100*0.1"),
        ([gke_cluster(location="us-central1", nodeLocations=["us-central1-b"], nodePools=[inline_pool()])],
         "73+2*0.134023*730+2*100*0.1"),
        # What each pool names the cluster need not.
        ([gke_cluster(nodeLocations=UNKNOWN_STRING_VALUE, nodePools=[inline_pool(nodeLocations=["us-central1-f"])])],
         "73+2*0.134023*730+2*100*0.1"),
        ([gke_cluster(location="us-central1", nodePools=[inline_pool(version=UNKNOWN_STRING_VALUE)])],
         "73+6*0.134023*730+6*100*0.1"),
        # A pool of its own takes the zones of its cluster.
        ([gke_cluster(name="ours", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", cluster="projects/p/locations/us-central1-a/clusters/ours", nodeCount=2)],
         "73+4*0.134023*730+4*100*0.1"),
        ([gke_cluster(name="ours", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", cluster="ours", nodeCount=2, nodeLocations=["us-central1-f"])],
         "73+2*0.134023*730+2*100*0.1"),
        ([gke_cluster(name="ours", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", cluster="another", nodeCount=2)],
         "73+2*0.134023*730+2*100*0.1"),
        # Which of two it is of is not known yet: the one with more zones counts.
        ([gke_cluster(name="small", removeDefaultNodePool=True),
          gke_cluster(name="large", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", cluster=UNKNOWN_STRING_VALUE, nodeCount=2)],
         "73+73+4*0.134023*730+4*100*0.1"),
        # One of three zones that are not named, and one elsewhere: of the same name, or of any.
        ([gke_cluster(name="main", location="us-central1", removeDefaultNodePool=True),
          gke_cluster(name="main", removeDefaultNodePool=True),
          node_pool("e2-standard-4", "us-central1", cluster="main", nodeCount=2)],
         "73+73+6*0.134023*730+6*100*0.1"),
        ([gke_cluster(name="main", location="us-central1", removeDefaultNodePool=True),
          gke_cluster(name="other", removeDefaultNodePool=True),
          node_pool("e2-standard-4", "us-central1", cluster=UNKNOWN_STRING_VALUE, nodeCount=2)],
         "73+73+6*0.134023*730+6*100*0.1"),
        ([gke_cluster(name="main", location="us-central1", removeDefaultNodePool=True),
          gke_cluster(name="main", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", cluster="main", nodeCount=2)],
         "73+73+4*0.134023*730+4*100*0.1"),
        # Where the pool is, the id of its cluster says.
        ([gke_cluster(name="main", location="us-central1", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          gke_cluster(name="main", nodeLocations=["us-central1-b"], removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster="projects/p/locations/us-central1/clusters/main", nodeCount=2)],
         "73+73+2*0.134023*730+2*100*0.1"),
        # It is not said: the regional one has more zones than the other.
        ([gke_cluster(name="main", location="us-central1", removeDefaultNodePool=True),
          gke_cluster(name="other", removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster=UNKNOWN_STRING_VALUE, nodeCount=2)],
         "73+73+6*0.134023*730+6*100*0.1"),
    ],
)  # fmt: skip
def test_a_pool_costs_its_nodes_in_every_zone_that_it_has(resources: list[Resource], usd: str) -> None:
    total = cost_of(*resources, region="us-central1").total

    assert total is not None
    assert (total.minimum, total.expected, total.maximum) == (by_hand(usd),) * 3


@pytest.mark.parametrize(
    ("resources", "usd"),
    [
        # Its cluster is in another stack, and the id says where.
        ([node_pool("e2-standard-4", None, cluster="projects/p/locations/us-central1-a/clusters/main", nodeCount=2)],
         "2*0.134023*730+2*100*0.1"),
        # As the documentation of the provider writes it: the id is not known before the cluster is there.
        ([gke_cluster(name="main", removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster=UNKNOWN_STRING_VALUE, nodeCount=2)],
         "73+2*0.134023*730+2*100*0.1"),
        ([gke_cluster(name="main", location="us-central1", removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster="main", nodeCount=2)],
         "73+6*0.134023*730+6*100*0.1"),
        ([gke_cluster(name="main", removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster="main", nodeCount=2, nodeLocations=["us-central1-b", "us-central1-c"])],
         "73+4*0.134023*730+4*100*0.1"),
        # Wherever of the two it is, it is in their region.
        ([gke_cluster(name="main", removeDefaultNodePool=True),
          gke_cluster(name="other", location="us-central1-b", removeDefaultNodePool=True),
          node_pool("e2-standard-4", None, cluster=UNKNOWN_STRING_VALUE, nodeCount=2)],
         "73+73+2*0.134023*730+2*100*0.1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("region", ["", "us-east1"])
def test_a_pool_that_names_no_location_is_priced_where_its_cluster_is(
    resources: list[Resource], usd: str, region: str
) -> None:
    total = cost_of(*resources, region=region).total

    assert total is not None
    assert (total.minimum, total.expected, total.maximum) == (by_hand(usd),) * 3


def test_a_pool_whose_cluster_may_be_in_two_regions_is_priced_in_the_one_that_the_limit_names() -> None:
    here, there = (
        gke_cluster(name=f"{location}-1", location=location, removeDefaultNodePool=True)
        for location in ("us-central1", "europe-west4")
    )
    pool = node_pool("e2-standard-4", None, cluster=UNKNOWN_STRING_VALUE, nodeCount=2)

    assert "r2" not in {line.resource for line in cost_of(here, there, pool, region="us-central1").unknown}
    assert "r2" in {line.resource for line in cost_of(here, there, pool, region="").unknown}


@pytest.mark.parametrize(
    ("zones", "path"),
    [
        (UNKNOWN_STRING_VALUE, "nodeLocations"),
        (["us-central1-b", UNKNOWN_STRING_VALUE], "nodeLocations[1]"),
        ([UNKNOWN_STRING_VALUE, UNKNOWN_STRING_VALUE], "nodeLocations[0]"),
    ],
)
@pytest.mark.parametrize("location", ["us-central1-a", "us-central1"])
def test_a_pool_whose_cluster_s_zones_are_not_known_has_an_unknown_cost(zones: Any, path: str, location: str) -> None:
    cluster = gke_cluster(name="ours", location=location, nodeLocations=zones, removeDefaultNodePool=True)

    (line,) = cost_of(cluster, node_pool("e2-standard-4", location, cluster="ours", nodeCount=2)).unknown

    assert (line.resource, line.unit_price.basis) == ("r1", f"the value of `{path}` can't be known during preview")


def test_a_pool_of_a_cluster_that_may_be_anywhere_has_an_unknown_cost() -> None:
    cluster = gke_cluster(name="ours", location=UNKNOWN_STRING_VALUE, removeDefaultNodePool=True)

    unknown = cost_of(cluster, node_pool("e2-standard-4", None, cluster="ours", nodeCount=2)).unknown

    assert [line.resource for line in unknown] == ["r0", "r1"]


@pytest.mark.parametrize(
    "zones", [[{"zone": "a"}, {"zone": "b"}], [None, "us-central1-b"], 3, {"zone": "a"}, "us-central1-b"]
)
@pytest.mark.parametrize("location", ["us-central1-a", "us-central1"])
def test_zones_that_are_no_list_of_names_are_an_unknown_cost_that_names_them(zones: Any, location: str) -> None:
    pool = node_pool("e2-standard-4", location, cluster="ours", nodeCount=2)
    bare = gke_cluster(name="ours", location=location, nodeLocations=zones, removeDefaultNodePool=True)
    full = gke_cluster(name="ours", location=location, nodeLocations=zones, initialNodeCount=1)
    said = "its properties are not those of its type (`nodeLocations` has to be a list of names of zones)"

    for resources, faulty in (
        ((bare, pool), ["r1"]),
        ((full, pool), ["r0", "r1"]),
        (((pool[0], {**pool[1], "nodeLocations": zones}),), ["r0"]),
    ):
        unknown = cost_of(*resources).unknown
        assert [(line.resource, line.unit_price.basis) for line in unknown] == [(name, said) for name in faulty]


def test_a_number_of_nodes_that_is_not_known_inside_of_a_cluster_is_named() -> None:
    (line,) = cost_of(gke_cluster(nodePools=[inline_pool(nodeCount=UNKNOWN_NUMBER_VALUE)])).unknown

    assert line.unit_price.basis == "the value of `nodePools[0].nodeCount` can't be known during preview"
