"""Load the model of a Triton repository with the loader of its own format, under the names of its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import Original, load_original
from optimizers.session import Session
from optimizers.signature import Signature, TensorSpec
from optimizers.triton_repository import CONFIG_FILE, find_model
from optimizers.vocabulary import ModelFormat

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RenamedOutputs:
    """
    A session whose outputs have other names.

    Attributes:
        session: Gives as many outputs, in this order.
        names: What they are called here.
    """

    session: Session
    names: tuple[str, ...]

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch."""
        return dict(zip(self.names, self.session.run(inputs).values(), strict=True))


def load_triton(source: ModelSource, threads: int) -> Original:
    """
    Load the newest version that Triton would serve.

    Raises:
        UnsupportedModel: The repository or its model cannot be read, or the configuration does not fit the model.
        MissingExtra: Triton's protobufs or the framework of the model are not installed.
    """
    found = find_model(source.path)
    # TorchScript tells neither names nor shapes; the other formats do, and are compared.
    scripted = found.stored_format is ModelFormat.TORCHSCRIPT
    inputs = (found.inputs or source.inputs) if scripted else ()
    inner = source.model_copy(update={"path": found.file, "model_format": found.stored_format, "inputs": inputs})
    original = load_original(inner, threads)
    signature = original.model.signature
    if scripted:
        signature = _renamed(source, signature, found.outputs)
        original = replace(
            original, session=RenamedOutputs(original.session, tuple(spec.name for spec in signature.outputs))
        )
    agreed = Signature(
        inputs=_agreed(source, "input", signature.inputs, found.inputs),
        outputs=_agreed(source, "output", signature.outputs, found.outputs),
    )
    return replace(original, model=replace(original.model, signature=agreed))


def _renamed(source: ModelSource, signature: Signature, declared: tuple[TensorSpec, ...]) -> Signature:
    if len(declared) != len(signature.outputs):
        raise UnsupportedModel(
            f"{source.location}: {CONFIG_FILE} has {len(declared)} outputs, the model gives {len(signature.outputs)}; correct it"
        )
    named = (
        spec.model_copy(update={"name": item.name}) for spec, item in zip(signature.outputs, declared, strict=True)
    )
    return Signature(inputs=signature.inputs, outputs=tuple(named))


def _agreed(
    source: ModelSource, kind: str, found: tuple[TensorSpec, ...], declared: tuple[TensorSpec, ...]
) -> tuple[TensorSpec, ...]:
    """Return what the model says, with the sizes that the configuration fixes. Where it leaves tensors out, the model counts."""
    known = {spec.name: spec for spec in declared}
    if unknown := sorted(known.keys() - {spec.name for spec in found}):
        raise UnsupportedModel(
            f"{source.location}: {CONFIG_FILE} has the {kind} `{unknown[0]}`, the model has "
            f"{', '.join(spec.name for spec in found)}; correct it"
        )
    return tuple(_narrowed(source, spec, known.get(spec.name, spec)) for spec in found)


def _narrowed(source: ModelSource, found: TensorSpec, declared: TensorSpec) -> TensorSpec:
    pairs = list(zip(found.shape, declared.shape, strict=False))
    fits = len(found.shape) == len(declared.shape) and all(
        a == b or isinstance(a, str) or isinstance(b, str) for a, b in pairs
    )
    if not fits or found.dtype != declared.dtype:
        raise UnsupportedModel(
            f"{source.location}: {CONFIG_FILE} has `{found.name}` as {_shown(declared)}, the model as {_shown(found)}; correct it "
            f"(with `max_batch_size` over 0, `dims` leave the batch axis out)"
        )
    return found.model_copy(update={"shape": tuple(b if isinstance(b, int) else a for a, b in pairs)})


def _shown(spec: TensorSpec) -> str:
    return f"{spec.dtype} of the shape ({', '.join(map(str, spec.shape))})"
