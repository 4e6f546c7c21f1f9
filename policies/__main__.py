"""Serve the policy pack to the engine. It blocks until the engine is done, so nothing imports this file."""

import gc
import os


def main() -> None:
    """Import the pack and serve it; the engine starts the program only when that is done."""
    # Nearly all that this process makes lives until the engine ends it: a collection only delays the preview.
    gc.disable()
    # pydantic would look for plugins among all installed distributions before it builds the first model.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

    from policies.analyzer import Analyzer, serve
    from policies.pack import POLICIES, RESOURCE_TYPES, STACK_TYPES
    from policies.read_ahead import read_ahead

    serve(Analyzer("model-serving", POLICIES, RESOURCE_TYPES, STACK_TYPES, read_ahead))


main()
