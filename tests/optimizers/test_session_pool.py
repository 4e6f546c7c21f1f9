"""Sessions of a search: opened once, closed when nobody asks, none lost where another fails."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import psutil
import pytest

from optimizers.candidate_process import CandidateProcess
from optimizers.does_not_run import DoesNotRun
from optimizers.errors import UnsupportedModel
from optimizers.halving import Arm
from optimizers.session import Session
from optimizers.session_pool import SessionPool
from optimizers.store import ArtifactStore
from tests.support.served_artifact import small_artifact, unloadable_artifact
from tests.support.small_model import WIDTH


class Plain:
    """A session that answers with what it is asked."""

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        return dict(inputs)


def test_arms_that_differ_in_the_batch_alone_share_a_session() -> None:
    pool = SessionPool(lambda _: cast("Session", Plain()))

    opened = pool.open([Arm("a", 2, 1, 1), Arm("a", 2, 1, 8), Arm("a", 1, 2, 1)])

    assert opened[Arm("a", 2, 1, 1)] is opened[Arm("a", 2, 1, 8)]
    assert opened[Arm("a", 2, 1, 1)] is not opened[Arm("a", 1, 2, 1)]


def test_a_session_is_opened_again_only_where_it_was_not_asked_for_in_between() -> None:
    pool = SessionPool(lambda _: cast("Session", Plain()))
    a, b = Arm("a", 2, 1, 1), Arm("b", 2, 1, 1)

    first = pool.open([a, b])
    second = pool.open([a])
    third = pool.open([a, b])

    assert first[a] is second[a] is third[a]
    assert first[b] is not third[b]


@pytest.mark.parametrize("broken", ["a", "b", "c"])
def test_where_one_cannot_be_opened_it_is_named_and_the_others_are_kept_to_be_closed(broken: str) -> None:
    opened: list[str] = []

    def opens(arm: Arm) -> Session:
        if arm.candidate == broken:
            raise UnsupportedModel("no such operator")
        opened.append(arm.candidate)
        return cast("Session", Plain())

    pool = SessionPool(opens)
    arms = [Arm(name, 2, 1, 1) for name in "abc"]

    with pytest.raises(DoesNotRun, match="no such operator") as failed:
        pool.open(arms)

    assert failed.value.name == broken
    pool.open([arm for arm in arms if arm.candidate != broken])
    assert sorted(opened) == sorted({"a", "b", "c"} - {broken})


def test_processes_load_side_by_side_and_one_that_cannot_is_named(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    folders = {
        "right": store.folder(small_artifact(store).sha256),
        "wrong": store.folder(unloadable_artifact(store).sha256),
    }
    started: list[CandidateProcess] = []

    def opens(arm: Arm) -> Session:
        started.append(
            CandidateProcess(
                folders[arm.candidate], arm.configuration, tmp_path / f"process-{len(started)}", waits=False
            )
        )
        return started[-1]

    pool = SessionPool(opens)
    right, wrong = Arm("right", 1, 1, 1), Arm("wrong", 1, 1, 1)
    try:
        with pytest.raises(DoesNotRun, match="the runtime cannot load it") as failed:
            pool.open([wrong, right])
        assert failed.value.name == "wrong"
        assert len(started) == len(folders)
        assert pool.open([right])[right].run({"input": np.ones((1, WIDTH), np.float32)})["output"].shape == (1, WIDTH)
        assert len(started) == len(folders)
    finally:
        pool.close()
    assert not any(psutil.pid_exists(process.process_id) for process in started)
