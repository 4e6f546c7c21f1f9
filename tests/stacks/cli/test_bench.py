"""`serving bench` before any load: what it refuses, and how it shows a result."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from components.endpoint_plan import Estimate
from components.load.job import MOST_REQUESTS
from components.load.result import LoadResult, LoadStep
from optimizers.errors import ArtifactError, DeployError, InvalidArgs, MissingExtra, PlanError, ServingError
from stacks.cli import bench
from stacks.cli.bench_table import bench_table
from stacks.cli.context import StackContext
from stacks.cli.plan import decide
from stacks.project import Project
from stacks.stack_file import read_spec
from tests.support.checkout import Checkout, finished
from tests.support.locked_model import SHA256, hardware

Options = dict[str, Any]
OUT = Path("out")
OPTIONS: Options = {"as_json": True, "rates": "", "seconds": 1.0, "seed": 1, "out": OUT}


def refused(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, kind: type[ServingError], **options: Any) -> str:
    """Run the command in this process; return what it refuses with."""
    monkeypatch.chdir(checkout.root)
    with pytest.raises(kind) as caught:
        bench.run("local", **{**OPTIONS, **options})
    assert type(caught.value) is kind
    assert not OUT.exists()
    return str(caught.value)


@pytest.mark.parametrize("rates", ["0", "-1", "x", "nan", "inf", "1e400", "100001", "5;6"])
def test_a_rate_that_is_none_is_named(optimized: Checkout, monkeypatch: pytest.MonkeyPatch, rates: str) -> None:
    said = refused(optimized, monkeypatch, InvalidArgs, rates=f"5,{rates},10")

    assert f"--rates: got `{rates}`" in said
    assert "write for example `--rates 5,10,20`" in said


def test_every_wrong_rate_is_named_at_once(optimized: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    said = refused(optimized, monkeypatch, InvalidArgs, rates="0, 5,-1,x", out=Path("small.onnx"))

    assert said.startswith("4 problems in the command line\n")


@pytest.mark.parametrize("rates", [",", " , ", " "])
def test_a_list_without_a_rate_is_no_list(optimized: Checkout, monkeypatch: pytest.MonkeyPatch, rates: str) -> None:
    assert "--rates: got" in refused(optimized, monkeypatch, InvalidArgs, rates=rates)


def test_more_requests_than_the_client_can_hold_are_refused_and_not_cut(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(optimized, monkeypatch, InvalidArgs, rates="10,50000", seconds=21.0)

    assert "--rates: got `50000` for 21 s" in said
    assert "at most 1000000 requests" in said


@pytest.mark.parametrize("out", ["small.onnx", "small.onnx/deeper", "/dev/null"])
def test_a_folder_that_cannot_be_one_is_refused_before_the_load(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    assert f"--out: got `{out}`" in refused(optimized, monkeypatch, InvalidArgs, out=Path(out))


def test_a_stack_that_does_not_run_is_refused_with_the_command_that_runs_it(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(optimized, monkeypatch, DeployError, rates="5")

    assert said == "nothing of stack `local` runs that could be loaded; run `serving up --stack local`"


def test_a_stack_without_a_lock_has_no_prediction(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "run `serving optimize`" in refused(checkout, monkeypatch, ArtifactError)


def test_a_target_of_another_version_is_refused(optimized: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    optimized.spec(serving_context={"deployment_target": "kubernetes"})

    assert "cannot be deployed by this version" in refused(optimized, monkeypatch, PlanError)


@pytest.mark.parametrize("library", ["aiohttp", "matplotlib"])
def test_a_missing_library_is_told_before_the_load(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    assert "run `uv sync --extra bench`" in refused(optimized, monkeypatch, MissingExtra)


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["--rates", "0"], 2, "InvalidArgs"),
        (["--seconds", "nan"], 2, "WrongArguments"),
        (["--rates", "5"], 7, "DeployError"),
    ],
)
def test_a_refusal_is_one_json_document_and_a_documented_exit_code(
    optimized: Checkout, arguments: list[str], code: int, kind: str
) -> None:
    result = finished(optimized.start("bench", "--json", *arguments))

    assert result.code == code, result.err
    assert result.document["error"]["type"] == kind
    assert "Traceback" not in result.err


def step(**changes: Any) -> LoadStep:
    values: Options = {
        "rate_rps": 10, "seconds": 2, "sent": 20, "answered": 20, "errors": {}, "throughput_rps": 10, "p50_ms": 5,
        "p90_ms": 7, "p99_ms": 9.25, "max_ms": 12, "client_lag_p99_ms": 0.5, "predicted_p50_ms": 4.5,
        "predicted_p99_ms": 8,
    }  # fmt: skip
    return LoadStep.model_validate({**values, **changes})


def shown(*steps: LoadStep) -> str:
    result = LoadResult(
        name="small", endpoint_url="http://127.0.0.1:3000", artifact="onnx", artifact_sha256=SHA256, latency_sla_ms=10,
        predicted_capacity_rps=300, seed=1, hardware=hardware(), versions={}, steps=steps,
    )  # fmt: skip
    stream = io.StringIO()
    Console(file=stream, width=200).print(bench_table(result))
    assert json.loads(result.model_dump_json())["steps"]
    return stream.getvalue()


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "within the SLA"),
        ({"p99_ms": 10}, "within the SLA"),
        ({"p99_ms": 10.1}, "over the SLA"),
        ({"errors": {"timeout": 2, "status 429": 1}}, "errors"),
        ({"client_lag_p99_ms": 5.1}, "the client was 5 ms late: it measured itself too"),
        ({"sent": 0, "answered": 0, "p50_ms": None, "p90_ms": None, "p99_ms": None}, "nothing was sent"),
    ],
)
def test_each_rate_has_a_verdict(changes: Options, verdict: str) -> None:
    assert shown(step(**changes)).rstrip().endswith(verdict)


def test_a_row_has_measured_beside_predicted_and_its_errors_by_kind() -> None:
    text = shown(step(errors={"timeout": 2}), step(rate_rps=1000, predicted_p50_ms=None, predicted_p99_ms=None))

    assert "SLA 10 ms, predicted capacity 300 requests/s" in text
    assert "5.0 (4.5)" in text
    assert "9.2 (8.0)" in text
    assert "2 x timeout" in text
    assert "9.2 (-)" in text


@pytest.mark.parametrize("seconds", [1.0, 600.0])
def test_the_rates_of_a_fast_endpoint_fit_the_client(optimized: Checkout, seconds: float) -> None:
    context = StackContext(Project(optimized.root), "local", read_spec(optimized.root, "local"))
    plan = decide(context)
    fast = plan.predicted.model_copy(update={"capacity_rps": Estimate(value=1e6, basis="a wish")})

    rates = bench._default_rates(plan.model_copy(update={"predicted": fast}), seconds)

    assert rates == sorted(set(rates))
    assert all(0 < rate <= bench.HIGHEST_RATE_RPS and rate * seconds <= MOST_REQUESTS for rate in rates)
