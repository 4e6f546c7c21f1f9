"""JSON that people hand in: whatever is wrong with it is one kind of error, with the reason in words."""

import json
from collections.abc import Iterable
from typing import Any

# States, locks, price lists and models have some ten levels. pydantic's own parser ends at 200 too.
DEEPEST = 200
TOO_DEEP = f"values nested too deeply to read, over {DEEPEST} levels"
TOO_LONG = "a number of too many digits"


class NotJson(ValueError):
    """The text is not JSON that can be read; the message says why and, as far as it is known, where."""


class KeyTwice(NotJson):
    """An object has a key twice; `values` are what it is set to, in the text's order."""

    def __init__(self, key: str, values: tuple[Any, Any]) -> None:
        super().__init__(f"the key `{key}` twice in one object")
        self.key, self.values = key, values


def parse_json(text: str, *, keys_once: bool = False) -> Any:  # noqa: ANN401 - any JSON
    """
    Return the value of a JSON document; functions that call themselves for each level may be given it.

    Args:
        text: The document.
        keys_once: Refuse an object that has a key twice, of which otherwise the last counts.

    Raises:
        NotJson: The text is something else, is nested too deeply, or has a key twice.
    """
    try:
        value = json.loads(text, object_pairs_hook=_with_keys_once if keys_once else None)
    except NotJson:
        raise
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except ValueError:
        raise NotJson(TOO_LONG) from None
    except RecursionError:
        raise NotJson(TOO_DEEP) from None
    _refuse_deep(value)
    return value


def _with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict[str, Any]()
    for key, value in pairs:
        if key in found:
            raise KeyTwice(key, (found[key], value))
        found[key] = value
    return found


def _refuse_deep(value: Any) -> None:  # noqa: ANN401 - any JSON
    level = _containers([value])
    for _ in range(DEEPEST):
        level = [inner for item in level for inner in _containers(item.values() if isinstance(item, dict) else item)]
    if level:
        raise NotJson(TOO_DEEP)


def _containers(values: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    return [value for value in values if isinstance(value, dict | list)]
