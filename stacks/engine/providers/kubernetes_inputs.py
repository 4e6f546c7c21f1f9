"""What the official Kubernetes provider adds to a program's inputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from stacks.engine.marks import UNKNOWN
from stacks.engine.providers.wire import Values, in_base64, secret

SECRET_TYPE = "kubernetes:core/v1:Secret"  # noqa: S105 - a type
CONFIG_MAP_TYPE = "kubernetes:core/v1:ConfigMap"
AUTONAMED = "pulumi.com/autonamed"
# Of the official provider.
NAME_DIGITS = 8
DEFAULT_NAMESPACE = "default"
# `kubectl api-resources --namespaced=false`, Kubernetes 1.36. Kinds of custom resources are taken as namespaced.
CLUSTER_KINDS = frozenset(
    """
    APIService CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ComponentStatus CSIDriver
    CSINode CustomResourceDefinition DeviceClass FlowSchema IngressClass IPAddress MutatingAdmissionPolicy
    MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass
    PriorityLevelConfiguration ResourceSlice RuntimeClass SelfSubjectReview ServiceCIDR StorageClass
    StorageVersionMigration TokenReview ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding
    ValidatingWebhookConfiguration VolumeAttachment VolumeAttributesClass
    """.split()  # noqa: SIM905 - forty lines of quotes otherwise
)


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """
    The configuration of a Kubernetes provider that changes a preview.

    Attributes:
        namespace: Of objects that name none.
        mutable_secrets: Whether changed data updates a Secret; otherwise it replaces it.
        mutable_config_maps: The same of a ConfigMap.
    """

    namespace: str = DEFAULT_NAMESPACE
    mutable_secrets: bool = False
    mutable_config_maps: bool = False

    @classmethod
    def read(cls, configured: Mapping[str, Any]) -> Self:
        """Read a provider's configuration, in which every value is a text."""
        return cls(
            namespace=str(configured.get("namespace") or DEFAULT_NAMESPACE),
            mutable_secrets=_is_true(configured.get("enableSecretMutable")),
            mutable_config_maps=_is_true(configured.get("enableConfigMapMutable")),
        )

    def replacing(self, token: str) -> tuple[str, ...]:
        """Return the properties that replace an object because the provider keeps it immutable (its `diff.go`)."""
        if token == SECRET_TYPE and not self.mutable_secrets:
            return ("data", "stringData")
        if token == CONFIG_MAP_TYPE and not self.mutable_config_maps:
            return ("data", "binaryData")
        return ()


def kubernetes_inputs(
    token: str, old: Mapping[str, Any], new: Mapping[str, Any], settings: KubernetesSettings, new_name: str
) -> Values:
    """
    Return a program's inputs as the provider records them: named, in a namespace, a Secret's text in base64.

    Args:
        token: Type of the object: `kubernetes:apps/v1:Deployment`.
        old: Inputs in the last state; empty for a new object.
        new: Inputs of the program.
        settings: Configuration of the provider.
        new_name: Of an object that the program leaves unnamed, unless the last state has one.
    """
    metadata = new.get("metadata") or {}
    if not isinstance(metadata, Mapping):  # unknown
        return _with_data_in_base64(token, new)
    before = old.get("metadata")
    named = _named(before if isinstance(before, Mapping) else {}, metadata, new_name)
    placed = {"namespace": settings.namespace, **named} if _is_namespaced(token, old) else named
    return _with_data_in_base64(token, {**new, "metadata": placed})


def _named(before: Mapping[str, Any], metadata: Mapping[str, Any], new_name: str) -> Values:
    if metadata.get("name") or metadata.get("generateName"):
        return dict(metadata)
    kept = before.get("name") if AUTONAMED in (before.get("annotations") or {}) else None
    annotations = metadata.get("annotations") or {}
    marked = {**annotations, AUTONAMED: "true"} if isinstance(annotations, Mapping) else annotations
    return {**metadata, "name": kept or new_name, "annotations": marked}


def _is_namespaced(token: str, old: Mapping[str, Any]) -> bool:
    """Return whether the object lies in a namespace: as it did, else as its kind does."""
    before = old.get("metadata")
    if isinstance(before, Mapping):
        return "namespace" in before
    return token.rpartition(":")[2].removesuffix("Patch") not in CLUSTER_KINDS


def _with_data_in_base64(token: str, inputs: Mapping[str, Any]) -> Values:
    """Move a Secret's `stringData` to `data`, which is marked as secret: the engine knows only the other name as one."""
    text = inputs.get("stringData")
    if token != SECRET_TYPE or not text:
        return dict(inputs)
    others = {key: value for key, value in inputs.items() if key != "stringData"}
    if text == UNKNOWN or inputs.get("data") == UNKNOWN:
        return {**others, "data": secret(UNKNOWN)}
    moved = {key: in_base64(value) for key, value in text.items()}
    return {**others, "data": secret({**(inputs.get("data") or {}), **moved})}


def _is_true(value: Any) -> bool:  # noqa: ANN401 - any JSON value
    return value is True or value == "true"
