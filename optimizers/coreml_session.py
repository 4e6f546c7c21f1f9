"""
Compute a Core ML model's answers without Apple's runtime, which exists for its own systems alone. Imports torch.

The program is read back from the written package and computed operator by operator, in the types that it names. That tells whether
the conversion is right. How fast a device is, and in which order its hardware rounds, it does not tell.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from optimizers.coreml_operators import OPERATORS
from optimizers.coreml_tools import coremltools
from optimizers.errors import ArtifactError
from optimizers.quiet import quiet
from optimizers.session import cannot_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = Path("Data", "com.apple.CoreML", "weights")


class CoreMlReference:
    """
    The program of an `.mlpackage`, computed with torch on the CPU.

    Args:
        package: The `.mlpackage` folder.
        threads: Threads that compute one call.

    Raises:
        ArtifactError: The package cannot be read, or has an operator that `coreml_operators` does not know.
        MissingExtra: coremltools is not installed.
    """

    def __init__(self, package: Path, threads: int) -> None:
        tools = coremltools("reading a Core ML model")
        from coremltools.converters.mil.frontend.milproto import load

        torch.set_num_threads(threads)
        try:
            with quiet():
                spec = tools.utils.load_spec(str(package))
                program: Any = load.load(spec, spec.specificationVersion, str(package / WEIGHTS))
        except Exception as error:  # its errors share no base class below Exception
            raise cannot_load(package, error) from error
        function = program.functions["main"]
        self._operations: list[Any] = [operation for operation in function.operations if operation.op_type != "const"]
        self._types = {name: value.dtype for name, value in function.inputs.items()}
        self._outputs: list[str] = [output.name for output in function.outputs]
        self._constants: dict[int, Any] = {}
        if unknown := sorted({operation.op_type for operation in self._operations} - OPERATORS.keys()):
            raise ArtifactError(
                f"{package}: its operators {', '.join(unknown)} cannot be computed here; compare it on an Apple device"
            )

    def run(self, inputs: Mapping[str, "NDArray[Any]"]) -> "dict[str, NDArray[Any]]":
        """Return every named output for one batch, as 32-bit numbers where the program has 16."""
        values: dict[str, Any] = {}
        for name, array in inputs.items():
            tensor = torch.from_numpy(array)
            # Core ML takes whole numbers in 32 bits.
            values[name] = tensor.int() if tensor.dtype is torch.int64 else tensor
        with torch.inference_mode():
            for operation in self._operations:
                given = {name: self._value(item, values) for name, item in operation.inputs.items() if item is not None}
                values[operation.outputs[0].name] = OPERATORS[operation.op_type](given)
        found = {name: values[name] for name in self._outputs}
        return {name: (value.float() if value.is_floating_point() else value).numpy() for name, value in found.items()}

    def _value(self, item: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a variable of a program, or several
        if isinstance(item, list | tuple):
            return [self._value(one, values) for one in item]
        if item.name in values:
            return values[item.name]
        if id(item) not in self._constants:
            value = item.val
            # Text names a mode; everything else is numbers.
            self._constants[id(item)] = value if isinstance(value, str) else torch.as_tensor(value)
        return self._constants[id(item)]
