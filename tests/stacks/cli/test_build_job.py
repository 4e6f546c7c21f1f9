"""`serving build-job`: what a node needs to build the model, written on a machine that has no accelerator."""

from pathlib import Path

import onnx
import pytest
import yaml

from tests.support.checkout import Checkout, make_checkout
from tests.support.optimized_checkout import SPEC
from tests.support.small_model import write_small_onnx


@pytest.fixture
def on_a_gpu(tmp_path: Path) -> Checkout:
    write_small_onnx(tmp_path / "small.onnx")
    checkout = make_checkout(tmp_path, SPEC)
    checkout.spec(
        serving_context={"deployment_target": "kubernetes", "hardware": {"accelerator": "gpu"}},
        optimization={"parity": {"max_error": 0.2}},
    )
    return checkout


def test_each_candidate_gets_its_model_its_job_and_how_triton_serves_it(on_a_gpu: Checkout) -> None:
    done = on_a_gpu.serving(
        "build-job",
        "--json",
        "--out",
        "jobs",
        "--image",
        "example.com/trt@sha256:" + "a" * 64,
        "--node-selector",
        "gpu=l4",
    )

    assert done.code == 0, done.err
    assert {item["candidate"]: Path(item["folder"]).name for item in done.document["builds"]} == {
        name: name for name in ("tensorrt-fp16", "tensorrt-int8", "migraphx-fp16", "migraphx-int8")
    }
    folder = on_a_gpu.root / "jobs/tensorrt-int8"
    assert {path.name for path in folder.iterdir()} == {
        "config.engine.pbtxt", "config.onnx.pbtxt", "job.yaml", "model.onnx",
    }  # fmt: skip
    job = yaml.safe_load((folder / "job.yaml").read_text())
    pod = job["spec"]["template"]["spec"]
    assert job["metadata"]["name"] == "small-tensorrt-int8"
    assert pod["containers"][0]["image"] == "example.com/trt@sha256:" + "a" * 64
    assert pod["nodeSelector"] == {"gpu": "l4"}
    assert pod["containers"][0]["volumeMounts"][0]["subPath"] == "small/tensorrt-int8"
    assert {path.name for path in (on_a_gpu.root / "jobs").iterdir() if path.is_file()} == {"claim.yaml", "copy.yaml"}
    kinds = {node.op_type for node in onnx.load(folder / "model.onnx").graph.node}
    assert {"QuantizeLinear", "DequantizeLinear"} <= kinds
    half = onnx.load(on_a_gpu.root / "jobs/tensorrt-fp16/model.onnx")
    assert onnx.TensorProto.FLOAT16 in {item.data_type for item in half.graph.initializer}


def test_a_second_run_keeps_what_was_built_and_the_first_line_of_its_commands_copies(on_a_gpu: Checkout) -> None:
    folder = on_a_gpu.root / "my jobs/tensorrt-fp16"
    assert on_a_gpu.serving("build-job", "--out", "my jobs").code == 0
    (folder / "output").mkdir()
    (folder / "output/model.plan").write_bytes(b"engine")
    (folder / "old").write_text("")

    again = on_a_gpu.serving("build-job", "--out", "my jobs", "--group", "44", "--group", "109")

    assert again.code == 0, again.err
    assert (folder / "output/model.plan").read_bytes() == b"engine"
    assert not (folder / "old").exists()
    assert not [path.name for path in folder.parent.iterdir() if path.name.startswith(".")]
    job = yaml.safe_load((folder / "job.yaml").read_text())
    assert job["spec"]["template"]["spec"]["securityContext"]["supplementalGroups"] == [44, 109]
    assert f"kubectl -n default cp '{folder}' small-copy:/volume/small" in again.err
    assert "compared with nothing" in again.err


@pytest.mark.parametrize("path", ["tensorrt-fp16/letter.txt", "claim.yaml"])
def test_what_it_did_not_write_is_never_replaced(on_a_gpu: Checkout, path: str) -> None:
    letter = on_a_gpu.root / "jobs" / path
    letter.parent.mkdir(parents=True)
    letter.write_text("dear: you")

    done = on_a_gpu.serving("build-job", "--out", "jobs")

    assert done.code == 2
    assert "it is nothing that this command wrote, and is never overwritten; remove it or name a new folder" in done.err
    assert [item for item in (on_a_gpu.root / "jobs").rglob("*") if item.is_file()] == [letter]


def test_a_stack_for_a_main_processor_has_nothing_that_a_node_builds(on_a_gpu: Checkout) -> None:
    on_a_gpu.spec(serving_context={"hardware": {"accelerator": "cpu"}})

    done = on_a_gpu.serving("build-job")

    assert done.code == 2
    assert "serving_context.hardware.accelerator: got `cpu`; a node builds nothing for it; set it to `gpu`" in done.err
    assert not (on_a_gpu.root / ".model-serving/build-jobs").exists()


def test_a_label_without_a_value_is_one_clear_error(on_a_gpu: Checkout) -> None:
    done = on_a_gpu.serving("build-job", "--node-selector", "gpu")

    assert done.code == 2
    assert "--node-selector: got `gpu`; it is a label and its value; write `LABEL=VALUE`" in done.err
