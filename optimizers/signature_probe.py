"""Learn a model's outputs by running it on two sizes, where its files do not tell them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimizers.errors import ServingError, UnsupportedModel, first_line
from optimizers.model_source import ModelSource
from optimizers.session import Session
from optimizers.signature import BATCH, DTYPES, Signature, TensorSpec
from optimizers.vocabulary import Prediction

if TYPE_CHECKING:
    from numpy.typing import NDArray

ONLY_OUTPUT = {
    Prediction.EMBEDDING: "embedding",
    Prediction.CLASSIFICATION: "scores",
    Prediction.NUMERIC: "output",
    Prediction.TOKENS: "logits",
}
SMALL, LARGE = 3, 5


def probe_outputs(session: Session, source: ModelSource) -> tuple[Signature, tuple[str, ...]]:
    """
    Return the signature and the output names; an axis that changes with the input's size is dynamic.

    Raises:
        UnsupportedModel: The declared inputs are not possible, the model does not run on them, or it drops the batch
            axis.
    """
    for spec in source.inputs:
        _check_declared(spec)
    small, large = (probe_inputs(source.inputs, size) for size in (SMALL, LARGE))
    found = outputs_of_two_sizes(session, source, source.inputs, small, large)
    names = tuple(ONLY_OUTPUT[source.prediction] if len(found) == 1 else spec.name for spec in found)
    outputs = tuple(spec.model_copy(update={"name": name}) for spec, name in zip(found, names, strict=True))
    return Signature(inputs=source.inputs, outputs=outputs), names


def outputs_of_two_sizes(
    session: Session,
    source: ModelSource,
    inputs: tuple[TensorSpec, ...],
    small: "Mapping[str, NDArray[Any]]",
    large: "Mapping[str, NDArray[Any]]",
) -> tuple[TensorSpec, ...]:
    """
    Return the outputs that a model gives for batches of 3 and 5 rows whose other dynamic axes differ too.

    Raises:
        UnsupportedModel: The model does not run on the batches, or drops the batch axis.
    """
    try:
        first, second = session.run(small), session.run(large)
    except ServingError:
        raise
    except Exception as error:
        raise UnsupportedModel(
            f"{source.location}: does not run on the declared inputs ({first_line(error)}); correct `model.inputs`, or export it again"
        ) from error
    axes = _axis_names(inputs, small, large)
    return tuple(_output(name, first[name], second[name], source, axes) for name in first)


def _check_declared(spec: TensorSpec) -> None:
    if spec.dtype not in DTYPES:
        raise UnsupportedModel(
            f"`model.inputs`: `{spec.name}` has the dtype `{spec.dtype}`; it is one of {', '.join(DTYPES)}; correct it"
        )
    if spec.shape[0] != BATCH or any(isinstance(axis, int) and axis < 1 for axis in spec.shape):
        raise UnsupportedModel(
            f"`model.inputs`: `{spec.name}` has the shape ({', '.join(map(str, spec.shape))}); "
            f"the first axis is `{BATCH}`, the others are words or sizes from 1 up; correct it"
        )


def probe_inputs(specs: tuple[TensorSpec, ...], size: int) -> "dict[str, NDArray[Any]]":
    """Return arrays of ones whose dynamic axes have sizes from `size` up, a different one for each axis name."""
    import numpy as np

    sizes = {word: tried for tried, word in tried_sizes(specs, size).items()}
    return {
        spec.name: np.ones([sizes[axis] if isinstance(axis, str) else axis for axis in spec.shape], spec.dtype)
        for spec in specs
    }


def tried_sizes(specs: tuple[TensorSpec, ...], size: int) -> dict[int, str]:
    """Return the sizes that `probe_inputs` gives dynamic axes, each to the axis' name."""
    words = sorted({axis for spec in specs for axis in spec.shape if isinstance(axis, str)} - {BATCH})
    return {size: BATCH, **{2 * size + 16 + index: word for index, word in enumerate(words)}}


def _axis_names(
    specs: tuple[TensorSpec, ...], small: "Mapping[str, NDArray[Any]]", large: "Mapping[str, NDArray[Any]]"
) -> dict[tuple[int, int], str]:
    """Return the name of the input axis that has these two sizes."""
    return {
        (small[spec.name].shape[index], large[spec.name].shape[index]): axis
        for spec in specs
        for index, axis in enumerate(spec.shape)
        if isinstance(axis, str)
    }


def _output(
    name: str, small: "NDArray[Any]", large: "NDArray[Any]", source: ModelSource, axes: dict[tuple[int, int], str]
) -> TensorSpec:
    if small.shape[:1] != (SMALL,) or large.shape[:1] != (LARGE,) or small.ndim != large.ndim:
        raise UnsupportedModel(
            f"{source.location}: the output `{name}` has the shape {small.shape} for a batch of {SMALL}; "
            f"axis 0 must be the batch, in the model and in `model.inputs`"
        )
    shape = tuple(
        a if a == b else axes.get((a, b), f"{name}_axis_{index}")
        for index, (a, b) in enumerate(zip(small.shape, large.shape, strict=True))
    )
    return TensorSpec(name=name, dtype=str(small.dtype), shape=shape)
