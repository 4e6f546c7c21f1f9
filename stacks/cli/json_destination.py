"""`--json [FILE]`: an option whose value may be left out, which the parser of the command line has no form for."""

from collections.abc import Sequence
from itertools import pairwise

from typer import Context
from typer.core import TyperCommand

JSON = "--json"
STDOUT = "-"
# The commands of this kind.
TO_FILE = frozenset({"preview"})


class JsonToFile(TyperCommand):
    """A command whose `--json` takes a file, or stands alone and means stdout."""

    # Typer's parser asks for a class that is private to it; this is its public subclass.
    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Write the value that was left out."""
        return super().parse_args(ctx, completed(args))


def completed(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with `-` after a `--json` that no value follows."""
    result = list[str]()
    for number, argument in enumerate(arguments):
        result.append(argument)
        following = arguments[number + 1] if number + 1 < len(arguments) else None
        if argument == JSON and (following is None or (following.startswith("-") and following != STDOUT)):
            result.append(STDOUT)
    return result


def json_on_stdout(arguments: Sequence[str]) -> bool:
    """Return whether stdout is to hold the one JSON document; `arguments` is the command line without the program."""
    if not TO_FILE.intersection(arguments[:1]):
        return JSON in arguments
    written = completed(arguments)
    return f"{JSON}={STDOUT}" in written or (JSON, STDOUT) in pairwise(written)
