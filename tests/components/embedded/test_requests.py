"""What is created from a plan."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from components.embedded.inputs import EmbeddedInputs
from components.embedded.plan import EmbeddedRequest, plan_endpoint
from components.embedded.requests import (
    MAX_BODY_BYTES,
    MAX_ROWS,
    SHORTEST_TIMEOUT_S,
    SMALLEST_QUEUE,
    TIMEOUT_SLAS,
    deployment_config,
    optimization_report,
    scaling_policy,
    server_config,
    server_inputs,
)
from components.endpoint_plan import EndpointPlan
from tests.support.locked_model import SHA256, hardware, locked_model, measurement, report


def inputs(**fields: object) -> EmbeddedInputs:
    paths = {"lock_path": "/project/artifacts.lock.json", "store_path": "/project/store", "run_path": "/project/run"}
    return EmbeddedInputs.model_validate({**paths, **fields})


def plan(given_inputs: EmbeddedInputs, p50_ms: float = 10.0) -> EndpointPlan:
    request = EmbeddedRequest(
        name="minilm",
        goal=given_inputs.goal,
        max_batch_size=given_inputs.max_batch_size,
        cache_entries=given_inputs.cache_entries,
    )
    return plan_endpoint(request, locked_model(report(measurement(p50_ms, 1.2 * p50_ms))), hardware())


def test_the_server_gets_what_the_plan_decided() -> None:
    given_inputs = inputs(latency_sla_ms=200, port=3210, cache_entries=7)
    decided = plan(given_inputs)

    config = server_config(decided, given_inputs)

    assert config.artifact_folder == f"/project/store/sha256/{SHA256}"
    assert config.artifact_sha256 == SHA256
    assert SHA256.startswith(config.model_version)
    assert config.max_batch_size == decided.max_batch_size.value
    assert config.threads == decided.threads.value
    assert (config.host, config.port, config.cache_entries) == ("127.0.0.1", 3210, 7)


@settings(max_examples=25)
@given(st.integers(min_value=1, max_value=60_000), st.floats(min_value=0.01, max_value=1000))
def test_a_request_may_wait_for_ten_slas_and_the_queue_holds_what_can_be_answered_by_then(
    sla_ms: int, p50_ms: float
) -> None:
    given_inputs = inputs(latency_sla_ms=sla_ms)
    decided = plan(given_inputs, p50_ms)

    config = server_config(decided, given_inputs)

    assert config.request_timeout_s == max(SHORTEST_TIMEOUT_S, TIMEOUT_SLAS * sla_ms // 1000)
    assert config.max_concurrency >= SMALLEST_QUEUE
    assert decided.predicted.capacity_rps.value is not None
    answered_in_time = decided.predicted.capacity_rps.value * config.request_timeout_s
    assert config.max_concurrency <= max(SMALLEST_QUEUE, answered_in_time)


def test_the_limits_of_a_request_are_recorded() -> None:
    given_inputs = inputs()

    recorded = server_inputs(plan(given_inputs), given_inputs).model_dump(mode="json")["config"]

    assert (recorded["max_body_bytes"], recorded["max_rows"]) == (MAX_BODY_BYTES, MAX_ROWS)


def test_the_log_and_the_process_file_lie_in_the_folder_of_the_endpoint() -> None:
    given_inputs = inputs()
    created = server_inputs(plan(given_inputs), given_inputs)

    assert created.run_folder == "/project/run/minilm"
    assert Path(created.config.log_file).parent == Path(created.run_folder)


def test_an_ipv6_address_is_put_in_brackets() -> None:
    assert inputs(host="::1", port=80).endpoint_url == "http://[::1]:80"


def test_the_outputs_have_exactly_the_fields_of_the_contract() -> None:
    decided = plan(inputs())

    assert set(deployment_config(decided, "http://x")) == {"endpoint_url", "replicas", "resources"}
    assert set(optimization_report(decided)) == {
        "latency_p50_ms",
        "latency_p99_ms",
        "throughput_rps",
        "model_size_mb",
    }
    assert set(scaling_policy(decided)) == {"min_replicas", "max_replicas", "target_utilization"}
