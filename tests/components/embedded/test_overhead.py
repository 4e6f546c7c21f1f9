"""What a server adds to the model, measured with a real one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.embedded import overhead
from components.embedded.overhead import Round, measure_overhead, overhead_of
from optimizers.report import ServerOverhead
from optimizers.store import ArtifactStore
from tests.support.locked_model import measurement, report
from tests.support.served_artifact import slow_artifact

MEASURED = report(measurement(10, 12)).model_copy(update={"sequence_length": None, "threads": 1})
times = st.floats(min_value=0.001, max_value=1e4)


def quiet(bare_ms: float, apart_ms: float, lone_ms: float) -> Round:
    return Round(bare_ms=(bare_ms, bare_ms, bare_ms), apart_ms=apart_ms, lone_ms=lone_ms)


def test_what_lies_between_answers_beside_the_call_keeps_the_server_busy_and_the_rest_is_waited_for() -> None:
    assert overhead_of([quiet(10, 11.5, 14)]) == ServerOverhead(busy_ms=1.5, waiting_ms=2.5)


def test_one_disturbed_round_does_not_count() -> None:
    disturbed = Round(bare_ms=(10, 16, 10), apart_ms=30, lone_ms=40)

    assert overhead_of([quiet(10, 11, 13), disturbed]) == ServerOverhead(busy_ms=1, waiting_ms=2)


def test_without_a_quiet_round_nothing_is_known() -> None:
    assert overhead_of([Round(bare_ms=(10, 10, 12), apart_ms=13, lone_ms=15)]) is None
    assert overhead_of([]) is None


@given(st.lists(st.builds(quiet, times, times, times), min_size=1))
def test_noise_never_makes_a_server_faster_than_its_model(rounds: list[Round]) -> None:
    found = overhead_of(rounds)

    assert found is not None
    assert found.busy_ms >= 0
    assert found.waiting_ms >= 0


@pytest.mark.integration
def test_a_real_server_is_measured_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Tests share this machine with others, whose noise must not decide.
    monkeypatch.setattr(overhead, "DISTURBED", float("inf"))
    store = ArtifactStore(tmp_path / "store")
    artifact = slow_artifact(store, iterations=2000)

    found = measure_overhead(store, artifact, MEASURED)

    assert found is not None
    assert found.busy_ms + found.waiting_ms > 0
