"""Import Apple's coremltools without the frameworks that it would load only because they are installed."""

import sys
from typing import Any

from optimizers.errors import MissingExtra
from optimizers.quiet import quiet

# It reads models of these too, and imports them in order to ask for their version: 10 s and 0.5 GB for TensorFlow alone.
NEVER_NEEDED = ("tensorflow", "sklearn", "xgboost")


def coremltools(purpose: str) -> Any:  # noqa: ANN401 - the module
    """Return the module. Raises MissingExtra if it is not installed."""
    # None makes `import` fail, as where they are not installed.
    left_out = {name: None for name in NEVER_NEEDED if name not in sys.modules}
    sys.modules.update(left_out)  # type: ignore[arg-type] # documented, and missing from the declared types
    try:
        with quiet():
            import coremltools as module
    except ImportError:
        raise MissingExtra("edge", purpose) from None
    finally:
        for name in left_out:
            del sys.modules[name]
    return module
