"""Build the torch module that a spec names as `package.module:callable`. Imports torch."""

import torch

from optimizers.errors import UnsupportedModel
from optimizers.named_callable import failed, import_callable


def build_module(named: str, field: str) -> torch.nn.Module:
    """
    Return what the callable gives when it is called without arguments.

    Args:
        named: `package.module:callable`.
        field: The field of the spec that names it, for messages.

    Raises:
        UnsupportedModel: There is no such callable, it fails, or gives something else than a module.
    """
    factory = import_callable(named, field)
    try:
        module = factory()
    except Exception as error:
        raise failed(named, field, "calling it without arguments", error) from error
    if not isinstance(module, torch.nn.Module):
        raise UnsupportedModel(
            f"`{field}`: `{named}` returns {type(module).__name__}; it must return a torch.nn.Module"
        )
    return module
