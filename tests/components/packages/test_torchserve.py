"""The model archive, read as TorchServe reads it."""

import json
import zipfile
from pathlib import Path
from typing import Any

import yaml

from components.packages.kinds import package_kind
from components.packages.write import write_package
from tests.support.packaged import served_small, served_text


def archive(tmp_path: Path, **settings: Any) -> zipfile.ZipFile:
    served = served_small(tmp_path, **settings)
    return zipfile.ZipFile(write_package(package_kind("torchserve"), served, tmp_path / "out").folder / "small.mar")


def test_the_manifest_names_the_handler_and_has_no_time(tmp_path: Path) -> None:
    with archive(tmp_path) as found:
        manifest = json.loads(found.read("MAR-INF/MANIFEST.json"))

        assert "createdOn" not in manifest
        assert manifest["model"] | {"modelVersion": ""} == {
            "modelName": "small",
            "handler": "torchserve_handler.py",
            "modelVersion": "",
            "requirementsFile": "requirements.txt",
            "configFile": "model-config.yaml",
        }
        assert {entry.date_time for entry in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {"artifact/model.onnx", "artifact/artifact.json", "model_serving.zip"} <= set(found.namelist())


def test_workers_and_batches_are_those_of_the_settings(tmp_path: Path) -> None:
    with archive(tmp_path, max_batch_size=24, threads=2, concurrent_calls=3, request_timeout_s=7) as found:
        assert yaml.safe_load(found.read("model-config.yaml")) == {
            "minWorkers": 3,
            "maxWorkers": 3,
            "batchSize": 24,
            "maxBatchDelay": 1,
            "responseTimeout": 7,
            "handler": {"threads": 2, "max_batch_size": 24},
        }


def test_the_libraries_are_pinned_and_no_more_than_the_artifact_needs(tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    made = write_package(package_kind("torchserve"), served_text(tmp_path / "text"), tmp_path / "words").folder
    with zipfile.ZipFile(made / "words.mar") as text, archive(tmp_path) as numbers:
        names = [
            [line.split("==")[0] for line in found.read("requirements.txt").decode().splitlines()]
            for found in (text, numbers)
        ]

    assert names == [["numpy", "onnxruntime", "pydantic", "tokenizers"], ["numpy", "onnxruntime", "pydantic"]]


def test_only_predictions_and_metrics_are_reached_from_outside(tmp_path: Path) -> None:
    folder = write_package(package_kind("torchserve"), served_small(tmp_path), tmp_path / "out").folder

    lines = (folder / "config.properties").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    assert properties["management_address"] == "http://127.0.0.1:8081"
    assert properties["load_models"] == "small.mar"
    # Nothing that a request needs to have a key for, or that lets one run code, is switched on.
    assert not any(key.startswith(("disable_token", "enable_model_api", "model_api")) for key in properties)
