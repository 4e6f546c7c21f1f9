"""The part of model-serving that a package needs to answer requests, found by following its imports."""

import ast
from collections.abc import Iterator
from pathlib import Path

from components.packages.archive import write_zip

OWN_CODE = "model_serving.zip"
ROOT = Path(__file__).parents[2]
LAYERS = frozenset({"components", "optimizers"})
# What opens an artifact imports its runtime's session then and there. These are the ones that a package's service runs;
# those of devices and of accelerators stay behind.
SESSION_SUFFIX = "_session"
SESSIONS = frozenset({"onnxruntime_session", "openvino_session", "torch_session", "torchscript_session"})


def write_own_code(folder: Path, *modules: str) -> None:
    """Write the modules and all of ours that they import into `folder/model_serving.zip`, for Python's own zip import."""
    write_zip(folder / OWN_CODE, {path.relative_to(ROOT).as_posix(): path for path in own_files(*modules)})


def own_files(*modules: str) -> tuple[Path, ...]:
    """Return the files of these modules, of their packages, and of every module of ours that they import, at any depth."""
    found, waiting = set[Path](), list(modules)
    while waiting:
        for path in _files(waiting.pop()):
            if path not in found:
                found.add(path)
                waiting += _imports(path)
    return tuple(sorted(found))


def is_left_out(module: str) -> bool:
    """Return whether a module is the session of a runtime that no package's service runs, or something in it."""
    name = ".".join(module.split(".")[1:2])
    return name.endswith(SESSION_SUFFIX) and name not in SESSIONS


def _files(module: str) -> Iterator[Path]:
    """Yield the file of a module of ours, and the `__init__.py` of each package around it; nothing of one that is left out."""
    parts = module.split(".")
    if parts[0] not in LAYERS or is_left_out(module):
        return
    for count in range(1, len(parts) + 1):
        place = ROOT.joinpath(*parts[:count])
        if place.is_dir():
            yield place / "__init__.py"
        elif place.with_suffix(".py").is_file():
            yield place.with_suffix(".py")


def _imports(path: Path) -> list[str]:
    modules = list[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # What is imported from a package may be a module of it.
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return modules
