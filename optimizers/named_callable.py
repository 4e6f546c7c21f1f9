"""Import what a spec names as `package.module:callable`, and tell what is wrong with it in the words of the spec."""

import importlib
import importlib.util
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from optimizers.errors import UnsupportedModel, short_reason

LONGEST_FILE = 60


def import_callable(named: str, field: str) -> Callable[..., Any]:
    """
    Return the callable; importing runs its module, which the author of the spec trusts.

    Args:
        named: `package.module:callable`.
        field: The field of the spec that names it, for messages.

    Raises:
        UnsupportedModel: There is no such module or name, importing it fails, or it cannot be called.
    """
    module_name, _, name = named.partition(":")
    try:
        found: Callable[..., Any] | None = getattr(importlib.import_module(module_name), name, None)
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and f"{module_name}.".startswith(f"{error.name}."):
            raise not_found(named, field, str(error)) from None
        raise failed(named, field, "importing it", error) from error
    if found is None:
        raise UnsupportedModel(
            f"`{field}`: got `{named}`; `{module_name}` has no `{name}`; correct the part after the colon"
        )
    if not callable(found):
        raise UnsupportedModel(
            f"`{field}`: got `{named}`, which is {type(found).__name__} and cannot be called; name a function or class"
        )
    return found


def not_found(named: str, field: str, reason: str) -> UnsupportedModel:
    """Return the error for a module that is not there."""
    return UnsupportedModel(
        f"`{field}`: got `{named}`, {reason}; modules are looked up in the environment that runs "
        f"`serving` and on PYTHONPATH, not in the current folder; install the package there or add its folder to PYTHONPATH"
    )


def failed(named: str, field: str, action: str, error: Exception) -> UnsupportedModel:
    """Return the error for code of the user that raised."""
    reason = f"{type(error).__name__}: {short_reason(error)}"
    return UnsupportedModel(f"`{field}`: got `{named}`, {action} fails ({reason}); correct it")


def place_of(error: BaseException) -> str:
    """Return file and line where an error was raised, `train.py line 12`; the innermost one of a chain of calls."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name[:LONGEST_FILE]} line {frames[-1].lineno}" if frames else "an unknown place"


def file_of(named: str) -> Path | None:
    """Return the file that defines what `package.module:callable` names, found without importing it; None if not found."""
    first, *rest = named.partition(":")[0].split(".")
    try:
        spec = importlib.util.find_spec(first)
    except ValueError:
        return None
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    below = origin.parent.joinpath(*rest)
    candidates = (below.with_suffix(".py"), below / "__init__.py") if rest else (origin,)
    return next((file for file in candidates if file.is_file()), None)
