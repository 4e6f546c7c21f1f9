"""Pruning takes channels, heads or weights away, and training brings the answers back."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from optimizers.compression import Importance, Loop
from optimizers.errors import UnsupportedModel
from optimizers.fine_tuning import FineTuning
from optimizers.magnitude_pruning import MagnitudePruning
from optimizers.onnx_export import OnnxExport
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.pass_progress import told_lines
from optimizers.passes import Form, FormedModel
from optimizers.removed_channels import remove_channels
from optimizers.signature import Signature, TensorSpec
from optimizers.structured_pruning import StructuredPruning
from optimizers.torch_arguments import parameters
from optimizers.vocabulary import Prediction
from tests.support.digits import accuracy, digits, digits_model
from tests.support.small_encoder import TOKENS, small_encoder

TUNING = FineTuning(Prediction.CLASSIFICATION, Loop(epochs=3, batch_size=64, learning_rate=3e-3))
VECTOR = Signature(
    inputs=(TensorSpec(name="x", shape=("batch", 8)),), outputs=(TensorSpec(name="y", shape=("batch", 8)),)
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> FormedModel:
    return digits_model(tmp_path_factory.mktemp("digits") / "training")


@pytest.fixture(scope="module")
def pruned(trained: FormedModel, tmp_path_factory: pytest.TempPathFactory) -> FormedModel:
    folder = tmp_path_factory.mktemp("pruned") / "pass"
    return TUNING.run(StructuredPruning(0.5).run(trained, folder), folder)


def weights(path: Path) -> list[tuple[int, ...]]:
    """Shapes of the matrices and kernels in an ONNX graph."""
    return [tuple(tensor.dims) for tensor in onnx.load(path).graph.initializer if len(tensor.dims) > 1]


def test_half_of_the_channels_are_gone_and_the_digits_are_read_as_well(
    trained: FormedModel, pruned: FormedModel
) -> None:
    assert parameters(trained.module) == 36_106
    assert parameters(pruned.module) == 9_354
    assert accuracy(trained.module) >= 0.98
    assert accuracy(pruned.module) >= 0.98
    assert pruned.remark.startswith("trained 3 epochs on labels: held-out loss 0.")


def test_the_exported_graph_has_the_smaller_layers(pruned: FormedModel, tmp_path: Path) -> None:
    exported = OnnxExport().run(pruned, tmp_path)

    assert sorted(weights(exported.file)) == [(10, 32), (16, 1, 3, 3), (32, 16, 3, 3), (32, 128)]
    images = digits()[1].inputs["image"]
    (scores,) = OnnxRuntimeSession(exported.file, 1, {}).run({"image": images}).values()
    assert np.allclose(scores, pruned.module(torch.from_numpy(images)).detach().numpy(), atol=1e-4)


def test_the_original_stays_as_it_is(trained: FormedModel, tmp_path: Path) -> None:
    before = {name: value.clone() for name, value in trained.module.state_dict().items()}

    result = StructuredPruning(0.5).run(trained, tmp_path)
    TUNING.run(result, tmp_path / "pass")

    assert result.teacher is trained.module
    assert all(torch.equal(value, before[name]) for name, value in trained.module.state_dict().items())


@pytest.mark.parametrize("importance", Importance)
def test_those_channels_stay_whose_weights_are_largest(importance: Importance) -> None:
    module = torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU(), torch.nn.Linear(4, 8)).eval()
    with torch.no_grad():
        module[0].weight[:] = torch.tensor([1.0, 9.0, 2.0, 8.0]).unsqueeze(1)
        module[2].weight[:] = 1.0

    remove_channels(module, VECTOR, 0.5, importance, ())

    assert module[0].weight[:, 0].tolist() == [9.0, 8.0]
    assert (module[2].in_features, module[2].out_features) == (2, 8)


def test_heads_and_inner_channels_of_a_transformer_are_removed_and_its_vectors_keep_their_length(
    tmp_path: Path,
) -> None:
    model = small_encoder(layers=2, heads=4)

    result = StructuredPruning(0.5).run(model, tmp_path)

    layer = result.module.encoder.encoder.layer[0]
    attention = layer.attention.self
    assert (attention.num_attention_heads, attention.attention_head_size, attention.query.out_features) == (2, 8, 16)
    assert (layer.intermediate.dense.out_features, layer.output.dense.out_features) == (32, 32)
    with torch.no_grad():
        assert result.module(*TOKENS).shape == (2, 32)
    exported = OnnxExport().run(result, tmp_path)
    assert {(32, 16), (16, 32)} & set(weights(exported.file))


def test_a_module_that_is_named_is_left_alone(trained: FormedModel, tmp_path: Path) -> None:
    result = StructuredPruning(0.5, ignored=("dense",)).run(trained, tmp_path)

    assert (result.module.dense.out_features, result.module.second.out_channels) == (64, 32)


def test_a_module_that_is_not_there_is_refused_with_the_nearest_name(trained: FormedModel, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match=r"no module `densse`; did you mean `dense`\?"):
        StructuredPruning(0.5, ignored=("densse",)).run(trained, tmp_path)


class Fixed(torch.nn.Module):  # type: ignore[misc]  # torch's types are not followed
    """Has the number of its channels in its code."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = torch.nn.Linear(8, 8), torch.nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.second(self.first(x).view(len(x), 8))
        return result


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Fixed(), "torch-pruning cannot follow it"),
        (torch.nn.Linear(8, 8), "no layer has channels that its output does not hang on"),
        (torch.nn.Identity(), "cannot follow it|no layer has channels"),
    ],
)
def test_a_model_that_cannot_be_pruned_says_why_and_what_works(
    module: torch.nn.Module, reason: str, tmp_path: Path
) -> None:
    model = FormedModel(Form.TORCH_MODULE, VECTOR, module=module.eval())

    with pytest.raises(UnsupportedModel, match=rf"({reason}).*; use `optimization.pruning.kind: magnitude`"):
        StructuredPruning(0.5).run(model, tmp_path)


