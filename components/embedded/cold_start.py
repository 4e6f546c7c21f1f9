"""How long an endpoint on this machine takes from nothing to its first answer."""

from components.embedded.server_config import WARM_UP_CALLS
from components.endpoint_plan import ColdStart, Estimate
from optimizers.configuration import shown_configuration
from optimizers.report import Measurement, Report

# From the start of the process to its first answer, less load and warm-up of a small model: 2.1, 2.4, 2.4 and 3.0 s in four
# starts of BentoML 1.4.39 on 2 busy cores of an AMD EPYC. The longest, since a budget is held against it.
SERVER_START_S = 3.0


def cold_start(load_s: float | None, single: Measurement, max_batch_size: int, report: Report) -> ColdStart:
    """
    Return the parts of a cold start of the chosen artifact.

    Args:
        load_s: Measured time to load it; None where it was not measured.
        single: One row at a time.
        max_batch_size: The largest batch of the warm-up, which doubles from one row.
        report: Where both were measured.
    """
    here = Estimate(value=0, basis="this machine runs and has the files")
    with_these = shown_configuration(report.threads, report.streams)
    measured = f"measured {report.measured_at[:10]} on {report.hardware.cpu_model} with {with_these}"
    rows = WARM_UP_CALLS * sum(2**step for step in range(max_batch_size.bit_length()))
    # Latency grows at most linearly with the rows of a batch.
    warm_up_s = rows * single.p99.value_ms / 1000
    return ColdStart(
        provisioning_s=here,
        image_s=here,
        server_s=Estimate(value=SERVER_START_S, basis="the longest of four starts of the server, without its model"),
        model_load_s=Estimate(
            value=None if load_s is None else round(load_s, 3),
            basis="its load was not measured; run `serving optimize --force`" if load_s is None else measured,
        ),
        warm_up_s=Estimate(
            value=round(warm_up_s, 3),
            basis=f"at most: {rows} rows of {single.p99.value_ms:.3g} ms (p99), {measured}",
        ),
    )
