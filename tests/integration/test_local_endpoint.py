"""The way through the product, as a user goes it: real engine, real policy pack, real server, real model."""

import contextlib
import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import httpx
import psutil
import pytest

from components.embedded.process import arbiter, running_config, server_processes
from optimizers.goal import ParityThresholds
from optimizers.store import identity
from policies.configuration import limits
from policies.pack import CONFIGURATIONS, FLEET_POLICIES, POLICIES
from tests.support.checkout import TIMEOUT_S, Checkout
from tests.support.patience import PATIENCE_S

pytestmark = pytest.mark.integration

METRICS = (
    "inference_latency_ms", "requests_per_second", "model_load_time_seconds", "gpu_memory_used_mb", "prediction_errors",
    "cache_hit_rate",
)  # fmt: skip


def predict(checkout: Checkout, inputs: list[object]) -> list[list[float]]:
    response = httpx.post(f"{checkout.url}/predict", json={"inputs": inputs}, timeout=PATIENCE_S)
    assert response.status_code == 200, response.text
    answers: list[list[float]] = response.json()
    return answers


def run_folder(checkout: Checkout) -> Path:
    """The folder of the one server that the stack runs."""
    (folder,) = (checkout.root / ".model-serving/run/local").iterdir()
    return folder


def server_pid(checkout: Checkout) -> int:
    supervisor = arbiter(run_folder(checkout))
    assert supervisor is not None
    return supervisor.pid


def crash(checkout: Checkout) -> None:
    """Kill the server and all its workers at once, as a machine that runs out of memory would."""
    processes = server_processes(run_folder(checkout))
    assert processes
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=PATIENCE_S)


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_model_goes_from_file_to_endpoint_and_away_again(minilm: Checkout) -> None:
    first = minilm.serving("up", "--json")
    assert first.code == 0, first.err
    outputs = first.document
    assert outputs["deployment_config"]["endpoint_url"] == minilm.url
    assert outputs["health_status"] == "healthy"
    assert set(outputs["optimization_report"]) == {
        "latency_p50_ms",
        "latency_p99_ms",
        "throughput_rps",
        "model_size_mb",
    }
    assert set(outputs["scaling_policy"]) == {"min_replicas", "max_replicas", "target_utilization"}
    verdicts = {policy["policy"]: policy["verdict"] for policy in outputs["policies"]}
    without_limit = {name for name, configuration in CONFIGURATIONS.items() if limits(configuration)}
    for_fleets = {policy.name for policy in FLEET_POLICIES}
    expected = {policy.name: "not set" if policy.name in without_limit else "passed" for policy in POLICIES}
    assert verdicts == {**expected, **dict.fromkeys(for_fleets, "not applicable")}

    (from_text,) = predict(minilm, ["A sentence to embed."])
    (from_tokens,) = predict(minilm, [[101, 1037, 6251, 2000, 7861, 8270, 1012, 102]])
    assert len(from_text) == 384
    assert abs(sum(a * b for a, b in zip(from_text, from_tokens, strict=True)) - 1) < 1e-3

    metrics = httpx.get(f"{minilm.url}/metrics", timeout=PATIENCE_S).text
    assert all(f"\n{metric}" in metrics or metrics.startswith(metric) for metric in METRICS)
    events = [json.loads(line) for line in minilm.serving("logs", "-n", "1000").out.splitlines()]
    processed = [event for event in events if event["event"] == "request_processed"]
    assert {"request_id", "model_version", "latency_ms", "batch_size"} <= processed[-1].keys()

    pid = server_pid(minilm)
    again = minilm.serving("up", "--json")
    assert again.code == 0, again.err
    assert again.document["changes"] == {"same": 2}
    assert server_pid(minilm) == pid

    crash(minilm)
    refreshed = minilm.serving("refresh", "--json")
    assert refreshed.code == 0, refreshed.err
    assert refreshed.document["drift"] == ["minilm-server"]
    repaired = minilm.serving("up", "--json")
    assert repaired.code == 0, repaired.err
    assert repaired.document["changes"] == {"same": 1, "update": 1}
    assert len(predict(minilm, ["after the crash"])[0]) == 384

    folder = run_folder(minilm)
    down = minilm.serving("down", "--json")
    assert down.code == 0, down.err
    assert server_processes(folder) == []
    assert port_is_free(minilm.port)
    assert minilm.serving("outputs", "--json").document == {}
    assert not list((minilm.root / ".model-serving/run/local").iterdir())


def test_preview_shows_the_diff_and_changes_nothing(small: Checkout) -> None:
    result = small.serving("preview", "--json")

    assert result.code == 0, result.err
    assert result.document["changes"] == {"create": 2}
    assert port_is_free(small.port)


