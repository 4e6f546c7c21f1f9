"""The Kubernetes objects that build a model on a node with its accelerator, as plain data."""

from collections.abc import Mapping
from shlex import quote
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from optimizers.build_step import CACHE, INPUT, OUTPUT

# A user that no image has files of; the volume is handed to its group.
USER_ID = 10001
# A builder times every kernel several times: the slowest engine that NVIDIA's own examples mention takes under an hour.
DEADLINE_S = 3 * 3600
KEPT_AFTER_S = 24 * 3600
CPU, MEMORY = "4", "16Gi"
VOLUME = "build"
# For temporary files and a home folder: the rest of the image is read-only.
SCRATCH = "/scratch"
# By which a file that this wrote is told from another one.
OURS = {"app.kubernetes.io/managed-by": "model-serving"}
# Where the pod that files are copied through has the whole volume, its image, which has the `tar` that `kubectl cp` needs,
# and how long it stays.
COPY_MOUNT, COPY_IMAGE, COPY_S = "/volume", "docker.io/library/busybox:1.37", 3600
BUILT_ON = (
    "{ nvidia-smi --query-gpu=name,compute_cap --format=csv,noheader || rocminfo || neuron-ls; } "
    f"> {OUTPUT}/built-on.txt 2>/dev/null || true"
)


USER = {
    "runAsNonRoot": True,
    "runAsUser": USER_ID,
    "runAsGroup": USER_ID,
    "fsGroup": USER_ID,
    "seccompProfile": {"type": "RuntimeDefault"},
}
NO_PRIVILEGES = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


class BuildJob(BaseModel):
    """
    One build on a node.

    Attributes:
        name: Of the Job; a DNS label.
        claim: Claim of the volume that holds the candidate's folder.
        folder: Path of that folder in the volume, `MODEL/CANDIDATE`.
        image: With the vendor's compiler.
        commands: Run one after the other.
        resource: Extended resource of the accelerator.
        node_selector: Labels that the node must have.
        groups: Numbers of further groups, such as those that own an AMD GPU's device files.
        inputs: Name to sha256 of every file that the commands read; the Job refuses others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")
    namespace: str
    claim: str
    folder: str
    image: str
    commands: tuple[tuple[str, ...], ...]
    resource: str
    node_selector: Mapping[str, str] = Field(default_factory=dict)
    groups: tuple[int, ...] = ()
    inputs: Mapping[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = Field(min_length=1)


def claim_manifest(name: str, namespace: str, size_gib: int) -> dict[str, Any]:
    """Return the claim of the volume that models come from and engines go to."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "labels": OURS},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{size_gib}Gi"}}},
    }


def job_manifest(job: BuildJob) -> dict[str, Any]:
    """
    Return the Job; its pod fits the Pod Security Standard `restricted` and writes to its volume alone.

    It fails once and for good: a compiler that cannot build a model cannot build it the second time either.
    """
    labels = {"app.kubernetes.io/name": job.name, **OURS}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": job.name, "namespace": job.namespace, "labels": labels},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_S,
            "ttlSecondsAfterFinished": KEPT_AFTER_S,
            "template": {"metadata": {"labels": labels}, "spec": _pod(job)},
        },
    }


def copy_manifest(name: str, namespace: str, claim: str) -> dict[str, Any]:
    """Return the pod that `kubectl cp` copies files through; it fits `restricted`, has the volume alone and ends by itself."""
    resources = {"cpu": "500m", "memory": "256Mi"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": OURS},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "securityContext": dict(USER),
            "containers": [
                {
                    "name": "copy",
                    "image": COPY_IMAGE,
                    "command": ["sleep", str(COPY_S)],
                    "resources": {"requests": dict(resources), "limits": dict(resources)},
                    "securityContext": dict(NO_PRIVILEGES),
                    "volumeMounts": [{"name": VOLUME, "mountPath": COPY_MOUNT}],
                }
            ],
            "volumes": [{"name": VOLUME, "persistentVolumeClaim": {"claimName": claim}}],
        },
    }


def _pod(job: BuildJob) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "nodeSelector": dict(job.node_selector),
        # Pools of accelerators are tainted with the name of the resource (EKS, GKE and NVIDIA's device plugin).
        "tolerations": [{"key": job.resource, "operator": "Exists", "effect": "NoSchedule"}],
        "securityContext": {**USER, **({"supplementalGroups": list(job.groups)} if job.groups else {})},
        "containers": [
            {
                "name": "build",
                "image": job.image,
                "command": ["sh", "-euc", _script(job)],
                "workingDir": INPUT,
                "env": [{"name": "HOME", "value": SCRATCH}, {"name": "TMPDIR", "value": SCRATCH}],
                "resources": {
                    "requests": {"cpu": CPU, "memory": MEMORY, job.resource: "1"},
                    "limits": {"cpu": CPU, "memory": MEMORY, job.resource: "1"},
                },
                "securityContext": dict(NO_PRIVILEGES),
                "volumeMounts": [
                    {"name": VOLUME, "mountPath": INPUT, "subPath": job.folder},
                    {"name": "scratch", "mountPath": SCRATCH},
                ],
            }
        ],
        "volumes": [
            {"name": VOLUME, "persistentVolumeClaim": {"claimName": job.claim}},
            {"name": "scratch", "emptyDir": {}},
        ],
    }


def _script(job: BuildJob) -> str:
    """Return what the container runs: every word in quotes, so that no name of a tensor is taken for a command."""
    lines = [
        *(f"echo {quote(f'{sha256}  {INPUT}/{name}')} | sha256sum --check" for name, sha256 in job.inputs.items()),
        # What an earlier build left is not this one's.
        f"rm -rf {OUTPUT}",
        f"mkdir -p {OUTPUT} {CACHE}",
        *(" ".join(quote(word) for word in command) for command in job.commands),
        # What an engine is tied to, for whoever serves it.
        BUILT_ON,
        f"cd {OUTPUT} && sha256sum -- * > {SCRATCH}/files.sha256 && mv {SCRATCH}/files.sha256 {OUTPUT}/files.sha256",
    ]
    return "\n".join(lines)
