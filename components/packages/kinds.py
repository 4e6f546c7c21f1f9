"""The serving platforms that packages are written for, as data."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from components.packages import bentoml, mlserver, tensorflow_serving, torchserve, triton, vllm
from components.packages.requirements import REQUIREMENTS_NAME, RUNTIMES
from components.packages.served import ServedArtifact, ServedOriginal
from components.platforms.choice import Platform
from optimizers.errors import InvalidArgs, Issue
from optimizers.vocabulary import Runtime


@dataclass(frozen=True, slots=True)
class ArtifactPackage:
    """
    A platform that serves the chosen artifact.

    Attributes:
        runtimes: Of the artifacts that its servers can run.
        write: Writes the package into an empty folder and returns remarks.
        start: What starts its server; `{folder}` is the package's absolute path, quoted for a shell.
        requirements: The package has a `requirements.txt`, which the server's environment needs.
    """

    platform: Platform
    runtimes: frozenset[Runtime]
    write: Callable[[ServedArtifact, Path], tuple[str, ...]]
    start: str
    requirements: bool = True


@dataclass(frozen=True, slots=True)
class OriginalPackage:
    """A platform that runs the original model and no artifact; the fields are as above."""

    platform: Platform
    write: Callable[[ServedOriginal, Path], tuple[str, ...]]
    start: str


PackageKind = ArtifactPackage | OriginalPackage

# Those that a session of ours runs, in whatever Python server.
PYTHON_RUNTIMES = frozenset(RUNTIMES)

PACKAGES: tuple[PackageKind, ...] = (
    ArtifactPackage(
        Platform.TRITON,
        frozenset(triton.BACKENDS),
        triton.write,
        "tritonserver --model-repository={folder}",
        requirements=False,
    ),
    ArtifactPackage(
        Platform.TORCHSERVE,
        PYTHON_RUNTIMES,
        torchserve.write,
        "torchserve --foreground --model-store {folder} --ts-config {folder}/config.properties",
    ),
    OriginalPackage(
        Platform.TENSORFLOW_SERVING,
        tensorflow_serving.write,
        "docker run -p 8501:8501 -v {folder}:/models tensorflow/serving --model_config_file=/models/models.config "
        "--enable_batching --batching_parameters_file=/models/batching.config",
    ),
    ArtifactPackage(Platform.BENTOML, PYTHON_RUNTIMES, bentoml.write, "bentoml serve {folder}"),
    ArtifactPackage(Platform.SELDON, PYTHON_RUNTIMES, mlserver.write, "mlserver start {folder}"),
    OriginalPackage(Platform.VLLM, vllm.write, "vllm serve {folder} --config {folder}/server-arguments.yaml"),
)


def start_command(kind: PackageKind, folder: Path) -> str:
    """Return what a shell runs, in whatever folder it is, to start the server of a package."""
    return kind.start.format(folder=shlex.quote(str(folder.absolute())))


def install_command(kind: PackageKind, folder: Path) -> str | None:
    """Return what installs the libraries that the server needs besides itself; None where it needs none."""
    if not (isinstance(kind, ArtifactPackage) and kind.requirements):
        return None
    return f"pip install -r {shlex.quote(str(folder.absolute() / REQUIREMENTS_NAME))}"


def package_kind(platform: str) -> PackageKind:
    """
    Return the row of a platform, by its word in the contract.

    Raises:
        InvalidArgs: There is no such platform, or it takes no package.
    """
    for kind in PACKAGES:
        if kind.platform == platform:
            return kind
    allowed = ", ".join(f"`{kind.platform}`" for kind in PACKAGES)
    rule = "packages are written for these platforms"
    raise InvalidArgs("the command line", (Issue("--platform", f"`{platform}`", rule, f"use one of {allowed}"),))
