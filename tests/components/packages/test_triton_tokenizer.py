"""
The tokenizer's `model.py` as Triton's Python backend runs it: in a process of its own, from the package's files alone.

Triton itself is no Python package. What the file needs of it are four small containers, which stand here.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

from components.packages.kinds import package_kind
from components.packages.write import write_package
from optimizers.rows import RowEncoder
from tests.support.packaged import TEXTS, served_text

# As https://github.com/triton-inference-server/python_backend#usage describes the module.
UTILITIES = """
import numpy

class Tensor:
    def __init__(self, name, value):
        self._name, self._value = name, value
    def name(self): return self._name
    def as_numpy(self): return self._value

class TritonError:
    def __init__(self, message): self._message = message
    def message(self): return self._message

class InferenceResponse:
    def __init__(self, output_tensors=(), error=None):
        self._tensors, self._error = list(output_tensors), error
    def output_tensors(self): return self._tensors
    def error(self): return self._error

class InferenceRequest:
    def __init__(self, tensors): self._tensors = tensors
    def inputs(self): return self._tensors

def get_input_tensor_by_name(request, name):
    return next((tensor for tensor in request.inputs() if tensor.name() == name), None)
"""
PROGRAM = """
import json, sys
import numpy
import triton_python_backend_utils as utilities
import model

def request(texts):
    values = numpy.array([[text.encode("latin-1")] for text in texts], dtype=object)
    return utilities.InferenceRequest([utilities.Tensor("text", values)])

served = model.TritonPythonModel()
served.initialize({"model_config": json.dumps({"input": [{"name": "text"}]})})
responses = served.execute([request(texts) for texts in json.load(sys.stdin)])
print(json.dumps([
    response.error().message() if response.error()
    else {tensor.name(): [str(tensor.as_numpy().dtype), tensor.as_numpy().tolist()] for tensor in response.output_tensors()}
    for response in responses
]))
"""


def execute(tmp_path: Path, requests: list[list[str]]) -> list[object]:
    version = (
        write_package(package_kind("triton"), served_text(tmp_path), tmp_path / "out").folder / "words-tokenizer/1"
    )
    (tmp_path / "backend").mkdir()
    (tmp_path / "backend/triton_python_backend_utils.py").write_text(UTILITIES)
    program = f"import sys; sys.path[:0] = {[str(version), str(tmp_path / 'backend')]!r}\n{PROGRAM}"
    result = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program],
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    found: list[object] = json.loads(result.stdout)
    return found


def test_requests_of_one_call_are_padded_alike_and_as_the_endpoint_pads_them(tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    served = served_text(tmp_path / "again")
    expected = RowEncoder(served.manifest, served.folder).encode(list(TEXTS))

    first, second = execute(tmp_path, [[TEXTS[0], TEXTS[1]], [TEXTS[2]]])

    assert isinstance(first, dict)
    assert isinstance(second, dict)
    assert first.keys() == expected.keys()
    for name, (dtype, values) in first.items():
        assert dtype == "int64"
        assert np.array_equal([*values, *second[name][1]], expected[name])


def test_a_text_that_is_not_utf_8_fails_no_other_request(tmp_path: Path) -> None:
    wrong, right = execute(tmp_path, [["\xff"], [TEXTS[1]]])

    assert wrong == "a text is not UTF-8"
    assert isinstance(right, dict)
