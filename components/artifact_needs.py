"""The hardware that a locked artifact needs, from what the lock says of it."""

from components.endpoint_plan import ArtifactNeeds
from optimizers.artifact import Artifact
from optimizers.candidates import BF16_FEATURES
from optimizers.vocabulary import Accelerator, Precision

# Number format to the instruction sets of which one is needed. Without them OpenVINO silently computes in another format,
# so the answers and the latency are not those that were compared and measured. INT8 and FP16 files run on any processor.
CPU_FEATURES = {Precision.BF16: BF16_FEATURES}


def artifact_needs(artifact: Artifact) -> ArtifactNeeds:
    """Return what an artifact for a main processor needs; its file is portable, its arithmetic may not be."""
    features = tuple(sorted(CPU_FEATURES.get(artifact.precision, ())))
    arithmetic = f"{artifact.precision} arithmetic needs one of these instruction sets"
    return ArtifactNeeds(
        accelerator=Accelerator.CPU,
        architecture=None,
        cpu_features=features,
        gpu=None,
        basis=arithmetic if features else f"{artifact.runtime} runs {artifact.precision} on any CPU",
    )
