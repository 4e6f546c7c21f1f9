"""Other labels or limits mean another build; without labels nothing of a lock changes."""

from pathlib import Path

import pytest

from optimizers.accuracy import AccuracyLimits
from optimizers.build_request import build_request
from optimizers.goal import Goal
from optimizers.model_source import ModelSource
from optimizers.recipe import recipe_for
from optimizers.source_facts import facts_of
from optimizers.vocabulary import ModelFormat
from tests.support.locked_model import hardware
from tests.support.small_model import write_small_onnx

GOAL = Goal(latency_sla_ms=50, throughput_rps=10, threads=1)
STRICT = GOAL.model_copy(update={"accuracy": AccuracyLimits(rmse=0)})


@pytest.fixture
def bare(tmp_path: Path) -> ModelSource:
    write_small_onnx(tmp_path / "small.onnx")
    return ModelSource(location="small.onnx", path=tmp_path / "small.onnx", model_format=ModelFormat.ONNX)


@pytest.fixture
def labelled(bare: ModelSource, tmp_path: Path) -> ModelSource:
    path = tmp_path / "labelled.jsonl"
    path.write_text('{"input": 1, "target": 2}')
    return bare.model_copy(update={"evaluation": path, "evaluation_location": "labelled.jsonl"})


def digest(source: ModelSource, goal: Goal = GOAL) -> str:
    return recipe_for(facts_of(source), goal, hardware()).sha256


def test_the_digest_follows_the_content_of_the_labels_and_the_limits(bare: ModelSource, labelled: ModelSource) -> None:
    before = digest(labelled)
    assert labelled.evaluation is not None
    labelled.evaluation.write_text('{"input": 1, "target": 3}')

    assert len({digest(bare), before, digest(labelled), digest(labelled, STRICT)}) == 4
    assert digest(bare) == digest(bare, STRICT)


def test_a_lock_for_other_labels_or_limits_is_outdated_and_says_so(bare: ModelSource, labelled: ModelSource) -> None:
    locked = build_request(labelled, GOAL)

    assert build_request(labelled, GOAL).difference(locked) is None
    assert build_request(bare, GOAL).difference(locked) == "`evaluation` is not set, in the lock `labelled.jsonl`"
    assert "`accuracy` is" in str(build_request(labelled, STRICT).difference(locked))


def test_without_labels_a_request_reads_as_it_always_did(bare: ModelSource) -> None:
    assert not {"evaluation", "accuracy"} & build_request(bare, STRICT).model_dump(mode="json").keys()
