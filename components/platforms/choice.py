"""Choose the serving platform: a decision tree over facts about what is served and where."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from optimizers.vocabulary import DeploymentTarget, ModelFormat


class Platform(StrEnum):
    """A system that serves models."""

    TORCHSERVE = "torchserve"
    TENSORFLOW_SERVING = "tensorflow-serving"
    TRITON = "triton"
    BENTOML = "bentoml"
    SELDON = "seldon"
    VLLM = "vllm"
    SAGEMAKER = "sagemaker"
    VERTEX_AI = "vertex-ai"
    LITERT = "litert"
    ONNXRUNTIME_MOBILE = "onnxruntime-mobile"


class Cloud(StrEnum):
    """Where serverless endpoints run."""

    AWS = "aws"
    GCP = "gcp"


class Needs(BaseModel):
    """
    What the choice depends on.

    Attributes:
        formats: Frameworks of all models that share the server.
        ab_testing: Traffic is split between versions.
        easy_python: Little to learn matters more than the last bit of speed.
        cloud: Which cloud, for `serverless`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: DeploymentTarget
    formats: frozenset[ModelFormat]
    ab_testing: bool = False
    easy_python: bool = False
    cloud: Cloud | None = None


class PlatformChoice(BaseModel):
    """A platform and the sentence that says why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    platform: Platform
    basis: str


TORCH_FORMATS = frozenset({ModelFormat.PYTORCH, ModelFormat.TORCHSCRIPT})
TENSORFLOW_FORMATS = frozenset({ModelFormat.TENSORFLOW})


def choose_platform(needs: Needs) -> PlatformChoice:
    """Return the platform for these needs (the tree of the product's specification, section 2.1)."""
    for applies, platform, basis in (
        (needs.target is DeploymentTarget.EDGE and needs.formats == TENSORFLOW_FORMATS, Platform.LITERT, "edge, TensorFlow model"),
        (needs.target is DeploymentTarget.EDGE, Platform.ONNXRUNTIME_MOBILE, "edge"),
        (needs.target is DeploymentTarget.SERVERLESS and needs.cloud is Cloud.GCP, Platform.VERTEX_AI, "serverless on GCP"),
        (needs.target is DeploymentTarget.SERVERLESS, Platform.SAGEMAKER, "serverless on AWS"),
        (needs.ab_testing, Platform.SELDON, "A/B testing"),
        (needs.target is DeploymentTarget.EMBEDDED, Platform.BENTOML, "this machine: quick start in Python, no container"),
        (needs.easy_python, Platform.BENTOML, "quick start in Python"),
        (needs.formats <= TORCH_FORMATS, Platform.TORCHSERVE, "PyTorch models only"),
        (needs.formats == TENSORFLOW_FORMATS, Platform.TENSORFLOW_SERVING, "TensorFlow models only"),
    ):  # fmt: skip
        if applies:
            return PlatformChoice(platform=platform, basis=basis)
    return PlatformChoice(platform=Platform.TRITON, basis="models of several frameworks, or ONNX")
