"""A measured model, a catalog and what is asked of them."""

from datetime import date

from components.capacity.declared import declared
from components.capacity.traffic import Traffic
from components.catalog.catalog import Catalog
from components.catalog.prices_file import read_catalog
from components.choice.request import ChoiceRequest
from components.embedded.plan import EmbeddedRequest
from components.platforms.choice import Cloud
from optimizers.goal import Goal
from optimizers.vocabulary import DeploymentTarget
from tests.support.locked_model import hardware, locked_model, measurement, report

TODAY = date(2026, 11, 24)
SHIPPED: Catalog = read_catalog(None, TODAY)
MACHINE = hardware()
# 10 ms a call: a server answers about 74 requests/s one by one where calls take as long as measured.
LOCKED = locked_model(report(measurement(10, 12), on=MACHINE))


def asked(
    target: DeploymentTarget = DeploymentTarget.KUBERNETES,
    *,
    sla_ms: int = 200,
    rate_rps: int = 100,
    traffic: Traffic | None = None,
    max_batch_size: int = 1,
    **fields: object,
) -> ChoiceRequest:
    """Return a request; unnamed fields have the defaults of a spec."""
    found = declared(traffic, rate_rps)
    goal = Goal(latency_sla_ms=sla_ms, throughput_rps=rate_rps)
    given: dict[str, object] = {
        "endpoint": EmbeddedRequest(name="minilm", goal=goal, max_batch_size=max_batch_size, traffic=found.planned),
        "target": target,
        "declared": found,
        "regions": {Cloud.AWS: "us-east-1", Cloud.GCP: "us-central1"},
        **fields,
    }
    return ChoiceRequest.model_validate(given)
