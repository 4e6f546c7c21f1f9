"""Remove channels and heads from a torch module, and all that hangs on them. Imports torch and torch-pruning."""

import difflib
from typing import Any

import torch
import torch_pruning
from torch_pruning import ops

from optimizers.attention_heads import attentions, set_heads
from optimizers.compression import Importance
from optimizers.errors import UnsupportedModel, short_reason
from optimizers.signature import Signature
from optimizers.signature_probe import SMALL, probe_inputs
from optimizers.torch_arguments import answered_shapes, arguments, parameters
from optimizers.torch_session import named_outputs

NORMS = {Importance.L1: 1, Importance.L2: 2}
IGNORED = "optimization.pruning.ignored"
OTHERWISE = "use `optimization.pruning.kind: magnitude`, or distil with a student of your own"


def remove_channels(
    module: torch.nn.Module, signature: Signature, share: float, importance: Importance, ignored: tuple[str, ...]
) -> None:
    """
    Remove the channels of convolutions and linear layers, and the attention heads, that count least, in place.

    What a channel counts for is the norm of its weights in every layer of its group, those that it feeds included
    (Fang et al., DepGraph, CVPR 2023). Layers that the output's shape hangs on keep their channels.

    Args:
        module: In eval mode.
        signature: Of its inputs.
        share: Of the channels of each layer.
        importance: Norm of a channel's weights.
        ignored: Names of modules that are left alone.

    Raises:
        UnsupportedModel: torch-pruning cannot trace the model, there is no such module, or nothing can be removed.
    """
    kept = _named(module, ignored)
    arrays = probe_inputs(signature.inputs, SMALL)
    examples: Any = arguments(signature, arrays)
    before = parameters(module)
    shapes = answered_shapes(module, signature, arrays)
    try:
        found = list(attentions(module))
        # Heads keep their channels: they lie in the code of many models as a number.
        pruner = torch_pruning.pruner.BasePruner(
            module,
            examples,
            importance=torch_pruning.importance.GroupMagnitudeImportance(p=NORMS[importance]),
            pruning_ratio=share,
            ignored_layers=[*kept, *_tied_to_output(module, examples)],
            num_heads={layer: item.heads for item in found for layer in item.projections},
            prune_num_heads=True,
            prune_head_dims=False,
            head_pruning_ratio=share,
            output_transform=_outputs,
            root_module_types=[ops.TORCH_CONV, ops.TORCH_LINEAR],
        )
        pruner.step()
        for item in found:
            set_heads(item, pruner.num_heads.get(item.projections[0], item.heads))
        after = answered_shapes(module, signature, arrays)
    except Exception as error:
        raise UnsupportedModel(f"torch-pruning cannot follow it ({short_reason(error)[:90]}); {OTHERWISE}") from error
    if after != shapes:
        raise UnsupportedModel(f"pruned, it answers {after} instead of {shapes}; {OTHERWISE}")
    if parameters(module) == before:
        raise UnsupportedModel(f"no layer has channels that its output does not hang on; {OTHERWISE}")


def _named(module: torch.nn.Module, names: tuple[str, ...]) -> list[torch.nn.Module]:
    modules = dict(module.named_modules())
    for name in names:
        if name not in modules:
            near = difflib.get_close_matches(name, modules, n=1)
            fix = f"did you mean `{near[0]}`?" if near else "print `named_modules()` of the model for its names"
            raise UnsupportedModel(f"`{IGNORED}`: the model has no module `{name}`; {fix}")
    return [modules[name] for name in names]


def _tied_to_output(module: torch.nn.Module, examples: Any) -> set[torch.nn.Module]:  # noqa: ANN401 - see above
    """Return the layers whose channels are the output's: removing one would change its shape."""
    graph = torch_pruning.DependencyGraph().build_dependency(module, examples, output_transform=_outputs)
    roots = (ops.TORCH_CONV, ops.TORCH_LINEAR)
    outputs = set[torch.nn.Module]()
    for group in graph.get_all_groups(root_module_types=list(roots)):
        targets = [item.dep.target for item in group if graph.is_out_channel_pruning_fn(item.dep.handler)]
        if any(not target.outputs for target in targets):
            outputs.update(target.module for target in targets if isinstance(target.module, roots))
    return outputs


def _outputs(result: Any) -> list[torch.Tensor]:  # noqa: ANN401 - whatever the module returns
    """Return the outputs after one more operation each, so that in the graph nothing follows them and them alone."""
    return [value * 1 for value in named_outputs(result).values()]
