"""A report whose candidate was scored on labelled data."""

from optimizers.accuracy import Accuracy
from optimizers.metrics import MetricName
from optimizers.report import Report
from tests.support.locked_model import measurement, report

ACCURACY = Accuracy(metric=MetricName.ACCURACY, original=0.95, value=0.945, limit=0.94, rows=100, passed=True)


def scored_report() -> Report:
    """One candidate that keeps its accuracy, and was near to the original too."""
    found = report(measurement(10, 12))
    original, chosen = found.candidates
    candidates = (original, chosen.model_copy(update={"accuracy": ACCURACY}))
    return found.model_copy(update={"candidates": candidates, "evaluated_on": "`digits.npz`, 100 rows"})
