"""`serving schema`."""

import json
from pathlib import Path

from optimizers.atomic_file import write_atomically
from optimizers.errors import InvalidArgs, Issue
from stacks.cli.console import print_json
from stacks.stack_schema import stack_schema


def run(*, check: Path | None, out: Path | None) -> None:
    """Print, write or compare the schema."""
    schema = stack_schema()
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    if check is not None:
        if not check.is_file() or check.read_text() != text:
            got = "another schema" if check.is_file() else "no file"
            issue = Issue(str(check), got, "it must be this version's", f"run `serving schema --out {check}`")
            raise InvalidArgs("the schema file", (issue,))
    elif out is not None:
        write_atomically(out, text.encode())
    else:
        print_json(schema)
