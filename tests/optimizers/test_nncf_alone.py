"""NNCF comes without torch, which stays there for whoever asks for it."""

import json
import subprocess
import sys

CODE = """
import json, sys
from optimizers.nncf_alone import import_nncf
nncf = import_nncf()
loaded = "torch" in sys.modules
import torch
print(json.dumps([hasattr(nncf, "quantize"), loaded, hasattr(torch, "Tensor")]))
"""


def test_nncf_is_imported_without_torch_which_can_be_imported_afterwards() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)

    assert json.loads(done.stdout.splitlines()[-1]) == [True, False, True]
