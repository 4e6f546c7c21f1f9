"""Properties with unknown values among them: what is not read does no harm, what is read says where it stands."""

import pytest
from pulumi_policy import proxy

from components.cost.declared_resource import UNKNOWN_MARKS, UnknownPropertyError, known

MARK = proxy.UNKNOWN_STRING_VALUE
PROPS = {
    "name": MARK,
    "scaling": {"maximum": proxy.UNKNOWN_NUMBER_VALUE, "minimum": 1},
    "zones": ["a", MARK],
    "spot": False,
}


def test_the_marks_are_those_of_the_policy_sdk() -> None:
    names = [name for name in vars(proxy) if name.startswith("UNKNOWN_") and name.endswith("_VALUE")]

    assert {getattr(proxy, name) for name in names} == UNKNOWN_MARKS


def test_known_values_are_read_past_unknown_ones() -> None:
    props = known(PROPS)

    assert props["scaling"]["minimum"] == 1
    assert props["zones"][0] == "a"
    assert props.get("spot") is False
    assert props.get("absent", 7) == 7
    assert (len(props["zones"]), list(props)) == (2, list(PROPS))


def test_an_unknown_value_says_where_it_stands() -> None:
    props = known(PROPS)

    for read, path in (
        (lambda: props["name"], "name"),
        (lambda: props.get("name"), "name"),
        (lambda: props["scaling"]["maximum"], "scaling.maximum"),
        (lambda: list(props["zones"]), r"zones\[1\]"),
    ):
        with pytest.raises(UnknownPropertyError, match=f"the value of `{path}` can't be known during preview"):
            read()
