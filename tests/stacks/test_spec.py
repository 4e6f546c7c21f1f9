from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from optimizers.errors import InvalidArgs
from optimizers.signature import TensorSpec
from optimizers.vocabulary import Accelerator, DeploymentTarget, ModelFormat, TaskType
from stacks.spec import CONFIG_KEY, ServingSpec
from stacks.spec_issues import parse_spec


def minimal(**changes: Any) -> dict[str, Any]:
    return {"task_type": "deploy_model", "model": {"path": "model.pt"}, **changes}


def issues_of(raw: object) -> dict[str, str]:
    with pytest.raises(InvalidArgs) as caught:
        parse_spec(raw, "test")
    return {
        issue.path.removeprefix(f"{CONFIG_KEY}."): f"{issue.got} | {issue.rule} | {issue.fix}"
        for issue in caught.value.issues
    }


def test_a_task_and_a_model_are_enough() -> None:
    spec = parse_spec(minimal(), "test")

    assert spec.serving_context.deployment_target is DeploymentTarget.EMBEDDED
    assert spec.serving_context.model_format is ModelFormat.PYTORCH
    assert spec.optimization.quantization
    assert spec.batching.enabled
    assert spec.caching.enabled


def test_every_broken_rule_is_reported_in_one_error() -> None:
    found = issues_of(
        {
            "task_typ": "deploy_model",
            "name": "Not A Name",
            "model": {"pth": "x"},
            "serving_context": {"latency_sla_ms": 0, "throughput_rps": "many", "hardware": {"accelerator": "npu"}},
            "batching": 3,
        }
    )

    assert set(found) == {
        "task_type",
        "task_typ",
        "name",
        "model.path",
        "model.pth",
        "serving_context.latency_sla_ms",
        "serving_context.throughput_rps",
        "serving_context.hardware.accelerator",
        "batching",
    }


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"nam": "x"}, "nam", "did you mean `name`?"),
        ({"zzz": 1}, "zzz", "use one of: task_type, name, model"),
        ({"model": {}}, "model.path", "nothing | it is required | add `path: …`"),
        ({"serving_context": {"latency_sla_ms": -5}}, "serving_context.latency_sla_ms", "`-5` | it must be at least 1"),
        ({"endpoint": {"port": 80}}, "endpoint.port", "`80` | it must be at least 1024 | use 1024 or more"),
        ({"endpoint": {"port": 70000}}, "endpoint.port", "at most 65535"),
        (
            {"serving_context": {"deployment_target": "moon"}},
            "serving_context.deployment_target",
            "'kubernetes', 'serverless', 'edge' or 'embedded'",
        ),
        ({"batching": 3}, "batching", "write `batching:` and its fields indented below it"),
        (
            {"serving_context": {"hardware": {"instances": 2}}},
            "serving_context.hardware.instances",
            "`embedded` is one machine",
        ),
        ({"model": {"path": "m.onnx"}}, "serving_context.model_format", "set it to `onnx`"),
        ({"model": {"path": "m.keras"}}, "serving_context.model_format", "set it to `tensorflow`"),
        (
            {
                "task_type": "configure_scaling",
                "serving_context": {"deployment_target": "kubernetes", "hardware": {"instances": 3}},
            },
            "serving_context.hardware.instances",
            "`3` | `configure_scaling` decides the number of machines | remove it, and bound the fleet with `scaling.min_replicas`",
        ),
        (
            {"traffic": {"kind": "daily", "lowest_rps": 0, "highest_rps": 5e-324}},
            "traffic.highest_rps",
            "`5e-324` | it must be at least 1e-09 | use 1e-09 or more",
        ),
    ],
)
def test_an_issue_names_value_rule_and_fix(changes: dict[str, Any], path: str, said: str) -> None:
    assert said in issues_of(minimal(**changes))[path]


@pytest.mark.parametrize(
    "host", ["not a host", "localhost", "", "1.2.3", "256.0.0.1", "[::1]", "127.0.0.1:80", "fe80::1%lo"]
)
def test_a_host_that_is_no_address_is_refused_before_anything_listens_on_it(host: str) -> None:
    said = issues_of(minimal(endpoint={"host": host}))["endpoint.host"]

    assert (
        said
        == f'`"{host}"` | it must be an IP address; names are not looked up | write 127.0.0.1 for this machine only'
    )


