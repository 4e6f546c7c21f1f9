"""
A resource as a program declares it, in plain values, whoever tells of it: the policy pack, the engine's events or a state.

A value that is not known before an `up` is one of the engine's marks. `known` reads such properties one by one and raises
where a mark is touched, so what no cost depends on may stay unknown.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

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


def malformed(error: Exception) -> str:
    """Return in one clause what an exception of `MALFORMED` says of a resource's properties, in the words of a stack's author."""
    if isinstance(error, ValidationError):
        found = (f"got {item['input']!r}; {item['msg'].lower()}" for item in error.errors(include_url=False))
        why = ", and ".join(dict.fromkeys(found))
    elif isinstance(error, KeyError):
        why = f"`{error.args[0]}` is missing"
    elif isinstance(error, (AttributeError, IndexError, TypeError)):
        why = "a value is missing or of another kind"
    else:
        why = str(error)
    return f"its properties are not those of its type ({why})"


class UnknownPropertyError(Exception):
    """A property was read whose value is not known before an `up`."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the value of `{path}` can't be known during preview")


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
    return _KnownMapping(props, "")


def filled_in(props: Mapping[str, Any], key: str) -> Any:  # noqa: ANN401 - any JSON value
    """
    Return a property that the provider fills in where the program leaves it out, or None where it is absent.

    Before an `up` such a property is unknown as a whole for every resource that does not write it, so that counts as not
    written; a part of it that is unknown raises as any other does.
    """
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


class _KnownMapping(Mapping[str, Any]):
    def __init__(self, values: Mapping[str, Any], path: str) -> None:
        self._values, self._path = values, path

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        return _known(self._values[key], f"{self._path}.{key}" if self._path else key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class _KnownSequence(Sequence[Any]):
    def __init__(self, values: Sequence[Any], path: str) -> None:
        self._values, self._path = values, path

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - as the protocol has it
        return _known(self._values[index], f"{self._path}[{index}]")

    def __len__(self) -> int:
        return len(self._values)


def _known(value: Any, path: str) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, str):
        if value in UNKNOWN_MARKS:
            raise UnknownPropertyError(path)
        return value
    if isinstance(value, Mapping):
        return _KnownMapping(value, path)
    if isinstance(value, Sequence):
        return _KnownSequence(value, path)
    return value
