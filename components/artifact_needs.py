"""The hardware that a locked artifact needs, from what the lock says of it."""

from components.endpoint_plan import ArtifactNeeds, Gpu
from optimizers.artifact import Artifact
from optimizers.candidate_row import BF16_FEATURES
from optimizers.engine_tie import EngineTie
from optimizers.vocabulary import Accelerator, Precision

# Number format to the instruction sets of which one is needed. Without them OpenVINO silently computes in another format,
# so the answers and the latency are not those that were compared and measured. INT8 and FP16 files run on any processor.
CPU_FEATURES = {Precision.BF16: BF16_FEATURES}


def artifact_needs(artifact: Artifact) -> ArtifactNeeds:
    """Return what an artifact needs: an engine its GPU and its library, any other file perhaps an arithmetic."""
    if artifact.engine is not None:
        return _engine_needs(artifact, artifact.engine)
    features = tuple(sorted(CPU_FEATURES.get(artifact.precision, ())))
    arithmetic = f"{artifact.precision} arithmetic needs one of these instruction sets"
    return ArtifactNeeds(
        accelerator=Accelerator.CPU,
        architecture=None,
        cpu_features=features,
        gpu=None,
        basis=arithmetic if features else f"{artifact.runtime} runs {artifact.precision} on any CPU",
    )


def _engine_needs(artifact: Artifact, engine: EngineTie) -> ArtifactNeeds:
    return ArtifactNeeds(
        accelerator=Accelerator.GPU,
        architecture=None,
        cpu_features=(),
        gpu=Gpu(architecture=engine.architecture, runtime_version=engine.runtime_version),
        basis=f"{artifact.runtime} {engine.runtime_version} built it for {engine.architecture}, and it loads nowhere else",
    )
