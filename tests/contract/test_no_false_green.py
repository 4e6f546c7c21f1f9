"""A run in CI that proved nothing on the real engine is red, in one process and in several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.patience import PATIENCE_S

CONFTEST = Path(__file__).parents[1] / "conftest.py"
SETTINGS = """
[pytest]
testpaths = tests
addopts = -p no:cacheprovider --import-mode=importlib
filterwarnings = error
markers = integration: a test of the real engine
"""
ORDINARY = "def test_a_sum() -> None: assert 1 + 1 == 2"
INTEGRATION = """
import pytest

pytestmark = pytest.mark.integration

def test_an_engine() -> None: pass
"""
SKIPPED = """
import pytest

@pytest.fixture
def engine() -> None: pytest.skip("no engine")

@pytest.mark.integration
def test_an_engine(engine: None) -> None: pass
"""


@pytest.mark.parametrize("workers", [(), ("--numprocesses", "2", "--dist", "loadfile")], ids=["one", "two"])
@pytest.mark.parametrize(
    ("tests", "code", "said"),
    [
        ((ORDINARY,), 1, "integration tests: 0 passed, 0 skipped"),
        ((ORDINARY, INTEGRATION), 0, "integration tests: 1 passed, 0 skipped"),
        ((ORDINARY, INTEGRATION, SKIPPED), 1, "integration tests: 1 passed, 1 skipped"),
    ],
    ids=["none", "passed", "skipped"],
)
def test_ci_is_green_when_every_integration_test_passed(
    tmp_path: Path, tests: tuple[str, ...], code: int, said: str, workers: tuple[str, ...]
) -> None:
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/conftest.py").write_text(CONFTEST.read_text())
    for number, text in enumerate(tests):
        (tmp_path / f"tests/test_{number}.py").write_text(text)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}

    result = subprocess.run(
        [sys.executable, "-m", "pytest", *workers], cwd=tmp_path, env={**kept, "CI": "true"},
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip

    assert said in result.stdout, result.stdout + result.stderr
    assert result.returncode == code
