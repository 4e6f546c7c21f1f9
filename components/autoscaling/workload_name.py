"""Which workload of Kubernetes a resource makes, and which one an autoscaler of pods scales."""

from collections.abc import Mapping
from typing import Any

from components.cost.declared_resource import UnknownPropertyError
from components.endpoint_plan import PlanPart

DEFAULT_NAMESPACE = "default"
# What KEDA scales where no kind is named (its ScaledObject specification); every other autoscaler has to name one.
DEFAULT_KIND = "Deployment"


class WorkloadName(PlanPart):
    """What tells a workload from the others of its cluster; None where a part is not known before an `up`."""

    kind: str | None
    namespace: str | None
    name: str | None

    @property
    def parts(self) -> tuple[str | None, str | None, str | None]:
        """Kind, namespace and name."""
        return self.kind, self.namespace, self.name

    def may_be(self, other: "WorkloadName") -> bool:
        """Return whether both may name one workload."""
        pairs = zip(self.parts, other.parts, strict=True)
        return all(own is None or its is None or own == its for own, its in pairs)


def made_workload(kind: str, resource: str, props: Mapping[str, Any]) -> WorkloadName:
    """
    Return the workload that a resource makes, which is called as the resource where nothing is written.

    Args:
        kind: Of it in Kubernetes.
        resource: What the program calls the resource.
        props: Of the resource.
    """
    return WorkloadName(
        kind=kind, namespace=_namespace(props), name=_if_known(props, ("metadata", "name"), default=resource)
    )


def scaled_workload(props: Mapping[str, Any]) -> WorkloadName:
    """
    Return the workload that an autoscaler of pods scales, which is in its own namespace.

    Raises:
        KeyError: It names none.
    """
    reference = ("spec", "scaleTargetRef")
    name = _if_known(props, (*reference, "name"), default="")
    if name == "":
        raise KeyError(".".join((*reference, "name")))
    kind = _if_known(props, (*reference, "kind"), default=DEFAULT_KIND)
    return WorkloadName(kind=kind, namespace=_namespace(props), name=name)


def _namespace(props: Mapping[str, Any]) -> str | None:
    return _if_known(props, ("metadata", "namespace"), default=DEFAULT_NAMESPACE)


def _if_known(props: Mapping[str, Any], path: tuple[str, ...], default: str) -> str | None:
    found: Any = props
    try:
        for step in path:
            found = (found or {}).get(step)
    except UnknownPropertyError:
        return None
    return str(found or default)
