"""A build is repeatable, restartable, and lets no candidate spoil the others."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.build import optimize
from optimizers.candidate_builder import BuiltIndex, CandidateBuilder
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import MissingExtra
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.original_process import OriginalProcess
from optimizers.pass_process import PassFailed
from optimizers.progress import SilentProgress
from optimizers.recipe import recipe_for
from optimizers.report import QUANTILE_LEVELS
from optimizers.source_facts import SourceFacts
from optimizers.store import ArtifactStore
from optimizers.vocabulary import Accelerator, ModelFormat, Objective, Precision, Runtime
from tests.support.broken_passes import BrokenPass, CountingPass
from tests.support.locked_model import hardware
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration

MIB = 1 << 20
GOAL = Goal(latency_sla_ms=100, throughput_rps=10, threads=1)
QUICK = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=0.05, min_turns=1, warmup_calls=1)
BUILD = """
import json, sys
from pathlib import Path
from tests.optimizers.test_build import build
locked = build(Path(sys.argv[1]), Path(sys.argv[2]))
print(json.dumps({artifact.name: artifact.sha256 for artifact in locked.artifacts}))
"""
ROOT = Path(__file__).parents[2]


class Steps(SilentProgress):
    """Remembers the steps."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    def step(self, text: str) -> None:
        self.taken.append(text)


def build(  # noqa: PLR0913, PLR0917 - what a test may vary
    model: Path,
    store: Path,
    previous: LockedModel | None = None,
    on: Hardware | None = None,
    progress: SilentProgress | None = None,
    goal: Goal = GOAL,
    budget_s: float | None = None,
) -> LockedModel:
    source = ModelSource(location=model.name, path=model, model_format=ModelFormat.ONNX)
    machine = on or hardware()
    return optimize(
        source,
        goal,
        machine,
        ArtifactStore(store),
        previous,
        progress or SilentProgress(),
        budget_s=budget_s,
        benchmark=QUICK,
    )


@dataclass(frozen=True)
class Built:
    """A small model and what was built of it."""

    model: Path
    store: Path
    locked: LockedModel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("built")
    write_small_onnx(folder / "small.onnx")
    return Built(folder / "small.onnx", folder / "store", build(folder / "small.onnx", folder / "store"))


def test_the_chosen_candidate_is_measured_alone_at_more_batch_sizes(built: Built) -> None:
    (report,) = built.locked.reports.values()

    assert [item.batch_size for item in report.profile] == [1, 2, 4, 8, 16, 32]
    assert report.call_times == report.profile
    assert all(len(item.quantiles_ms) == len(QUANTILE_LEVELS) for item in report.profile)
    assert all(
        min(item.quantiles_ms) - 1e-3 <= item.p50.value_ms <= max(item.quantiles_ms) + 1e-3 for item in report.profile
    )


def test_a_lock_without_a_profile_is_read_as_before(built: Built) -> None:
    (report,) = built.locked.reports.values()
    old = report.model_copy(update={"profile": ()})

    assert old.call_times == report.candidate(report.chosen).measurements


def test_the_report_holds_every_candidate_with_its_verdict(built: Built) -> None:
    (report,) = built.locked.reports.values()
    verdicts = {candidate.name: candidate.verdict for candidate in report.candidates}

    assert verdicts[report.chosen].startswith("chosen: lowest p50")
    assert verdicts["openvino-bf16"].startswith("not built: Test CPU has no BF16 arithmetic")
    assert all(verdicts.values())
    assert report.threads == 1
    assert {"onnxruntime", "openvino"} <= set(report.versions)


def test_another_process_builds_the_same_bytes(built: Built, tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-c", BUILD, str(built.model), str(tmp_path)],
        check=False, capture_output=True, text=True, cwd=ROOT, env={"PYTHONHASHSEED": "1", "PATH": ""},
    )  # fmt: skip

    assert finished.returncode == 0, finished.stderr
    digests = json.loads(finished.stdout.splitlines()[-1])
    assert digests == {artifact.name: artifact.sha256 for artifact in built.locked.artifacts}


def test_a_second_build_does_nothing(built: Built) -> None:
    steps = Steps()

    assert build(built.model, built.store, built.locked, progress=steps) is built.locked
    assert steps.taken == []


