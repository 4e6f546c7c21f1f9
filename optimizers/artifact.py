"""An optimized model on disk: a folder that holds everything a server needs to answer requests."""

from pydantic import BaseModel, ConfigDict, Field

from optimizers.engine_tie import EngineTie
from optimizers.signature import Signature
from optimizers.vocabulary import Precision, Prediction, Runtime

MANIFEST_NAME = "artifact.json"
REFERENCE_NAME = "reference.json"


class Tokenizer(BaseModel):
    """A `tokenizer.json` of the `tokenizers` library beside the model, and the longest input in tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str = "tokenizer.json"
    max_length: int = Field(gt=0)
    pad_token_id: int = Field(ge=0)


class Manifest(BaseModel):
    """
    The content of `artifact.json`, which tells a server how to run the folder it lies in.

    Attributes:
        name: The candidate's name, for example `openvino-bf16`.
        runtime: The library that executes `entry`.
        precision: The number format of most of the arithmetic.
        entry: The model file, relative to the folder.
        runtime_options: Options handed to the runtime as they are.
        signature: Named inputs and outputs.
        prediction: What the model predicts, which decides how answers are compared.
        tokenizer: Present when the model takes text.
        model_sha256: Digest of the model that this was built from.
        passes: Names of the passes that built it, in order.
        remark: What the last pass decided, in words.
        engine: What a compiled model is tied to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    name: str
    runtime: Runtime
    precision: Precision
    entry: str
    runtime_options: dict[str, str] = Field(default_factory=dict)
    signature: Signature
    prediction: Prediction
    tokenizer: Tokenizer | None = None
    model_sha256: str
    passes: tuple[str, ...] = ()
    # Left out where there is none, so that artifacts without one keep their digest.
    remark: str = Field(default="", exclude_if=lambda remark: not remark)
    engine: EngineTie | None = Field(default=None, exclude_if=lambda engine: engine is None)


class FileDigest(BaseModel):
    """One file of an artifact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: str
    size_bytes: int = Field(ge=0)


class Artifact(BaseModel):
    """
    What the lock records of a built folder; the folder itself lies in the store under `sha256`.

    Attributes:
        sha256: Digest over the names and contents of the files (`store.identity`).
        size_bytes: Size of these files together.
        engine: What a compiled model is tied to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    runtime: Runtime
    precision: Precision
    size_bytes: int = Field(ge=0)
    files: tuple[FileDigest, ...]
    engine: EngineTie | None = Field(default=None, exclude_if=lambda engine: engine is None)
