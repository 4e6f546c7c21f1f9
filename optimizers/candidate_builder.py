"""Build candidates into the store, each once: what was built before a crash is found again."""

import errno
import json
import shutil
import tempfile
from pathlib import Path

from pydantic import ValidationError

from optimizers import digest
from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Artifact, Manifest
from optimizers.atomic_file import write_atomically
from optimizers.errors import ArtifactError, MissingExtra
from optimizers.model_source import ModelSource
from optimizers.original import Original
from optimizers.passes import FormedModel, Pass
from optimizers.recipe import CandidateRecipe
from optimizers.store import ArtifactStore

BUILT = "built"
DISK_FULL_BYTES = 16 << 20


class PassFailed(ArtifactError):
    """A library could not convert this model; the other candidates are not concerned."""


class BuiltIndex:
    """
    Remembers which artifact of the store a build gave, in `root/built/<key>.json`.

    Args:
        store: Where the artifacts lie.
        model_sha256: Digest of the original model.
        recipe_sha256: Digest of the recipe.
    """

    def __init__(self, store: ArtifactStore, model_sha256: str, recipe_sha256: str) -> None:
        self._store = store
        self._identity = (model_sha256, recipe_sha256)

    def find(self, candidate: str) -> Artifact | None:
        """Return the artifact that was built for this candidate, if it is in the store and intact."""
        try:
            artifact = Artifact.model_validate_json(self._path(candidate).read_bytes())
        except (OSError, ValidationError):
            return None
        return artifact if is_intact(self._store, artifact) else None

    def record(self, artifact: Artifact) -> None:
        """Remember an artifact that is in the store."""
        write_atomically(self._path(artifact.name), artifact.model_dump_json().encode())

    def _path(self, candidate: str) -> Path:
        return self._store.root / BUILT / f"{digest.of_value([*self._identity, candidate])}.json"


class CandidateBuilder:
    """
    Runs passes and completes artifact folders. What candidates have in common, such as the export, runs once.

    Args:
        store: Receives the finished folders.
        index: Remembers them.
        work: An empty folder on the store's file system, removed by the caller.
        original: The loaded original model.
        source: Where it came from.
        reference: The content of `reference.json`.
    """

    def __init__(  # noqa: PLR0913 - what a build consists of
        self,
        *,
        store: ArtifactStore,
        index: BuiltIndex,
        work: Path,
        original: Original,
        source: ModelSource,
        model_sha256: str,
        reference: str,
    ) -> None:
        self._store = store
        self._index = index
        self._work = work
        self._original = original
        self._source = source
        self._model_sha256 = model_sha256
        self._reference = reference
        self._shared: dict[tuple[Pass, ...], FormedModel | PassFailed] = {}

    def build(self, candidate: CandidateRecipe) -> Artifact:
        """
        Return the artifact of this candidate after adding it to the store.

        Raises:
            PassFailed: A library cannot convert this model.
            MissingExtra: A library is not installed.
            OSError: The disk is full or not writable.
        """
        model = self._run_shared(candidate.passes)
        folder = self._work / candidate.name
        folder.mkdir()
        # Not copytree: it hides the disk's own error in a list.
        for path in sorted(model.file.parent.iterdir()):
            shutil.copyfile(path, folder / path.name)
        self._complete(folder, candidate, model.file.name)
        artifact = self._store.add(folder)
        self._index.record(artifact)
        return artifact

    def _run_shared(self, passes: tuple[Pass, ...]) -> FormedModel:
        if not passes:
            return self._original.model
        if passes not in self._shared:
            try:
                before = self._run_shared(passes[:-1])
                folder = Path(tempfile.mkdtemp(dir=self._work, prefix=f"{passes[-1].name}-"))
                self._shared[passes] = self._run(passes[-1], before, folder)
            except PassFailed as error:
                self._shared[passes] = error
        found = self._shared[passes]
        if isinstance(found, PassFailed):
            raise found
        return found

    def _run(self, step: Pass, model: FormedModel, folder: Path) -> FormedModel:
        if model.form not in step.needs:
            raise PassFailed(f"{step.name} needs {', '.join(sorted(step.needs))}, got {model.form}")
        try:
            return step.run(model, folder)
        except (MissingExtra, OSError):
            raise
        except Exception as error:
            if shutil.disk_usage(folder).free < DISK_FULL_BYTES:  # libraries report a full disk in many ways
                raise OSError(errno.ENOSPC, "no space left on device") from error
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise PassFailed(f"{step.name} cannot convert this model ({reason})") from error

    def _complete(self, folder: Path, candidate: CandidateRecipe, entry: str) -> None:
        manifest = Manifest(
            name=candidate.name,
            runtime=candidate.runtime,
            precision=candidate.precision,
            entry=entry,
            runtime_options=dict(candidate.runtime_options),
            signature=self._original.model.signature,
            prediction=self._source.prediction,
            tokenizer=self._original.tokenizer,
            model_sha256=self._model_sha256,
            passes=tuple(step.name for step in candidate.passes),
        )
        (folder / MANIFEST_NAME).write_text(json.dumps(manifest.model_dump(mode="json"), indent=2, sort_keys=True))
        (folder / REFERENCE_NAME).write_text(self._reference)
        if self._original.tokenizer and self._original.tokenizer_file:
            shutil.copyfile(self._original.tokenizer_file, folder / self._original.tokenizer.file)


def is_intact(store: ArtifactStore, artifact: Artifact) -> bool:
    """Return whether the artifact is in the store with every file as recorded."""
    try:
        store.verify(artifact)
    except ArtifactError:
        return False
    return True
