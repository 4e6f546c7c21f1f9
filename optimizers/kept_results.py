"""Keep what training gave, so that a build that was interrupted, or asked again with other limits, does not train again."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from optimizers import digest
from optimizers.atomic_file import write_atomically
from optimizers.fine_tuning import FineTuning
from optimizers.pass_job import ModelOnDisk, PassSpec
from optimizers.passes import FormedModel, Pass
from optimizers.source_facts import EVALUATION
from optimizers.training_function import TrainingFunction

TRAINED = "trained"
# Settings of a source that no pass up to the export of a trained model reads: what candidates are compared and scored on, and the
# libraries that make something further of it.
UNREAD = frozenset({"samples", EVALUATION, "nncf", "onnxruntime", "openvino"})


def trains(passes: tuple[Pass, ...]) -> bool:
    """Return whether one of the passes trains, which takes longer than all the others together."""
    return any(isinstance(item, FineTuning | TrainingFunction) for item in passes)


class _Kept(BaseModel):
    """A result and the digest of its folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: ModelOnDisk
    sha256: str


class KeptResults:
    """
    Results in `root/trained/<key>/`, by what they were made from.

    Args:
        root: Of the artifact store.
        model_sha256: Digest of the original model.
        settings: What else decides the bytes of an artifact: digests of data and code, versions of libraries. Those that
            training does not depend on are left out.
    """

    def __init__(self, root: Path, model_sha256: str, settings: Mapping[str, str]) -> None:
        self._folder = root / TRAINED
        self._identity = [model_sha256, {name: value for name, value in settings.items() if name not in UNREAD}]

    def find(self, passes: tuple[Pass, ...]) -> FormedModel | None:
        """Return what these passes gave, if it is there and as it was written."""
        record = self._record(passes)
        try:
            kept = _Kept.model_validate_json(record.read_bytes())
        except (OSError, ValidationError):
            return None
        folder = record.with_suffix("")
        if not folder.is_dir() or digest.of_folder(folder) != kept.sha256:
            return None
        return kept.model.model_copy(update={"path": folder / kept.model.path.name}).formed()

    def keep(self, passes: tuple[Pass, ...], model: FormedModel) -> None:
        """Copy what these passes gave, whole or not at all. Raises OSError where the disk is full or not writable."""
        record = self._record(passes)
        folder = record.with_suffix("")
        self._folder.mkdir(parents=True, exist_ok=True)
        # What a build that was killed left here, or what is damaged.
        shutil.rmtree(folder, ignore_errors=True)
        part = Path(tempfile.mkdtemp(dir=model.file.parent.parent, prefix=f"{TRAINED}-"))
        for path in sorted(model.file.parent.iterdir()):
            shutil.copyfile(path, part / path.name)
        part.rename(folder)
        kept = _Kept(model=ModelOnDisk.of(model), sha256=digest.of_folder(folder))
        write_atomically(record, kept.model_dump_json().encode())

    def _record(self, passes: tuple[Pass, ...]) -> Path:
        made_by = [PassSpec.of(item).model_dump(mode="json") for item in passes]
        return self._folder / f"{digest.of_value([*self._identity, made_by])}.json"
