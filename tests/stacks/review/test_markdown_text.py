"""Text of users in a comment, judged by a parser of Markdown."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from stacks.review.markdown_text import BREAK, plain, table

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = (
    "a|b", "a\\|b", "\\", "\\\\|", "line\nbreak", "\r\n| x | y |", "`code`", "``", "a`|`b", "<b>", "</td></table>", "<!--",
    "-->", "&lt;", "&#124;", "[text](http://x)", "![i](x)", "<http://x>", "**b**", "_e_", "~~s~~", "$x$", "\u202eabc",
    "\ud800", "\x00", "\u2028| a |", "# title", "- item", "> quote", "---", "1. one", "    code", "|", "||||",
)  # fmt: skip
texts = st.one_of(
    st.text(), st.sampled_from(HOSTILE), st.lists(st.sampled_from((*HOSTILE, "@", "#1", " ")), max_size=6).map("".join)
)


def cells(tokens: list[Token]) -> list[Token]:
    return [after for before, after in pairwise(tokens) if before.type in {"th_open", "td_open"}]


def shown(token: Token) -> str:
    return "".join(child.content for child in token.children or ()).replace(BREAK, "")


@given(texts, texts)
@example("a\\", "|b")
def test_a_cell_holds_its_text_and_nothing_else(first: str, second: str) -> None:
    tokens = PARSER.parse(table(("x", "y", "z"), [(plain(first), plain(second), "end")]))

    found = cells(tokens)
    assert [token.type for token in tokens if token.type == "table_open"] == ["table_open"]
    assert len(found) == 6
    for token, text in zip(found[3:5], (first, second), strict=True):
        assert {child.type for child in token.children or ()} <= {"text", "text_special"}
        assert plain(shown(token)) == plain(text)
    assert shown(found[5]) == "end"


@given(texts)
def test_an_entry_of_a_list_is_its_text(text: str) -> None:
    tokens = PARSER.parse(f"- word {plain(text)}\n- next")

    inlines = [token for token in tokens if token.type == "inline"]
    assert len(inlines) == 2
    assert {child.type for child in inlines[0].children or ()} <= {"text", "text_special"}
    assert [token.type for token in tokens if token.type.endswith("list_open")] == ["bullet_list_open"]


@given(st.text(alphabet="@#ab1 :/w.gGhH-"))
def test_nobody_is_mentioned_and_nothing_is_linked(text: str) -> None:
    assert not re.search(r"@\w|#\d|://|www\.|gh-\d", plain(text), re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("minilm", "minilm"),
        ("2 x ml.g5.xlarge, $1,028.00", "2 x ml.g5.xlarge, \\$1,028.00"),
        ("a|b", "a\\|b"),
        ("two\n lines", "two lines"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("@team #7", f"@{BREAK}team #{BREAK}7"),
    ],
)
def test_ordinary_text_stays_readable(text: str, escaped: str) -> None:
    assert plain(text) == escaped


@given(texts, st.integers(min_value=0, max_value=20))
def test_a_cut_never_splits_an_escape(text: str, longest: int) -> None:
    (inline,) = [token for token in PARSER.parse(f"word {plain(text, longest)}") if token.type == "inline"]
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
