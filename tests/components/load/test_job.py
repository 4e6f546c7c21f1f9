"""What a job may ask for."""

import socket

import psutil
import pytest
from pydantic import ValidationError

from components.load.job import MOST_REQUESTS, LoadJob, is_on_this_machine


def own_addresses() -> list[str]:
    return [
        found.address
        for addresses in psutil.net_if_addrs().values()
        for found in addresses
        if found.family == socket.AF_INET
    ]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "[::1]", "localhost", *own_addresses()])
def test_every_address_of_this_machine_may_be_loaded(host: str) -> None:
    assert is_on_this_machine(f"http://{host}:3000/predict")


@pytest.mark.parametrize(
    "url", ["http://198.51.100.7:80/", "http://example.com/", "http://[2001:db8::1]:80/", "/predict"]
)
def test_nothing_else_may(url: str) -> None:
    assert not is_on_this_machine(url)


@pytest.mark.parametrize(("rate_rps", "fits"), [(MOST_REQUESTS / 600, True), (MOST_REQUESTS / 600 + 1, False)])
def test_a_job_has_an_upper_limit_of_requests(rate_rps: float, fits: bool) -> None:
    def job() -> LoadJob:
        return LoadJob(
            url="http://127.0.0.1:80/predict", rate_rps=rate_rps, seconds=600, seed=1, timeout_s=1, reference=["a"]
        )

    if fits:
        assert job().rate_rps == rate_rps
    else:
        with pytest.raises(ValidationError, match="at most 1000000 requests"):
            job()
