"""What a running server answers, counts and logs: the real BentoML service with a real ONNX model."""

import json
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.embedded import deployment, process
from components.embedded.server.metrics import LATENCY_BUCKETS_MS
from components.embedded.server_config import ServerConfig
from optimizers.artifact import REFERENCE_NAME
from optimizers.store import ArtifactStore
from tests.support.patience import PATIENCE_S, wait_until
from tests.support.served_artifact import server_inputs, slow_artifact, small_artifact
from tests.support.small_model import WIDTH

pytestmark = pytest.mark.integration

SLOW_ITERATIONS = 200_000  # 0.2 to 0.4 s on an idle core
# One for all threads: making one takes longer than a request.
CLIENT = httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), timeout=PATIENCE_S)
SIX_METRICS = {
    "inference_latency_ms": "histogram",
    "requests_per_second": "gauge",
    "model_load_time_seconds": "histogram",
    "gpu_memory_used_mb": "gauge",
    "prediction_errors": "counter",
    "cache_hit_rate": "gauge",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerConfig]:
    """A server that batches and caches."""
    folder = tmp_path_factory.mktemp("served")
    store = ArtifactStore(folder / "store")
    inputs = server_inputs(store, small_artifact(store), folder / "run", cache_entries=100)
    deployment.deploy(inputs)
    yield inputs.config
    deployment.remove(Path(inputs.run_folder))


def post(config: ServerConfig, rows: list[Any], **headers: str) -> httpx.Response:
    return CLIENT.post(f"{config.url}/predict", json={"inputs": rows}, headers=headers)


def events(config: ServerConfig, name: str = "request_processed") -> list[dict[str, Any]]:
    """Return what was logged; a request is logged after its answer was sent."""
    lines = [json.loads(line) for line in Path(config.log_file).read_text().splitlines()]
    return [line for line in lines if line["event"] == name]


def metric(config: ServerConfig, name: str) -> float:
    text = CLIENT.get(f"{config.url}/metrics").text
    found = re.search(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
    assert found, text
    return float(found[1])


def row(seed: int) -> list[float]:
    return [((seed * 31 + index) % 17) / 17 for index in range(WIDTH)]


def test_the_answers_are_those_of_the_original(served: ServerConfig) -> None:
    reference = json.loads((Path(served.artifact_folder) / REFERENCE_NAME).read_text())

    answers = post(served, reference["inputs"]).json()

    for answer, expected in zip(answers, reference["outputs"], strict=True):
        assert answer == pytest.approx(expected, abs=1e-5)


def test_the_six_metrics_have_the_names_and_kinds_of_the_contract(served: ServerConfig) -> None:
    post(served, [row(1)])

    text = CLIENT.get(f"{served.url}/metrics").text

    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    assert {name: kinds.get(name) for name in SIX_METRICS} == SIX_METRICS
    buckets = re.findall(r'^inference_latency_ms_bucket\{.*?le="([^"]+)".*\}', text, re.MULTILINE)
    assert [float(limit) for limit in buckets] == [*map(float, LATENCY_BUCKETS_MS), float("inf")]
    assert metric(served, "model_load_time_seconds_count") == 1


def test_every_request_leaves_a_log_line_with_the_fields_of_the_contract(served: ServerConfig) -> None:
    response = post(served, [row(2), row(3)], **{"x-request-id": "asked-by-me"})

    assert response.headers["x-request-id"] == "asked-by-me"
    (line,) = wait_until(lambda: [event for event in events(served) if event["request_id"] == "asked-by-me"])
    assert (line["level"], line["status"], line["model_version"]) == ("INFO", 200, served.model_version)
    assert line["latency_ms"] > 0
    assert line["batch_size"] == 2


@pytest.mark.parametrize("forged", ["a" * 200, "tab\there"])
def test_a_request_id_that_could_forge_a_log_line_is_replaced(served: ServerConfig, forged: str) -> None:
    answered = post(served, [row(4)], **{"x-request-id": forged}).headers["x-request-id"]

    assert re.fullmatch(r"[0-9a-f]{16}", answered)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"inputs": [[1.0, 2.0]]}, str(WIDTH)),
        ({"inputs": ["a text"]}, "no tokenizer"),
        ({"inputs": [["x"] * WIDTH]}, "inputs.0"),
        ({"inputs": [None]}, "inputs.0"),
        ({"inputs": []}, "at least 1"),
        ({"inputs": "not a list"}, "list"),
        ({}, "inputs"),
    ],
)
def test_a_bad_request_is_refused_with_its_place_and_counts_as_the_callers_fault(
    served: ServerConfig, body: dict[str, Any], said: str
) -> None:
    before = metric(served, "prediction_errors")

    response = CLIENT.post(f"{served.url}/predict", json=body)

    assert response.status_code == 400
    told = json.dumps(response.json())
    assert said in told or said in told.replace('"inputs", 0', "inputs.0")
    assert "Traceback" not in told
    assert metric(served, "prediction_errors") == before


