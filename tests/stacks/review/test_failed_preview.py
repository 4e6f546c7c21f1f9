"""The comment of a preview that failed."""

from collections.abc import Iterator

import pytest

from optimizers import errors
from optimizers.errors import PolicyViolation, ServingError
from stacks.cli.exit import INTERRUPTED
from stacks.review.failed_preview import REASONS, failed_preview
from stacks.review.markdown import marker

RUN = "https://github.example/owner/name/actions/runs/99"


def exit_codes(kind: type[ServingError] = ServingError) -> Iterator[int]:
    yield kind.exit_code
    for below in kind.__subclasses__():
        yield from exit_codes(below)


def test_every_exit_code_of_an_error_has_its_words_but_a_refusal_which_has_a_review() -> None:
    assert errors.__file__
    assert set(REASONS) == {*exit_codes(), INTERRUPTED} - {PolicyViolation.exit_code}


def test_it_says_what_failed_and_why_and_where_the_error_stands() -> None:
    text = failed_preview("dev", "", 4, commit="c0ffee", run_url=RUN)

    assert text.startswith(f"{marker('dev', '')}\n")
    assert "dev: the preview of commit c0ffee failed: no plan satisfies the spec (exit code 4)" in text
    assert f"]({RUN})" in text


def test_a_project_that_is_not_at_the_repository_s_root_says_where_it_is() -> None:
    text = failed_preview("dev", "services/a", 4, commit=None, run_url=None)

    assert text.startswith(f"{marker('dev', 'services/a')}\n")
    assert "### ❌ dev in services/a: the preview failed" in text


@pytest.mark.parametrize("code", [3, 137, 255])
def test_a_code_without_words_is_named(code: int) -> None:
    assert f"failed: it ended without a review (exit code {code})" in failed_preview(
        "dev", "", code, commit=None, run_url=None
    )


def test_a_stacks_name_is_text_and_nothing_else() -> None:
    text = failed_preview("<b>@all\n-->", "<b>@all\n-->", 2, commit=None, run_url=None)

    assert "<b>" not in text
    assert "@all" not in text
    assert text.count("-->") == 1
