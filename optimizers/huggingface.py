"""Load a folder in the Hugging Face layout, plain or of sentence-transformers. Imports torch and transformers."""

from pathlib import Path
from typing import Any

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.huggingface_files import TOKENIZER_FILE, read_json, read_tokenizer
from optimizers.model_source import ModelSource
from optimizers.original import Original, damaged
from optimizers.passes import Form, FormedModel
from optimizers.quiet import quiet
from optimizers.rows import SEQUENCE, TOKEN_IDS, TOKEN_MASK
from optimizers.sentence_model import Pooling, SentenceModel
from optimizers.signature import Signature, TensorSpec
from optimizers.signature_probe import BATCH
from optimizers.torch_session import TorchSession
from optimizers.vocabulary import Runtime

CLASSIFIER = "ForSequenceClassification"


def load_huggingface(source: ModelSource, threads: int) -> Original:
    """
    Load a text model from `config.json`, `tokenizer.json` and safetensors, without network and without its own code.

    Raises:
        UnsupportedModel: A file is missing or damaged, or the weights do not cover the architecture.
    """
    folder = source.path
    config: dict[str, Any] = read_json(folder / "config.json")
    if not any(folder.glob("*.safetensors")):
        raise UnsupportedModel(f"{folder}: has no .safetensors file; save the model with `save_pretrained`")
    if not (folder / TOKENIZER_FILE).is_file():
        raise UnsupportedModel(f"{folder}: has no tokenizer.json; save the tokenizer of the model into it")
    pooling, normalize = _pooling(folder)
    classifier = any(str(name).endswith(CLASSIFIER) for name in config.get("architectures") or ())
    field = "logits" if classifier and pooling is None else "last_hidden_state"
    encoder = _load_encoder(folder, classifier=field == "logits")
    module = SentenceModel(encoder, field, pooling, normalize=normalize)
    tokens = (BATCH, SEQUENCE)
    inputs = tuple(TensorSpec(name=name, dtype="int64", shape=tokens) for name in (TOKEN_IDS, TOKEN_MASK))
    if field == "logits":
        output = TensorSpec(name="logits", shape=(BATCH, int(encoder.config.num_labels)))
    elif pooling is None:
        output = TensorSpec(name="last_hidden_state", shape=(*tokens, int(encoder.config.hidden_size)))
    else:
        output = TensorSpec(name="embedding", shape=(BATCH, int(encoder.config.hidden_size)))
    session = TorchSession(module, (TOKEN_IDS, TOKEN_MASK), (output.name,), threads)
    model = FormedModel(Form.TORCH_MODULE, Signature(inputs=inputs, outputs=(output,)), module=module)
    tokenizer = read_tokenizer(source, config)
    return Original(model, session, Runtime.PYTORCH, tokenizer, folder / TOKENIZER_FILE)


def _load_encoder(folder: Path, *, classifier: bool) -> Any:  # noqa: ANN401 - a transformers model
    try:
        import transformers
    except ImportError:
        raise MissingExtra("torch", "loading a Hugging Face model") from None
    from safetensors import SafetensorError

    transformers.logging.disable_progress_bar()
    kind = transformers.AutoModelForSequenceClassification if classifier else transformers.AutoModel
    try:
        with quiet():
            encoder, info = kind.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, output_loading_info=True
            )
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        raise damaged(folder, error) from None
    # An encoder's own pooler is not used here, and many published folders leave it out.
    missing = sorted(name for name in info["missing_keys"] if not name.startswith("pooler."))
    if missing or info["mismatched_keys"]:
        first = missing[0] if missing else info["mismatched_keys"][0]
        raise UnsupportedModel(f"{folder}: the weights do not fit config.json (`{first}`); fetch the model again")
    return encoder.float()


def _pooling(folder: Path) -> tuple[Pooling | None, bool]:
    """Return how `modules.json` pools and whether it normalizes; (None, False) for a plain Hugging Face folder."""
    path = folder / "modules.json"
    if not path.is_file():
        return None, False
    modules = {str(module["type"]).rpartition(".")[2]: str(module["path"]) for module in read_json(path)}
    if unknown := sorted(modules.keys() - {"Transformer", "Pooling", "Normalize"}):
        raise UnsupportedModel(
            f"{path}: the module `{unknown[0]}` is not supported; export the model to ONNX and give that"
        )
    if "Pooling" not in modules:
        raise UnsupportedModel(f"{path}: has no Pooling module; export the model to ONNX and give that")
    sentence = folder / "sentence_bert_config.json"
    if sentence.is_file() and read_json(sentence).get("do_lower_case"):
        raise UnsupportedModel(f"{sentence}: `do_lower_case` is not supported; let the tokenizer change the case")
    config = read_json(folder / modules["Pooling"] / "config.json")
    names = {
        "pooling_mode_mean_tokens": Pooling.MEAN,
        "pooling_mode_cls_token": Pooling.CLS,
        "pooling_mode_max_tokens": Pooling.MAX,
    }
    modes = [key for key, value in config.items() if key.startswith("pooling_mode_") and value]
    mode = str(config.get("pooling_mode") or "")
    if mode in set(Pooling):
        return Pooling(mode), "Normalize" in modules
    if len(modes) != 1 or modes[0] not in names:
        raise UnsupportedModel(f"{folder}: got the pooling {modes or mode}; one of mean, cls and max is supported")
    return names[modes[0]], "Normalize" in modules
