from pathlib import Path

import pytest

from optimizers.errors import InvalidArgs
from stacks.stack_file import read_spec

VALID = "config:\n  model-serving:spec:\n    task_type: deploy_model\n    model:\n      path: m.pt\n"


def write(project: Path, text: str, stack: str = "dev") -> None:
    (project / "stacks").mkdir(exist_ok=True)
    (project / "stacks" / f"Pulumi.{stack}.yaml").write_text(text)


def test_the_spec_is_read_from_the_stack_file(tmp_path: Path) -> None:
    write(tmp_path, VALID)

    assert read_spec(tmp_path, "dev").model.path == "m.pt"


def test_a_stack_that_is_not_there_names_those_that_are_by_their_whole_name(tmp_path: Path) -> None:
    write(tmp_path, VALID, "eu.prod")
    write(tmp_path, VALID)

    with pytest.raises(InvalidArgs, match=r"use one of: dev, eu\.prod$"):
        read_spec(tmp_path, "eu")
    assert read_spec(tmp_path, "eu.prod").model.path == "m.pt"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: [", "not YAML"),
        ("", "the spec is required"),
        ("config: {}", "the spec is required"),
        ("config: text", "the spec is required"),
        ("just text", "the spec is required"),
        ("config:\n  model-serving:spec:\n", "mapping"),
        ("\x00", "not YAML"),
    ],
)
def test_refuses_a_file_without_a_readable_spec(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, text)

    with pytest.raises(InvalidArgs, match=said):
        read_spec(tmp_path, "dev")


def test_refuses_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.dev.yaml").write_bytes(b"\xff\xfe\x00\x80")

    with pytest.raises(InvalidArgs, match="not YAML"):
        read_spec(tmp_path, "dev")


def issue_of(project: Path, text: str | bytes) -> str:
    """Return the one thing that is wrong with a stack file of this text: `path | got | rule | fix`."""
    write(project, "")
    content = text if isinstance(text, bytes) else text.encode()
    (project / "stacks" / "Pulumi.dev.yaml").write_bytes(content)
    with pytest.raises(InvalidArgs) as caught:
        read_spec(project, "dev")
    (issue,) = caught.value.issues
    return f"{issue.path} | {issue.got} | {issue.rule} | {issue.fix}"


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("a: 2024-13-45", "line 1, column 4", "`2024-13-45` | it is no timestamp | correct it, or quote it"),
        ("a: !!timestamp x", "line 1, column 4", "`x` | it is no timestamp"),
        ("a: !!int x", "line 1, column 4", "`x` | it is no int"),
        ("a: !!bool x", "line 1, column 4", "`x` | it is no bool"),
        (f"a: {'9' * 5000}", "line 1, column 4", "it is no int"),
        ("a:\n  b: &x [*x]", "line 2, column 6", "a value that holds itself"),
        ("a: &x\n  b: *x", "line 1, column 4", "a value that holds itself"),
        ("[" * 3000, "the file", "values nested too deeply to read"),
        ("a: " + "{b: " * 3000, "the file", "values nested too deeply to read"),
        (
            "a: 1\nb:\n  name: x\n  name: y",
            "line 4, column 3",
            "`name` a second time | a field is set once, and line 3",
        ),
        ("a: {b: 1, b: 1}", "line 1, column 11", "`b` a second time"),
        (b"\xff\xfea\x00", "the file", "UTF-16 text"),
        (b"\xfe\xff\x00a", "the file", "UTF-16 text"),
        (b"a: 1\nb: \xe9", "line 2", "the byte 0xE9"),
        ("a: 1\nb: \x07", "line 2", "the control character U+0007"),
        ("[1, 2]", "the file", "`[1, 2]` | it must be a mapping"),
        ("3", "the file", "`3` | it must be a mapping"),
        ("config: [1]", "config", "`[1]` | it must be a mapping"),
        ("", "config.model-serving:spec", "nothing | the spec is required"),
    ],
)
def test_a_slip_in_the_file_is_named_with_its_place(tmp_path: Path, text: str | bytes, where: str, said: str) -> None:
    found = issue_of(tmp_path, text)

    assert found.startswith(f"{where} | ")
    assert said in found
    assert len(found) < 400


def test_the_recursion_that_follows_a_merge_key_is_found_too(tmp_path: Path) -> None:
    assert "holds itself" in issue_of(tmp_path, "a: &x\n  c: 1\n  b: [*x]\n")


@pytest.mark.parametrize("value", ['"\\ud800"', "{2024-01-01: 1}", "[[1]]", "!!set {a, b}", "2024-01-01"])
def test_a_value_that_json_has_not_is_still_shown(tmp_path: Path, value: str) -> None:
    found = issue_of(tmp_path, f"{VALID}    name: {value}\n")

    assert found.startswith("model-serving:spec.name | ")
    found.encode()


def test_keys_that_are_merged_may_be_set_again(tmp_path: Path) -> None:
    write(tmp_path, f"base: &base\n  path: base.pt\n  prediction: embedding\n{VALID}      <<: *base\n")

    model = read_spec(tmp_path, "dev").model

    assert (model.path, model.prediction.value) == ("m.pt", "embedding")


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [("cosine", "0.9", 0.9), ("max_error", "1e-2", 0.01), ("max_error", "1", 1.0), ("max_error", "+.5e1", 5.0)],
)
def test_a_number_is_read_as_pulumi_reads_it(tmp_path: Path, field: str, text: str, value: float) -> None:
    write(tmp_path, f"{VALID}    optimization:\n      parity:\n        {field}: {text}\n")

    assert getattr(read_spec(tmp_path, "dev").optimization.parity, field) == value


@pytest.mark.parametrize("text", ["yes", "on", "no", "y"])
def test_a_word_is_no_truth_value_for_pulumi_nor_here(tmp_path: Path, text: str) -> None:
    found = issue_of(tmp_path, f"{VALID}    caching:\n      enabled: {text}\n")

    assert f'`"{text}"` | it must be true or false' in found


@pytest.mark.parametrize("text", ["1:30", '"7"', "true", "2.5", "0o7"])
def test_what_is_no_whole_number_for_pulumi_is_none_here(tmp_path: Path, text: str) -> None:
    assert "it must be a whole number" in issue_of(
        tmp_path, f"{VALID}    serving_context:\n      throughput_rps: {text}\n"
    )


@pytest.mark.parametrize(("text", "value"), [("7", 7), ("1_000", 1000), ("2.0", 2), ("1e3", 1000), ("0x10", 16)])
def test_a_whole_number_may_be_written_in_any_of_yaml_s_ways(tmp_path: Path, text: str, value: int) -> None:
    write(tmp_path, f"{VALID}    serving_context:\n      throughput_rps: {text}\n")

    assert read_spec(tmp_path, "dev").serving_context.throughput_rps == value


def test_an_unknown_stack_names_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, VALID)

    with pytest.raises(InvalidArgs, match=r"no `stacks/Pulumi.prod.yaml`; create it or use one of: dev"):
        read_spec(tmp_path, "prod")


@pytest.mark.parametrize("stack", ["../etc", "", "a b", "-x", "/abs"])
def test_refuses_a_stack_name_that_could_leave_the_folder(tmp_path: Path, stack: str) -> None:
    with pytest.raises(InvalidArgs, match="stack name"):
        read_spec(tmp_path, stack)
