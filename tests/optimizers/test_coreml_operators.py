"""Operators of Core ML's intermediate language, against what their reference says of them."""

from typing import Any

import pytest
import torch

from optimizers.coreml_operators import OPERATORS

X = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        ("slice_by_index", {"begin": [0, 1, 0], "end": [2, 3, 4]}, X[:, 1:3]),
        ("slice_by_index", {"begin": [0, 0, 0], "end": [0, 0, 0], "end_mask": [True, True, True]}, X),
        (
            "slice_by_index",
            {"begin": [0, 2, 0], "end": [2, 3, 4], "stride": [1, 1, 2], "squeeze_mask": [False, True, False]},
            X[:, 2, ::2],
        ),
        ("gather", {"indices": torch.tensor([[2, 0]]), "axis": 1}, X[:, [2, 0]].reshape(2, 1, 2, 4)),
        ("transpose", {"perm": [2, 0, 1]}, X.permute(2, 0, 1)),
        ("expand_dims", {"axes": [0, -1]}, X[None, ..., None]),
        ("reduce_mean", {"axes": [1, 2], "keep_dims": True}, X.mean((1, 2), keepdim=True)),
        ("reduce_max", {"axes": [0], "keep_dims": False}, X.amax(0)),
        ("softmax", {"axis": -1}, X.softmax(-1)),
        ("cast", {"dtype": "fp16"}, X.half()),
        ("clip", {"alpha": 2.0, "beta": 5.0}, X.clip(2, 5)),
        ("concat", {"values": [X, X], "axis": 1}, torch.cat([X, X], 1)),
        ("matmul", {"y": X, "transpose_x": False, "transpose_y": True}, X @ X.transpose(1, 2)),
        ("layer_norm", {"axes": [-1], "epsilon": 1e-5}, torch.nn.functional.layer_norm(X, [4])),
        ("gelu", {"mode": "TANH_APPROXIMATION"}, torch.nn.functional.gelu(X, approximate="tanh")),
        ("sigmoid_hard", {"alpha": 0.1, "beta": 0.5}, (0.1 * X + 0.5).clip(0, 1)),
        ("shape", {}, torch.tensor([2, 3, 4])),
        ("tile", {"reps": [1, 2, 1]}, X.repeat(1, 2, 1)),
    ],
)
def test_an_operator_computes_what_its_reference_says(kind: str, given: dict[str, Any], expected: Any) -> None:
    assert torch.equal(OPERATORS[kind]({"x": X, **given}), expected)


def test_weights_in_int8_get_the_scale_and_the_zero_point_of_their_channel() -> None:
    given = {
        "quantized_data": torch.tensor([[1, 2], [3, 4]], dtype=torch.int8),
        "scale": torch.tensor([0.5, 2.0]),
        "zero_point": torch.tensor([0, 1], dtype=torch.int8),
        "axis": 0,
    }

    assert OPERATORS["constexpr_affine_dequantize"](given).tolist() == [[0.5, 1.0], [4.0, 6.0]]


def test_a_way_of_padding_that_is_not_computed_is_named() -> None:
    with pytest.raises(NotImplementedError, match="the padding `same_lower`"):
        OPERATORS["max_pool"](
            {"x": X, "pad_type": "same_lower", "kernel_sizes": [2], "strides": [1], "ceil_mode": False}
        )
