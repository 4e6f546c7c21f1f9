"""The handler as a worker of TorchServe calls it: from the archive's files alone, with several requests in one batch."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np

from components.packages.kinds import package_kind
from components.packages.served import ServedArtifact
from components.packages.write import write_package
from optimizers.reference import read_reference
from optimizers.store import ArtifactStore
from tests.support.packaged import served, served_small
from tests.support.served_artifact import SLOW_WIDTH, growing_artifact

# What the handler reads of TorchServe's context (ts/context.py, torchserve 0.12), and how it gives a request's status.
PROGRAM = """
import json, sys
import yaml
from torchserve_handler import ArtifactHandler

class Context:
    def __init__(self, folder):
        self.system_properties = {"model_dir": folder}
        self.model_yaml_config = yaml.safe_load(open(folder + "/model-config.yaml"))
        self.status = {}
    def set_response_status(self, code=200, phrase="", idx=0):
        self.status[idx] = code

handler, context = ArtifactHandler(), Context(sys.argv[1])
handler.initialize(context)
requests = json.load(sys.stdin)
print(json.dumps({"answers": handler.handle(requests, context), "status": context.status}))
"""


def handle(served: ServedArtifact, requests: list[object], tmp_path: Path) -> tuple[list[object], dict[str, int]]:
    package = write_package(package_kind("torchserve"), served, tmp_path / "out").folder
    archive = tmp_path / "archive"
    with zipfile.ZipFile(package / f"{served.name}.mar") as found:
        found.extractall(archive)
    program = f"import sys; sys.path.insert(0, {str(archive)!r})\n{PROGRAM}"
    result = subprocess.run(
        [sys.executable, "-I", "-B", "-c", program, str(archive)],
        input=json.dumps(requests),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    return document["answers"], document["status"]


def test_a_wrong_request_gets_its_own_error_and_the_others_their_answers(tmp_path: Path) -> None:
    small = served_small(tmp_path, max_batch_size=2)
    reference = read_reference(small.folder)
    wrong: list[object] = [
        {"body": {"inputs": [[1.0]]}},
        {"body": {"rows": []}},
        {"body": "text"},
        {"body": {"inputs": []}},
        {},
    ]

    # Four rows in calls of two.
    answers, status = handle(small, [*wrong, {"body": {"inputs": reference.inputs}}], tmp_path)

    assert status == dict.fromkeys("01234", 400)
    *errors, right = answers
    assert np.allclose(np.asarray(right), reference.outputs, atol=1e-5)
    texts = [str(error) for error in errors]
    assert "`input` has the shape (64)" in texts[0]
    assert all("a list of rows as `inputs`" in text for text in texts[1:])


def test_an_answer_that_is_not_finite_fails_its_request_alone(tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path / "store")
    growing = served(store, growing_artifact(store), "growing")
    large, small = [[3e38] * SLOW_WIDTH], [[1.0] * SLOW_WIDTH]

    answers, status = handle(growing, [{"body": {"inputs": large}}, {"body": {"inputs": small}}], tmp_path)

    assert status == {"0": 500}
    assert "NaN or infinity" in str(answers[0])
    assert answers[1] == [[10.0] * SLOW_WIDTH]
