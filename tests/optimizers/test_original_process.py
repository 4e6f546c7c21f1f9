"""The original in a process of its own answers as it does in this one, and whatever becomes of the process is told."""

import os
import signal
from collections.abc import Generator
from pathlib import Path

import numpy as np
import psutil
import pytest

from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import load_original
from optimizers.original_process import OriginalProcess
from optimizers.passes import Form
from optimizers.vocabulary import ModelFormat, Runtime
from tests.support.small_model import WIDTH, write_small_onnx

ROWS = {"input": np.random.default_rng(1).standard_normal((3, WIDTH)).astype(np.float32)}


@pytest.fixture
def source(tmp_path: Path) -> ModelSource:
    path = tmp_path / "small.onnx"
    write_small_onnx(path)
    return ModelSource(location="small", path=path, model_format=ModelFormat.ONNX)


@pytest.fixture
def original(source: ModelSource, tmp_path: Path) -> Generator[OriginalProcess]:
    with OriginalProcess(source, 1, tmp_path / "original") as loaded:
        yield loaded


def test_it_is_known_and_answers_as_in_this_process(original: OriginalProcess, source: ModelSource) -> None:
    here = load_original(source, 1)

    assert original.facts.signature == here.model.signature
    assert (original.facts.form, original.facts.runtime) == (Form.ONNX, Runtime.ONNXRUNTIME)
    assert np.array_equal(original.run(ROWS)["output"], here.session.run(ROWS)["output"])


def test_its_calls_are_timed_where_it_is(original: OriginalProcess) -> None:
    config = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1, 2), min_turns=3, calls_per_turn=4, budget_s=1e-9)

    one, two = measure({"original": original}, {1: ROWS}, config)["original"]

    assert (one.samples, two.samples) == (12, 24)
    assert one.p50.value_ms < 1000


def test_what_the_model_says_of_wrong_inputs_comes_back(original: OriginalProcess) -> None:
    with pytest.raises(RuntimeError, match="input"):
        original.run({"other": ROWS["input"]})

    assert len(original.run(ROWS)["output"]) == 3


def test_a_damaged_model_is_refused_in_the_same_words(source: ModelSource, tmp_path: Path) -> None:
    source.path.write_bytes(b"no model")
    with pytest.raises(UnsupportedModel) as here:
        load_original(source, 1)

    with pytest.raises(UnsupportedModel) as there:
        OriginalProcess(source, 1, tmp_path / "original")

    assert str(there.value) == str(here.value)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (signal.SIGSEGV, "^small: the original crashed: its process ended by SIGSEGV$"),
        (signal.SIGKILL, "^small: the original was killed, as the system does when memory runs out"),
    ],
)
def test_a_crash_is_told(original: OriginalProcess, number: signal.Signals, message: str) -> None:
    os.kill(original.process_id, number)

    with pytest.raises(UnsupportedModel, match=message):
        original.run(ROWS)


def test_one_that_does_not_answer_is_given_up(source: ModelSource, tmp_path: Path) -> None:
    with OriginalProcess(source, 1, tmp_path / "original", timeout_s=20) as original:
        os.kill(original.process_id, signal.SIGSTOP)

        with pytest.raises(UnsupportedModel, match=r"^small: the original did not answer within 20 s$"):
            original.run(ROWS)


def test_nothing_runs_after_it_is_closed(source: ModelSource, tmp_path: Path) -> None:
    with OriginalProcess(source, 1, tmp_path / "original") as original:
        group = [item.pid for item in psutil.Process(original.process_id).children(recursive=True)]

    psutil.wait_procs([psutil.Process(item) for item in group if psutil.pid_exists(item)], timeout=60)
    assert not psutil.pid_exists(original.process_id)
    assert not [item for item in group if psutil.pid_exists(item) and psutil.Process(item).status() != "zombie"]
