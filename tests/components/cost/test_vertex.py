"""What Vertex AI rents for deployed models."""

from typing import Any

import pytest
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from tests.components.cost.test_month import by_hand
from tests.support.raw_resources import Resource, vertex_pool
from tests.support.stack_costs import CATALOG, cost_of


def vertex_priced(*names: str) -> Any:
    template = CATALOG.rows[0]
    rows = [
        template.model_copy(
            update={
                "instance": template.instance.model_copy(
                    update={"service": "vertex-ai-prediction", "region": "us-central1", "name": name}
                ),
                "price": template.price.model_copy(update={"usd_per_hour": float(number)}),
            }
        )
        for number, name in enumerate(names, 1)
    ]
    return CATALOG.model_copy(update={"rows": tuple(rows)})


VERTEX = vertex_priced("n1-standard-4", "NVIDIA_TESLA_T4", "g2-standard-8")


@pytest.mark.parametrize(
    ("resource", "minimum", "maximum"),
    [
        (vertex_pool("n1-standard-4", 1, 3), "730", "3*730"),
        (vertex_pool("n1-standard-4", 1, 3, acceleratorType="NVIDIA_TESLA_T4", acceleratorCount=2),
         "730+2*2*730", "3*730+3*2*2*730"),
        (vertex_pool("g2-standard-8", 2, 2, acceleratorType="NVIDIA_L4", acceleratorCount=1), "2*3*730", "2*3*730"),
        (("gcp:vertex/aiEndpointWithModelGardenDeployment:AiEndpointWithModelGardenDeployment",
          {"location": "us-central1", "deployConfig": vertex_pool("g2-standard-8", 1, 2)[1]}), "3*730", "2*3*730"),
        (("gcp:vertex/aiEndpoint:AiEndpoint",
          {"location": "us-central1",
           "deployedModels": [{"dedicatedResources": [
               {"machineSpecs": [{"machineType": "n1-standard-4"}], "minReplicaCount": 1, "maxReplicaCount": 4}]}]}),
         "730", "4*730"),
        (("gcp:vertex/aiEndpoint:AiEndpoint", {"location": "us-central1", "deployedModels": UNKNOWN_STRING_VALUE}), "0", "0"),
    ],
)  # fmt: skip
def test_vertex_ai_rents_the_machines_of_deployed_models(resource: Resource, minimum: str, maximum: str) -> None:
    total = cost_of(resource, catalog=VERTEX).total

    assert total is not None
    assert (total.minimum, total.maximum) == (by_hand(minimum), by_hand(maximum))


@pytest.mark.parametrize("field", ["machineSpec", "minReplicaCount"])
def test_a_vertex_deployment_without_a_required_field_is_unknown(field: str) -> None:
    token, props = vertex_pool("n1-standard-4", 1, 3)
    del props["dedicatedResources"][field]

    assert cost_of((token, props), catalog=VERTEX).total is None


def test_a_model_on_automatic_resources_is_unknown() -> None:
    model = {"automaticResources": [{"minReplicaCount": 1}]}
    endpoint = ("gcp:vertex/aiEndpoint:AiEndpoint", {"location": "us-central1", "deployedModels": [model]})

    assert "no dedicated machines" in cost_of(endpoint).unknown[0].unit_price.basis


def deployed_index(**props: Any) -> Resource:
    return "gcp:vertex/aiIndexEndpointDeployedIndex:AiIndexEndpointDeployedIndex", {"region": "us-central1", **props}


def test_an_index_rents_its_dedicated_machines() -> None:
    dedicated = vertex_pool("n1-standard-4", 1, 3)[1]["dedicatedResources"]
    total = cost_of(deployed_index(dedicatedResources=dedicated), catalog=VERTEX).total

    assert total is not None
    assert (total.minimum, total.maximum) == (by_hand("730"), by_hand("3*730"))


@pytest.mark.parametrize("props", [{}, {"automaticResources": {"minReplicaCount": 1}}])
def test_an_index_whose_machines_vertex_ai_chooses_is_unknown(props: dict[str, Any]) -> None:
    (line,) = cost_of(deployed_index(**props), catalog=VERTEX).unknown

    assert "without `dedicatedResources` Vertex AI chooses the machines" in line.unit_price.basis
