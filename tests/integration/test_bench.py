"""`serving bench` against an endpoint that `serving up` deployed."""

import json
import os
import signal
import struct
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import psutil
import pytest

from tests.support.checkout import Checkout, finished
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.patience import wait_until

pytestmark = pytest.mark.integration

GENERATOR = "components.load.generator"
SUCCESS = 200
PAUSE_S = 1.5


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Generator[Checkout]:
    """A checkout whose endpoint runs; it is stopped after the last test."""
    checkout = make_optimized_checkout(tmp_path_factory.mktemp("deployed"))
    result = checkout.serving("up")
    assert result.code == 0, result.err
    yield checkout
    checkout.serving("down")


def answered(checkout: Checkout) -> int:
    """Predictions that the server has made since it was deployed."""
    lines = (checkout.root / ".model-serving/run/local/small/events.jsonl").read_text().split("\n")
    return sum(json.loads(line).get("status") == SUCCESS for line in lines[:-1])


def client_of(command_id: int) -> psutil.Process:
    """The process that sends the load of a running command."""
    (client,) = (child for child in psutil.Process(command_id).children() if GENERATOR in child.cmdline())
    return client


def has_ended(process: psutil.Process) -> bool:
    """Whether a process has exited; an orphan stays a zombie until the first process of the machine looks."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def kept(folder: Path) -> Any:
    return json.loads((folder / "serving-bench-local.json").read_text())


def test_each_rate_is_measured_beside_its_prediction_and_kept_with_a_picture(deployed: Checkout) -> None:
    result = deployed.serving("bench", "--rates", "40, 10", "--seconds", "1", "--out", "kept/here", "--json")

    assert result.code == 0, result.err
    folder = deployed.root / "kept/here"
    assert result.document == kept(folder)
    assert result.document["endpoint_url"] == deployed.url
    assert result.document["versions"].keys() >= {"bentoml", "aiohttp", "onnxruntime"}
    steps = result.document["steps"]
    assert [step["rate_rps"] for step in steps] == [10, 40]
    for step in steps:
        assert step["errors"] == {}
        assert step["sent"] == step["answered"] > 0
        assert 0 < step["throughput_rps"] <= step["answered"]
        assert 0 < step["p50_ms"] <= step["p90_ms"] <= step["p99_ms"] <= step["max_ms"]
        assert 0 < step["predicted_p50_ms"] < step["predicted_p99_ms"]

    assert {path.name for path in folder.iterdir()} == {
        f"serving-bench-local.{kind}" for kind in ("json", "png", "svg")
    }
    png = (folder / "serving-bench-local.png").read_bytes()
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert png.endswith(b"IEND\xaeB`\x82")
    assert min(struct.unpack(">II", png[16:24])) > 300
    svg = ET.parse(folder / "serving-bench-local.svg").getroot()
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "p99 predicted" in "".join(svg.itertext())
    assert "wrote kept/here/serving-bench-local.json, " in result.err


def test_the_time_that_the_client_itself_was_late_counts(deployed: Checkout) -> None:
    """A request that is sent late had its caller waiting; a latency from the real send time would hide that."""
    before = answered(deployed)
    process = deployed.start("bench", "--rates", "50", "--seconds", "3")
    wait_until(lambda: answered(deployed) > before)
    client = client_of(process.pid)
    client.suspend()
    time.sleep(PAUSE_S)
    client.resume()

    result = finished(process)

    assert result.code == 0, result.err
    (step,) = kept(deployed.root / "benchmarks/out")["steps"]
    assert step["errors"] == {}
    # Half of the 3 s are a pause: more than a tenth of the requests was due in its first two thirds.
    assert step["p90_ms"] > 1000 * PAUSE_S / 3
    assert step["client_lag_p99_ms"] > 1000 * PAUSE_S / 3
    assert "it measured itself too" in result.out


def test_ctrl_c_ends_the_load_and_keeps_nothing(deployed: Checkout) -> None:
    before = answered(deployed)
    process = deployed.start("bench", "--rates", "20", "--seconds", "60", "--out", "interrupted", "--json")
    wait_until(lambda: answered(deployed) > before)
    client = client_of(process.pid)
    os.killpg(process.pid, signal.SIGINT)

    result = finished(process)

    assert result.code == 130
    assert result.document["error"]["type"] == "Interrupted"
    assert "Traceback" not in result.err
    assert has_ended(client)
    assert not (deployed.root / "interrupted").exists()


def test_an_endpoint_that_is_not_the_planned_one_is_not_measured(deployed: Checkout) -> None:
    spec = deployed.stack_file.read_text()
    deployed.spec(caching={"entries": 7})
    try:
        result = deployed.serving("bench", "--json")
    finally:
        deployed.stack_file.write_text(spec)

    assert result.code == 7
    assert "what runs is not what stack `local` plans now" in result.document["error"]["message"]
    assert "run `serving up --stack local`" in result.err
