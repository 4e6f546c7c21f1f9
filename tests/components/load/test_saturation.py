"""Callers that wait for their answers send as much as an endpoint can answer."""

import json
import threading
import time
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.load.job import SaturationJob
from components.load.process import run_job

CALL_S = 0.05


class OneAtATime(ThreadingHTTPServer):
    """Answers each request after a while, one after the other."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.rows: list[str] = []
        self.lock = threading.Lock()
        self.status = 200


class Handler(BaseHTTPRequestHandler):
    """Answers `POST`."""

    protocol_version = "HTTP/1.1"
    server: OneAtATime

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        with self.server.lock:
            self.server.rows += [json.dumps(row) for row in body["inputs"]]
            time.sleep(CALL_S)
        self.send_response(self.server.status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing."""


@pytest.fixture
def server() -> Generator[OneAtATime]:
    with OneAtATime() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def job(server: OneAtATime, *, callers: int) -> SaturationJob:
    url = f"http://127.0.0.1:{server.server_port}/predict"
    return SaturationJob(url=url, callers=callers, seconds=1, seed=1, timeout_s=10, reference=[[1.0, 2.0]])


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
