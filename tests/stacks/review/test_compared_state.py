"""What a review says of the state that it compared with."""

import pytest

from stacks.engine.resource_change import ResourceChange
from stacks.review.compared_state import EMPTY_STATE, NO_STATE, unknown_state
from stacks.review.markdown import markdown
from stacks.review.markdown_text import plain
from stacks.review.silence import is_silent
from tests.support.reviews import change, review

NEW = change("workers", after={"size": 2})
SAME = change("workers", before={"size": 2}, after={"size": 2})
GONE = change("workers", before={"size": 2})


@pytest.mark.parametrize(("resources", "given", "said"), [
    ((NEW,), False, (NO_STATE,)),
    ((NEW, NEW), True, (EMPTY_STATE,)),
    ((), False, (NO_STATE,)),
    ((NEW, SAME), False, ()),
    ((NEW, GONE), True, ()),
])  # fmt: skip
def test_a_preview_that_knew_nothing_before_says_so(
    resources: tuple[ResourceChange, ...], given: bool, said: tuple[str, ...]
) -> None:
    assert unknown_state(resources, given=given) == said


def test_the_comment_tells_it_and_is_never_silent() -> None:
    made = review(NEW).model_copy(update={"unknown": unknown_state((NEW,), given=False)})

    assert "no state was given, so every resource shows as new" in markdown(made)
    assert f"- {plain(NO_STATE)}" in markdown(made).partition("**What is unknown**")[2]
    assert not is_silent(made, below_usd=1e9)