def test_a_body_that_is_not_json_is_refused(served: ServerConfig) -> None:
    response = CLIENT.post(f"{served.url}/predict", content=b"{not json", headers={"content-type": "application/json"})

    assert response.status_code == 400


def test_requests_that_wait_together_share_a_call_and_get_their_own_answers(
    store: ArtifactStore, run_folder: Path
) -> None:
    inputs = server_inputs(store, slow_artifact(store, SLOW_ITERATIONS // 4), run_folder)
    deployment.deploy(inputs)

    with ThreadPoolExecutor(16) as callers:
        together = list(callers.map(lambda seed: post(inputs.config, [[float(seed)] * 4]).json(), range(64)))

    assert together == [[[float(seed)] * 4] for seed in range(64)]
    reference_check = 1
    wait_until(lambda: len(events(inputs.config)) == 64 + reference_check)
    assert max(event["batch_size"] for event in events(inputs.config)[reference_check:]) > 1


def test_a_request_of_more_rows_than_a_batch_is_answered_whole(served: ServerConfig) -> None:
    rows = [row(seed) for seed in range(3 * served.max_batch_size + 1)]

    answers = post(served, rows).json()

    assert answers == [pytest.approx(post(served, [one]).json()[0], abs=1e-5) for one in rows]


def test_a_repeated_row_is_answered_from_memory(served: ServerConfig) -> None:
    for _ in range(20):
        post(served, [row(999)])

    assert metric(served, "cache_hit_rate") > 0


def test_a_request_too_many_is_refused_and_counted(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(
        store, slow_artifact(store, SLOW_ITERATIONS), run_folder, max_concurrency=2, max_batch_size=1
    )
    deployment.deploy(inputs)

    with ThreadPoolExecutor(8) as callers:
        responses = list(callers.map(lambda _: post(inputs.config, [[1.0, 2.0, 3.0, 4.0]]), range(8)))

    refused = [response for response in responses if response.status_code == 429]
    assert {response.status_code for response in responses} == {200, 429}
    assert refused[0].headers["retry-after"] == "1"
    assert "try again later" in refused[0].json()["error"]
    wait_until(lambda: len(events(inputs.config, "queue_full")) == len(refused))
    assert events(inputs.config, "queue_full")[0]["level"] == "WARN"
    assert metric(inputs.config, "prediction_errors") == len(refused)


@pytest.mark.parametrize("max_batch_size", [1, 4])
def test_a_request_that_takes_too_long_is_ended_and_the_server_goes_on(
    store: ArtifactStore, run_folder: Path, max_batch_size: int
) -> None:
    # A request takes four calls, 0.1 to 0.2 s on an idle core: the first one is in time on a machine that is 20 times slower.
    # All take 16 to 32 s, so the last one is late on a machine that is four times faster.
    inputs = server_inputs(
        store,
        slow_artifact(store, SLOW_ITERATIONS // 8),
        run_folder,
        max_batch_size=max_batch_size,
        request_timeout_s=4,
        max_concurrency=200,
    )
    deployment.deploy(inputs)
    rows = [[1.0] * 4] * (4 * max_batch_size)

    with ThreadPoolExecutor(160) as callers:
        codes = list(callers.map(lambda _: post(inputs.config, rows).status_code, range(160)))

    assert 200 in codes
    late = [code for code in codes if code != 200]
    assert late
    assert set(late) <= {503, 504}
    wait_until(lambda: len(events(inputs.config, "batch_timeout")) == len(late))
    # Calls that had begun for requests that were ended meanwhile are finished first.
    assert any(post(inputs.config, [[1.0] * 4]).status_code == 200 for _ in range(20))


def test_a_graceful_stop_answers_what_was_asked(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(
        store, slow_artifact(store, 2 * SLOW_ITERATIONS), run_folder, max_batch_size=1, max_concurrency=1
    )
    deployment.deploy(inputs)

    def ask() -> int:
        """Ask until it is one's turn: what looks whether the server is busy may be inside."""
        while (code := post(inputs.config, [[1.0] * 4]).status_code) == 429:
            pass
        return code

    def is_busy() -> bool:
        return CLIENT.post(f"{inputs.config.url}/predict", content=b"{not json").status_code == 429

    with ThreadPoolExecutor(1) as caller:
        answered = caller.submit(ask)
        wait_until(is_busy)
        process.stop(run_folder)
        assert answered.result() == 200

    assert process.server_processes(run_folder) == []


def test_two_workers_add_up_their_metrics(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(store, small_artifact(store), run_folder, workers=2)
    deployment.deploy(inputs)
    wait_until(lambda: len(events(inputs.config, "model_loaded")) == inputs.config.workers)

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(lambda seed: post(inputs.config, [row(seed)]), range(60)))

    reference_check = 1
    # A worker counts a request after its answer was sent.
    wait_until(lambda: metric(inputs.config, "inference_latency_ms_count") == 60 + reference_check)
    assert metric(inputs.config, "model_load_time_seconds_count") == 2
    assert len({event["process_id"] for event in events(inputs.config, "model_loaded")}) == 2
