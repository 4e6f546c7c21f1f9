"""`serving logs`."""

import contextlib
import os
import sys
import time
from collections import deque
from collections.abc import Iterable
from io import TextIOWrapper
from pathlib import Path

from components.embedded.requests import event_log
from optimizers.errors import DeployError
from stacks.arguments import embedded_inputs
from stacks.cli.context import open_stack

POLL_S = 0.2


def run(stack: str, *, lines: int, follow: bool) -> None:
    """Print the last lines, then new ones as they come, also those of the next server and after a rotation."""
    context = open_stack(stack)
    path = event_log(context.spec.name, embedded_inputs(context.spec, context.project, stack))
    if not path.is_file():
        raise DeployError(f"stack `{stack}` has no log yet; run `serving up --stack {stack}`")
    # Ctrl-C is how one stops to follow.
    with contextlib.suppress(KeyboardInterrupt) if follow else contextlib.nullcontext():
        _print_log(path, lines, follow=follow)


def _print_log(path: Path, lines: int, *, follow: bool) -> None:
    last: int | None = lines
    while True:
        with path.open(encoding="utf-8", errors="replace") as stream:
            _write(deque(stream, maxlen=last))
            if not follow:
                return
            while not _is_replaced(stream, path):
                _write(stream.readlines())
                time.sleep(POLL_S)
            _write(stream.readlines())  # what came between the last look and the replacement
        last = None


def _is_replaced(stream: TextIOWrapper, path: Path) -> bool:
    """Tell whether the log is another file now, or begins anew; none at all is one that is still to come."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    read = os.lseek(stream.fileno(), 0, os.SEEK_CUR)
    return not os.path.samestat(now, os.fstat(stream.fileno())) or now.st_size < read


def _write(new: Iterable[str]) -> None:
    sys.stdout.writelines(new)
    sys.stdout.flush()
