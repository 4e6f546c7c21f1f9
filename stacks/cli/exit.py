"""End a command: one clear error, a documented exit code, no traceback for anything raised on purpose."""

import json
import sys
from typing import NoReturn

import typer

from optimizers.errors import InvalidArgs, ServingError

INTERRUPTED = 130


def run_and_exit(app: typer.Typer, arguments: list[str]) -> NoReturn:
    """Run `app` and exit: 0, the code of the error, or 130 after Ctrl-C."""
    try:
        app(arguments)
    except ServingError as error:
        _report(error, as_json="--json" in arguments)
        sys.exit(error.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("interrupted: nothing is half-written, run the same command again", file=sys.stderr)  # noqa: T201
        raise
    sys.exit(0)


def refuse(error: ServingError) -> NoReturn:
    """End a command that has already printed its result: the error goes to stderr only."""
    _print_error(error)
    raise typer.Exit(error.exit_code)


def _report(error: ServingError, *, as_json: bool) -> None:
    if as_json:
        issues = error.issues if isinstance(error, InvalidArgs) else ()
        document = {
            "type": type(error).__name__,
            "message": str(error),
            "exit_code": error.exit_code,
            "issues": [{"path": item.path, "got": item.got, "rule": item.rule, "fix": item.fix} for item in issues],
        }
        print(json.dumps({"error": document}, indent=2, ensure_ascii=False))  # noqa: T201
    _print_error(error)


def _print_error(error: ServingError) -> None:
    mark = "\033[1;31merror:\033[0m" if sys.stderr.isatty() else "error:"
    print(f"{mark} {error}", file=sys.stderr)  # noqa: T201
