import ast
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = {
    "optimizers": {"optimizers"},
    "components": {"optimizers", "components"},
    "policies": {"optimizers", "components", "policies"},
    "stacks": {"optimizers", "components", "policies", "stacks"},
}
SOURCES = [path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PURE_NAMES = {"plan.py", "manifests.py", "requests.py"}
PURE_FOLDER = ("components", "capacity")
SHAPELESS_NAMES = {"utils", "helpers", "common", "manager", "base", "misc"}


def imported(path: Path) -> set[str]:
    modules = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
    return modules


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_layers_point_one_way(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    own = {module.split(".")[0] for module in imported(path)} & LAYERS.keys()

    assert own <= LAYERS[layer]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_optimizers_and_pure_files_never_import_pulumi(path: Path) -> None:
    inside = path.relative_to(ROOT)
    is_pure = inside.parts[0] == "optimizers" or inside.parts[:2] == PURE_FOLDER or path.name in PURE_NAMES

    assert not is_pure or not any(module.split(".")[0].startswith("pulumi") for module in imported(path))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_is_short_and_named_for_one_concept(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
    assert path.stem not in SHAPELESS_NAMES


def test_the_program_fits_on_a_page() -> None:
    assert len((ROOT / "stacks/__main__.py").read_text().splitlines()) <= 60


def test_nothing_beside_the_program_hides_a_library() -> None:
    """The engine runs the folder `stacks`, so that what lies in it is found before what is installed."""
    beside = {path.stem for path in (ROOT / "stacks").iterdir() if path.suffix == ".py" or path.is_dir()}
    libraries = {*importlib.metadata.packages_distributions(), *sys.stdlib_module_names}

    assert beside & libraries <= {"__main__", "__init__"}


HEAVY = (
    "torch",
    "onnx",
    "onnxruntime",
    "openvino",
    "transformers",
    "numpy",
    "bentoml",
    "boto3",
    "google.cloud",
    "matplotlib",
)


@pytest.mark.parametrize("command", [["--help"], ["validate"], ["plan"], ["schema"], ["prices", "show"]])
def test_light_commands_import_no_heavy_library(command: list[str]) -> None:
    program = (
        "import sys, contextlib\n"
        "from stacks.cli.app import main\n"
        f"sys.argv = ['serving', *{command!r}]\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main()\n"
        f"loaded = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "print('loaded:', loaded, file=sys.stderr)\n"
    )

    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stderr.strip().endswith("loaded: []")
