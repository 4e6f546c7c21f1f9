"""What operators of Core ML's intermediate language compute, in torch. Imports torch."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch.nn import functional

# The types that a cast names (MIL operator reference, coremltools 9).
TYPES = {"fp16": torch.float16, "fp32": torch.float32, "int32": torch.int32, "bool": torch.bool}
Inputs = Mapping[str, Any]
Operator = Callable[[Inputs], Any]


def _pads(given: Inputs) -> list[int]:
    """Return padding for torch's `pad`, which counts from the last axis."""
    begin_end = _ints(given["pad"])
    pairs = [begin_end[index : index + 2] for index in range(0, len(begin_end), 2)]
    return [size for pair in reversed(pairs) for size in pair]


def _ints(value: Any) -> list[int]:  # noqa: ANN401 - a tensor, or a list of tensors
    return [int(item) for item in value]


def _padded(given: Inputs, value: float = 0.0) -> Any:  # noqa: ANN401 - a tensor
    kind = given["pad_type"]
    if kind == "valid":
        return given["x"]
    if kind == "custom":
        return functional.pad(given["x"], _pads(given), value=value)
    raise NotImplementedError(f"the padding `{kind}`")


def _conv(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    rank = given["weight"].dim() - 2
    convolve: Any = (functional.conv1d, functional.conv2d, functional.conv3d)[rank - 1]
    return convolve(
        _padded(given),
        given["weight"],
        given.get("bias"),
        stride=_ints(given["strides"]),
        dilation=_ints(given["dilations"]),
        groups=int(given["groups"]),
    )


def _pool(given: Inputs, pool: Any, outside: float) -> Any:  # noqa: ANN401 - a tensor
    if bool(given["ceil_mode"]):
        raise NotImplementedError("pooling with `ceil_mode`")
    return pool(_padded(given, outside), _ints(given["kernel_sizes"]), stride=_ints(given["strides"]))


def _max_pool(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    pool = (functional.max_pool1d, functional.max_pool2d)[len(given["kernel_sizes"]) - 1]
    return _pool(given, pool, float("-inf"))


def _avg_pool(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    if given["pad_type"] != "valid" and any(_ints(given["pad"])) and bool(given["exclude_padding_from_average"]):
        raise NotImplementedError("average pooling that leaves its padding out")
    pool: Any = (functional.avg_pool1d, functional.avg_pool2d)[len(given["kernel_sizes"]) - 1]
    return _pool(given, pool, 0.0)


def _batch_norm(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    return functional.batch_norm(
        given["x"],
        given["mean"],
        given["variance"],
        given.get("gamma"),
        given.get("beta"),
        eps=float(given["epsilon"]),
    )


def _layer_norm(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    x, axes = given["x"], _ints(given["axes"])
    shape = [x.shape[axis] for axis in axes]
    return functional.layer_norm(x, shape, given.get("gamma"), given.get("beta"), float(given["epsilon"]))


def _matmul(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    x = given["x"].transpose(-1, -2) if bool(given["transpose_x"]) else given["x"]
    y = given["y"].transpose(-1, -2) if bool(given["transpose_y"]) else given["y"]
    return x @ y


def _attention(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    return functional.scaled_dot_product_attention(given["query"], given["key"], given["value"], given.get("attn_mask"))


def _reduce(compute: Any) -> Operator:  # noqa: ANN401 - of torch
    return lambda given: compute(given["x"], dim=_ints(given["axes"]), keepdim=bool(given["keep_dims"]))


def _slice(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    x = given["x"]
    begin, end = _ints(given["begin"]), _ints(given["end"])
    strides = _ints(given["stride"]) if "stride" in given else [1] * x.dim()
    from_start, to_end, single = (
        list(map(bool, given[name])) if name in given else [False] * x.dim()
        for name in ("begin_mask", "end_mask", "squeeze_mask")
    )
    return x[
        tuple(
            begin[axis]
            if single[axis]
            else slice(None if from_start[axis] else begin[axis], None if to_end[axis] else end[axis], strides[axis])
            for axis in range(x.dim())
        )
    ]


def _gather(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    x, indices, axis = given["x"], given["indices"].long(), int(given["axis"])
    taken = torch.index_select(x, axis, indices.reshape(-1))
    return taken.reshape([*x.shape[:axis], *indices.shape, *x.shape[axis % x.dim() + 1 :]])


def _dequantized(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    weights, scale, zero = given["quantized_data"], given["scale"], given["zero_point"]
    shape = [1] * weights.dim()
    if scale.dim():
        shape[int(given["axis"])] = -1
    return (weights.to(scale.dtype) - zero.to(scale.dtype).reshape(shape)) * scale.reshape(shape)


def _gelu(given: Inputs) -> Any:  # noqa: ANN401 - a tensor
    kind = {"EXACT": "none", "TANH_APPROXIMATION": "tanh"}[given["mode"]]
    return functional.gelu(given["x"], approximate=kind)


def _unary(compute: Any) -> Operator:  # noqa: ANN401 - of torch
    return lambda given: compute(given["x"])


def _binary(compute: Any) -> Operator:  # noqa: ANN401 - of torch
    return lambda given: compute(given["x"], given["y"])


# Names as in the MIL operator reference of coremltools 9. A model with another operator is told its name.
OPERATORS: Mapping[str, Operator] = {
    "add": _binary(torch.add),
    "avg_pool": _avg_pool,
    "batch_norm": _batch_norm,
    "cast": lambda given: given["x"].to(TYPES[given["dtype"]]),
    "clip": lambda given: torch.clip(given["x"], given["alpha"], given["beta"]),
    "concat": lambda given: torch.cat([torch.atleast_1d(item) for item in given["values"]], int(given["axis"])),
    "constexpr_affine_dequantize": _dequantized,
    "conv": _conv,
    "exp": _unary(torch.exp),
    "expand_dims": lambda given: _with_axes(given["x"], _ints(given["axes"])),
    "gather": _gather,
    "gelu": _gelu,
    "identity": lambda given: given["x"],
    "layer_norm": _layer_norm,
    "linear": lambda given: functional.linear(given["x"], given["weight"], given.get("bias")),
    "matmul": _matmul,
    "max_pool": _max_pool,
    "mul": _binary(torch.mul),
    "real_div": _binary(torch.true_divide),
    "reduce_max": _reduce(torch.amax),
    "reduce_mean": _reduce(torch.mean),
    "reduce_sum": _reduce(torch.sum),
    "relu": _unary(torch.relu),
    "reshape": lambda given: given["x"].reshape(_ints(given["shape"])),
    "rsqrt": lambda given: torch.rsqrt(given["x"] + given["epsilon"]),
    "scaled_dot_product_attention": _attention,
    "shape": lambda given: torch.tensor(given["x"].shape, dtype=torch.int32),
    "sigmoid": _unary(torch.sigmoid),
    "sigmoid_hard": lambda given: torch.clip(given["alpha"] * given["x"] + given["beta"], 0, 1),
    "silu": _unary(functional.silu),
    "slice_by_index": _slice,
    "softmax": lambda given: torch.softmax(given["x"], int(given["axis"])),
    "sqrt": _unary(torch.sqrt),
    "squeeze": lambda given: given["x"].squeeze(tuple(_ints(given["axes"]))),
    "sub": _binary(torch.sub),
    "tanh": _unary(torch.tanh),
    "tile": lambda given: given["x"].repeat(_ints(given["reps"])),
    "transpose": lambda given: given["x"].permute(_ints(given["perm"])),
}


def _with_axes(x: Any, axes: list[int]) -> Any:  # noqa: ANN401 - a tensor
    rank = x.dim() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        x = x.unsqueeze(axis)
    return x
