"""`serving logs`."""

import contextlib
import sys
import time
from collections import deque
from pathlib import Path

from components.embedded.requests import event_log
from optimizers.errors import DeployError
from stacks.arguments import embedded_inputs
from stacks.cli.context import open_stack

POLL_S = 0.2


def run(stack: str, *, lines: int, follow: bool) -> None:
    """Print the last lines, then new ones as they come."""
    context = open_stack(stack)
    path = event_log(context.spec.name, embedded_inputs(context.spec, context.project, stack))
    if not path.is_file():
        raise DeployError(f"stack `{stack}` has no log yet; run `serving up --stack {stack}`")
    # Ctrl-C is how one stops to follow.
    with contextlib.suppress(KeyboardInterrupt) if follow else contextlib.nullcontext():
        _print_log(path, lines, follow=follow)


def _print_log(path: Path, lines: int, *, follow: bool) -> None:
    with path.open(encoding="utf-8", errors="replace") as stream:
        sys.stdout.writelines(deque(stream, maxlen=lines))
        sys.stdout.flush()
        while follow:
            if new := stream.readlines():
                sys.stdout.writelines(new)
                sys.stdout.flush()
            else:
                time.sleep(POLL_S)
