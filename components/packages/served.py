"""What a package is made from: a built artifact or the original model, and the settings of its server."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from optimizers.artifact import REFERENCE_NAME, Artifact, Manifest
from optimizers.errors import InvalidArgs, Issue
from optimizers.model_source import ModelSource
from optimizers.vocabulary import Accelerator

# It becomes the name of a folder and of an archive, part of a URL, and text in five formats of configuration.
NAME_PATTERN = r"[a-z0-9][a-z0-9_-]{0,63}"


# How long a request waits for others to share a call with: spec.md 2.3.
QUEUE_DELAY_US = 100
# What those are told whose original model a platform cannot run.
SERVES_ARTIFACTS = "package its artifact for `triton`, `torchserve`, `bentoml` or `seldon`"
# Python files that are copied into packages and run there.
INSIDE = Path(__file__).parent / "inside"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """
    How the server of a package answers.

    Attributes:
        max_batch_size: Most rows in one call; 1 switches batching off.
        threads: Threads that compute one call.
        streams: Calls that the runtime computes at once, each with threads of its own, where the platform can be told.
        concurrent_calls: Calls in flight at once.
        cache_entries: Answers kept in memory, where the platform can; 0 switches the cache off.
        request_timeout_s: A request that is not answered by then is ended.
        max_concurrency: Requests in the server at once.
    """

    max_batch_size: int
    threads: int
    accelerator: Accelerator = Accelerator.CPU
    streams: int = 1
    concurrent_calls: int = 1
    cache_entries: int = 0
    request_timeout_s: int = 60
    max_concurrency: int = 64


@dataclass(frozen=True, slots=True)
class ServedArtifact:
    """
    A built artifact on its way into a package.

    Attributes:
        name: What callers name the model; small letters, digits, `-` and `_`.
        artifact: What the lock records of it.
        manifest: The content of its `artifact.json`.
        folder: Its folder, every file of which was compared with the lock.
        recipe_sha256: Digest of the recipe that built it.
        versions: Libraries that built it, to their versions.
    """

    name: str
    settings: ServerSettings
    artifact: Artifact
    manifest: Manifest
    folder: Path
    recipe_sha256: str
    versions: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        refuse_name(self.name)

    @property
    def version(self) -> str:
        """What logs and metadata call the version: the first 12 digits of the artifact's digest."""
        return self.artifact.sha256[:12]

    def file_names(self, *, reference: bool) -> tuple[str, ...]:
        """Return the files that the lock lists, and the reference rows where the platform's service warms up with them."""
        names = tuple(file.path for file in self.artifact.files)
        return (*names, REFERENCE_NAME) if reference else names

    def copy_files(self, target: Path, *, reference: bool) -> None:
        """Copy these files."""
        for name in self.file_names(reference=reference):
            copy_file(self.folder / name, target / name)


@dataclass(frozen=True, slots=True)
class ServedOriginal:
    """
    An original model on its way into a package, for platforms that run no artifact.

    Attributes:
        name: As for an artifact.
        model_sha256: Digest of the model's files.
    """

    name: str
    settings: ServerSettings
    source: ModelSource
    model_sha256: str

    def __post_init__(self) -> None:
        refuse_name(self.name)


def copy_file(source: Path, target: Path) -> None:
    """Copy the bytes of a file, without its times, owner and mode, into a folder that is made where it is missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def refuse_name(name: str) -> None:
    """Raise InvalidArgs for a name that a platform could not take, or that would lead out of the package."""
    if re.fullmatch(NAME_PATTERN, name) is None:
        rule = "a name has small letters, digits, `-` and `_`, up to 64 of them, and starts with a letter or digit"
        raise InvalidArgs("the package", (Issue("name", f"`{name}`", rule, "rename the model"),))
