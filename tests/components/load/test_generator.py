"""The load is open: a slow server does not slow it down, and every wait is counted."""

import json
import socket
import threading
import time
from collections.abc import Generator
from itertools import pairwise

import pytest
from pydantic import ValidationError

from components.capacity.arrivals import arrival_times
from components.load.job import LoadJob
from components.load.process import run_job
from tests.support.loopback import Handler, LoopbackServer, serving

STALL_S = 0.6


class Stalling(LoopbackServer):
    """Answers at once, but for a stall; counts what it was sent."""

    def __init__(self) -> None:
        super().__init__(Answers)
        self.rows: list[str] = []
        self.lock = threading.Lock()
        self.stall_until = 0.0
        self.status = 200

    @property
    def predict_url(self) -> str:
        return f"{self.url}/predict"


class Answers(Handler):
    """Answers `POST`."""

    protocol_version = "HTTP/1.1"
    server: Stalling

    def get(self) -> None:
        self.answer(405, b"[]")

    def post(self) -> None:
        body = json.loads(self.content())
        with self.server.lock:
            self.server.rows += [json.dumps(row) for row in body["inputs"]]
            if len(self.server.rows) == 10:
                self.server.stall_until = time.monotonic() + STALL_S
        time.sleep(max(0.0, self.server.stall_until - time.monotonic()))
        self.answer(self.server.status, b"[]")


@pytest.fixture
def server() -> Generator[Stalling]:
    with serving(Stalling()) as running:
        yield running


def job(url: str, rate_rps: float = 50, seconds: float = 1.5, timeout_s: float = 10) -> LoadJob:
    return LoadJob(
        url=url, rate_rps=rate_rps, seconds=seconds, seed=3, timeout_s=timeout_s, reference=["a text", "another one"]
    )


def test_requests_that_were_due_while_the_server_stalled_count_their_wait(server: Stalling) -> None:
    answer = run_job(job(server.predict_url))

    assert answer.errors == {}
    assert len(answer.latencies_ms) == len(server.rows) == len(set(server.rows))
    # About 50 requests a second are due in the stall; each waits for what is left of it.
    waited = [latency for latency in answer.latencies_ms if latency > 1000 * STALL_S / 4]
    assert len(waited) >= 10
    assert max(answer.latencies_ms) >= 1000 * STALL_S * 0.9


def test_an_answer_that_is_no_success_is_an_error_of_its_kind(server: Stalling) -> None:
    server.status = 503

    answer = run_job(job(server.predict_url, seconds=0.5))

    assert answer.latencies_ms == []
    assert answer.errors == {"status 503": len(server.rows)}


def test_an_answer_that_comes_too_late_is_a_timeout(server: Stalling) -> None:
    answer = run_job(job(server.predict_url, timeout_s=STALL_S / 3))

    assert answer.errors["timeout"] > 0
    assert len(answer.latencies_ms) + sum(answer.errors.values()) == len(answer.lags_ms)


def test_a_server_that_is_not_there_is_a_connection_error() -> None:
    with socket.socket() as silent:
        # It has the port, and takes no connection.
        silent.bind(("127.0.0.1", 0))
        answer = run_job(job(f"http://127.0.0.1:{silent.getsockname()[1]}/predict", seconds=0.3))

    assert set(answer.errors) == {"connection"}


@pytest.mark.parametrize("host", ["example.com", "10.0.0.1", "0.0.0.0", "[2001:db8::1]"])
def test_a_load_goes_to_this_machine_only(host: str) -> None:
    with pytest.raises(ValidationError, match="is not this machine"):
        job(f"http://{host}:80/predict")


def test_a_window_without_an_arrival_still_has_its_length(server: Stalling) -> None:
    """Rates count over the whole window: one answer in the first milliseconds is not a hundred a second."""
    answer = run_job(job(server.predict_url, rate_rps=0.001, seconds=1))

    assert (answer.latencies_ms, answer.lags_ms) == ([], [])
    assert answer.elapsed_s == 1


def test_a_load_in_bursts_sends_many_requests_close_together(server: Stalling) -> None:
    def shortest_half_s(variation: float) -> float:
        times_s = arrival_times(50, 100, seed=3, variation=variation)
        gaps_s = sorted(later - earlier for earlier, later in pairwise(times_s))
        return sum(gaps_s[: len(gaps_s) // 2])

    bursty = job(server.predict_url).model_copy(update={"arrival_variation": 9.0})

    answer = run_job(bursty)

    assert len(answer.lags_ms) == len(arrival_times(bursty.rate_rps, bursty.seconds, bursty.seed, 9.0))
    assert shortest_half_s(9.0) < 0.7 * shortest_half_s(1.0)
