"""The part of model-serving that goes into a package."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from components.packages import bentoml, mlserver, torchserve, triton_text
from components.packages.own_code import LAYERS, OWN_CODE, ROOT, is_left_out, own_files, write_own_code
from components.packages.requirements import MODEL, RUNTIMES, SERVICE, TOKENIZERS
from tests.contract.test_layers import imported

# What a distribution is imported as, where that is another name.
MODULES = {"prometheus-client": "prometheus_client"}


@pytest.mark.parametrize(
    "modules",
    [(bentoml.SERVICE_MODULE,), torchserve.HANDLER_MODULES, mlserver.RUNTIME_MODULES, triton_text.TOKENIZER_MODULES],
    ids=["bentoml", "torchserve", "mlserver", "triton"],
)
def test_what_a_service_imports_of_ours_goes_with_it_and_pulumi_does_not(modules: tuple[str, ...]) -> None:
    files = own_files(*modules)

    inside = {path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in files}
    packages = {name.removesuffix(".__init__") for name in inside}
    for path in files:
        ours = {name for name in imported(path) if name.split(".")[0] in LAYERS and not is_left_out(name)}
        assert ours <= inside | packages, path
        assert not any(name.startswith("pulumi") for name in imported(path))


def test_a_package_requires_every_library_that_its_service_imports() -> None:
    required = {MODULES.get(name, name) for name in (*MODEL, *SERVICE, TOKENIZERS, *RUNTIMES.values())}

    files = own_files(bentoml.SERVICE_MODULE)
    found = {name.split(".")[0] for path in files for name in imported(path)}
    others = found - LAYERS - sys.stdlib_module_names

    # pydantic brings its core.
    assert others - {"pydantic_core"} <= required


def test_the_code_runs_from_the_archive_alone(tmp_path: Path) -> None:
    write_own_code(tmp_path, "optimizers.rows")
    program = f"import sys; sys.path.insert(0, {OWN_CODE!r}); import optimizers.rows as rows; print(rows.__file__)"

    # -P, so that the sources here are out of reach.
    result = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == f"{OWN_CODE}/optimizers/rows.py"
    with zipfile.ZipFile(tmp_path / OWN_CODE) as archive:
        assert "optimizers/signature.py" in archive.namelist()
        assert "optimizers/build.py" not in archive.namelist()
        assert all(ast.parse(archive.read(name)) for name in archive.namelist())
