"""Load TensorFlow models: SavedModel folders and `.keras` files. Imports tensorflow."""

import os
from pathlib import Path
from typing import Any

# Read when the library is loaded: its start prints lines about the processor otherwise.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from optimizers.errors import UnsupportedModel
from optimizers.keras_archive import check_keras
from optimizers.model_source import ModelSource
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.signature import BATCH, DTYPES, Signature, TensorSpec
from optimizers.signature_probe import LARGE, SMALL, outputs_of_two_sizes, probe_inputs
from optimizers.tensorflow_operators import check_operators
from optimizers.tensorflow_session import TensorFlowSession, use_threads
from optimizers.vocabulary import Runtime

GRAPH_FILE = "saved_model.pb"
KERAS_SUFFIX = ".keras"
SERVING = "serving_default"
TAG = "serve"
# Signatures that are no way to ask the model: TensorFlow's own, and the one that Keras adds beside `serving_default`.
OWN_SIGNATURES = frozenset({"__saved_model_init_op", "__saved_model_train_op"})
OLD_KERAS = frozenset({".h5", ".hdf5"})


def load_tensorflow(source: ModelSource, threads: int) -> Original:
    """
    Load a SavedModel folder or a `.keras` file; the serving signature tells names, dtypes and shapes.

    Raises:
        UnsupportedModel: It is damaged, holds code, has operators that reach past tensors, or its batch axis is fixed.
    """
    path = source.path
    if path.suffix in OLD_KERAS:
        raise UnsupportedModel(
            f"{path}: is in Keras' older format, which can hold pickled code; where you trust it, run "
            f'`keras.models.load_model("{path.name}").save("{path.with_suffix(KERAS_SUFFIX).name}")` and give that file'
        )
    use_threads(threads)
    if path.is_dir():
        function = load_saved_model(path)
        form = Form.SAVED_MODEL
    elif path.suffix == KERAS_SUFFIX:
        function = keras_function(load_keras(path), path)
        form = Form.KERAS
    else:
        raise UnsupportedModel(
            f"{path}: is no TensorFlow model; give a SavedModel folder (with {GRAPH_FILE}) or a {KERAS_SUFFIX} file"
        )
    session = TensorFlowSession(function)
    signature = _signature(function, source, session)
    return Original(FormedModel(form, signature, path=path), session, Runtime.TENSORFLOW)


def load_saved_model(path: Path) -> Any:  # noqa: ANN401 - a ConcreteFunction
    """
    Return the serving function of a SavedModel after checking its operators.

    Raises:
        UnsupportedModel: The folder is damaged or unsafe, or has no serving signature.
    """
    meta_graph = _meta_graph(path)
    check_operators(meta_graph, path)
    names = sorted(set(meta_graph.signature_def) - OWN_SIGNATURES)
    if SERVING not in names and len(names) != 1:
        got = f"the signatures {', '.join(names)}" if names else "no signature"
        raise UnsupportedModel(
            f"{path}: has {got}; `{SERVING}` is served; "
            f"save it with `signatures={{'{SERVING}': function}}`, or a Keras model with `model.export`"
        )
    try:
        with quiet():
            loaded: Any = tf.saved_model.load(str(path), tags=list(meta_graph.meta_info_def.tags))
            function: Any = loaded.signatures[SERVING if SERVING in names else names[0]]
    except Exception as error:  # noqa: BLE001 - a damaged folder makes TensorFlow raise almost anything
        raise damaged(path, error) from None
    # The variables belong to what was loaded, which nothing else holds.
    function.loaded = loaded
    return function


def load_keras(path: Path) -> Any:  # noqa: ANN401 - a keras.Model
    """
    Return the model of a `.keras` file after checking that it holds no code.

    Raises:
        UnsupportedModel: It is damaged or unsafe.
    """
    import keras

    check_keras(path)
    try:
        with quiet():
            return keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # noqa: BLE001 - a damaged file makes Keras raise almost anything
        raise damaged(path, error) from None


