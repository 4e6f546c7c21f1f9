"""`accelerator-supply`: what containers ask of accelerators, a node of the stack has; judges resources written by hand."""

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from components.accelerators.asked import WORKLOADS, AskedAccelerators, asked_accelerators
from components.accelerators.inference_components import (
    ENDPOINT_CONFIGURATION,
    INFERENCE_COMPONENT,
    AskedDevices,
    OfferedDevices,
    asked_devices,
    offered_devices,
)
from components.accelerators.offered import OFFERS, OfferedNodes
from components.accelerators.supply import device_shortages, shortages
from components.accelerators.unbounded_nodes import SWITCHES, TYPES, brings_any_nodes
from components.catalog.catalog import Catalog
from components.cost.declared_resource import MALFORMED, DeclaredResource, UnknownPropertyError, known, malformed
from policies.cost_settings import project_catalog
from policies.declared_resources import declared_resources

ACCELERATOR_TYPES = frozenset({*WORKLOADS, *OFFERS, *TYPES, *SWITCHES, INFERENCE_COMPONENT, ENDPOINT_CONFIGURATION})
# Nobody has to know a supply for which nobody asks.
SUPPLY = frozenset({*OFFERS, *SWITCHES, ENDPOINT_CONFIGURATION})


class _Found:
    """What the resources of a stack ask for and offer, and what cannot be read of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.pods = list[AskedAccelerators]()
        self.components = list[AskedDevices]()
        self.nodes = list[OfferedNodes]()
        self.variants = list[OfferedDevices]()
        self.any_nodes = False
        self.unread_offers = list[str]()
        self.unread = list[str]()

    def read(self, resource: DeclaredResource) -> None:
        name, props = resource.name, known(resource.props)
        unread = self.unread_offers if resource.type in SUPPLY else self.unread
        try:
            self._read(name, resource.type, props)
        except UnknownPropertyError as error:
            unread.append(f"{name}: {error}; accelerators cannot be checked, so make the value known")
        except MALFORMED as error:
            unread.append(f"{name}: {malformed(error, props)}; correct them")

    def _read(self, name: str, kind: str, props: Mapping[str, Any]) -> None:
        self.any_nodes = self.any_nodes or brings_any_nodes(kind, props)
        if kind in WORKLOADS:
            self.pods.append(asked_accelerators(name, props))
        elif kind == INFERENCE_COMPONENT:
            asked = asked_devices(name, props)
            self.components += [asked] if asked else []
        elif kind in OFFERS:
            self.nodes += OFFERS[kind](name, props, self._catalog)
        elif kind == ENDPOINT_CONFIGURATION:
            self.variants += offered_devices(props, self._catalog)


def check(resources: Iterable[PolicyResource], catalog: Catalog) -> list[str]:
    """Return a sentence for each container that asks for more than a node has, and for each number that is not known."""
    found = _Found(catalog)
    for resource in declared_resources(resources, ACCELERATOR_TYPES):
        found.read(resource)
    asking = [pod for pod in found.pods if pod.accelerators]
    said = [
        f"{pod.resource}: {sentence}"
        for pod in asking
        for sentence in shortages(pod, found.nodes, catalog, any_nodes=found.any_nodes)
    ]
    said += [f"{item.resource}: {text}" for item in found.components for text in device_shortages(item, found.variants)]
    return [*found.unread, *(found.unread_offers if asking or found.components else []), *said]


def _validate(args: StackValidationArgs, report_violation: ReportViolation) -> None:
    catalog = project_catalog()
    for violation in [catalog] if isinstance(catalog, str) else check(args.resources, catalog):
        report_violation(violation, None)


accelerator_supply = StackValidationPolicy(
    name="accelerator-supply",
    description="What containers ask of accelerators, a node of the stack has.",
    enforcement_level=EnforcementLevel.MANDATORY,
    validate=_validate,
)
