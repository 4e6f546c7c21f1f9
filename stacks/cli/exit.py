"""End a command: one clear error, a documented exit code, no traceback for anything raised on purpose."""

import json
import os
import sys
import traceback
from typing import NoReturn

import typer

from optimizers.errors import InvalidArgs, Issue, ServingError
from stacks.cli.json_destination import json_on_stdout

INTERRUPTED = 130
WRONG_ARGUMENTS = 2
INTERRUPTED_MESSAGE = "interrupted: nothing is half-written, run the same command again"


def run_and_exit(app: typer.Typer, arguments: list[str]) -> NoReturn:
    """Run `app` and exit: 0, the code of the error, or 130 after Ctrl-C."""
    as_json = json_on_stdout(arguments)
    try:
        app(arguments)
    except ServingError as error:
        _fail(error, as_json=as_json)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _fail(ServingError(f"{place}{error.strerror or error}"), as_json=as_json)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(INTERRUPTED_MESSAGE, file=sys.stderr)  # noqa: T201
            _print_document("Interrupted", INTERRUPTED_MESSAGE, INTERRUPTED, as_json=as_json)
        elif end.code == WRONG_ARGUMENTS:
            _print_document("WrongArguments", "wrong arguments; stderr names them", WRONG_ARGUMENTS, as_json=as_json)
        raise
    except Exception as error:  # noqa: BLE001 - the last line of defence
        traceback.print_exc()
        _fail(ServingError(f"a defect of model-serving: {type(error).__name__}; please report it"), as_json=as_json)
    sys.exit(0)


def refuse(error: ServingError) -> NoReturn:
    """End a command that has already printed its result: the error goes to stderr only."""
    _print_error(error)
    raise typer.Exit(error.exit_code)


def _fail(error: ServingError, *, as_json: bool) -> NoReturn:
    issues = error.issues if isinstance(error, InvalidArgs) else ()
    _print_document(type(error).__name__, str(error), error.exit_code, issues, as_json=as_json)
    _print_error(error)
    sys.exit(error.exit_code)


def _print_document(name: str, message: str, exit_code: int, issues: tuple[Issue, ...] = (), *, as_json: bool) -> None:
    """Print an error as the one JSON document, where that was asked for."""
    if not as_json:
        return
    listed = [{"path": item.path, "got": item.got, "rule": item.rule, "fix": item.fix} for item in issues]
    document = {"type": name, "message": message, "exit_code": exit_code, "issues": listed}
    print(json.dumps({"error": document}, indent=2, ensure_ascii=False))  # noqa: T201


def _print_error(error: ServingError) -> None:
    # Plain codes, not rich: the text of an error is printed as it is, and this file is part of every start.
    coloured = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    mark = "\033[1;31merror:\033[0m" if coloured else "error:"
    print(f"{mark} {error}", file=sys.stderr)  # noqa: T201
