"""What the light commands import: in their own process and in each one that the engine starts for them."""

from pathlib import Path

import pytest

from tests.support.checkout import Checkout, finished

HEAVY = {
    "torch", "torchvision", "transformers", "tokenizers", "safetensors", "onnx", "onnxruntime", "onnxscript", "openvino",
    "numpy", "scipy", "sklearn", "bentoml", "matplotlib", "boto3", "botocore", "google.cloud", "kubernetes", "azure",
    "pulumi_aws", "pulumi_gcp", "pulumi_kubernetes",
}  # fmt: skip
# Notes every module that a Python process starts to import, with what that process runs.
WATCH = """
import os, sys

def note(event, arguments):
    if event == "import":
        os.write(log, f"{arguments[0]} {' '.join(sys.orig_argv)}\\n".encode())

log = os.open(os.environ["IMPORT_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
sys.addaudithook(note)
"""


def imported_by(checkout: Checkout, folder: Path, *command: str) -> dict[str, set[str]]:
    """Run a command; return each module that was imported, with the processes that did."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(WATCH)
    log = folder / "imports.txt"

    result = finished(checkout.start(*command, PYTHONPATH=str(folder), IMPORT_LOG=str(log)))

    assert result.code == 0, result.err
    found: dict[str, set[str]] = {}
    for line in log.read_text().splitlines():
        name, _, process = line.partition(" ")
        found.setdefault(name, set()).add(process)
    return found


def heavy(modules: dict[str, set[str]]) -> dict[str, set[str]]:
    return {
        name: processes
        for name, processes in modules.items()
        if any(name == package or name.startswith(f"{package}.") for package in HEAVY)
    }


@pytest.mark.parametrize(
    "command",
    [["--help"], ["validate"], ["plan"], ["schema"], ["up", "--help"], ["prices", "show"], ["prices", "check"]],
    ids=" ".join,
)
def test_a_light_command_imports_neither_a_heavy_library_nor_pulumi(
    optimized: Checkout, tmp_path: Path, command: list[str]
) -> None:
    found = imported_by(optimized, tmp_path / "watched", *command)

    assert "stacks.cli.app" in found
    assert heavy(found) == {}
    assert "pulumi" not in found


@pytest.mark.integration
def test_no_process_of_a_preview_imports_a_heavy_library(optimized: Checkout, tmp_path: Path) -> None:
    found = imported_by(optimized, tmp_path / "watched", "preview", "--json")

    assert heavy(found) == {}
    processes = " ".join(found["pulumi"])
    for process in (
        "serving preview",
        "stacks.engine.language_host",
        "pulumi.policy",
        "stacks.engine.dynamic_provider",
    ):
        assert process in processes


@pytest.mark.integration
def test_an_up_with_nothing_to_build_imports_no_training_library_in_its_own_process(
    optimized: Checkout, tmp_path: Path
) -> None:
    found = imported_by(optimized, tmp_path / "watched", "up", "--json")

    own = {name for name, processes in heavy(found).items() if any("serving up" in process for process in processes)}
    assert own == set()
