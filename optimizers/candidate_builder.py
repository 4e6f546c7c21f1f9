"""Build candidates into the store, each once: what was built before a crash is found again."""

import json
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from optimizers import digest
from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Artifact, Manifest
from optimizers.atomic_file import write_atomically
from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import MissingExtra
from optimizers.hardware import Hardware
from optimizers.kept_results import KeptResults, trains
from optimizers.model_source import ModelSource
from optimizers.original_job import OriginalFacts
from optimizers.pass_job import ModelOnDisk, PassJob, PassSpec
from optimizers.pass_process import PassFailed, run_passes
from optimizers.passes import Form, FormedModel, Pass
from optimizers.progress import Progress, SilentProgress
from optimizers.store import ArtifactStore, is_intact

BUILT = "built"
# Longer than any conversion that was seen; a library that takes longer hangs.
PASS_TIMEOUT_S = 1800.0
SHORTEST_TIMEOUT_S = 1.0


class BuiltIndex:
    """
    Remembers which artifact of the store a build gave, in `root/built/<key>.json`.

    Args:
        store: Where the artifacts lie.
        model_sha256: Digest of the original model.
        recipe_sha256: Digest of the recipe.
        hardware: This machine; what another GPU was compiled for, or another processor's sums of INT8, is built again.
    """

    def __init__(self, store: ArtifactStore, model_sha256: str, recipe_sha256: str, hardware: Hardware) -> None:
        self._store = store
        self._gpu_architecture = hardware.gpu.architecture if hardware.gpu else None
        self._identity = (model_sha256, recipe_sha256, hardware.saturates_int8)

    def find(self, candidate: str) -> Artifact | None:
        """Return the artifact that was built for this candidate, if it is in the store and intact."""
        try:
            artifact = Artifact.model_validate_json(self._path(candidate).read_bytes())
        except (OSError, ValidationError):
            return None
        loads = artifact.engine is None or artifact.engine.architecture == self._gpu_architecture
        return artifact if loads and is_intact(self._store, artifact) else None

    def record(self, artifact: Artifact) -> None:
        """Remember an artifact that is in the store."""
        write_atomically(self._path(artifact.name), artifact.model_dump_json().encode())

    def _path(self, candidate: str) -> Path:
        return self._store.root / BUILT / f"{digest.of_value([*self._identity, candidate])}.json"


@dataclass(frozen=True, slots=True)
class TrainingRoom:
    """
    What passes that train need beyond the others.

    Attributes:
        data: Folder with encoded training data; None where the user's function has its own.
        timeout_s: Training that takes longer is stopped.
        kept: What earlier builds trained.
        reuses: Whether that is used.
    """

    data: Path | None
    timeout_s: float
    kept: KeptResults
    reuses: bool = True


