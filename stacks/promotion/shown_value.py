"""A value of a spec, a plan or a lock as a sentence shows it; pure."""

import json

from pydantic_core import to_jsonable_python


def shown_value(value: object) -> str:
    """Return a text as it is, a number in short, and all else as JSON; never as Python writes it."""
    plain = to_jsonable_python(value)
    if isinstance(plain, str):
        return plain
    return f"{plain:g}" if isinstance(plain, float) else json.dumps(plain, ensure_ascii=False)
