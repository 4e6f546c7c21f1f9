"""A folder in the Hugging Face layout is loaded, or the file that is wrong is named."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from transformers import BertConfig, BertForSequenceClassification, BertModel

from optimizers.errors import MissingExtra, UnsupportedModel
from optimizers.model_source import ModelSource
from optimizers.original import Original, load_original
from optimizers.quiet import quiet
from optimizers.signature import TensorSpec
from optimizers.vocabulary import ModelFormat
from tests.support.small_tokenizer import WORDS, write_small_tokenizer

HIDDEN = 8
POSITIONS = 16
TRANSFORMER = {"type": "sentence_transformers.models.Transformer", "path": ""}
POOLING = {"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}
MODULES = [TRANSFORMER, POOLING]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=HIDDEN,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=POSITIONS,
        num_labels=3,
    )
    with quiet():
        BertModel(config).save_pretrained(folder / "encoder")
        BertForSequenceClassification(config).save_pretrained(folder / "classifier")
    for kind in ("encoder", "classifier"):
        write_small_tokenizer(folder / kind / "tokenizer.json")
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    shutil.copytree(saved / "encoder", tmp_path / "model")
    return tmp_path / "model"


def load(folder: Path, max_length: int | None = None) -> Original:
    source = ModelSource(location="model", path=folder, model_format=ModelFormat.PYTORCH, max_length=max_length)
    return load_original(source, 1)


def refused(folder: Path, max_length: int | None = None) -> str:
    """Return the sentence of the refusal."""
    with pytest.raises(UnsupportedModel) as caught:
        load(folder, max_length)
    said = str(caught.value)
    assert ";" in said, "a refusal ends with what to do"
    assert "\n" not in said
    return said


def write(path: Path, content: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def change(path: Path, **settings: Any) -> None:
    write(path, {**json.loads(path.read_text()), **settings})


def pooled(folder: Path, modules: Any = None, pooling: Any = None) -> None:
    write(folder / "modules.json", MODULES if modules is None else modules)
    write(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True} if pooling is None else pooling)


def test_an_encoder_gives_a_vector_for_each_token(folder: Path) -> None:
    original = load(folder)

    assert original.model.signature.outputs == (
        TensorSpec(name="last_hidden_state", shape=("batch", "sequence", HIDDEN)),
    )
    assert original.tokenizer is not None
    assert original.tokenizer.max_length == POSITIONS


def test_a_classifier_gives_its_scores(saved: Path) -> None:
    assert load(saved / "classifier").model.signature.outputs == (TensorSpec(name="logits", shape=("batch", 3)),)


@pytest.mark.parametrize("mode", ["mean_tokens", "cls_token", "max_tokens"])
def test_a_sentence_model_gives_one_vector(folder: Path, mode: str) -> None:
    pooled(folder, pooling={f"pooling_mode_{mode}": True})

    assert load(folder).model.signature.outputs == (TensorSpec(name="embedding", shape=("batch", HIDDEN)),)


NO_OBJECT = ["[]", '"text"', "3", "null", "true"]


@pytest.mark.parametrize("content", NO_OBJECT)
@pytest.mark.parametrize(
    "name", ["config.json", "tokenizer_config.json", "sentence_bert_config.json", "1_Pooling/config.json"]
)
def test_a_file_that_holds_no_object_is_named(folder: Path, name: str, content: str) -> None:
    pooled(folder)
    write(folder / name, content)

    assert f"{folder / name}: the file is {content}; a JSON object is needed" in refused(folder)


@pytest.mark.parametrize("content", [b"\xff\xfe{}", b'{"name": "caf\xe9"}', b"", b"{", b"[" * 100_000])
@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "sentence_bert_config.json",
        "modules.json",
        "1_Pooling/config.json",
    ],
)
def test_a_file_that_is_no_json_is_named(folder: Path, name: str, content: bytes) -> None:
    pooled(folder)
    (folder / name).write_bytes(content)

    assert str(folder / name) in refused(folder)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "modules.json"])
def test_a_folder_with_the_name_of_a_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).mkdir()

    assert f"{folder / name}: is a folder, a file is needed" in refused(folder)


@pytest.mark.parametrize(
    "content", ["[]", "{}", "3", '{"model": 3}', '{"model": {"type": "None"}}', '{"version": "9"}']
)
def test_a_tokenizer_of_the_wrong_shape_is_named(folder: Path, content: str) -> None:
    write(folder / "tokenizer.json", content)

    assert str(folder / "tokenizer.json") in refused(folder)


@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ({}, "the file is {}; a list of modules is needed"),
        ("null", "the file is null; a list of modules is needed"),
        (["Transformer"], 'module 0 is "Transformer"; an object with the texts `type` and `path` is needed'),
        ([TRANSFORMER, 3], "module 1 is 3; an object"),
        ([TRANSFORMER, {"type": "x.Pooling"}], 'module 1 is {"type": "x.Pooling"}; an object'),
        ([{"path": ""}], 'module 0 is {"path": ""}; an object'),
        ([{"type": ["x"], "path": ""}], "module 0 is"),
        ([TRANSFORMER, {**POOLING, "path": "../1_Pooling"}], '`path` of module 1 is "../1_Pooling"; a folder below'),
        ([TRANSFORMER, {**POOLING, "path": "/etc"}], '`path` of module 1 is "/etc"; a folder below'),
        ([TRANSFORMER, {**POOLING, "path": "a\0b"}], "`path` of module 1 is"),
        ([], "has no Pooling module"),
        ([TRANSFORMER, {"type": "x.Dense", "path": "2"}], "the module `Dense` is not supported"),
    ],
)
def test_a_list_of_modules_of_the_wrong_shape_is_named(folder: Path, modules: Any, said: str) -> None:
    pooled(folder, modules)

    assert f"{folder / 'modules.json'}: {said}" in refused(folder)


@pytest.mark.parametrize(
    "pooling",
    [{}, {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True}, {"pooling_mode": ["mean"]},
     {"pooling_mode": "weighted"}, {"pooling_mode_lasttoken": True}],
)  # fmt: skip
def test_a_pooling_that_is_not_one_of_three_is_refused(folder: Path, pooling: Any) -> None:
    pooled(folder, pooling=pooling)

    assert "one of mean, cls and max is supported" in refused(folder)


@pytest.mark.parametrize("value", ["many", -1, 1.5, [1], {}, True])
@pytest.mark.parametrize("key", ["vocab_size", "max_position_embeddings", "pad_token_id"])
def test_a_setting_that_is_no_count_is_named(folder: Path, key: str, value: Any) -> None:
    change(folder / "config.json", **{key: value})

    said = refused(folder)

    assert f"{folder / 'config.json'}: `{key}` is {json.dumps(value)}; a whole number from 0 up is needed" in said


@pytest.mark.parametrize("value", ["many", -1, 1.5, [1], {}, True, float("inf"), float("nan")])
@pytest.mark.parametrize(
    ("name", "key"), [("sentence_bert_config.json", "max_seq_length"), ("tokenizer_config.json", "model_max_length")]
)
def test_a_length_that_is_no_count_is_named(folder: Path, name: str, key: str, value: Any) -> None:
    write(folder / name, {key: value})

    assert f"{folder / name}: `{key}` is {json.dumps(value)}; a whole number" in refused(folder)


@pytest.mark.parametrize("architectures", ["BertModel", 3, [3], {"a": 1}])
def test_architectures_that_are_no_list_of_names_are_named(folder: Path, architectures: Any) -> None:
    change(folder / "config.json", architectures=architectures)

    assert f"{folder / 'config.json'}: `architectures` is {json.dumps(architectures)}; a list" in refused(folder)


@pytest.mark.parametrize(
    "settings",
    [
        {"model_type": "no_such_type"},
        {"model_type": 3},
        {"model_type": ["bert"]},
        {"hidden_size": "wide"},
        {"hidden_size": 0},
        {"hidden_size": -8},
        {"hidden_size": 10**15},
        {"num_attention_heads": 0},
        {"num_attention_heads": 3},
        {"num_hidden_layers": "one"},
        {"num_hidden_layers": 2},
        {"hidden_act": "no_such_function"},
        {"hidden_act": 3},
        {"dtype": "no_such_type"},
        {"auto_map": {"AutoModel": "evil.py--Evil"}, "model_type": "custom"},
    ],
)
def test_settings_that_no_model_can_be_built_from_are_refused(folder: Path, settings: dict[str, Any]) -> None:
    change(folder / "config.json", **settings)

    assert str(folder) in refused(folder)


@pytest.mark.parametrize(
    ("declared", "asked", "expected"),
    [
        ({}, None, POSITIONS),
        ({"tokenizer_config.json": {"model_max_length": 10}}, None, 10),
        ({"tokenizer_config.json": {"model_max_length": 1e30}}, None, POSITIONS),
        ({"tokenizer_config.json": {"model_max_length": int(1e30)}}, None, POSITIONS),
        ({"tokenizer_config.json": {"model_max_length": None}}, None, POSITIONS),
        ({"tokenizer_config.json": {"model_max_length": 10}}, 12, 12),
        (
            {"sentence_bert_config.json": {"max_seq_length": 9}, "tokenizer_config.json": {"model_max_length": 10}},
            None,
            9,
        ),
        ({}, 3, 3),
    ],
)
def test_the_longest_text_is_what_was_asked_for_or_declared(
    folder: Path, declared: dict[str, Any], asked: int | None, expected: int
) -> None:
    for name, content in declared.items():
        write(folder / name, content)

    tokenizer = load(folder, asked).tokenizer

    assert tokenizer is not None
    assert tokenizer.max_length == expected


@pytest.mark.parametrize("asked", [1, 2])
def test_a_length_that_leaves_no_room_for_a_token_is_refused(folder: Path, asked: int) -> None:
    said = refused(folder, asked)

    assert f"`model.max_length`: got {asked}; the tokenizer adds 2 tokens to each text" in said
    assert "set it to 3 or more" in said


def test_a_length_beyond_the_models_positions_is_refused(folder: Path) -> None:
    assert f"this model has {POSITIONS} positions" in refused(folder, POSITIONS + 1)


def test_a_padding_token_beyond_the_vocabulary_is_refused(folder: Path) -> None:
    change(folder / "config.json", pad_token_id=len(WORDS))

    assert str(folder) in refused(folder)


def test_a_tokenizer_of_another_model_is_refused(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["vocab"].update({f"more{index}": len(WORDS) + index for index in range(5)})
    write(folder / "tokenizer.json", content)

    assert "they do not belong together" in refused(folder)


@pytest.mark.parametrize(
    ("library", "extra"), [("tokenizers", "serving"), ("safetensors", "torch"), ("transformers", "torch")]
)
def test_a_library_that_is_missing_is_asked_for(
    folder: Path, monkeypatch: pytest.MonkeyPatch, library: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(MissingExtra, match=f"run `uv sync --extra {extra}`"):
        load(folder)


@pytest.mark.parametrize("share", [0, 0.001, 0.3, 0.95])
def test_truncated_weights_are_refused(folder: Path, share: float) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    assert str(folder) in refused(folder)


def test_weights_with_an_absurd_header_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes((2**62).to_bytes(8, "little") + path.read_bytes()[8:])

    assert str(folder) in refused(folder)


def test_weights_that_are_a_folder_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").mkdir()

    assert "has no .safetensors file" in refused(folder)


def split(folder: Path, part: str) -> Path:
    """Name `part` as the file of every tensor, beside weights that are whole."""
    weights = folder / "weights.safetensors"
    (folder / "model.safetensors").rename(weights)
    with safe_open(weights, "numpy") as opened:
        names = list(opened.keys())
    write(folder / "model.safetensors.index.json", {"metadata": {}, "weight_map": dict.fromkeys(names, part)})
    return weights


def test_weights_that_are_split_over_files_are_loaded(folder: Path) -> None:
    split(folder, "weights.safetensors")

    assert load(folder).tokenizer is not None


@pytest.mark.parametrize("part", ["../outside.safetensors", "below/weights.safetensors", "gone.safetensors", "x" * 999])
def test_a_part_of_the_weights_is_beside_the_index(folder: Path, part: str) -> None:
    weights = split(folder, part)
    (folder / "below").mkdir()
    for copy in (folder.parent / "outside.safetensors", folder / "below" / "weights.safetensors"):
        shutil.copy(weights, copy)

    said = refused(folder)

    assert f"{folder / 'model.safetensors.index.json'}: names `{part[:80]}`, which is not beside it" in said


def test_an_absolute_path_to_a_part_of_the_weights_is_refused(folder: Path) -> None:
    split(folder, str(shutil.copy(folder / "model.safetensors", folder.parent / "outside.safetensors")))

    assert f"names `{str(folder.parent)[:60]}" in refused(folder)


def test_another_index_that_the_config_names_is_checked_too(folder: Path) -> None:
    weights = split(folder, "../outside.safetensors")
    shutil.copy(weights, folder.parent / "outside.safetensors")
    (folder / "model.safetensors.index.json").rename(folder / "other.safetensors.index.json")
    change(folder / "config.json", transformers_weights="other.safetensors.index.json")

    assert "other.safetensors.index.json: names `../outside.safetensors`" in refused(folder)


@pytest.mark.parametrize("kind", ["symbolic", "hard"])
def test_a_part_of_the_weights_that_is_a_link_is_refused(folder: Path, kind: str) -> None:
    weights, link = split(folder, "part.safetensors"), folder / "part.safetensors"
    link.symlink_to(weights.name) if kind == "symbolic" else link.hardlink_to(weights)

    assert f"names `part.safetensors`, which is a {kind} link; parts are plain files" in refused(folder)


@pytest.mark.parametrize("names", [[], "text", {"a": 3}, {"a": ["b"]}])
def test_an_index_of_the_wrong_shape_is_named(folder: Path, names: Any) -> None:
    write(folder / "model.safetensors.index.json", {"weight_map": names})

    said = refused(folder)

    assert str(folder / "model.safetensors.index.json") in said
    assert "`weight_map` is" in said
