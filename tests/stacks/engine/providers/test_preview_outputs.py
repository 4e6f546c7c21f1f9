"""What is known of a resource's outputs before the cloud has answered."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.preview_outputs import created_outputs, updated_outputs

INPUTS = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(), max_size=4)


def test_what_only_the_cloud_knows_is_unknown_for_a_new_resource() -> None:
    assert created_outputs({"name": "a"}, {"arn", "name"}) == {"name": "a", "arn": UNKNOWN}


@given(INPUTS, st.dictionaries(st.text("xyz", min_size=1, max_size=2), st.integers(), max_size=4))
def test_outputs_without_a_change_stay_as_they_were(inputs: dict[str, Any], computed: dict[str, Any]) -> None:
    outputs = {**computed, **inputs}

    assert updated_outputs(outputs, inputs, inputs) == outputs


def test_a_change_is_taken_at_any_depth_and_the_rest_kept() -> None:
    old: dict[str, Any] = {"spec": {"replicas": 1, "gone": 1}, "ports": [{"port": 80}], "removed": 1}
    outputs = {**old, "spec": {**old["spec"], "clusterIP": "10.0.0.1"}, "ports": [{"port": 80, "node": 3}], "uid": "u"}
    new = {"spec": {"replicas": 2}, "ports": [{"port": 81}]}

    assert updated_outputs(outputs, old, new) == {
        "spec": {"replicas": 2, "clusterIP": "10.0.0.1"},
        "ports": [{"port": 81, "node": 3}],
        "uid": "u",
    }