@pytest.mark.parametrize(
    ("host", "known_as"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::1", "::1"), ("0:0:0:0:0:0:0:0", "::")],
)
def test_an_address_has_one_way_of_writing(host: str, known_as: str) -> None:
    assert parse_spec(minimal(endpoint={"host": host}), "test").endpoint.host == known_as


def leaves(part: type[BaseModel] = ServingSpec, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path of every field of the spec that holds no other fields."""
    for name, field in part.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("value", [True, "7", "yes", "true", 7, 7.0, 0.5, -0.5, 1e300, None, [], {}], ids=repr)
@pytest.mark.parametrize("path", list(leaves()), ids=".".join)
def test_a_value_passes_where_the_published_schema_lets_it_pass(path: tuple[str, ...], value: object) -> None:
    # Rules between fields, which the schema does not hold: `embedded` is one machine, `configure_scaling` decides how many,
    # a budget needs its task and traffic, an image's time needs the machine's, an accuracy needs labelled data, and a student
    # needs training.
    task = "deploy_model" if path[-1] == "instances" else "configure_scaling"
    raw = minimal(
        task_type=task,
        model={"path": "model.pt", "evaluation": "labelled.npz"},
        serving_context={"deployment_target": "edge"},
        traffic={"kind": "constant", "rate_rps": 1},
        **(
            {"optimization": {"training": {"data": "train.npz"}}}
            if path[-1] == "distillation" and value is not None
            else {}
        ),
        **({"scaling": {"provisioning_s": 60}} if task == "configure_scaling" else {}),
    )
    part = raw
    for step in path[:-1]:
        part = part.setdefault(step, {})
    part[path[-1]] = value
    schema = ServingSpec.model_json_schema()
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["ipv4", "ipv6"]))

    if checker.is_valid(raw):
        parse_spec(raw, "test")
    else:
        assert any(".".join(path) in broken for broken in issues_of(raw))


@pytest.mark.parametrize(
    ("changes", "path", "said"),
    [
        ({"dtype": "float99"}, "dtype", "`\"float99\"` | it must be one of 'float16', "),
        ({"dtype": "str"}, "dtype", "it must be one of"),
        ({"shape": ["batch", 0]}, "shape.1", "`0` | an axis is a word or a size from 1 up"),
        ({"shape": ["batch", "x", -3]}, "shape.2", "`-3` | an axis is a word or a size from 1 up"),
        ({"shape": ["batch", 2.5]}, "shape.1", "`2.5` | an axis is a word"),
        ({"shape": ["batch", True]}, "shape.1", "`true` | an axis is a word"),
        ({"shape": ["batch", "é"]}, "shape.1", "an axis is a word"),
        ({"shape": ["batch", "7"]}, "shape.1", "an axis is a word"),
        ({"shape": [2, 4]}, "shape", "`[2, 4]` | the first axis is the batch | write the shape as [batch, …]"),
        ({"shape": []}, "shape", "at least 1"),
        ({"shape": "batch"}, "shape", '`"batch"`'),
        ({"name": ""}, "name", "at least 1"),
        ({"dtyp": "int64"}, "dtyp", "did you mean `dtype`?"),
    ],
)
def test_a_declared_input_that_no_array_can_be_is_refused(changes: dict[str, Any], path: str, said: str) -> None:
    declared = {"name": "x", "shape": ["batch", 4], **changes}

    found = issues_of(minimal(model={"path": "m.pt", "inputs": [declared]}))

    assert list(found) == [f"model.inputs.0.{path}"]
    assert said in found[f"model.inputs.0.{path}"]


def test_a_declared_input_may_have_sizes_and_words() -> None:
    declared = {"name": "x", "dtype": "int64", "shape": ["batch", "sequence", 3, 4.0]}

    (found,) = parse_spec(minimal(model={"path": "m.pt", "inputs": [declared]}), "test").model.inputs

    assert found.tensor == TensorSpec(name="x", dtype="int64", shape=("batch", "sequence", 3, 4))


@pytest.mark.parametrize("field", ["max_error", "cosine", "top1"])
@pytest.mark.parametrize("value", [float("inf"), float("nan")], ids=str)
def test_a_threshold_that_no_difference_reaches_is_refused(field: str, value: float) -> None:
    found = issues_of(minimal(optimization={"parity": {field: value}}))

    assert "it must be a finite number | write a number such as 0.01" in found[f"optimization.parity.{field}"]


def test_an_accuracy_without_labelled_data_is_refused() -> None:
    found = issues_of(minimal(optimization={"accuracy": {"spearman": 0.02}}))

    assert found == {
        "optimization.accuracy": '`{"spearman": 0.02}` | without `model.evaluation` nothing is scored | '
        "add `model.evaluation`, or bound the difference to the original with `optimization.parity`"
    }


def test_a_whole_number_that_pulumi_delivers_as_a_float_stays_whole() -> None:
    spec = parse_spec(minimal(serving_context={"throughput_rps": 2.0}), "test")

    assert type(spec.serving_context.throughput_rps) is int


def test_a_value_in_itself_is_shown_without_a_traceback() -> None:
    name = list[object]()
    name.append(name)

    assert issues_of(minimal(name=name))["name"].startswith("a list that is no JSON")


@pytest.mark.parametrize("raw", [None, 3, "text", []])
def test_refuses_a_spec_that_is_not_a_mapping(raw: object) -> None:
    with pytest.raises(InvalidArgs, match=r"mapping|dictionary"):
        parse_spec(raw, "test")


def test_a_long_value_is_shortened_in_the_message() -> None:
    assert len(issues_of(minimal(name="x" * 5000))["name"]) < 300


@given(
    task=st.sampled_from(TaskType),
    model_format=st.sampled_from(ModelFormat),
    accelerator=st.sampled_from(Accelerator),
    sla_ms=st.integers(1, 3_600_000),
    rate=st.integers(1, 1_000_000),
)
def test_every_spec_in_range_survives_a_round_trip(
    task: TaskType, model_format: ModelFormat, accelerator: Accelerator, sla_ms: int, rate: int
) -> None:
    raw = minimal(
        task_type=task.value,
        serving_context={
            "model_format": model_format.value,
            "latency_sla_ms": sla_ms,
            "throughput_rps": rate,
            "hardware": {"accelerator": accelerator.value},
        },
    )

    spec = parse_spec(raw, "test")

    assert ServingSpec.model_validate(spec.model_dump(mode="json")) == spec


@pytest.mark.parametrize(
    ("scaling", "path", "said"),
    [
        ({"metric_window_s": 0}, "metric_window_s", "`0` | it must be above 0.0 | use more than 0.0"),
        ({"datapoints": 0}, "datapoints", "`0` | it must be at least 1 | use 1 or more"),
        ({"datapoints": 2.5}, "datapoints", "`2.5` | it must be a whole number"),
        ({"provisioning_s": -1}, "provisioning_s", "`-1` | it must be at least 0.0 | use 0.0 or more"),
        ({"provisioning_s": 1e12}, "provisioning_s", "it must be at most 86400.0 | use 86400.0 or less"),
        ({"provisioning_s": float("nan")}, "provisioning_s", "it must be a finite number"),
        ({"provisioning_s": "4m"}, "provisioning_s", '`"4m"` | it must be a number | write a number, without quotes'),
        ({"provisioning": 60}, "provisioning", "there is no such field | did you mean `provisioning_s`?"),
        (
            {"image_pull_s": 20},
            "image_pull_s",
            "`20` | the default of `provisioning_s` has the image's time in it, which would count twice | declare `provis",
        ),
    ],
)
def test_a_lag_that_no_scaler_has_is_refused(scaling: dict[str, Any], path: str, said: str) -> None:
    found = issues_of(minimal(task_type="configure_scaling", scaling=scaling))

    assert list(found) == [f"scaling.{path}"]
    assert said in found[f"scaling.{path}"]
