"""A pass runs in a process of its own, and whatever becomes of that, the build is told in one sentence."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from optimizers.errors import MissingExtra
from optimizers.model_source import ModelSource
from optimizers.onnx_export import OnnxExport
from optimizers.openvino_convert import OpenVinoConversion
from optimizers.pass_job import ModelOnDisk, PassJob, PassSpec
from optimizers.pass_process import PassFailed, run_passes
from optimizers.passes import Form, FormedModel, Pass
from optimizers.signature import Signature, TensorSpec
from optimizers.vocabulary import ModelFormat
from tests.support.broken_passes import BrokenPass, CountingPass
from tests.support.small_model import WIDTH, write_small_onnx

LONG_S = 120.0
SIGNATURE = Signature(
    inputs=(TensorSpec(name="input", shape=("batch", WIDTH)),),
    outputs=(TensorSpec(name="output", shape=("batch", WIDTH)),),
)
RUN = """
import sys
from optimizers.pass_job import PassJob
from optimizers.pass_process import run_passes
run_passes(PassJob.model_validate_json(sys.stdin.read()), "broken", 600)
"""


@pytest.fixture
def job(tmp_path: Path) -> PassJob:
    """A job without passes on a small model."""
    path, folder = tmp_path / "small.onnx", tmp_path / "result"
    write_small_onnx(path)
    folder.mkdir()
    return PassJob(
        passes=(PassSpec.of(OnnxExport()),),
        model=ModelOnDisk.of(FormedModel(Form.ONNX, SIGNATURE, path=path)),
        source=ModelSource(location="small", path=path, model_format=ModelFormat.ONNX),
        threads=1,
        folder=folder,
        answer=tmp_path / "answer.json",
    )


def with_passes(job: PassJob, *passes: Pass) -> PassJob:
    return job.model_copy(update={"passes": tuple(map(PassSpec.of, passes))})


@pytest.mark.parametrize("item", [OnnxExport(), OpenVinoConversion(fp16_weights=True), CountingPass("a", Path("b"))])
def test_a_pass_and_its_options_survive_as_text(item: Pass) -> None:
    spec = PassSpec.of(item)

    assert PassSpec.model_validate_json(spec.model_dump_json()).create() == item


def test_what_a_pass_gives_comes_back(job: PassJob) -> None:
    model = run_passes(with_passes(job, OnnxExport(), OpenVinoConversion()), "both", LONG_S)

    assert (model.form, model.signature, model.file) == (Form.OPENVINO, SIGNATURE, job.folder / "model.xml")


def test_the_original_is_loaded_by_the_process_that_needs_it(job: PassJob) -> None:
    model = run_passes(job.model_copy(update={"model": None}), "export", LONG_S)

    assert model.file.read_bytes()


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("crash", "^broken crashed: its process ended by SIGSEGV$"),
        ("exit", "^broken crashed: its process ended with exit code 7$"),
        ("leave", "^broken crashed: its process ended with exit code 5$"),
        ("out of memory", "^broken was killed, as the system does when memory runs out; build where more is free$"),
    ],
)
def test_a_process_that_ends_early_is_told_from_one_that_refuses(job: PassJob, way: str, message: str) -> None:
    with pytest.raises(PassFailed, match=message):
        run_passes(with_passes(job, BrokenPass(way)), "broken", LONG_S)


def test_what_the_library_says_is_the_reason(job: PassJob, tmp_path: Path) -> None:
    with pytest.raises(PassFailed, match=r"^counting cannot convert this model \(not this model\)$"):
        run_passes(with_passes(job, CountingPass("a", tmp_path / "log", fails=True)), "counting", LONG_S)


def test_a_missing_library_and_a_full_disk_stay_what_they_are(job: PassJob) -> None:
    with pytest.raises(MissingExtra, match="this pass needs the extra `onnx`"):
        run_passes(with_passes(job, BrokenPass("missing")), "broken", LONG_S)
    with pytest.raises(OSError, match="no space left on device"):
        run_passes(with_passes(job, BrokenPass("disk")), "broken", LONG_S)


def test_what_a_library_prints_does_no_harm(job: PassJob) -> None:
    assert run_passes(with_passes(job, BrokenPass("print")), "broken", LONG_S).form is Form.ONNX


def test_a_pass_that_hangs_is_ended_with_all_that_it_started(job: PassJob, tmp_path: Path) -> None:
    left = tmp_path / "left"

    with pytest.raises(PassFailed, match=r"^broken did not end within 20 s and was stopped$"):
        run_passes(with_passes(job, BrokenPass("hang", left)), "broken", 20)

    assert ended(left)


def test_what_a_pass_that_crashes_leaves_behind_is_ended_and_lies_in_the_folder_of_the_build(
    job: PassJob, tmp_path: Path
) -> None:
    left = tmp_path / "left"

    for way in ("crash and leave a process", "leave a temporary file"):
        with pytest.raises(PassFailed, match=r"^broken crashed: its process ended with exit code 7$"):
            run_passes(with_passes(job, BrokenPass(way, left)), "broken", LONG_S)

    assert ended(left)
    assert len(list(tmp_path.glob("left-*"))) == 1
    assert list(job.folder.iterdir()) == []


@pytest.mark.parametrize("way", ["hang", "hang without a turn for Python"])
def test_a_pass_ends_with_the_build_that_started_it(job: PassJob, tmp_path: Path, way: str) -> None:
    left = tmp_path / "left"
    build = subprocess.Popen([sys.executable, "-c", RUN], stdin=subprocess.PIPE, text=True)
    assert build.stdin is not None
    build.stdin.write(with_passes(job, BrokenPass(way, left)).model_dump_json())
    build.stdin.close()
    wait_for(left)

    build.kill()
    build.wait()

    assert ended(left)


def wait_for(path: Path) -> None:
    patience = int(LONG_S / 0.1)
    while not path.exists() and patience:
        time.sleep(0.1)
        patience -= 1
    assert path.exists()


def ended(left: Path) -> bool:
    """Whether the processes whose ids a pass left behind have ended."""
    ids = [int(item) for item in left.read_text().split()]
    psutil.wait_procs([psutil.Process(item) for item in ids if psutil.pid_exists(item)], timeout=LONG_S)
    return not any(map(runs, ids))


def runs(process_id: int) -> bool:
    return psutil.pid_exists(process_id) and psutil.Process(process_id).status() != psutil.STATUS_ZOMBIE
