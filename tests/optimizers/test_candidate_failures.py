"""What goes wrong with one candidate, of its libraries or while it is measured, costs no other one."""

import json
from pathlib import Path

import pytest

from optimizers.artifact import MANIFEST_NAME
from optimizers.progress import SilentProgress
from tests.optimizers.test_build import build
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration


def small(folder: Path) -> Path:
    write_small_onnx(folder / "small.onnx")
    return folder / "small.onnx"


def test_a_library_that_one_runtime_lacks_costs_its_candidates_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "openvino.py").write_text("raise ModuleNotFoundError('no openvino', name='openvino')\n")
    monkeypatch.syspath_prepend(tmp_path)

    locked = build(small(tmp_path), tmp_path / "store")

    (report,) = locked.reports.values()
    assert report.chosen.startswith("onnx")
    for name in ("openvino-fp32", "openvino-int8"):
        told = report.candidate(name).verdict
        assert told.startswith("not built: ")
        assert told.endswith("run `uv sync --extra openvino`")


class Damages(SilentProgress):
    """Damages an artifact as soon as measuring starts, and the one that is chosen first."""

    def __init__(self, store: Path, victim: str) -> None:
        self.store, self.victim = store, victim
        self.chosen: list[str] = []

    def step(self, text: str) -> None:
        if text == "measure":
            self._damage(self.victim)
        elif text.startswith("measure "):
            self.chosen.append(text.split()[1])
            if len(self.chosen) == 1:
                self._damage(self.chosen[0])

    def _damage(self, candidate: str) -> None:
        for path in self.store.glob(f"sha256/*/{MANIFEST_NAME}"):
            manifest = json.loads(path.read_bytes())
            if manifest["name"] == candidate:
                (path.parent / manifest["entry"]).write_bytes(b"damaged")


def test_what_fails_while_it_is_measured_costs_one_candidate(tmp_path: Path) -> None:
    damages = Damages(tmp_path / "store", "openvino-fp32")

    locked = build(small(tmp_path), tmp_path / "store", progress=damages)

    (report,) = locked.reports.values()
    first, second = damages.chosen
    assert report.chosen == second
    for name in ("openvino-fp32", first):
        assert report.candidate(name).verdict.startswith("does not run: ")
        assert not report.candidate(name).measurements
    assert report.profile
