"""Predict in less time than `predict` takes, for a choice between many fleets: by a formula, or a short simulation."""

from components.capacity.closed_form import closed_form
from components.capacity.fleet import Arrivals, Fleet
from components.capacity.predict import CLOSED_FORM_ERROR, predict, saturated
from components.capacity.prediction import Method, Prediction
from components.capacity.service import ServiceTimes


def predict_by_formula(
    service: ServiceTimes, fleet: Fleet, arrivals: Arrivals, sla_ms: float | None = None, seed: int = 1
) -> Prediction:
    """
    Return the closed form's answer, batches or not; with the arguments of `predict`, two of which it needs not.

    Where single rows cannot carry the load, batches do, and a request waits for the running call and its own: twice the
    slowest full call, a bound on the safe side at moderate load only. So nothing that is deployed rests on it.
    """
    del sla_ms, seed
    capacity_rps = fleet.capacity_rps(service)
    utilization = arrivals.rate_rps / capacity_rps
    if utilization >= 1:
        return saturated(fleet, capacity_rps, utilization)
    formula = closed_form(service, fleet, arrivals)
    if formula is None:
        rows, calls = fleet.max_batch_size, fleet.concurrent_calls
        call = service.call(rows, calls)
        busy_ms = service.request_ms(rows, calls)
        p50_ms = call.p50_ms + busy_ms + service.latency_ms
        p99_ms = 2 * (call.quantiles_ms()[-10] + busy_ms) + service.latency_ms
        model = f"two full calls of {rows} rows, for single rows cannot carry the load"
    else:
        p50_ms, p99_ms, model = formula.p50_ms, formula.p99_ms, f"closed form {formula.name}, not simulated"
    return Prediction(
        p50_ms=p50_ms,
        p99_ms=p99_ms,
        p99_low_ms=p99_ms * (1 - CLOSED_FORM_ERROR),
        p99_high_ms=p99_ms * (1 + CLOSED_FORM_ERROR),
        closed_form_p99_ms=formula.p99_ms if formula else None,
        capacity_rps=capacity_rps,
        utilization=utilization,
        mean_batch=1 if formula else fleet.max_batch_size,
        method=Method.CLOSED_FORM,
        model=model,
    )


def predict_briefly(
    service: ServiceTimes, fleet: Fleet, arrivals: Arrivals, sla_ms: float | None = None, seed: int = 1
) -> Prediction:
    """Return what `predict` does, from a short simulation: its interval is wider, and its upper end still decides."""
    return predict(service, fleet, arrivals, sla_ms, seed, brief=True)
