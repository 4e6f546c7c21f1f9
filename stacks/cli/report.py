"""`serving report`."""

import webbrowser
from pathlib import Path

from optimizers import hardware, lock
from optimizers.atomic_file import write_atomically
from stacks.cli.console import print_json, say
from stacks.cli.context import open_stack
from stacks.report.page import page
from stacks.stack_lock import lock_path


def run(stack: str, *, as_json: bool, out: Path | None, opens: bool) -> None:
    """Write the page of the stack's model, from its lock alone."""
    context = open_stack(stack)
    name = context.spec.name
    locked = lock.read_model(lock_path(context.spec, context.project, context.stack), name)
    report = lock.report_of(locked, name, hardware.detect().fingerprint)
    path = out or context.project.private / "reports" / f"{name}.html"
    write_atomically(path, page(name, locked, report).encode())
    if as_json:
        print_json({"page": str(path.absolute())})
    else:
        say(f"report: wrote {path}")
    if opens and not webbrowser.open(path.absolute().as_uri()):
        say("report: there is no browser here; open the file yourself")
