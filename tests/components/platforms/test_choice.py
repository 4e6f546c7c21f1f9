import pytest

from components.platforms.choice import Cloud, Needs, Platform, choose_platform
from optimizers.vocabulary import DeploymentTarget, ModelFormat

KUBERNETES, SERVERLESS = DeploymentTarget.KUBERNETES, DeploymentTarget.SERVERLESS
EDGE, EMBEDDED = DeploymentTarget.EDGE, DeploymentTarget.EMBEDDED
TORCH = frozenset({ModelFormat.PYTORCH})
TENSORFLOW = frozenset({ModelFormat.TENSORFLOW})


@pytest.mark.parametrize(
    ("needs", "platform"),
    [
        (Needs(target=KUBERNETES, formats=TORCH | TENSORFLOW), Platform.TRITON),
        (Needs(target=KUBERNETES, formats=frozenset({ModelFormat.ONNX})), Platform.TRITON),
        (Needs(target=KUBERNETES, formats=TORCH, ab_testing=True), Platform.SELDON),
        (Needs(target=KUBERNETES, formats=TORCH, easy_python=True), Platform.BENTOML),
        (Needs(target=KUBERNETES, formats=TORCH), Platform.TORCHSERVE),
        (Needs(target=KUBERNETES, formats=frozenset({ModelFormat.TORCHSCRIPT})), Platform.TORCHSERVE),
        (Needs(target=KUBERNETES, formats=TENSORFLOW), Platform.TENSORFLOW_SERVING),
        (Needs(target=SERVERLESS, formats=TORCH, cloud=Cloud.AWS), Platform.SAGEMAKER),
        (Needs(target=SERVERLESS, formats=TORCH, cloud=Cloud.GCP), Platform.VERTEX_AI),
        (Needs(target=EDGE, formats=TENSORFLOW), Platform.LITERT),
        (Needs(target=EDGE, formats=TORCH), Platform.ONNXRUNTIME_MOBILE),
        (Needs(target=EMBEDDED, formats=TORCH), Platform.BENTOML),
    ],
)
def test_the_tree_chooses(needs: Needs, platform: Platform) -> None:
    choice = choose_platform(needs)

    assert choice.platform is platform
    assert choice.basis