def test_weights_that_were_set_to_zero_stay_zero_while_the_others_are_trained(
    trained: FormedModel, tmp_path: Path
) -> None:
    sparse = MagnitudePruning(0.7).run(trained, tmp_path)
    before = {name: value.clone() for name, value in sparse.module.named_parameters()}

    result = replace(TUNING, keep_zeros=True).run(sparse, tmp_path / "pass")

    after = dict(result.module.named_parameters())
    zeros = sum(int((after[name] == 0).sum()) for name in after if name.endswith("weight"))
    assert zeros >= 0.69 * 36_000
    assert all((after[name][before[name] == 0] == 0).all() for name in after if before[name].ndim > 1)
    assert not torch.equal(after["dense.weight"], before["dense.weight"])
    assert accuracy(result.module) >= 0.98
    assert sparse.remark.startswith("70% of the weights are zero: 0.")
    exported = OnnxExport().run(result, tmp_path)
    graph = onnx.load(exported.file).graph
    dense = next(tensor for tensor in graph.initializer if list(tensor.dims) == [64, 256])
    assert (onnx.numpy_helper.to_array(dense) == 0).mean() > 0.6


def test_a_model_without_weights_cannot_be_made_sparse(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="no convolution and no linear layer"):
        MagnitudePruning(0.5).run(FormedModel(Form.TORCH_MODULE, VECTOR, module=torch.nn.Identity()), tmp_path)


def test_training_tells_each_epoch_beside_its_folder_and_nothing_in_it(trained: FormedModel, tmp_path: Path) -> None:
    folder = tmp_path / "pass"
    folder.mkdir()

    TUNING.run(StructuredPruning(0.9).run(trained, folder), folder)

    assert list(folder.iterdir()) == []
    assert [line.split(":")[0] for line in told_lines(folder, 0)] == [f"epoch {place} of 3" for place in (1, 2, 3)]
    assert told_lines(folder, 3) == []
