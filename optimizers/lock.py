"""`artifacts.lock.json`: what was built and measured, committed, and read by every preview instead of rebuilding."""

import json
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimizers import digest
from optimizers.artifact import Artifact
from optimizers.atomic_file import write_atomically
from optimizers.build_request import BuildRequest
from optimizers.errors import ArtifactError
from optimizers.json_text import NotJson, parse_json
from optimizers.report import Report, ServerOverhead
from optimizers.shown_json import shown_json
from optimizers.signature import Signature

LOCK_NAME = "artifacts.lock.json"
# 2: a report says what a server adds.
LOCK_VERSION = 2
# Folder of the locks that a preview judges instead of the project's, where `serving promote` has proposed some.
PROPOSED_VARIABLE = "MODEL_SERVING_PROPOSED_LOCKS"


class LockedModel(BaseModel):
    """
    One model of the lock.

    Attributes:
        request: What the build was asked for; a spec that asks for something else needs another build.
        model_sha256: Digest of the original model's files.
        recipe_sha256: Digest of the recipe: passes, options, versions of the libraries that write bytes.
        artifacts: Every candidate that was built and passed parity at least once.
        reports: Hardware fingerprint to what was measured there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: BuildRequest
    model_sha256: str
    model_size_bytes: int = Field(ge=0)
    recipe_sha256: str
    signature: Signature
    artifacts: tuple[Artifact, ...]
    reports: dict[str, Report]

    @property
    def sha256(self) -> str:
        """The digest of all that is locked of the model, the measurements of every machine included."""
        return digest.of_value(self.model_dump(mode="json"))

    def artifact(self, name: str) -> Artifact | None:
        """Return the artifact of this candidate name, or None if it was never built."""
        for artifact in self.artifacts:
            if artifact.name == name:
                return artifact
        return None

    def report_for(self, fingerprint: str) -> Report | None:
        """Return what was measured on such hardware, else the newest measurement from elsewhere; None without any."""
        by_age = sorted(self.reports.values(), key=lambda report: (report.measured_at, report.hardware.fingerprint))
        return self.reports.get(fingerprint, by_age[-1] if by_age else None)

    def with_server(self, fingerprint: str, overhead: ServerOverhead) -> "LockedModel":
        """Return a copy whose report of this hardware says what a server adds."""
        report = self.reports[fingerprint].model_copy(update={"server": overhead})
        return self.model_copy(update={"reports": {**self.reports, fingerprint: report}})


class Lock(BaseModel):
    """Endpoint name to locked model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(default=LOCK_VERSION, ge=1, strict=True)
    models: dict[str, LockedModel] = Field(default_factory=dict)

    def with_model(self, name: str, model: LockedModel) -> "Lock":
        """Return a copy in which `name` is `model`."""
        return Lock(models={**self.models, name: model})


def read(path: Path) -> Lock:
    """
    Read a lock; an absent file is an empty lock.

    Raises:
        ArtifactError: The file is not JSON, does not fit the format, or was written by a newer version.
    """
    if not path.exists():
        return Lock()
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
        version = content.get("version") if isinstance(content, dict) else None
        # A bool is an int for Python, and pydantic reads "2" as 2.
        if type(version) is int and version > LOCK_VERSION:
            raise ArtifactError(
                f"{path}: written by a newer version (format {version}, this one reads {LOCK_VERSION}); upgrade model-serving"
            )
        return Lock.model_validate(content)
    except (NotJson, UnicodeDecodeError, ValidationError) as error:
        raise ArtifactError(
            f"{path}: not a readable lock ({_why(error)}); restore it with git, or delete it and {_remedy(path)}"
        ) from None


def _why(error: Exception) -> str:
    """Return what is wrong in one line; of values that do not fit, the path and value of the first, and how many there are."""
    if not isinstance(error, ValidationError):
        return str(error).splitlines()[0]
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"]) or "the whole file"
    unknown = first["type"] == "extra_forbidden"
    said = first["msg"].removeprefix("Value error, ")
    rule = "there is no such field" if unknown else said[:1].lower() + said[1:]
    got = "nothing" if first["type"] == "missing" else _got(first["input"])
    more = f", and {error.error_count() - 1} more" if error.error_count() > 1 else ""
    return f"{path}: got {got}; {rule}{more}"


def _got(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return shown_json(value)


def read_model(path: Path, name: str) -> LockedModel:
    """
    Return what a lock holds of a model.

    Raises:
        ArtifactError: As `read`, or the lock has no such model.
    """
    locked = read(path).models.get(name)
    if locked is None:
        raise ArtifactError(f"`{name}` is not in {path.name}; run `serving optimize`")
    return locked


def report_of(locked: LockedModel, name: str, fingerprint: str) -> Report:
    """
    Return what was measured on such hardware, else the newest measurement from elsewhere.

    Raises:
        ArtifactError: The lock holds no measurement of the model.
    """
    report = locked.report_for(fingerprint)
    if report is None:
        raise ArtifactError(f"the lock holds no measurement of `{name}`; run `serving optimize`")
    return report


def _remedy(path: Path) -> str:
    return "run `serving optimize`" if path.name == LOCK_NAME else "promote again with `serving promote`"


def write(path: Path, lock: Lock) -> None:
    """Write the lock atomically, with sorted keys and one value a line, so that a diff can be reviewed."""
    text = json.dumps(lock.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False)
    write_atomically(path, f"{text}\n".encode())
