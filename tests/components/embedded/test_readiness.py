"""A busy server is not called dead, and a dead one is told at once."""

from pathlib import Path

import pytest

from components.embedded import readiness
from components.embedded.server_config import ServerConfig
from optimizers.store import ArtifactStore
from tests.support.served_artifact import server_inputs, small_artifact


@pytest.fixture
def config(store: ArtifactStore, run_folder: Path) -> ServerConfig:
    return server_inputs(store, small_artifact(store), run_folder).config


@pytest.mark.parametrize(
    ("probes", "alive", "ready", "asked"),
    [
        ([True], True, True, 1),
        ([False, True], True, True, 2),
        ([False, False, True], True, True, 3),
        ([False, False, False], True, False, 3),
        ([False, True], False, False, 1),
    ],
    ids=["ready", "busy", "very busy", "hangs", "dead"],
)
def test_a_probe_is_repeated_while_the_process_lives(  # noqa: PLR0913, PLR0917 - a table and its fixtures
    config: ServerConfig,
    run_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    probes: list[bool],
    alive: bool,
    ready: bool,
    asked: int,
) -> None:
    left = iter(probes)
    monkeypatch.setattr(readiness, "PROBE_PAUSE_S", 0)
    monkeypatch.setattr(readiness, "is_ready", lambda _: next(left))
    monkeypatch.setattr(readiness, "arbiter", lambda _: object() if alive else None)

    assert readiness.stays_ready(config, run_folder) is ready
    assert len(list(left)) == len(probes) - asked


def test_all_probes_take_at_most_ten_seconds() -> None:
    pauses = (readiness.PROBES - 1) * readiness.PROBE_PAUSE_S

    assert readiness.PROBES * readiness.PROBE_TIMEOUT_S + pauses <= 10
