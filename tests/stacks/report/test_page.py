"""The page of an optimization: one file that says what was tried, what was measured and why."""

from html.parser import HTMLParser
from typing import Any

import pytest

from optimizers.report import CandidateReport, Parity, Report
from optimizers.vocabulary import Precision, Runtime
from stacks.report.page import page
from tests.support.locked_model import CHOSEN, locked_model, measurement, report
from tests.support.scored import scored_report

REFUSED = CandidateReport(
    name="onnx-int8",
    runtime=Runtime.ONNXRUNTIME,
    precision=Precision.INT8,
    size_bytes=1,
    parity=Parity(metric="cosine", value=0.92, threshold=0.999, samples=8, passed=False),
    verdict="refused: cosine 0.9200 is under the limit 0.999 <script>alert(1)</script>",
)


class Outline(HTMLParser):
    """The texts of a page's table cells, its tags, and every address that it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []
        self.loads: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._inside = tag in {"td", "th"}
        if self._inside:
            self.cells.append("")
        self.loads += [value or "" for name, value in attrs if name in {"src", "href", "xlink:href"}]

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.cells[-1] += data.strip()


def measured(**changes: Any) -> Report:
    found = report(measurement(10, 12), measurement(35, 40, batch_size=4))
    original, chosen = found.candidates
    original = original.model_copy(update={"measurements": (measurement(33, 40),), "verdict": "the reference"})
    return found.model_copy(update={"candidates": (original, chosen, REFUSED), **changes})


def outline(text: str) -> Outline:
    found = Outline()
    found.feed(text)
    return found


@pytest.fixture(scope="module")
def written() -> Outline:
    found = measured()
    return outline(page("minilm", locked_model(found), found))


def test_every_candidate_has_a_row_with_its_numbers_and_its_verdict(written: Outline) -> None:
    assert {"original", CHOSEN, "onnx-int8"} <= set(written.cells)
    assert {"33.00", "10.00", "12.00", "cosine 0.92000", "the reference"} <= set(written.cells)


def test_three_pictures_stand_inside_and_nothing_is_loaded(written: Outline) -> None:
    assert written.tags.count("svg") == 3
    # Parts of a picture refer to each other.
    assert written.loads
    assert all(address.startswith("#") for address in written.loads)


def test_a_name_is_drawn_as_it_is_written() -> None:
    odd = measured()
    name = r"$\frac$ </svg><script>alert(1)</script>"
    odd = odd.model_copy(update={"candidates": (*odd.candidates, REFUSED.model_copy(update={"name": name}))})

    tags = outline(page("minilm", locked_model(odd), odd)).tags

    assert "script" not in tags
    assert tags.count("svg") == 3


def test_what_a_library_said_is_shown_as_text(written: Outline) -> None:
    assert "script" not in written.tags
    assert REFUSED.verdict in written.cells


def test_the_same_report_gives_the_same_page() -> None:
    found = measured()

    assert page("minilm", locked_model(found), found) == page("minilm", locked_model(found), found)


def test_a_busy_machine_and_the_origin_of_the_samples_are_told() -> None:
    found = measured(other_cpu_share=0.5, samples_from="`mine.txt`")

    cells = outline(page("minilm", locked_model(found), found)).cells

    assert "8 rows: `mine.txt`" in cells
    assert "other work kept 50% of the machine busy, so these times are too long" in cells


def test_a_report_without_comparisons_or_single_rows_is_still_a_page() -> None:
    chosen = report(measurement(35, 40, batch_size=4))

    text = page("minilm", locked_model(chosen), chosen)

    assert outline(text).tags.count("svg") >= 1


def test_the_newest_report_is_shown_where_none_was_measured_here() -> None:
    old = report(measurement(10, 12), measured_at="2026-11-20T00:00:00+00:00")
    locked = locked_model(old)

    assert locked.report_for("elsewhere") == old
    assert locked.model_copy(update={"reports": {}}).report_for("elsewhere") is None


def test_labelled_data_add_a_picture_a_column_and_what_was_scored() -> None:
    found = scored_report()

    written = outline(page("digits", locked_model(found), found))

    assert {"accuracy", "accuracy 0.945", "scored on", "`digits.npz`, 100 rows"} <= set(written.cells)
    assert written.tags.count("svg") == 4
