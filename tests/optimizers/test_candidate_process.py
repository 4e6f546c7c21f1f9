"""An artifact in a process of its own answers as in this one, tells what it takes of memory, and may crash alone."""

import os
import signal
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from optimizers.candidate_process import CandidateProcess
from optimizers.configuration import Configuration
from optimizers.errors import UnsupportedModel
from optimizers.session import open_session
from optimizers.store import ArtifactStore
from tests.support.served_artifact import small_artifact, unloadable_artifact, write_manifest
from tests.support.small_model import WIDTH

ROWS = {"input": np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)}
ONE_THREAD = Configuration(threads=1)
LARGE_WIDTH = 4096
MIB = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "store")


def large_folder(folder: Path) -> Path:
    """An artifact with one matrix of 64 MiB."""
    weight = np.random.default_rng(1).standard_normal((LARGE_WIDTH, LARGE_WIDTH), np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["input", "weight"], ["output"])],
        "large",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", LARGE_WIDTH])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", LARGE_WIDTH])],
        [numpy_helper.from_array(weight, "weight")],
    )
    folder.mkdir()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    write_manifest(folder, LARGE_WIDTH)
    return folder


@pytest.mark.parametrize("configuration", [ONE_THREAD, Configuration(threads=2, streams=2)])
def test_it_answers_as_in_this_process(store: ArtifactStore, tmp_path: Path, configuration: Configuration) -> None:
    folder = store.folder(small_artifact(store).sha256)

    with CandidateProcess(folder, configuration, tmp_path / "process") as candidate:
        there = candidate.run(ROWS)["output"]
        latencies_ms, _ = candidate.turn(ROWS, calls=2, concurrency=2)

    assert np.array_equal(there, open_session(folder, 1).run(ROWS)["output"])
    assert len(latencies_ms) == 4
    assert 0 < candidate.load_time_s < 60


def test_the_memory_is_that_of_the_model_and_its_runtime(store: ArtifactStore, tmp_path: Path) -> None:
    small = store.folder(small_artifact(store).sha256)
    taken = list[int]()
    for name, folder in (("small", small), ("large", large_folder(tmp_path / "large-model"))):
        with CandidateProcess(folder, ONE_THREAD, tmp_path / name) as candidate:
            taken.append(candidate.model_memory_bytes)

    model_bytes = 4 * LARGE_WIDTH**2
    assert 0 < taken[0] < 300 * MIB
    # What the small one takes is the runtime, of which the large one may take a little less.
    assert 0.9 * model_bytes <= taken[1] - taken[0] < 3 * model_bytes


def test_what_the_runtime_cannot_load_is_told(store: ArtifactStore, tmp_path: Path) -> None:
    folder = store.folder(unloadable_artifact(store).sha256)

    with pytest.raises(UnsupportedModel, match=r"model\.onnx: the runtime cannot load it"):
        CandidateProcess(folder, ONE_THREAD, tmp_path / "process")


def test_a_runtime_that_crashes_takes_its_own_process_along(store: ArtifactStore, tmp_path: Path) -> None:
    folder = store.folder(small_artifact(store).sha256)

    with CandidateProcess(folder, ONE_THREAD, tmp_path / "process") as candidate:
        os.kill(candidate.process_id, signal.SIGSEGV)
        with pytest.raises(UnsupportedModel, match=r"^the runtime crashed: its process ended by SIGSEGV$"):
            candidate.run(ROWS)


def test_one_that_is_not_waited_for_tells_what_it_cannot_load_once_it_is_asked(
    store: ArtifactStore, tmp_path: Path
) -> None:
    folder = store.folder(unloadable_artifact(store).sha256)

    with (
        CandidateProcess(folder, ONE_THREAD, tmp_path / "process", waits=False) as candidate,
        pytest.raises(UnsupportedModel, match=r"model\.onnx: the runtime cannot load it"),
    ):
        candidate.wait()


def test_one_that_is_not_waited_for_answers_as_any_other(store: ArtifactStore, tmp_path: Path) -> None:
    folder = store.folder(small_artifact(store).sha256)

    with CandidateProcess(folder, ONE_THREAD, tmp_path / "process", waits=False) as candidate:
        there = candidate.run(ROWS)["output"]
        assert 0 < candidate.load_time_s < 60

    assert np.array_equal(there, open_session(folder, 1).run(ROWS)["output"])
