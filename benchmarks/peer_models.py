"""The same model, optimized by other tools in an environment of theirs."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizers.onnxruntime_session import OnnxRuntimeSession
from optimizers.openvino_session import OpenVinoSession
from optimizers.session import Session

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
SCRIPTS = Path(__file__).parent / "peers"
SAMPLE_TEXTS = ROOT / "optimizers" / "data" / "sample_texts.txt"
OLIVE, OPTIMUM_INTEL = "olive", "optimum-intel"
OFFLINE = {"HF_HUB_OFFLINE": "1", "OLIVE_DISABLE_TELEMETRY": "1"}
BUILD_TIMEOUT_S = 1200
# The input (batch, sequence) that is 1 where there is a token.
ATTENTION_MASK = "attention_mask"


class PooledModel:
    """
    A peer's model, timed as the peer leaves it and compared as a sentence embedding.

    The peers leave pooling and normalization to the caller, so their calls compute a little less than ours.

    Args:
        session: Gives `last_hidden_state` (batch, sequence, hidden) as its first output.
        names: Of its inputs. What ours does not have is 0 everywhere, as `token_type_ids` of a single text are.
    """

    def __init__(self, session: Session, names: Iterable[str]) -> None:
        self._session, self._names = session, frozenset(names)

    def run(self, inputs: "Mapping[str, NDArray[Any]]") -> "dict[str, NDArray[Any]]":
        """Return every output as the peer's model gives it."""
        import numpy as np

        mask = inputs[ATTENTION_MASK]
        return self._session.run({name: inputs.get(name, np.zeros_like(mask)) for name in self._names})

    def embeddings(self, inputs: "Mapping[str, NDArray[Any]]") -> "NDArray[Any]":
        """Return (batch, hidden): the mean over the tokens of each row, of length 1."""
        import numpy as np

        hidden = next(iter(self.run(inputs).values()))
        mask = inputs[ATTENTION_MASK][..., None]
        mean = (hidden * mask).sum(axis=1) / mask.sum(axis=1)
        normalized: NDArray[Any] = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return normalized


def build_peers(model: Path, folder: Path, threads: int) -> dict[str, PooledModel]:
    """
    Return every candidate of every peer, by `peer/candidate`.

    The runtimes are those of this process, of the same version as the peers' own, with the same threads for all.

    Args:
        model: Folder of a Hugging Face sentence embedding model.
        folder: Receives what the peers write.
        threads: Threads of each call.

    Raises:
        SystemExit: A peer is not installed, or fails.
    """
    import onnx
    import openvino

    _run("olive_minilm.py", model, folder / OLIVE)
    _run("optimum_intel_minilm.py", model, SAMPLE_TEXTS, folder / OPTIMUM_INTEL)
    found = dict[str, PooledModel]()
    for path in sorted((folder / OLIVE).glob("*/model.onnx")):
        names = [item.name for item in onnx.load(path, load_external_data=False).graph.input]
        found[f"{OLIVE}/{path.parent.name}"] = PooledModel(OnnxRuntimeSession(path, threads, {}), names)
    for path in sorted((folder / OPTIMUM_INTEL).glob("*/openvino_model.xml")):
        names = [port.any_name for port in openvino.Core().read_model(path).inputs]
        found[f"{OPTIMUM_INTEL}/{path.parent.name}"] = PooledModel(OpenVinoSession(path, threads, {}), names)
    return found


def peer_versions() -> dict[str, str]:
    """Return the versions of the peers and of the runtimes that they wrote for."""
    names = ("olive-ai", OPTIMUM_INTEL, "nncf", "onnxruntime", "openvino", "transformers")
    code = f"import importlib.metadata as m\nfor n in {names!r}: print(n, m.version(n))"
    lines = subprocess.run([PYTHON, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    return dict(line.split() for line in lines)


def _run(script: str, *arguments: Path) -> None:
    if not PYTHON.is_file():
        raise SystemExit(f"{PYTHON.parent.parent.name} is missing, so there is no peer; type `make bench ONLY=minilm`")
    command = [str(PYTHON), str(SCRIPTS / script), *map(str, arguments)]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **OFFLINE},
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{script} failed: {done.stderr.strip().splitlines()[-1]}")