class CandidateBuilder:
    """
    Runs passes and completes artifact folders. What candidates have in common, such as the export, runs once.

    Args:
        store: Receives the finished folders.
        index: Remembers them.
        work: An empty folder on the store's file system, removed by the caller.
        original: What is known of the original model.
        source: Where it came from.
        threads: Threads that the original computes with.
        samples: Folder with encoded sample inputs.
        reference: The content of `reference.json`.
        pass_timeout_s: A pass that takes longer is stopped.
        training: How passes train, and on what; None where none does.
        progress: Told how far a pass is.
    """

    def __init__(  # noqa: PLR0913 - what a build consists of
        self,
        *,
        store: ArtifactStore,
        index: BuiltIndex,
        work: Path,
        original: OriginalFacts,
        source: ModelSource,
        model_sha256: str,
        threads: int,
        samples: Path,
        reference: str,
        pass_timeout_s: float = PASS_TIMEOUT_S,
        training: TrainingRoom | None = None,
        progress: Progress | None = None,
    ) -> None:
        self._store = store
        self._index = index
        self._work = work
        self._original = original
        self._source = source
        self._model_sha256 = model_sha256
        self._threads = threads
        self._samples = samples
        self._reference = reference
        self._pass_timeout_s = pass_timeout_s
        self._training = training
        self._progress = progress or SilentProgress()
        self._left_s: Callable[[], float] = lambda: math.inf
        self._shared: dict[tuple[Pass, ...], FormedModel | PassFailed | MissingExtra] = {}

    def build(self, candidate: CandidateRecipe, left_s: Callable[[], float] = lambda: math.inf) -> Artifact:
        """
        Return the artifact of this candidate after adding it to the store.

        Args:
            candidate: How to build it.
            left_s: Seconds that are left; a pass that takes longer is stopped, too.

        Raises:
            PassFailed: A library cannot convert this model.
            MissingExtra: A library is not installed.
            OSError: The disk is full or not writable.
        """
        self._left_s = left_s
        model = self._run_shared(candidate.passes)
        folder = self._work / candidate.name
        folder.mkdir()
        # Not copytree: it hides the disk's own error in a list. A model may be a folder itself.
        for path in sorted(model.file.parent.rglob("*")):
            target = folder / path.relative_to(model.file.parent)
            if path.is_dir():
                target.mkdir()
            else:
                shutil.copyfile(path, target)
        self._complete(folder, candidate, model)
        artifact = self._store.add(folder)
        self._index.record(artifact)
        return artifact

    def model_after(self, passes: tuple[Pass, ...]) -> FormedModel:
        """Return what these passes give, without an artifact of it; raises as `build`. The file lies in `work`."""
        return self._run_shared(passes)

    def _run_shared(self, passes: tuple[Pass, ...]) -> FormedModel:
        if not passes:
            return self._original.model
        if passes not in self._shared:
            try:
                self._shared[passes] = self._run(passes)
            except (PassFailed, MissingExtra) as error:
                self._shared[passes] = error
        found = self._shared[passes]
        if isinstance(found, Exception):
            raise found
        return found

    def _run(self, passes: tuple[Pass, ...]) -> FormedModel:
        """Run the last pass, and in the same process those before it that leave the model in memory."""
        start = len(passes) - 1
        while start and passes[start - 1].gives.in_memory:
            start -= 1
        before, chain = self._run_shared(passes[:start]), passes[start:]
        _check_forms(before.form, chain)
        if self._training is None or not trains(chain):
            return self._run_chain(before, chain, None, self._pass_timeout_s)
        found = self._training.kept.find(passes) if self._training.reuses else None
        if found is None:
            found = self._run_chain(before, chain, self._training.data, self._training.timeout_s)
            self._training.kept.keep(passes, found)
        return found

    def _run_chain(
        self, before: FormedModel, chain: tuple[Pass, ...], training: Path | None, timeout_s: float
    ) -> FormedModel:
        folder = Path(tempfile.mkdtemp(dir=self._work, prefix=f"{chain[-1].name}-"))
        job = PassJob(
            passes=tuple(map(PassSpec.of, chain)),
            model=None if before.form.in_memory else ModelOnDisk.of(before),
            source=self._source,
            threads=self._threads,
            samples=self._samples,
            training=training,
            folder=folder,
            answer=folder.with_suffix(".json"),
        )
        return run_passes(
            job,
            " and ".join(step.name for step in chain),
            min(timeout_s, max(SHORTEST_TIMEOUT_S, self._left_s())),
            self._progress.detail,
        )

    def _complete(self, folder: Path, candidate: CandidateRecipe, model: FormedModel) -> None:
        manifest = Manifest(
            name=candidate.name,
            runtime=candidate.runtime,
            precision=candidate.precision,
            entry=model.file.name,
            runtime_options=dict(candidate.runtime_options),
            signature=self._original.signature,
            prediction=self._source.prediction,
            tokenizer=self._original.tokenizer,
            model_sha256=self._model_sha256,
            passes=tuple(step.name for step in candidate.passes),
            remark=model.remark,
            engine=model.engine,
        )
        (folder / MANIFEST_NAME).write_text(json.dumps(manifest.model_dump(mode="json"), indent=2, sort_keys=True))
        (folder / REFERENCE_NAME).write_text(self._reference)
        if self._original.tokenizer and self._original.tokenizer_file:
            shutil.copyfile(self._original.tokenizer_file, folder / self._original.tokenizer.file)


def _check_forms(form: Form, chain: tuple[Pass, ...]) -> None:
    for given, step in zip((form, *(item.gives for item in chain)), chain, strict=False):
        if given not in step.needs:
            raise PassFailed(f"{step.name} needs {', '.join(sorted(step.needs))}, got {given}")
