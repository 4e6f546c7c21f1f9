"""Read YAML so that a slip is an error with its place, and so that a value means here what it means to `pulumi`."""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.error import Mark

from optimizers.errors import InvalidArgs, Issue

UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
TAG = "tag:yaml.org,2002:"
POWER = r"[0-9]+[eE][-+]?[0-9]+"
POINT = r"([0-9][0-9_]*\.[0-9_]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
# What a plain scalar of YAML 1.2 has to look like, and the characters that it starts with.
SCALARS = {
    f"{TAG}bool": (r"true|True|TRUE|false|False|FALSE", "tTfF"),
    f"{TAG}int": (r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)", "-+0123456789"),
    f"{TAG}float": (rf"[-+]?({POINT}|{POWER}|\.(inf|Inf|INF))|\.(nan|NaN|NAN)", "-+0123456789."),
}


class SlipError(yaml.YAMLError):
    """Valid YAML that cannot be meant; has what an issue needs."""

    def __init__(self, mark: Mark, got: str, rule: str, fix: str) -> None:
        super().__init__(got)
        self.issue = Issue(_place(mark), got, rule, fix)


class StrictLoader(yaml.SafeLoader):
    """
    PyYAML's safe loader with the scalars of YAML 1.2, which `pulumi` reads too.

    `yes` is a text and not true, `1:30` is a text and not 90, `1e-2` is a number. A key that is there twice, a value
    that holds itself and a scalar that is not what it looks like (the date 2024-13-45) are refused.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Refuse a key that is there twice; here, before the keys come in that `<<` merges."""
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.MappingNode):
            _refuse_twice(node)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: ANN401, ARG002
        """Build a value whole, so that one in itself is met while it is built."""
        if node in self.recursive_objects:
            raise SlipError(node.start_mark, "a value that holds itself", "a spec ends somewhere", "remove the alias")
        try:
            return super().construct_object(node, deep=True)
        except (ValueError, LookupError, AttributeError):  # what PyYAML's own conversions raise
            kind = node.tag.removeprefix(TAG)
            raise SlipError(
                node.start_mark,
                f"`{str(node.value)[:60]}`",
                f"it is no {kind}",
                "correct it, or quote it to make it a text",
            ) from None


StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in SCALARS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _tag, (_pattern, _first) in SCALARS.items():
    StrictLoader.add_implicit_resolver(_tag, re.compile(rf"^({_pattern})$"), list(_first))


def read_yaml(path: Path, source: str) -> Any:  # noqa: ANN401 - any YAML
    """
    Return the content of one YAML file; None where it is empty.

    Args:
        path: The file.
        source: What to call it in a message.

    Raises:
        InvalidArgs: The file is not UTF-8, not YAML, or holds what cannot be meant.
    """
    content = path.read_bytes()
    try:
        return yaml.load(content.decode(), StrictLoader)  # noqa: S506 - it is a safe loader
    except UnicodeDecodeError as error:
        issue = _not_utf_8(content, error.start)
    except SlipError as error:
        issue = error.issue
    except yaml.reader.ReaderError as error:
        line = content.decode()[: error.position].count("\n") + 1
        got = f"the control character U+{error.character:04X}"
        issue = Issue(f"line {line}", got, "a file that has one is not YAML", "remove it")
    except yaml.MarkedYAMLError as error:
        where = _place(error.problem_mark) if error.problem_mark else "the file"
        issue = Issue(where, "text that is not YAML", error.problem or "it cannot be read", "correct the file")
    except RecursionError:
        issue = Issue("the file", "values nested too deeply to read", "a spec has a few levels", "correct the file")
    raise InvalidArgs(source, (issue,))


def _refuse_twice(node: yaml.MappingNode) -> None:
    seen = dict[tuple[str, str], Mark]()
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode):
            continue
        first = seen.setdefault((key.tag, key.value), key.start_mark)
        if first is not key.start_mark:
            raise SlipError(
                key.start_mark,
                f"`{key.value}` a second time",
                f"a field is set once, and {_place(first)} sets it",
                "remove one of the two",
            )


def _place(mark: Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _not_utf_8(content: bytes, position: int) -> Issue:
    fix = "save the file as UTF-8"
    if content.startswith(UTF_16_MARKS):
        return Issue("the file", "UTF-16 text", "it is not YAML in UTF-8", fix)
    line = content.count(b"\n", 0, position) + 1
    return Issue(f"line {line}", f"the byte 0x{content[position]:02X}", "it is not YAML in UTF-8", fix)
