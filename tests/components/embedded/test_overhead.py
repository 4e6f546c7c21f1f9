"""What a server adds to the model, measured with a real one."""

import shutil
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.capacity.arrivals import arrival_times
from components.embedded import overhead, process
from components.embedded.overhead import Round, can_measure, measure_rounds, overhead_from
from components.load.job import Job, LoadJob, SaturationJob
from optimizers.errors import ServingError
from optimizers.report import ServerOverhead
from optimizers.store import ArtifactStore
from tests.support.locked_model import measurement, report
from tests.support.served_artifact import slow_artifact

MEASURED = report(measurement(10, 12)).model_copy(update={"sequence_length": None, "threads": 1})
times = st.floats(min_value=0.001, max_value=1e4)


def quiet(bare_ms: float, apart_ms: float, lone_ms: float) -> Round:
    return Round(bare_ms=(bare_ms, bare_ms, bare_ms), apart_ms=apart_ms, lone_ms=lone_ms)


def test_what_lies_between_answers_beside_the_call_keeps_the_server_busy_and_the_rest_is_waited_for() -> None:
    assert overhead_from([quiet(10, 11.5, 14)]) == ServerOverhead(busy_ms=1.5, waiting_ms=2.5)


def test_what_a_change_of_rows_costs_is_the_median_of_the_rounds() -> None:
    rounds = [quiet(10, 12, 14)._replace(resize_ms=cost_ms) for cost_ms in (-0.1, 3, 4)]

    assert overhead_from(rounds) == ServerOverhead(busy_ms=2, waiting_ms=2, resize_ms=3)


def test_a_pause_of_the_machine_does_not_count() -> None:
    paused = Round(bare_ms=(10, 16, 10), apart_ms=18, lone_ms=40)

    assert overhead_from([quiet(10, 11, 13), quiet(10, 11, 13), paused]) == ServerOverhead(busy_ms=1, waiting_ms=2)


def test_a_difference_that_is_less_than_the_noise_of_the_model_alone_says_nothing() -> None:
    assert overhead_from([Round(bare_ms=(100, 109, 100), apart_ms=107, lone_ms=107.5)] * 3) is None
    assert overhead_from([quiet(10, 9, 12)]) is None
    assert overhead_from([]) is None


@given(st.lists(st.builds(quiet, times, times, times), min_size=1, max_size=6))
def test_noise_never_makes_a_server_faster_than_its_model(rounds: list[Round]) -> None:
    found = overhead_from(rounds)

    assert found is None or (found.busy_ms >= 0 and found.waiting_ms >= 0)
    assert found is None or median(item.apart_ms for item in rounds) >= min(min(item.bare_ms) for item in rounds)


@pytest.mark.parametrize(
    ("call_ms", "lone"), [(0.1, LoadJob), (40, LoadJob), (70, SaturationJob), (5000, SaturationJob)]
)
def test_lone_requests_are_enough_and_end_in_time(call_ms: float, lone: type[Job]) -> None:
    job = overhead.lone_job("http://127.0.0.1:1/predict", [[1.0]], call_ms, seed=1)

    assert type(job) is lone
    assert job.seconds <= overhead.LONGEST_S
    if isinstance(job, LoadJob):
        assert job.rate_rps * call_ms / 1000 <= overhead.LONE_UTILIZATION + 1e-9
        assert arrival_times(job.rate_rps, job.seconds, job.seed, job.arrival_variation)


@pytest.mark.parametrize(("p50_ms", "measured"), [(10, True), (300, False)])
def test_slow_models_are_not_measured(p50_ms: float, measured: bool) -> None:
    assert can_measure(report(measurement(p50_ms, p50_ms))) is measured


@pytest.mark.integration
def test_a_real_server_is_measured_and_removed(tmp_path: Path) -> None:
    store, run_folder = ArtifactStore(tmp_path / "store"), tmp_path / "run"
    artifact = slow_artifact(store, iterations=2000)

    rounds = measure_rounds(store, artifact, MEASURED, run_folder)

    assert len(rounds) == overhead.ROUNDS
    # On a machine that other tests share too, no server answers in half the time that its model ever took.
    fastest_ms = min(bare_ms for item in rounds for bare_ms in item.bare_ms)
    assert all(min(item.apart_ms, item.lone_ms) > fastest_ms / 2 for item in rounds)
    assert not run_folder.exists()
    assert process.running_config(run_folder) is None


@pytest.mark.integration
def test_a_server_that_does_not_start_is_told_and_removed(tmp_path: Path) -> None:
    store, run_folder = ArtifactStore(tmp_path / "store"), tmp_path / "run"
    artifact = slow_artifact(store, iterations=2000)
    shutil.rmtree(store.folder(artifact.sha256))

    with pytest.raises(ServingError):
        measure_rounds(store, artifact, MEASURED, run_folder)

    assert not run_folder.exists()