def test_another_model_gives_other_artifacts(built: Built, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    write_small_onnx(other, seed=8)

    changed = build(other, built.store, built.locked, budget_s=0.5)

    assert changed.model_sha256 != built.locked.model_sha256
    assert not {item.sha256 for item in changed.artifacts} & {item.sha256 for item in built.locked.artifacts}


def test_on_another_machine_the_same_artifacts_are_measured_again(built: Built) -> None:
    steps = Steps()

    moved = build(built.model, built.store, built.locked, on=hardware(cpu_cores=4), progress=steps)

    assert moved.artifacts == built.locked.artifacts
    assert len(moved.reports) == 2
    assert moved.reports.items() >= built.locked.reports.items()
    assert "measure" in steps.taken


def test_bytes_that_another_machine_is_locked_to_are_not_replaced(built: Built, tmp_path: Path) -> None:
    """As where ranges that a processor measures differ in their last digits."""
    (fingerprint,) = built.locked.reports
    report = built.locked.reports[fingerprint]
    other = next(item for item in built.locked.artifacts if item.name != report.chosen)
    elsewhere = other.model_copy(update={"sha256": "e" * 64})
    candidates = tuple(
        item.model_copy(update={"artifact_sha256": elsewhere.sha256}) if item.name == other.name else item
        for item in report.candidates
    )
    locked = built.locked.model_copy(
        update={
            "artifacts": tuple(elsewhere if item.name == other.name else item for item in built.locked.artifacts),
            "reports": {fingerprint: report.model_copy(update={"candidates": candidates})},
        }
    )

    moved = build(built.model, tmp_path / "store", locked, on=hardware(cpu_cores=4))

    assert moved.artifact(other.name) == elsewhere
    told = moved.reports[hardware(cpu_cores=4).fingerprint].candidate(other.name)
    assert told.verdict.startswith(
        "not used: INT8 as this processor computes it gives other bytes than the locked ones"
    )
    assert moved.reports[fingerprint] == locked.reports[fingerprint]


def test_a_chosen_artifact_that_was_changed_on_disk_is_built_again(built: Built) -> None:
    (report,) = built.locked.reports.values()
    chosen = built.locked.artifact(report.chosen)
    assert chosen is not None
    store = ArtifactStore(built.store)
    victim = store.folder(chosen.sha256) / chosen.files[-1].path
    victim.write_bytes(b"changed")

    build(built.model, built.store, built.locked)

    assert store.verify(chosen)


class Stopped(Exception):
    """What a display raises that ends a build at its first step."""


class Stops(SilentProgress):
    """Ends a build as soon as it does anything."""

    def step(self, text: str) -> None:
        raise Stopped(text)


def test_once_the_time_is_used_up_the_most_promising_is_built_and_the_rest_is_not_tried(
    built: Built, tmp_path: Path
) -> None:
    steps = Steps()

    hasty = build(built.model, tmp_path / "store", progress=steps, budget_s=0.5)

    (report,) = hasty.reports.values()
    first = next(text for text in steps.taken if text.startswith("build "))
    untried = [item for item in report.candidates if item.verdict == "not tried: the budget of 0.5 s was used up"]
    assert first.startswith("build onnx-static-int8, ")
    assert first.endswith(" s left")
    assert report.budget_s == 0.5
    assert len(untried) >= 3
    assert report.candidate(report.chosen).measurements
    # As long as there is no more time there is nothing to do; with more, what is left is tried.
    assert build(built.model, tmp_path / "store", hasty, budget_s=0.5) is hasty
    with pytest.raises(Stopped):
        build(built.model, tmp_path / "store", hasty, progress=Stops(), budget_s=60)
    with pytest.raises(Stopped):
        build(built.model, tmp_path / "store", hasty, progress=Stops())


def test_another_goal_chooses_again_among_the_artifacts_that_are_there(built: Built) -> None:
    smallest = GOAL.model_copy(update={"objective": Objective.SMALLEST, "latency_sla_ms": 10_000})

    chosen = build(built.model, built.store, built.locked, goal=smallest)

    (report,) = chosen.reports.values()
    passed = [item.size_bytes for item in report.candidates if item.parity and item.parity.passed]
    assert report.candidate(report.chosen).size_bytes == min(passed)
    assert report.candidate(report.chosen).verdict.startswith("chosen: smallest within the SLA")
    assert chosen.artifacts == built.locked.artifacts
    assert chosen.request.difference(built.locked.request) == "`objective` is `smallest`, in the lock `fastest`"
    with pytest.raises(Stopped):
        build(built.model, built.store, chosen, progress=Stops())


def test_each_candidate_that_was_compared_says_what_it_takes_of_memory(built: Built) -> None:
    (report,) = built.locked.reports.values()

    taken = {item.name: item.memory_bytes for item in report.candidates if item.parity}
    assert all(taken.values())
    assert max(memory or 0 for memory in taken.values()) < 500 * MIB


def recipe(name: str, *passes: Any) -> CandidateRecipe:
    return CandidateRecipe(name, Runtime.ONNXRUNTIME, Precision.FP32, passes)


def facts(source: ModelSource, folder: Path) -> OriginalFacts:
    with OriginalProcess(source, 1, folder) as original:
        return original.facts


@pytest.fixture
def builder(built: Built, tmp_path: Path) -> CandidateBuilder:
    source = ModelSource(location="small", path=built.model, model_format=ModelFormat.ONNX)
    store = ArtifactStore(tmp_path / "store")
    work = tmp_path / "store" / "work"
    work.mkdir(parents=True)
    return CandidateBuilder(
        store=store,
        index=BuiltIndex(store, "m", "r", hardware()),
        work=work,
        original=facts(source, tmp_path / "original"),
        source=source,
        model_sha256="m",
        threads=1,
        samples=tmp_path / "samples",
        reference="{}",
    )


def test_a_pass_that_candidates_share_runs_once(builder: CandidateBuilder, tmp_path: Path) -> None:
    log = tmp_path / "log"
    shared, last = CountingPass("shared", log), CountingPass("last", log)

    builder.build(recipe("a", shared))
    builder.build(recipe("b", shared, last))
    builder.build(recipe("c", shared, last))

    assert log.read_text().split() == ["shared", "last"]


def test_a_shared_pass_that_fails_runs_once_and_every_candidate_says_why(
    builder: CandidateBuilder, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    shared = CountingPass("shared", log, fails=True)

    for name in ("a", "b"):
        with pytest.raises(PassFailed, match=r"counting cannot convert this model \(not this model\)"):
            builder.build(recipe(name, shared, CountingPass("last", log)))
    builder.build(recipe("c", CountingPass("other", log)))

    assert log.read_text().split() == ["shared", "other"]


def test_a_library_that_a_shared_pass_lacks_is_looked_for_once(builder: CandidateBuilder, tmp_path: Path) -> None:
    log = tmp_path / "log"
    shared = (CountingPass("shared", log), BrokenPass("missing"))

    for name in ("a", "b"):
        with pytest.raises(MissingExtra, match="this pass needs the extra `onnx`"):
            builder.build(recipe(name, *shared, CountingPass(name, log)))

    assert log.read_text().split() == ["shared"]


@dataclass
class CalledSession:
    """Remembers who was called when."""

    name: str
    calls: list[str]

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        self.calls.append(self.name)
        return dict(inputs)


def test_candidates_are_measured_in_turns_and_warm_up_is_not_counted() -> None:
    calls: list[str] = []
    config = QUICK.model_copy(update={"warmup_calls": 5, "calls_per_turn": 2, "min_turns": 4, "budget_s": 1e-6})

    found = measure({name: CalledSession(name, calls) for name in ("a", "b")}, {1: {}}, config)

    assert {name: items[0].samples for name, items in found.items()} == {"a": 8, "b": 8}
    timed = calls[2 * (5 + 1) :]
    assert [set(timed[start : start + 6]) for start in range(0, len(timed), 6)] == [{"a", "b"}] * 4


@pytest.mark.parametrize(
    ("sla_ms", "size_bytes", "accelerator", "first"),
    [
        (9, 1, Accelerator.CPU, "openvino-fp32"),
        (10, 60_000_000, Accelerator.CPU, "onnx-int8"),
        (100, 1, Accelerator.CPU, "onnx-static-int8"),
        (101, 1, Accelerator.CPU, "onnx-optimized"),
    ],
)
def test_the_first_choice_follows_the_tree(sla_ms: int, size_bytes: int, accelerator: Accelerator, first: str) -> None:
    facts = SourceFacts(model_format=ModelFormat.PYTORCH, model_size_bytes=size_bytes)

    found = recipe_for(
        facts, GOAL.model_copy(update={"latency_sla_ms": sla_ms, "accelerator": accelerator}), hardware()
    )

    assert found.first_choice == first


def test_bf16_is_tried_where_the_processor_has_it() -> None:
    facts = SourceFacts(model_format=ModelFormat.PYTORCH, model_size_bytes=1)
    amx = hardware().model_copy(update={"cpu_features": ("amx_bf16", "amx_tile")})

    refused = {item.name: item.refused for item in recipe_for(facts, GOAL, hardware()).candidates}
    offered = {item.name for item in recipe_for(facts, GOAL, amx).offered}

    assert refused["openvino-bf16"]
    assert "openvino-bf16" in offered
