"""`serving optimize` on models that cannot be trusted, and ended at any moment."""

import os
import pickle
import signal
import time
from pathlib import Path
from typing import Any

import onnx
import pytest

from optimizers import lock
from optimizers.lock import Lock
from tests.integration.conftest import SMALL
from tests.support.checkout import Checkout, finished, make_checkout
from tests.support.full_disk import full_disk
from tests.support.optimized_checkout import make_optimized_checkout
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration

INTERRUPTED = 130


class Evil:
    """Runs a command when it is unpickled."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, (f"touch {self.touched}",)


def checkout(folder: Path, model: str = "small.onnx", model_format: str = "onnx") -> Checkout:
    context = {**SMALL["serving_context"], "model_format": model_format}
    # Without the time limit, so that a search is under way when it is ended.
    spec = {**SMALL, "model": {"path": model}, "serving_context": context, "optimization": {}}
    return make_checkout(folder, spec)


def refused(project: Checkout, code: int) -> str:
    """Return the one sentence on stderr."""
    result = project.serving("optimize")
    assert result.code == code, result.err
    assert "Traceback" not in result.err
    assert not (project.root / "artifacts.lock.json").exists()
    (sentence,) = [line for line in result.err.splitlines() if line.startswith("error:")]
    return sentence


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    result = checkout(tmp_path).serving("optimize")

    assert result.code == 2
    assert "model.path" in result.err
    assert "there is no such file or folder" in result.err


def test_a_truncated_model_is_refused(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")
    content = (tmp_path / "small.onnx").read_bytes()
    (tmp_path / "small.onnx").write_bytes(content[: len(content) // 2])

    assert "small.onnx" in refused(checkout(tmp_path), 5)


def test_a_pickle_with_code_is_refused_and_does_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    (tmp_path / "evil.pt").write_bytes(pickle.dumps(Evil(touched)))
    project = checkout(tmp_path, "evil.pt", "pytorch")
    project.spec(
        model={"architecture": "torch.nn:Identity", "inputs": [{"name": "x", "shape": ["batch", 4]}]},
    )

    assert "code" in refused(project, 5)
    assert not touched.exists()


def test_external_data_outside_the_models_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "small.onnx"
    write_small_onnx(path)
    model = onnx.load(path)
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.append(onnx.StringStringEntryProto(key="location", value="../../etc/hostname"))
    path.write_bytes(model.SerializeToString())

    assert "outside its folder" in refused(checkout(tmp_path), 5)


def test_a_build_that_was_killed_at_any_moment_is_completed_by_the_same_command(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")
    project = checkout(tmp_path)
    for wait_s in (1.0, 2.5, 5.0):
        process = project.start("optimize")
        time.sleep(wait_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not lock.read(tmp_path / "artifacts.lock.json").models

    result = project.serving("optimize")

    assert result.code == 0, result.err
    assert lock.read(tmp_path / "artifacts.lock.json").models["small"].reports
    assert not list((tmp_path / ".model-serving/artifacts/building").iterdir())
    assert not list(tmp_path.glob(".artifacts.lock.json.*"))


def test_ctrl_c_ends_with_one_line_and_nothing_half_written(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")
    project = checkout(tmp_path)
    process = project.start("optimize")
    assert process.stderr is not None
    while "measure" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(1)
    os.killpg(process.pid, signal.SIGINT)

    result = finished(process)

    assert result.code == INTERRUPTED
    assert result.err.strip().splitlines()[-1].startswith("interrupted: nothing is half-written")
    assert "Traceback" not in result.err
    assert not (tmp_path / "artifacts.lock.json").exists()


def test_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    write_small_onnx(tmp_path / "small.onnx")
    project = checkout(tmp_path)
    private = tmp_path / ".model-serving"
    private.mkdir()
    with full_disk(private) as reason:
        said = refused(project, 5)
    assert reason in said
    assert "free space" in said


def test_a_lock_from_another_machine_says_so_and_is_measured_again_here(tmp_path: Path) -> None:
    project = make_optimized_checkout(tmp_path)
    path = tmp_path / "artifacts.lock.json"
    locked = lock.read(path).models["small"]
    (report,) = locked.reports.values()
    other = report.model_copy(update={"hardware": report.hardware.model_copy(update={"cpu_model": "Other CPU"})})
    reports = {other.hardware.fingerprint: other}
    lock.write(path, Lock(models={"small": locked.model_copy(update={"reports": reports})}))

    result = project.serving("optimize")

    assert result.code == 0, result.err
    assert "the lock holds measurements of other machines (Other CPU, " in result.err
    assert f"measuring on this one ({report.hardware.description})" in result.err
    after = lock.read(path).models["small"]
    assert set(after.reports) == {other.hardware.fingerprint, report.hardware.fingerprint}
    assert after.reports[other.hardware.fingerprint] == other