def test_the_limits_of_a_stack_are_read_from_its_file(small: Checkout) -> None:
    limits = small.root / "stacks/policies.local.json"
    limits.write_text('{"cost-budget": {"usd_per_month": 10}}')

    result = small.serving("preview", "--json")

    assert result.code == 0, result.err
    verdicts = {policy["policy"]: policy["verdict"] for policy in result.document["policies"]}
    assert (verdicts["cost-budget"], verdicts["cost-warning"]) == ("passed", "not set")

    limits.write_text('{"cost-budgt": {"usd_per_month": 10}}')
    refused = small.serving("preview")
    assert refused.code == 2
    assert "write `cost-budget`" in refused.err


def test_an_sla_that_the_model_cannot_keep_is_refused_at_preview_and_at_up(minilm: Checkout) -> None:
    minilm.spec(serving_context={"latency_sla_ms": 1})

    for command in ("preview", "up"):
        result = minilm.serving(command)
        assert result.code == 3, result.err
        assert "is over the SLA of 1 ms" in result.err
        assert "raise `latency_sla_ms` to" in result.err
    assert port_is_free(minilm.port)


def test_a_rate_over_the_capacity_is_refused(minilm: Checkout) -> None:
    minilm.spec(serving_context={"throughput_rps": 1_000_000})

    result = minilm.serving("preview", "--json")

    assert result.code == 3
    assert "is under the 1000000 requests/s asked for" in result.err


def test_a_lock_without_parity_is_refused(small: Checkout) -> None:
    path = small.root / "artifacts.lock.json"
    content = json.loads(path.read_text())
    for report in content["models"]["small"]["reports"].values():
        for candidate in report["candidates"]:
            candidate["parity"] = None
    path.write_text(json.dumps(content))

    result = small.serving("preview")

    assert result.code == 3
    assert "no parity is recorded" in result.err


def test_an_artifact_changed_after_locking_is_never_served(small: Checkout) -> None:
    assert small.serving("up").code == 0
    (before,) = predict(small, [[0.5] * 64])
    model = next(
        path for path in (small.root / ".model-serving/artifacts/sha256").rglob("*") if path.suffix in {".bin", ".onnx"}
    )
    model.write_bytes(model.read_bytes()[:-8] + b"\0" * 8)
    crash(small)

    repaired = small.serving("up")

    assert repaired.code == 0, repaired.err
    served = running_config(run_folder(small))
    assert served is not None
    assert identity(Path(served.artifact_folder)) == served.artifact_sha256
    # Measured anew, another candidate may be the fastest; each answers like the original.
    (after,) = predict(small, [[0.5] * 64])
    assert after == pytest.approx(before, abs=4 * ParityThresholds().max_error)


def test_a_port_in_use_names_the_holder(small: Checkout) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", small.port))
        holder.listen()

        result = small.serving("up")

    assert result.code == 7
    assert "engine:" not in result.err
    assert str(small.port) in result.err
    assert "endpoint.port" in result.err
    assert "Traceback" not in result.err


def test_an_endpoint_whose_answers_differ_from_the_reference_is_rolled_back(small: Checkout) -> None:
    assert small.serving("up").code == 0
    before, pid = predict(small, [[0.5] * 64]), server_pid(small)
    for reference in (small.root / ".model-serving/artifacts/sha256").glob("*/reference.json"):
        content = json.loads(reference.read_text())
        content["outputs"] = [[value + 1 for value in row] for row in content["outputs"]]
        reference.write_text(json.dumps(content))
    small.spec(caching={"entries": 7})

    result = small.serving("up")

    assert result.code == 7, result.err
    assert "differ from the artifact's reference answers" in result.err
    assert "what ran before still runs" in result.err
    assert (predict(small, [[0.5] * 64]), server_pid(small)) == (before, pid)


def test_a_killed_up_is_repaired_by_the_same_command(small: Checkout) -> None:
    for wait_s in (1.0, 3.0, 6.0):
        process = small.start("up")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=wait_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    result = small.serving("up")

    assert result.code == 0, result.err
    assert len(predict(small, [[0.5] * 64])[0]) == 64


def test_only_one_up_runs_at_a_time(small: Checkout) -> None:
    both = [small.start("up"), small.start("up")]

    codes = sorted((process.communicate(timeout=TIMEOUT_S), process.returncode)[1] for process in both)

    assert codes == [0, 8]
    assert len(predict(small, [[0.5] * 64])[0]) == 64


def test_every_command_explains_itself_without_a_project(tmp_path: Path) -> None:
    checkout = Checkout(root=tmp_path, port=0)

    result = checkout.serving("up")

    assert result.code == 2
    assert "no `Pulumi.yaml`" in result.err
