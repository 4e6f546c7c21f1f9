"""Callers that wait for their answers send as much as an endpoint can answer."""

import json
import threading
import time
from collections.abc import Generator

import pytest

from components.load.job import SaturationJob
from components.load.process import run_job
from tests.support.loopback import Handler, LoopbackServer, serving

CALL_S = 0.02
# More than a client opens connections for where nobody says how many (aiohttp: 100).
MANY = 101


class OneAtATime(LoopbackServer):
    """Answers each request after a while, one after the other."""

    def __init__(self) -> None:
        super().__init__(Answers)
        self.rows: list[str] = []
        self.lock = threading.Lock()
        self.status = 200


class Answers(Handler):
    """Answers `POST`."""

    protocol_version = "HTTP/1.1"
    server: OneAtATime

    def post(self) -> None:
        body = json.loads(self.content())
        with self.server.lock:
            self.server.rows += [json.dumps(row) for row in body["inputs"]]
            time.sleep(CALL_S)
        self.answer(self.server.status)


class AllAtOnce(LoopbackServer):
    """Answers from the time on when so many requests were there together."""

    def __init__(self) -> None:
        super().__init__(Waits)
        self.were_there = threading.Event()
        self.all_there = threading.Barrier(MANY, self.were_there.set)


class Waits(Handler):
    """Answers `POST`."""

    protocol_version = "HTTP/1.1"
    server: AllAtOnce

    def post(self) -> None:
        self.content()
        try:
            if not self.server.were_there.is_set():
                self.server.all_there.wait(60)
        except threading.BrokenBarrierError:
            self.answer(503)
        else:
            self.answer(200)


@pytest.fixture
def server() -> Generator[OneAtATime]:
    with serving(OneAtATime()) as running:
        yield running


def job(server: LoopbackServer, *, callers: int) -> SaturationJob:
    url = f"{server.url}/predict"
    return SaturationJob(url=url, callers=callers, seconds=1, seed=1, timeout_s=100, reference=[[1.0, 2.0]])


@pytest.mark.parametrize("callers", [1, 4])
def test_requests_follow_each_other_as_fast_as_they_are_answered(server: OneAtATime, callers: int) -> None:
    answer = run_job(job(server, callers=callers))

    assert answer.elapsed_s / len(answer.latencies_ms) >= CALL_S
    # One after the other, whatever the number of callers; a busy machine answers fewer.
    assert 2 <= len(answer.latencies_ms) <= 1 / CALL_S + callers
    assert len(set(server.rows)) == len(server.rows)


def test_a_refusal_is_counted_and_no_answer(server: OneAtATime) -> None:
    server.status = 429

    answer = run_job(job(server, callers=2))

    assert not answer.latencies_ms
    assert answer.errors["status 429"] > 0


def test_each_of_many_callers_has_a_connection_of_its_own() -> None:
    with serving(AllAtOnce()) as together:
        answer = run_job(job(together, callers=MANY))

    assert len(answer.latencies_ms) >= MANY
    assert answer.errors == {}
