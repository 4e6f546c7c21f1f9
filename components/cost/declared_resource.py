"""
A resource as a program declares it, in plain values, whoever tells of it: the policy pack, the engine's events or a state.

A value that is not known before an `up` is one of the engine's marks. `known` reads such properties one by one and raises
where a mark is touched, so what no cost depends on may stay unknown.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from components.endpoint_plan import PlanPart

# What the engine sends for a value of each type that is not known at preview: boolean, number, string, array, asset,
# archive and object (Pulumi's sdk/go/common/resource/plugin/rpc.go, the same in every SDK).
UNKNOWN_MARKS = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)


# What reading properties raises that are not those of their type: an absent name, a number in place of a mapping, infinity.
MALFORMED = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)
# A longer value is cut in a message.
LONGEST_SHOWN = 60


class MalformedError(ValueError):
    """A property that its type does not take; the message says so in the words of a stack's author."""


def malformed(error: Exception, props: Mapping[str, Any] | None = None) -> str:
    """
    Return in one clause what an exception of `MALFORMED` says of a resource's properties, in the words of a stack's author.

    Args:
        error: What reading raised.
        props: What `known` gave for reading, so that the property at fault can be named: the one that was read last.
    """
    last = props.last if isinstance(props, _KnownMapping) else _LastRead()
    return f"its properties are not those of its type ({_reason(error, last)})"


def _reason(error: Exception, last: "_LastRead") -> str:
    if isinstance(error, ValidationError):
        return _invalid(error.errors(include_url=False))
    if isinstance(error, KeyError):
        return f"`{error.args[0]}` is missing"
    if isinstance(error, MalformedError):
        return str(error)
    return _at_fault(error, last) or "a value is missing or of another kind"


def _at_fault(error: Exception, last: "_LastRead") -> str:
    """Return what is wrong with the property that was read last; nothing where that one may be sound."""
    shown = _shown(last.value)
    if not last.path:
        return ""
    if isinstance(error, TypeError):
        return f"`{last.path}` is missing or of another kind" if last.value is None else ""
    if isinstance(error, AttributeError):
        return f"`{last.path}` cannot be {shown}" if shown and error.obj is last.value else ""
    return f"`{last.path}` cannot be {shown}" if shown and not _is_whole(last.value) else ""


def _is_whole(value: object) -> bool:
    """Return whether `int` takes a value."""
    try:
        int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _invalid(items: Iterable[ErrorDetails]) -> str:
    """Return what is wrong with fields of a model, those of one fault together."""
    places = dict[str, list[str]]()
    for item in items:
        cause, shown = item.get("ctx", {}).get("error"), _shown(item["input"])
        why = str(cause) if isinstance(cause, ValueError) else item["msg"].lower()
        place = ".".join(map(str, item["loc"]))
        places.setdefault(f"got {shown}; {why}" if shown else why, []).append(f"`{place}`" if place else "")
    return ", and ".join(f"{', '.join(named)}: {why}" if any(named) else why for why, named in places.items())


def _shown(value: object) -> str:
    """Return a single value for a message; nothing for a mapping or a list, and for none."""
    if value is None or not isinstance(value, str | int | float):
        return ""
    text = f"{value}"
    return f"`{text}`" if len(text) <= LONGEST_SHOWN else f"`{text[:LONGEST_SHOWN]}…`"


class UnknownPropertyError(Exception):
    """A property was read whose value is not known before an `up`."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the value of `{path}` can't be known during preview")


def is_unknown(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    """Return whether a value is one of the engine's marks for what is not known before an `up`."""
    return isinstance(value, str) and value in UNKNOWN_MARKS


class DeclaredResource(PlanPart):
    """
    One resource of a stack.

    Attributes:
        name: Its name in the program.
        type: The engine's token: `aws:eks/nodeGroup:NodeGroup`.
        props: JSON values, the engine's marks among them where a value is not known.
    """

    name: str
    type: str
    props: Mapping[str, Any]


def known(props: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the properties in a form that raises `UnknownPropertyError` where an unknown one is read, at any depth."""
    return _KnownMapping(props, "", _LastRead())


def if_known(props: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return a property that nothing is billed by, such as a name; None where it is absent or not known before an `up`."""
    try:
        return props.get(key)
    except UnknownPropertyError:
        return None


def plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Copy what `known` or the policy SDK gave into plain values; raises the error of either for one that is not known."""
    if isinstance(value, Mapping):
        return {key: plain(value[key]) for key in value}
    if isinstance(value, str | int | float) or value is None:
        return value
    return [plain(item) for item in value]


@dataclass(slots=True)
class _LastRead:
    """The property of a resource that was read last: where reading fails, the one at fault."""

    path: str = ""
    value: object = None


class _KnownMapping(Mapping[str, Any]):
    def __init__(self, values: Mapping[str, Any], path: str, last: _LastRead) -> None:
        self._values, self._path, self.last = values, path, last

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        path = f"{self._path}.{key}" if self._path else key
        if key not in self._values:
            raise KeyError(path)
        return _known(self._values[key], path, self.last)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _KnownSequence(Sequence[Any]):
    def __init__(self, values: Sequence[Any], path: str, last: _LastRead) -> None:
        self._values, self._path, self._last = values, path, last

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - as the protocol has it
        return _known(self._values[index], f"{self._path}[{index}]", self._last)

    def __len__(self) -> int:
        return len(self._values)


def _known(value: Any, path: str, last: _LastRead) -> Any:  # noqa: ANN401 - any JSON value
    last.path, last.value = path, value
    if is_unknown(value):
        raise UnknownPropertyError(path)
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return _KnownMapping(value, path, last)
    if isinstance(value, Sequence):
        return _KnownSequence(value, path, last)
    return value
