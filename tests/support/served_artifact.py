"""Real artifacts, put into a store without a build: a small network, and one that takes as long as a test wants."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from components.embedded.requests import MAX_BODY_BYTES, MAX_ROWS
from components.embedded.server_config import ServerConfig
from components.embedded.server_inputs import ServerInputs
from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Artifact, Manifest
from optimizers.goal import ParityThresholds
from optimizers.session import open_session
from optimizers.signature import Signature, TensorSpec
from optimizers.store import ArtifactStore
from optimizers.vocabulary import Precision, Prediction, Runtime
from tests.support.free_port import free_port
from tests.support.patience import PATIENCE_S
from tests.support.small_model import WIDTH, write_small_onnx

SLOW_WIDTH = 4


def write_slow_onnx(path: Path, iterations: int) -> None:
    """Write a network that returns its input `(batch, 4)` after multiplying it by one so many times."""
    body = helper.make_graph(
        [
            helper.make_node("Mul", ["state", "one"], ["next"]),
            helper.make_node("Identity", ["going"], ["still_going"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("iteration", TensorProto.INT64, []),
            helper.make_tensor_value_info("going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("state", TensorProto.FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("still_going", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, None),
        ],
    )
    constants = [
        numpy_helper.from_array(np.array(iterations, np.int64), "iterations"),
        numpy_helper.from_array(np.array(True), "condition"),
        numpy_helper.from_array(np.array(1, np.float32), "one"),
    ]
    graph = helper.make_graph(
        [helper.make_node("Loop", ["iterations", "condition", "input"], ["output"], body=body)],
        "slow",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", SLOW_WIDTH])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", SLOW_WIDTH])],
        constants,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def small_artifact(store: ArtifactStore, *, seed: int = 7, shift: float = 0.0) -> Artifact:
    """Add the small network; its reference answers are wrong by `shift`."""
    with store.building() as work:
        folder = work / "small"
        folder.mkdir()
        write_small_onnx(folder / "model.onnx", seed)
        return _add(store, folder, WIDTH, shift)


def slow_artifact(store: ArtifactStore, iterations: int) -> Artifact:
    """Add the slow network."""
    with store.building() as work:
        folder = work / "slow"
        folder.mkdir()
        write_slow_onnx(folder / "model.onnx", iterations)
        return _add(store, folder, SLOW_WIDTH, shift=0.0)


def growing_artifact(store: ArtifactStore) -> Artifact:
    """Add a network that returns its input `(batch, 4)` times ten, so that 3e38 overflows."""
    with store.building() as work:
        folder = work / "growing"
        folder.mkdir()
        graph = helper.make_graph(
            [helper.make_node("Mul", ["input", "ten"], ["output"])],
            "growing",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", SLOW_WIDTH])],
            [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", SLOW_WIDTH])],
            [numpy_helper.from_array(np.array(10, np.float32), "ten")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.save(model, folder / "model.onnx")
        return _add(store, folder, SLOW_WIDTH, shift=0.0)


def unloadable_artifact(store: ArtifactStore) -> Artifact:
    """Add an artifact whose digest is right and whose model no runtime can read."""
    with store.building() as work:
        folder = work / "unloadable"
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"no model")
        write_manifest(folder, WIDTH)
        (folder / REFERENCE_NAME).write_text(json.dumps({"inputs": [[0.0] * WIDTH], "outputs": [[0.0] * WIDTH]}))
        return store.add(folder)


def server_inputs(store: ArtifactStore, artifact: Artifact, run_folder: Path, **config: object) -> ServerInputs:
    """Return the inputs of a server of this artifact on a free port."""
    settings: dict[str, object] = {
        "name": "small",
        "artifact_folder": str(store.folder(artifact.sha256)),
        "artifact_sha256": artifact.sha256,
        "model_version": artifact.sha256[:12],
        "host": "127.0.0.1",
        "port": free_port(),
        "workers": 1,
        "threads": 1,
        "max_batch_size": 8,
        "concurrent_calls": 1,
        "request_timeout_s": PATIENCE_S,
        "max_concurrency": 64,
        "max_body_bytes": MAX_BODY_BYTES,
        "max_rows": MAX_ROWS,
        "cache_entries": 0,
        "log_file": str(run_folder / "events.jsonl"),
        **config,
    }
    server = ServerConfig.model_validate(settings)
    return ServerInputs(
        config=server, run_folder=str(run_folder), endpoint_url=server.url, thresholds=ParityThresholds()
    )


def _add(store: ArtifactStore, folder: Path, width: int, shift: float) -> Artifact:
    write_manifest(folder, width)
    rows = np.random.default_rng(1).standard_normal((4, width)).astype(np.float32)
    answers = open_session(folder, 1).run({"input": rows})["output"] + shift
    (folder / REFERENCE_NAME).write_text(json.dumps({"inputs": rows.tolist(), "outputs": answers.tolist()}))
    return store.add(folder)


def write_manifest(folder: Path, width: int) -> None:
    """Write the manifest of a `model.onnx` from `input` to `output`, both (batch, width)."""
    manifest = Manifest(
        name="onnx",
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        entry="model.onnx",
        signature=Signature(
            inputs=(TensorSpec(name="input", shape=("batch", width)),),
            outputs=(TensorSpec(name="output", shape=("batch", width)),),
        ),
        prediction=Prediction.NUMERIC,
        model_sha256="b" * 64,
    )
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json())
