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


def test_an_unknown_stack_names_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, VALID)

    with pytest.raises(InvalidArgs, match=r"no `stacks/Pulumi.prod.yaml`; create it or use one of: dev"):
        read_spec(tmp_path, "prod")


@pytest.mark.parametrize("stack", ["../etc", "", "a b", "-x", "/abs"])
def test_refuses_a_stack_name_that_could_leave_the_folder(tmp_path: Path, stack: str) -> None:
    with pytest.raises(InvalidArgs, match="stack name"):
        read_spec(tmp_path, stack)
