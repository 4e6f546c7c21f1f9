"""A step sums up what happened beside what was predicted, and a picture shows it."""

from io import BytesIO
from xml.etree import ElementTree as ET

import pytest

from components.capacity.fleet import Arrivals, Fleet
from components.capacity.predict import predict
from components.capacity.prediction import Prediction
from components.capacity.service import ServiceTimes
from components.load.job import LoadAnswer
from components.load.plot import plot
from components.load.result import LoadResult, LoadStep, load_step
from tests.support.locked_model import SHA256, hardware, measurement


def predicted(rate_rps: float) -> Prediction:
    return predict(
        ServiceTimes(measurements=(measurement(10, 12),), overhead_ms=2), Fleet(), Arrivals(rate_rps=rate_rps)
    )


def step(rate_rps: float, latencies_ms: list[float], lag_ms: float = 0.1) -> LoadStep:
    prediction = predicted(rate_rps)
    answer = LoadAnswer(
        latencies_ms=latencies_ms,
        errors={"timeout": 1},
        lags_ms=[lag_ms] * (len(latencies_ms) + 1),
        elapsed_s=2,
    )
    return load_step(rate_rps, 2, answer, prediction)


def result(*steps: LoadStep) -> LoadResult:
    return LoadResult(
        name="minilm",
        endpoint_url="http://127.0.0.1:3000",
        artifact="openvino-fp32",
        artifact_sha256=SHA256,
        latency_sla_ms=200,
        predicted_capacity_rps=83,
        seed=1,
        hardware=hardware(),
        versions={},
        steps=steps,
    )


def test_a_step_holds_percentiles_and_counts() -> None:
    found = step(10, [float(value) for value in range(1, 101)])

    assert (found.p50_ms, found.p90_ms, found.p99_ms, found.max_ms) == (50, 90, 99, 100)
    assert (found.sent, found.answered, found.errors) == (101, 100, {"timeout": 1})
    assert found.throughput_rps == 50
    assert found.predicted_p50_ms == pytest.approx(predicted(10).p50_ms)


def test_a_step_without_answers_has_no_latency() -> None:
    found = step(500, [])

    assert (found.p50_ms, found.p99_ms, found.predicted_p99_ms) == (None, None, None)


@pytest.mark.parametrize(("lag_ms", "late"), [(4.9, False), (5.1, True)])
def test_a_client_that_is_late_says_so(lag_ms: float, late: bool) -> None:
    assert step(10, [1.0], lag_ms).client_was_late is late


def test_the_picture_names_what_it_shows_and_is_the_same_for_the_same_result() -> None:
    found = result(step(5, [10.0, 20.0]), step(50, [30.0, 900.0]), step(500, []))

    pictures = plot(found)

    assert pictures["png"].startswith(b"\x89PNG")
    text = " ".join(ET.parse(BytesIO(pictures["svg"])).getroot().itertext())
    for words in ("offered load, requests/s", "latency at the caller, ms", "SLA 200 ms", "minilm: openvino-fp32"):
        assert words in text
    assert plot(found) == pictures
