"""
The service of this package: start it with `bentoml serve FOLDER`.

Its log goes to a temporary folder, or to the one that MODEL_SERVING_RUN_FOLDER names; the package stays as it was signed.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "model_serving.zip"))

from components.embedded.server_config import CONFIG_VARIABLE  # it lies in the zip

PACKAGE = Path(__file__).resolve().parent
SETTINGS_NAME = "server.json"
RUN_FOLDER_VARIABLE = "MODEL_SERVING_RUN_FOLDER"


def configure() -> None:
    """Write the service's configuration with the paths of this machine, once for all its workers."""
    if CONFIG_VARIABLE in os.environ:
        return
    run_folder = Path(os.environ.get(RUN_FOLDER_VARIABLE) or tempfile.mkdtemp(prefix="model-serving-")).absolute()
    run_folder.mkdir(parents=True, exist_ok=True)
    settings = json.loads((PACKAGE / SETTINGS_NAME).read_text())
    settings["artifact_folder"] = str(PACKAGE / settings["artifact_folder"])
    settings["log_file"] = str(run_folder / settings["log_file"])
    config = run_folder / "config.json"
    config.write_text(json.dumps(settings))
    os.environ[CONFIG_VARIABLE] = str(config)


configure()

from components.embedded.server.service import Endpoint  # noqa: E402 - it reads the configuration when it is imported

__all__ = ["Endpoint"]
