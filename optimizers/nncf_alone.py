"""Import NNCF for OpenVINO models alone."""

import os
import sys
from typing import Any


def import_nncf() -> Any:  # noqa: ANN401 - a module without types
    """
    Return NNCF, which imports every framework that is installed: torch, in seconds, even where no torch model is meant.

    Raises:
        ImportError: It is not installed.
    """
    # NNCF sends nothing about its use where this is set before it is imported.
    os.environ.setdefault("NNCF_CI", "1")
    hides_torch = "torch" not in sys.modules
    if hides_torch:
        # What Python takes for a library that is not there: https://docs.python.org/3/reference/import.html#the-module-cache
        sys.modules["torch"] = None  # type: ignore[assignment]
    try:
        import nncf
    finally:
        if hides_torch:
            del sys.modules["torch"]
    return nncf
