"""Requests that are too large, wrong in many ways or overflow the model harm nobody but their caller."""

import json
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.embedded import deployment, process
from components.embedded.requests import MAX_ROWS
from components.embedded.server.model import NOT_FINITE, ServedModel
from components.embedded.server_config import ServerConfig
from optimizers.store import ArtifactStore
from tests.components.embedded.test_server import CLIENT, metric, post
from tests.support.patience import wait_until
from tests.support.served_artifact import SLOW_WIDTH, growing_artifact, server_inputs, slow_artifact

pytestmark = pytest.mark.integration

LIMIT_BYTES = 200_000
ROW = [1.0] * SLOW_WIDTH
OVERFLOWS = [3e38] * SLOW_WIDTH


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[ServerConfig]:
    """A server whose model multiplies by ten, with small limits."""
    folder = tmp_path_factory.mktemp("hard")
    store = ArtifactStore(folder / "store")
    inputs = server_inputs(store, growing_artifact(store), folder / "run", max_body_bytes=LIMIT_BYTES, cache_entries=9)
    deployment.deploy(inputs)
    yield inputs.config
    deployment.remove(Path(inputs.run_folder))


def chunks(size: int) -> Iterator[bytes]:
    """A body whose length no header tells."""
    for _ in range(size // 1000):
        yield b" " * 1000


def event_of(config: ServerConfig, response: httpx.Response) -> dict[str, Any]:
    """Return what was logged of a request; it is written after its answer was sent."""
    identity = response.headers["x-request-id"]

    def logged() -> list[dict[str, Any]]:
        lines = map(json.loads, Path(config.log_file).read_text().splitlines())
        return [line for line in lines if line.get("request_id") == identity]

    return wait_until(logged)[0]


@pytest.mark.parametrize("content", [b" " * (LIMIT_BYTES + 1), chunks(2 * LIMIT_BYTES)], ids=["announced", "chunked"])
def test_a_body_over_the_limit_is_refused_as_the_callers_fault(
    served: ServerConfig, content: bytes | Iterator[bytes]
) -> None:
    before = metric(served, "prediction_errors")

    response = CLIENT.post(f"{served.url}/predict", content=content)

    assert response.status_code == 413
    assert f"at most {LIMIT_BYTES} are allowed" in response.json()["error"]
    event = event_of(served, response)
    assert (event["event"], event["level"], event["status"]) == ("request_processed", "INFO", 413)
    assert metric(served, "prediction_errors") == before
    assert post(served, [ROW]).status_code == 200


def test_more_rows_than_the_limit_are_refused_with_the_limit(served: ServerConfig) -> None:
    before = metric(served, "prediction_errors")

    response = post(served, [ROW] * (MAX_ROWS + 1))

    assert response.status_code == 400
    assert f"at most {MAX_ROWS} items" in response.text
    assert metric(served, "prediction_errors") == before


def test_as_many_rows_as_the_limit_are_answered_and_a_wrong_one_among_them_is_named(served: ServerConfig) -> None:
    rows = [[float(index)] * SLOW_WIDTH for index in range(MAX_ROWS)]

    assert post(served, rows).json() == [[10 * value for value in row] for row in rows]
    rows[1234] = [1.0]
    response = post(served, rows)

    assert response.status_code == 400
    assert [issue["loc"] for issue in response.json()["detail"]] == [["inputs", 1234]]


def test_a_small_request_does_not_wait_for_the_end_of_a_large_one(store: ArtifactStore, run_folder: Path) -> None:
    inputs = server_inputs(store, slow_artifact(store, 10_000), run_folder)
    deployment.deploy(inputs)

    answered = 0
    with ThreadPoolExecutor(1) as caller:
        large = caller.submit(post, inputs.config, [ROW] * MAX_ROWS)
        while not large.done():
            assert post(inputs.config, [ROW]).status_code == 200
            answered += 1
        assert large.result().status_code == 200
    # One may come before the large one, and one waits for its end; about 70 come in between.
    assert answered > 5


def test_bad_requests_leave_the_servers_own_output_as_it_is(served: ServerConfig) -> None:
    output = Path(served.log_file).parent / process.OUTPUT_NAME
    before = output.stat().st_size
    bodies = [b"{not json", b"{}", b'{"inputs": []}', b'{"inputs": [null]}', b" " * (LIMIT_BYTES + 1)]

    codes = {CLIENT.post(f"{served.url}/predict", content=body).status_code for body in bodies for _ in range(10)}

    assert codes == {400, 413}
    assert output.stat().st_size - before < 200


def test_a_body_of_another_kind_that_cannot_be_read_is_the_callers_fault(served: ServerConfig) -> None:
    before = metric(served, "prediction_errors")

    response = CLIENT.post(
        f"{served.url}/predict", content=b"no form", headers={"content-type": "multipart/form-data; boundary=x"}
    )

    assert response.status_code == 415
    assert "application/json" in response.json()["error"]
    assert metric(served, "prediction_errors") == before


def test_an_answer_that_overflows_is_an_error_with_its_place_and_reason(served: ServerConfig) -> None:
    before = metric(served, "prediction_errors")

    response = post(served, [ROW, OVERFLOWS])

    assert response.status_code == 500
    sentence = response.json()["error"]
    assert "inputs[1] holds NaN or infinity" in sentence
    event = event_of(served, response)
    assert (event["event"], event["level"], event["reason"]) == ("inference_error", "ERROR", sentence)
    assert metric(served, "prediction_errors") == before + 1


def test_an_answer_that_overflows_fails_no_other_request_of_its_batch(served: ServerConfig) -> None:
    with ThreadPoolExecutor(16) as callers:
        rows = [OVERFLOWS if index % 4 == 0 else [0.5 + index] * SLOW_WIDTH for index in range(64)]
        responses = list(callers.map(lambda row: post(served, [row]), rows))

    assert [response.status_code for response in responses] == [500, 200, 200, 200] * 16
    assert all(json.loads(response.text)[0][0] is not None for response in responses if response.is_success)


def test_a_model_marks_only_the_rows_whose_answers_are_not_finite(store: ArtifactStore) -> None:
    model = ServedModel(store.folder(growing_artifact(store).sha256), threads=1, max_batch_size=4)

    answers = model.answer([model.encode(index, row) for index, row in enumerate([ROW, OVERFLOWS, ROW])])

    assert answers == [[10.0] * SLOW_WIDTH, NOT_FINITE, [10.0] * SLOW_WIDTH]


def test_reference_rows_that_are_too_many_for_one_request_are_sent_alone(
    store: ArtifactStore, run_folder: Path
) -> None:
    inputs = server_inputs(store, growing_artifact(store), run_folder, max_rows=1)

    deployment.deploy(inputs)

    assert metric(inputs.config, "inference_latency_ms_count") == 4