def keras_function(model: Any, path: Path) -> Any:  # noqa: ANN401 - a keras.Model; a function
    """
    Return the model as a function of named inputs that gives named outputs.

    Raises:
        UnsupportedModel: The model is not built, so that its inputs are not known.
    """
    import keras

    inputs: Any = getattr(model, "inputs", None)
    if not inputs:
        raise UnsupportedModel(
            f"{path}: does not say its inputs; build the model with `keras.Input`, or export it with `model.export`"
        )
    names, output_names = [item.name for item in inputs], _output_names(model)
    specs = {name: tf.TensorSpec(item.shape, item.dtype, name) for item, name in zip(inputs, names, strict=True)}

    # A Sequential model has one input, and no structure before its first call.
    structure = getattr(model, "input", None)

    def serve(**tensors: Any) -> dict[str, Any]:  # noqa: ANN401 - tensors
        ordered = [tensors[name] for name in names]
        given = ordered[0] if structure is None else keras.tree.pack_sequence_as(structure, ordered)
        return dict(zip(output_names, keras.tree.flatten(model(given, training=False)), strict=True))

    try:
        with quiet():
            return tf.function(serve).get_concrete_function(**specs)
    except Exception as error:  # noqa: BLE001 - a model that does not fit its weights makes Keras raise almost anything
        raise damaged(path, error) from None


def _output_names(model: Any) -> list[str]:  # noqa: ANN401 - a keras.Model
    """Return the layers that give the outputs; a further output of the same layer gets a number."""
    counted = list[str]()
    for name in getattr(model, "output_names", None) or [model.layers[-1].name]:
        counted.append(name if name not in counted else f"{name}_{len(counted)}")
    return counted


def _meta_graph(path: Path) -> Any:  # noqa: ANN401 - a MetaGraphDef
    file = path / GRAPH_FILE
    if not file.is_file():
        raise UnsupportedModel(
            f"{path}: has no {GRAPH_FILE}; give the folder of `tf.saved_model.save` or `model.export`, or a .keras file"
        )
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(file.read_bytes())
    except Exception as error:  # protobuf's error class depends on its implementation
        raise damaged(file, error) from error
    found = [graph for graph in saved.meta_graphs if TAG in graph.meta_info_def.tags]
    if len(found) != 1:
        tags = sorted({tag for graph in saved.meta_graphs for tag in graph.meta_info_def.tags})
        raise UnsupportedModel(
            f"{path}: has {len(found)} graphs with the tag `{TAG}` ({tags}); save it again for serving"
        )
    return found[0]


def _signature(function: Any, source: ModelSource, session: TensorFlowSession) -> Signature:  # noqa: ANN401
    given: dict[str, Any] = function.structured_input_signature[1]
    inputs = tuple(_spec(name, tensor, source) for name, tensor in given.items())
    outputs = tuple(_spec(name, tensor, source) for name, tensor in function.structured_outputs.items())
    for kind, specs in (("inputs", inputs), ("outputs", outputs)):
        if not specs:
            raise UnsupportedModel(f"{source.path}: the model has no {kind}; one or more are needed; save it again")
    if any(isinstance(axis, str) for spec in outputs for axis in spec.shape[1:]):
        # Which input axis an output axis follows is nowhere written.
        outputs = outputs_of_two_sizes(
            session, source, inputs, probe_inputs(inputs, SMALL), probe_inputs(inputs, LARGE)
        )
    return Signature(inputs=inputs, outputs=outputs)


def _spec(name: str, tensor: Any, source: ModelSource) -> TensorSpec:  # noqa: ANN401 - a TensorSpec of TensorFlow
    dtype = tensor.dtype.name
    if dtype not in DTYPES:
        raise UnsupportedModel(
            f"{source.path}: `{name}` holds {'text' if dtype == 'string' else dtype}; served are {', '.join(DTYPES)}; "
            f"export a signature without it"
        )
    if tensor.shape.rank is None:
        raise UnsupportedModel(f"{source.path}: `{name}` has an unknown number of axes; export it with a shape")
    sizes = tensor.shape.as_list()
    if not sizes or sizes[0] is not None:
        got = f"a batch axis of size {sizes[0]}" if sizes else "no batch axis"
        raise UnsupportedModel(f"{source.path}: `{name}` has {got}; export the model with `None` as its first axis")
    shape = (size if size is not None else f"{name}_axis_{index}" for index, size in enumerate(sizes))
    return TensorSpec(name=name, dtype=dtype, shape=(BATCH, *tuple(shape)[1:]))
