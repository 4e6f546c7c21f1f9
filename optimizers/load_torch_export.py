"""Load programs of torch.export (`.pt2`). Imports torch."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from optimizers.errors import UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import BATCH, DTYPES, Signature, TensorSpec
from optimizers.signature_probe import ONLY_OUTPUT
from optimizers.torch_export_archive import check_archive
from optimizers.torch_session import TorchSession
from optimizers.vocabulary import Runtime

SUFFIX = ".pt2"


class ProgramModule:
    """
    The module of a program, called with all inputs by position.

    Args:
        program: A `torch.export.ExportedProgram`.
    """

    def __init__(self, program: Any) -> None:  # noqa: ANN401 - an ExportedProgram
        self._module = program.module(check_guards=False)
        keywords: Mapping[str, object] = program.call_spec.in_spec.unflatten([None] * len(input_names(program)))[1]
        self._keywords = tuple(keywords)

    def eval(self) -> "ProgramModule":
        """Return itself: a program is exported in one mode and cannot be switched."""
        return self

    def __call__(self, *tensors: torch.Tensor) -> Any:  # noqa: ANN401 - whatever the program gives
        """Run the program."""
        positional = len(tensors) - len(self._keywords)
        return self._module(*tensors[:positional], **dict(zip(self._keywords, tensors[positional:], strict=True)))


def is_program(path: Path) -> bool:
    """Return whether a file is a torch.export archive, by its suffix or by what it holds."""
    if path.suffix == SUFFIX:
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.endswith("/models/model.json") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def load_program(path: Path) -> Any:  # noqa: ANN401 - an ExportedProgram
    """
    Return the program of an archive after checking that nothing in it is unpickled or evaluated.

    Raises:
        UnsupportedModel: The archive is damaged, or holds more than a program and its tensors.
    """
    check_archive(path)
    try:
        with quiet(), path.open("rb") as stream:
            program: Any = torch.export.load(stream)
    except Exception as error:  # noqa: BLE001 - a damaged program makes torch raise almost anything
        raise damaged(path, error) from None
    # Source text that torch would compile; the signature says which inputs fit.
    program._guards_code = []  # noqa: SLF001 - the only way to be rid of it
    return program


def load_torch_export(source: ModelSource, threads: int) -> Original:
    """
    Load a program; names, dtypes and shapes are those that it was exported with.

    Raises:
        UnsupportedModel: The archive is damaged or unsafe, an input is no tensor, or its batch axis is fixed.
    """
    program = load_program(source.path)
    signature = _signature(program, source)
    names = tuple(spec.name for spec in signature.inputs)
    session = TorchSession(ProgramModule(program), names, tuple(spec.name for spec in signature.outputs), threads)
    model = FormedModel(Form.TORCH_EXPORT, signature, path=source.path)
    return Original(model, session, Runtime.PYTORCH)


def input_names(program: Any) -> tuple[str, ...]:  # noqa: ANN401 - an ExportedProgram
    """Return the names of what the program is called with, in order."""
    return tuple(map(str, program.graph_signature.user_inputs))


def _signature(program: Any, source: ModelSource) -> Signature:  # noqa: ANN401 - an ExportedProgram
    values = {node.name: node.meta.get("val") for node in program.graph.nodes}
    inputs, outputs = input_names(program), tuple(map(str, program.graph_signature.user_outputs))
    axes: dict[str, str] = {}
    read = _SpecReader(source, {str(key): value for key, value in program.range_constraints.items()}, axes)
    specs = tuple(read.spec(name, name, values.get(name), is_input=True) for name in inputs)
    shown = _output_names(program, source, len(outputs))
    results = tuple(
        read.spec(name, shown_name, values.get(name), is_input=False)
        for name, shown_name in zip(outputs, shown, strict=True)
    )
    if not specs or not results:
        raise UnsupportedModel(f"{source.location}: has {len(specs)} inputs and {len(results)} outputs; each needs one")
    return Signature(inputs=specs, outputs=results)


def _output_names(program: Any, source: ModelSource, count: int) -> tuple[str, ...]:  # noqa: ANN401 - an ExportedProgram
    """Return the keys of a dict of outputs, else names by place, as for every torch module."""
    tree: Any = program.call_spec.out_spec.unflatten(list(range(count)))
    if isinstance(tree, Mapping):
        return tuple(map(str, tree))
    return (ONLY_OUTPUT[source.prediction],) if count == 1 else tuple(f"output_{place}" for place in range(count))


class _SpecReader:
    """Reads tensors of one program, and names each symbol of it once."""

    def __init__(self, source: ModelSource, ranges: Mapping[str, Any], axes: dict[str, str]) -> None:
        self._source, self._ranges, self._axes = source, ranges, axes

    def spec(self, graph_name: str, name: str, value: Any, *, is_input: bool) -> TensorSpec:  # noqa: ANN401 - a fake tensor
        if not isinstance(value, torch.Tensor):
            raise UnsupportedModel(
                f"{self._source.location}: `{graph_name}` is {type(value).__name__}, no tensor; export a module that "
                f"takes and gives tensors alone"
            )
        dtype = str(value.dtype).removeprefix("torch.")
        if dtype not in DTYPES:
            raise UnsupportedModel(
                f"{self._source.location}: `{name}` holds {dtype}; served are {', '.join(DTYPES)}; "
                f"export the model in another type"
            )
        sizes: list[Any] = list(value.shape)
        if not sizes or isinstance(sizes[0], int):
            got = f"a batch axis of size {sizes[0]}" if sizes else "no batch axis"
            raise UnsupportedModel(
                f"{self._source.location}: `{name}` has {got}; export it with "
                f'`dynamic_shapes={{"{name}": {{0: torch.export.Dim("{BATCH}")}}}}`'
            )
        if is_input:
            self._name_symbols(name, sizes)
        shape = (size if isinstance(size, int) else self._axes.get(str(size), f"{name}_axis_{index}")
                 for index, size in enumerate(sizes))  # fmt: skip
        return TensorSpec(name=name, dtype=dtype, shape=(BATCH, *tuple(shape)[1:]))

    def _name_symbols(self, name: str, sizes: list[Any]) -> None:
        for index, size in enumerate(sizes):
            symbol = str(size)
            if isinstance(size, int):
                continue
            if not symbol.isidentifier():
                raise UnsupportedModel(
                    f"{self._source.location}: axis {index} of `{name}` is {symbol}, which follows another axis; "
                    f"export it with a torch.export.Dim of its own"
                )
            smallest = getattr(self._ranges.get(symbol), "lower", 0)
            if index == 0 and smallest > 1:
                raise UnsupportedModel(
                    f"{self._source.location}: takes batches of {smallest} rows or more; one row must be possible; "
                    f'export it with `torch.export.Dim("{BATCH}")` and a sample batch of 2'
                )
            self._axes.setdefault(symbol, BATCH if index == 0 else f"{name}_axis_{index}")
