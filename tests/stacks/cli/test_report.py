"""`serving report`."""

from optimizers import lock
from optimizers.lock import LOCK_NAME, Lock
from tests.support.checkout import Checkout
from tests.support.locked_model import locked_model, measurement, report


def test_the_page_is_made_from_the_lock_alone(checkout: Checkout) -> None:
    found = report(measurement(10, 12))
    original = found.candidates[0].model_copy(update={"measurements": (measurement(33, 40),)})
    found = found.model_copy(update={"candidates": (original, *found.candidates[1:])})
    lock.write(checkout.root / LOCK_NAME, Lock(models={"small": locked_model(found)}))

    made = checkout.serving("report", "--json")

    assert made.code == 0, made.err
    page = checkout.root / ".model-serving/reports/small.html"
    assert made.document == {"page": str(page)}
    assert "3.30" in page.read_text()


def test_a_model_that_was_never_optimized_has_no_page(checkout: Checkout) -> None:
    refused = checkout.serving("report")

    assert refused.code == 5
    assert "`small` is not in artifacts.lock.json; run `serving optimize`" in refused.err
