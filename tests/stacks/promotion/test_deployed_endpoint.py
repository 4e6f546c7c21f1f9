"""What is deployed is read from the state of the stack."""

from typing import Any

import pytest

from components.embedded.plan import EmbeddedRequest, plan_endpoint
from components.embedded.server_config import ServerConfig
from components.embedded.server_inputs import ServerInputs
from components.tokens import EMBEDDED_ENDPOINT
from optimizers.errors import DeployError
from optimizers.goal import Goal, ParityThresholds
from stacks.promotion.deployed_endpoint import deployed_endpoint
from tests.support.locked_model import SHA256, hardware, locked_model, measurement, report

PLAN = plan_endpoint(
    EmbeddedRequest(name="small", goal=Goal(latency_sla_ms=1000, throughput_rps=2)),
    locked_model(report(measurement(5, 9))),
    hardware(),
)
SERVER = ServerInputs(
    config=ServerConfig(
        name="small", artifact_folder="/store", artifact_sha256=SHA256, model_version=SHA256[:12], host="127.0.0.1",
        port=3001, workers=1, threads=2, max_batch_size=8, concurrent_calls=1, request_timeout_s=5, max_concurrency=64,
        max_body_bytes=1, max_rows=1, cache_entries=0, log_file="/log",
    ),
    run_folder="/run/small",
    endpoint_url="http://127.0.0.1:3001",
    thresholds=ParityThresholds(),
)  # fmt: skip
URN = f"urn:pulumi:dev::model-serving::{EMBEDDED_ENDPOINT}::small"


def deployment(plan: object = None, **server: Any) -> dict[str, Any]:
    """The state of a stack that runs one endpoint."""
    outputs = {**SERVER.model_dump(mode="json"), "status": "running", "__provider": "pickled", **server}
    return {
        "resources": [
            {"type": "pulumi:pulumi:Stack", "urn": "urn:pulumi:dev::model-serving::pulumi:pulumi:Stack::dev"},
            {"type": EMBEDDED_ENDPOINT, "urn": URN, "inputs": {"plan": plan or PLAN.recorded()}},
            {"type": "pulumi-python:dynamic:Resource", "urn": f"{URN}-server", "parent": URN, "outputs": outputs},
        ]
    }


def without_upper_end() -> dict[str, Any]:
    """The plan as a version recorded it that held the expected p99 against the SLA."""
    recorded = PLAN.recorded()
    del recorded["predicted"]["p99_high_ms"]
    return recorded


def test_the_plan_and_the_server_are_found() -> None:
    assert deployed_endpoint(deployment(), "small", "dev") == (PLAN, SERVER)


@pytest.mark.parametrize("state", [{}, {"resources": None}, {"resources": deployment()["resources"][:1]}])
def test_refuses_a_stack_that_deployed_nothing(state: dict[str, Any]) -> None:
    with pytest.raises(DeployError, match=r"`small` is not deployed in stack `dev`; run `serving up --stack dev`"):
        deployed_endpoint(state, "small", "dev")


def test_refuses_another_endpoint_of_the_stack() -> None:
    with pytest.raises(DeployError, match="`large` is not deployed in stack `dev`"):
        deployed_endpoint(deployment(), "large", "dev")


@pytest.mark.parametrize(
    "state",
    [
        deployment(plan={"name": "small"}),
        deployment(plan=without_upper_end()),
        deployment(config={"name": "small"}),
        {"resources": deployment()["resources"][:2]},
    ],
)
def test_refuses_what_another_version_recorded(state: dict[str, Any]) -> None:
    with pytest.raises(DeployError, match="incomplete or of another version; run `serving up --stack dev`"):
        deployed_endpoint(state, "small", "dev")
