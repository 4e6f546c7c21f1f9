"""What is written counts as written, what is left out as its provider tells of it, and nothing is made up."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from components.cost.declared_properties import declared_properties
from components.cost.declared_resource import UNKNOWN_MARKS

MARK = min(UNKNOWN_MARKS)
PROPERTIES = st.dictionaries(
    st.sampled_from("abcdef"), st.one_of(st.integers(), st.sampled_from(sorted(UNKNOWN_MARKS)))
)


@given(PROPERTIES, PROPERTIES)
def test_every_input_stays_and_of_the_outputs_what_is_known_and_left_out(
    inputs: dict[str, Any], outputs: dict[str, Any]
) -> None:
    found = declared_properties(inputs, outputs)

    assert {key: found[key] for key in inputs} == inputs
    assert {key: value for key, value in found.items() if key not in inputs} == {
        key: value for key, value in outputs.items() if key not in inputs and value not in UNKNOWN_MARKS
    }


def test_what_a_provider_completes_inside_of_a_written_property_is_not_written() -> None:
    inputs = {"spec": {"template": {}}, "region": MARK}
    outputs = {"spec": {"template": {}, "replicas": 1}, "region": "us-east-1", "nodeCount": 3, "arn": MARK}

    assert declared_properties(inputs, outputs) == {**inputs, "nodeCount": 3}
