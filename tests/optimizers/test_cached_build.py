"""What is built and locked already is told at once, by nothing but the lock and the store."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.optimizers.test_build import GOAL, build
from tests.support.small_model import write_small_onnx

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "tensorflow", "onnx", "onnxruntime", "openvino", "nncf", "transformers", "numpy")
AGAIN = f"""
import json, sys
from pathlib import Path
from optimizers.build import optimize
from optimizers.goal import Goal
from optimizers.lock import LockedModel
from optimizers.model_source import ModelSource
from optimizers.progress import SilentProgress
from optimizers.store import ArtifactStore
from optimizers.vocabulary import ModelFormat
from tests.support.locked_model import hardware
model, store, lock, goal = sys.argv[1:]
previous = LockedModel.model_validate_json(Path(lock).read_bytes())
source = ModelSource(location="small.onnx", path=Path(model), model_format=ModelFormat.ONNX)
goal = Goal.model_validate_json(goal)
found = optimize(source, goal, hardware(), ArtifactStore(Path(store)), previous, SilentProgress(), budget_s=1)
print(json.dumps([found == previous, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def test_a_cached_build_loads_no_library_of_models(tmp_path: Path) -> None:
    model, store, lock = tmp_path / "small.onnx", tmp_path / "store", tmp_path / "locked.json"
    write_small_onnx(model)
    lock.write_text(build(model, store, budget_s=1).model_dump_json())

    again = subprocess.run(
        [sys.executable, "-c", AGAIN, model, store, lock, GOAL.model_dump_json()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(again.stdout) == [True, []]
