"""`serving package` and `serving verify`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from optimizers import lock
from optimizers.errors import ServingError
from optimizers.lock import LOCK_NAME, Lock
from stacks.cli.app import app
from tests.support.checkout import Checkout
from tests.support.optimized_checkout import SPEC

TRITON = ("--platform", "triton", "--out", "out")


def refused(checkout: Checkout, monkeypatch: pytest.MonkeyPatch, code: int, *arguments: str) -> str:
    """Return what `serving package` says; it writes nothing."""
    monkeypatch.chdir(checkout.root)
    with pytest.raises(ServingError) as raised:
        app(["package", *arguments], standalone_mode=False)
    assert raised.value.exit_code == code
    assert not (checkout.root / "out").exists()
    return str(raised.value)


@pytest.fixture
def key(tmp_path: Path) -> tuple[str, str]:
    """A pair of keys, made by the commands that the errors name."""
    private, public = str(tmp_path / "key.pem"), str(tmp_path / "public.pem")
    for command in (
        ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private],
        ["openssl", "ec", "-in", private, "-pubout", "-out", public],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return private, public


def test_the_locked_artifact_is_packaged_signed_and_verified(optimized: Checkout, key: tuple[str, str]) -> None:
    private, public = key
    made = optimized.serving("package", "--platform", "triton", "--out", "repository", "--sign-key", private, "--json")
    assert made.code == 0, made.err
    locked = lock.read(optimized.root / LOCK_NAME).models["small"].artifacts[0]
    document = made.document
    assert document["start"] == f"tritonserver --model-repository={optimized.root / 'repository'}"
    assert document["install"] is None
    assert (document["platform"], document["signed"], document["unchanged"]) == ("triton", True, False)
    digests = {file.path: file.sha256 for file in locked.files}
    assert document["files"]["small/1/model.onnx"] == digests["model.onnx"]
    assert "package: checking `onnx` against the lock" in made.err

    verified = optimized.serving("verify", "repository", "--public-key", public, "--json")
    assert verified.code == 0, verified.err
    assert verified.document == {"files": len(document["files"]), "signed": True, "signer_checked": True}

    again = optimized.serving("package", "--platform", "triton", "--out", "repository")
    assert again.code == 0, again.err
    assert "is this package already, nothing was written" in again.err
    assert again.out == ""
    unsigned = optimized.serving("package", "--platform", "triton", "--out", "repository", "--json")
    assert unsigned.document["signed"]

    (optimized.root / "repository/small/1/model.onnx").write_bytes(b"")
    refused = optimized.serving("verify", "repository", "--public-key", public)
    assert refused.code == 5
    assert "small/1/model.onnx: was changed" in refused.err


def test_the_settings_are_those_of_the_spec_and_of_the_measurement(optimized: Checkout) -> None:
    optimized.spec(batching={"max_batch_size": 24}, caching={"entries": 7}, serving_context={"throughput_rps": 50})

    made = optimized.serving("package", "--platform", "bentoml", "--out", "a bento")

    assert made.code == 0, made.err
    settings = json.loads((optimized.root / "a bento/server.json").read_text())
    assert settings["max_batch_size"] == 24
    assert settings["cache_entries"] == 7
    assert settings["threads"] == 1
    assert settings["request_timeout_s"] == 10
    assert settings["max_concurrency"] == 500
    assert f"start it with `bentoml serve '{optimized.root / 'a bento'}'`" in made.err
    assert f"installed with `pip install -r '{optimized.root / 'a bento/requirements.txt'}'`" in made.err


def test_rows_of_a_call_and_calls_at_once_are_those_of_the_measurement(optimized: Checkout) -> None:
    optimized.spec(batching={"max_batch_size": 24}, serving_context={"latency_sla_ms": 6})
    path = optimized.root / LOCK_NAME
    locked = lock.read(path).models["small"]
    reports = {machine: report.model_copy(update={"streams": 2}) for machine, report in locked.reports.items()}
    lock.write(path, Lock(models={"small": locked.model_copy(update={"reports": reports})}))

    made = optimized.serving("package", "--platform", "bentoml", "--out", "bento")

    assert made.code == 0, made.err
    settings = json.loads((optimized.root / "bento/server.json").read_text())
    assert (settings["max_batch_size"], settings["streams"]) == (1, 2)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--platform", "sagemaker", "--out", "out"), 2, "use one of `triton`"),
        (("--platform", "tensorflow-serving", "--out", "out"), 5, "runs SavedModels and nothing else"),
        (("--platform", "vllm", "--out", "out"), 5, "causal language models in the Hugging Face layout"),
        (("--platform", "triton", "--out", "stacks"), 2, "it holds something that is no package"),
        (("--platform", "triton", "--out", "out", "--sign-key", "absent.pem"), 2, "openssl ecparam"),
        (("--platform", "triton", "--out", "out", "--sign-key", "k", "--sigstore"), 2, "leave one out"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_packaged_is_one_sentence_and_writes_nothing(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    assert said in refused(optimized, monkeypatch, code, *arguments)


def test_a_model_that_was_never_optimized_is_told_what_to_type(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(checkout, monkeypatch, 5, *TRITON)

    assert said == "`small` is not in artifacts.lock.json; run `serving optimize`"


def test_a_lock_for_another_spec_is_refused(optimized: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    optimized.spec(model={"prediction": "classification"})

    assert "was built for another spec" in refused(optimized, monkeypatch, 5, *TRITON)


def test_an_artifact_that_differs_from_the_lock_is_never_packaged(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (model,) = (optimized.root / ".model-serving/artifacts/sha256").glob("*/model.onnx")
    model.write_bytes(model.read_bytes()[:-1] + b"\0")

    assert "differs from the lock" in refused(optimized, monkeypatch, 5, *TRITON)


def test_an_artifact_that_is_not_on_this_machine_is_told(optimized: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(optimized.root / ".model-serving/artifacts")

    assert "is not in" in refused(optimized, monkeypatch, 5, *TRITON)


def test_a_lock_without_the_chosen_artifact_is_told(optimized: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    path = optimized.root / LOCK_NAME
    without = lock.read(path).models["small"].model_copy(update={"artifacts": ()})
    lock.write(path, Lock(models={"small": without}))

    assert "the lock lacks the artifact `onnx`" in refused(optimized, monkeypatch, 5, *TRITON)


def test_an_original_that_differs_from_the_lock_is_never_packaged(
    optimized: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    (optimized.root / "small.onnx").write_bytes(b"another model")

    said = refused(optimized, monkeypatch, 5, "--platform", "vllm", "--out", "out")

    assert "differs from the lock's" in said


def test_verify_says_what_it_did_not_check(optimized: Checkout) -> None:
    assert optimized.serving("package", "--platform", "triton", "--out", "out").code == 0

    plain = optimized.serving("verify", "out")
    assert plain.code == 0, plain.err
    assert "4 files are as they were packaged" in plain.err
    assert "it is not signed" in plain.err

    assert optimized.serving("verify", str(SPEC["name"])).code == 5
    half = optimized.serving("verify", "out", "--identity", "a@b.example")
    assert half.code == 2
    assert "--issuer: got nothing" in half.err
