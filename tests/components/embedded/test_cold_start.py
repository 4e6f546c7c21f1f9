"""The parts of a cold start on this machine."""

from components.embedded.cold_start import SERVER_START_S, cold_start
from components.endpoint_plan import Estimate
from tests.support.locked_model import measurement, report


def test_the_parts_add_up_and_each_says_what_it_rests_on() -> None:
    single = measurement(5, 10)

    found = cold_start(0.25, single, 24, report(single))

    # Batches of 1, 2, 4, 8 and 16 rows, three times each: 93 rows of 10 ms.
    assert found.warm_up_s.value == 0.93
    assert found.model_load_s == Estimate(value=0.25, basis="measured 2026-11-23 on Test CPU with 2 threads")
    assert found.total_s == SERVER_START_S + 0.25 + 0.93
    assert all(part.basis for part in found.parts.values())


def test_a_load_that_was_not_measured_is_unknown_and_so_is_the_sum() -> None:
    single = measurement(5, 10)

    found = cold_start(None, single, 1, report(single))

    assert found.unknown == ("model_load_s",)
    assert found.total_s is None
    assert "`serving optimize --force`" in found.model_load_s.basis
