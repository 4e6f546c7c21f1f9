"""The executables that a built engine needs beside it: the language host and the provider of dynamic resources."""

import os
from pathlib import Path

from optimizers.atomic_file import write_atomically

# The engine starts plugins in the project's folder or below it. One cache serves many checkouts, so the interpreter is
# looked up at each start.
LAUNCHER = """#!/bin/sh
python="${{VIRTUAL_ENV:+$VIRTUAL_ENV/bin/python}}"
folder="$PWD"
while [ -z "$python" ] && [ "$folder" != "/" ]; do
    [ -x "$folder/.venv/bin/python" ] && python="$folder/.venv/bin/python"
    folder=$(dirname "$folder")
done
if [ -z "$python" ]; then
    echo "no .venv in $PWD or above it; run \\`make setup\\` in the project" >&2
    exit 1
fi
exec "$python" -u -m {module} "$@"
"""
MODULES = {
    "pulumi-language-python": "stacks.engine.language_host",
    "pulumi-resource-pulumi-python": "stacks.engine.dynamic_provider",
}


def write_launchers(folder: Path) -> None:
    """Write the launchers into the folder of an engine; what is already right is left alone."""
    for name, module in MODULES.items():
        path, text = folder / name, LAUNCHER.format(module=module).encode()
        if not path.exists() or path.read_bytes() != text:
            write_atomically(path, text)
        if not os.access(path, os.X_OK):
            path.chmod(0o755)
