"""Artifacts on their way into a package: the small network, and one that takes texts."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from components.packages.served import ServedArtifact, ServerSettings
from optimizers.artifact import MANIFEST_NAME, REFERENCE_NAME, Artifact, Manifest, Tokenizer
from optimizers.rows import RowEncoder
from optimizers.session import open_session, read_manifest
from optimizers.signature import Signature, TensorSpec
from optimizers.store import ArtifactStore
from optimizers.vocabulary import Precision, Prediction, Runtime
from tests.support.served_artifact import small_artifact
from tests.support.small_tokenizer import PAD, WORDS, write_small_tokenizer

HIDDEN = 4
MAX_LENGTH = 8
TEXTS = ("the train leaves at nine", "the train", "nine")


def served_small(folder: Path, **settings: Any) -> ServedArtifact:
    """Return the small network, `input (batch, 64)` to `output (batch, 64)`, in a store of its own."""
    store = ArtifactStore(folder / "store")
    return served(store, small_artifact(store), "small", **settings)


def served_text(folder: Path, **settings: Any) -> ServedArtifact:
    """Return a network that adds the embeddings of a text's tokens, with its tokenizer."""
    store = ArtifactStore(folder / "store")
    return served(store, text_artifact(store), "words", **settings)


def served(store: ArtifactStore, artifact: Artifact, name: str, **settings: Any) -> ServedArtifact:
    """Return an artifact of a store with the settings of its server."""
    folder = store.verify(artifact)
    return ServedArtifact(
        name=name,
        settings=ServerSettings(**{"max_batch_size": 16, "threads": 1, **settings}),
        artifact=artifact,
        manifest=read_manifest(folder),
        folder=folder,
        recipe_sha256="c" * 64,
        versions={"onnx": "1.23.2"},
    )


def text_artifact(store: ArtifactStore) -> Artifact:
    """Add the network for texts."""
    with store.building() as work:
        folder = work / "words"
        folder.mkdir()
        write_small_tokenizer(folder / "tokenizer.json")
        onnx.save(_text_model(), folder / "model.onnx")
        manifest = _text_manifest()
        (folder / MANIFEST_NAME).write_text(manifest.model_dump_json())
        encoder = RowEncoder(manifest, folder)
        answers = [encoder.answers(open_session(folder, 1).run(encoder.encode([text])))[0] for text in TEXTS]
        (folder / REFERENCE_NAME).write_text(json.dumps({"inputs": TEXTS, "outputs": answers}))
        return store.add(folder)


def _text_manifest() -> Manifest:
    tokens = ("batch", "sequence")
    return Manifest(
        name="onnx",
        runtime=Runtime.ONNXRUNTIME,
        precision=Precision.FP32,
        entry="model.onnx",
        signature=Signature(
            inputs=(
                TensorSpec(name="input_ids", dtype="int64", shape=tokens),
                TensorSpec(name="attention_mask", dtype="int64", shape=tokens),
            ),
            outputs=(TensorSpec(name="embedding", shape=("batch", HIDDEN)),),
        ),
        prediction=Prediction.EMBEDDING,
        tokenizer=Tokenizer(max_length=MAX_LENGTH, pad_token_id=PAD),
        model_sha256="b" * 64,
    )


def _text_model() -> Any:
    table = np.random.default_rng(3).standard_normal((len(WORDS), HIDDEN)).astype(np.float32)
    tokens = ["batch", "sequence"]
    graph = helper.make_graph(
        [
            helper.make_node("Gather", ["table", "input_ids"], ["embedded"]),
            helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["mask", "last"], ["column"]),
            helper.make_node("Mul", ["embedded", "column"], ["kept"]),
            helper.make_node("ReduceSum", ["kept", "middle"], ["embedding"], keepdims=0),
        ],
        "words",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, tokens),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, tokens),
        ],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", HIDDEN])],
        [
            numpy_helper.from_array(table, "table"),
            numpy_helper.from_array(np.array([2], np.int64), "last"),
            numpy_helper.from_array(np.array([1], np.int64), "middle"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
