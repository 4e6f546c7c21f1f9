"""What the optimization report tells a person beside its rows."""

from io import StringIO

import pytest
from rich.console import Console

from stacks.cli.report_table import report_table
from tests.support.locked_model import measurement, report
from tests.support.scored import scored_report


@pytest.mark.parametrize(("busy", "said"), [(0.43, True), (0.1, False), (None, False)])
def test_a_report_from_a_busy_machine_says_what_to_type(busy: float | None, said: bool) -> None:
    console = Console(width=200, file=StringIO(), record=True)

    console.print(report_table(report(measurement(10, 12)).model_copy(update={"other_cpu_share": busy})))

    shown = console.export_text()
    assert "openvino-fp32" in shown
    assert ("43% busy with other work" in shown and "serving optimize --force" in shown) is said


def test_a_report_says_what_the_candidates_were_compared_on() -> None:
    console = Console(width=200, file=StringIO(), record=True)

    console.print(report_table(report(measurement(10, 12)).model_copy(update={"samples_from": "`rows.json`"})))

    assert "Compared on 8 rows: `rows.json`." in console.export_text()


def test_labelled_data_add_a_column_with_the_original_s_value() -> None:
    console = Console(width=200, file=StringIO(), record=True)

    console.print(report_table(scored_report()))

    shown = console.export_text()
    assert "accuracy" in shown
    assert "0.95000" in shown
    assert "0.94500" in shown
    assert "Scored on `digits.npz`, 100 rows: labels decide." in shown
