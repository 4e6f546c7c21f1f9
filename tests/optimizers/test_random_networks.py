"""Random small networks answer as before through every candidate's passes, or the pass refuses them."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizers.candidate_recipe import CandidateRecipe
from optimizers.errors import UnsupportedModel
from optimizers.goal import Goal, ParityThresholds
from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.openvino_session import OpenVinoSession
from optimizers.parity import compare
from optimizers.passes import FormedModel, Pass
from optimizers.recipe import recipe_for
from optimizers.sample_batches import read_batches
from optimizers.session import Session
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import ModelFormat, Precision, Prediction, Runtime
from tests.support.locked_model import hardware
from tests.support.networks import write_attention, write_convolution, write_perceptron

GOAL = Goal(latency_sla_ms=50, throughput_rps=10, threads=1)
FACTS = SourceFacts(
    model_format=ModelFormat.ONNX,
    model_size_bytes=1,
    prediction=Prediction.EMBEDDING,
    architectures=("LlamaForCausalLM",),  # so that 4-bit weights are tried too
)
# What rounds to 16 bits or is compared within its pass; parity decides over the rest once it is built.
KEEPS = frozenset({Precision.FP32, Precision.FP16})
# A runtime folds a saved model in another order than the one that was compared before it was saved.
LAST_DIGITS = 2e-4

SEEDS = st.integers(0, 2**32 - 1)
NETWORKS: st.SearchStrategy[Callable[[Path], FormedModel]] = st.one_of(
    st.builds(
        lambda width, layers, seed: lambda folder: write_perceptron(folder, width=width, layers=layers, seed=seed),
        st.integers(8, 48),
        st.integers(1, 4),
        SEEDS,
    ),
    st.builds(
        lambda channels, size, seed: lambda folder: write_convolution(folder, channels=channels, size=size, seed=seed),
        st.integers(2, 12),
        st.integers(3, 9),
        SEEDS,
    ),
    st.builds(
        lambda heads, width, seed: (
            lambda folder: write_attention(folder, heads=heads, width=width, layers=1, seed=seed)
        ),
        st.integers(1, 3),
        st.sampled_from((8, 16)),
        SEEDS,
    ),
)


def opened(candidate: CandidateRecipe, model: FormedModel) -> Session:
    kind: Any = OpenVinoSession if candidate.runtime is Runtime.OPENVINO else OnnxRuntimeSession
    session: Session = kind(model.file, 1, candidate.runtime_options)
    return session


class Builder:
    """Runs each chain of passes once."""

    def __init__(self, model: FormedModel, folder: Path) -> None:
        self._folder = folder
        self._samples = model.samples
        self._built: dict[tuple[Pass, ...], FormedModel] = {(): model}

    def build(self, passes: tuple[Pass, ...]) -> FormedModel:
        if passes not in self._built:
            before = self.build(passes[:-1])
            given = FormedModel(before.form, before.signature, path=before.path, samples=self._samples)
            self._built[passes] = passes[-1].run(given, Path(tempfile.mkdtemp(dir=self._folder)))
        return self._built[passes]


@settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(network=NETWORKS)
def test_every_candidate_answers_like_the_network_or_is_refused(network: Callable[[Path], FormedModel]) -> None:
    candidates = recipe_for(FACTS, GOAL, hardware()).offered
    assert {"onnx-static-int8", "openvino-int8", "openvino-dynamic-int8", "onnx-int4"} <= {
        candidate.name for candidate in candidates
    }
    with tempfile.TemporaryDirectory() as name:
        model = network(Path(name) / "network")
        batches = read_batches(model.samples_folder)
        plain = OnnxRuntimeSession(model.file, 1, {})
        expected = [plain.run(batch) for batch in batches]
        builder = Builder(model, Path(name))
        for candidate in candidates:
            try:
                built = builder.build(candidate.passes)
            except UnsupportedModel:
                continue
            answers = [opened(candidate, built).run(batch) for batch in batches]
            for before, after in zip(expected, answers, strict=True):
                assert after["output"].shape == before["output"].shape, candidate.name
                assert np.isfinite(after["output"]).all(), candidate.name
            compared = candidate.precision in KEEPS or hasattr(candidate.passes[-1], "thresholds")
            near = ParityThresholds(cosine=GOAL.thresholds.cosine - LAST_DIGITS)
            found = compare(Prediction.EMBEDDING, expected, answers, near)
            assert found.passed or not compared, f"{candidate.name}: {found.value}"
