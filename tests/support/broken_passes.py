"""Passes that go wrong in every way that a library can."""

import ctypes
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from optimizers.errors import MissingExtra
from optimizers.passes import Form, FormedModel

SLEEP = "import time; time.sleep(600)"


@dataclass(frozen=True, slots=True)
class CountingPass:
    """
    Copies the model, and writes its label into a log each time that it runs.

    Attributes:
        label: Tells passes apart.
        log: Receives a line a run.
        fails: Raise an error of two lines instead.
    """

    label: str
    log: Path
    fails: bool = False

    name: ClassVar[str] = "counting"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:
        with self.log.open("a") as log:
            log.write(f"{self.label}\n")
        if self.fails:
            raise ValueError("not this\nmodel")
        path = folder / "model.onnx"
        path.write_bytes(model.file.read_bytes())
        return FormedModel(Form.ONNX, model.signature, path=path)


@dataclass(frozen=True, slots=True)
class BrokenPass:
    """
    Goes wrong.

    Attributes:
        way: What it does.
        left: File that receives the ids of the processes that must not outlive it.
    """

    way: str
    left: Path | None = None

    name: ClassVar[str] = "broken"
    needs: ClassVar[frozenset[Form]] = frozenset({Form.ONNX})
    gives: ClassVar[Form] = Form.ONNX

    def run(self, model: FormedModel, folder: Path) -> FormedModel:  # noqa: ARG002 - as every pass
        ways: dict[str, Any] = {
            "crash": lambda: os.kill(os.getpid(), signal.SIGSEGV),
            "out of memory": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "exit": lambda: os._exit(7),
            "leave": lambda: sys.exit(5),
            "missing": self._missing,
            "disk": self._disk,
            "print": lambda: sys.stdout.write("{}\n" * 100_000),
            "hang": self._hang,
            "hang without a turn for Python": self._hang_deaf,
            "crash and leave a process": self._crash_and_leave,
            "leave a temporary file": self._leave_temporary,
        }
        ways[self.way]()
        return model

    def _missing(self) -> None:
        raise MissingExtra("onnx", "this pass")

    def _disk(self) -> None:
        raise OSError(28, "no space left on device")

    def _hang(self) -> None:
        self._tell(os.getpid(), subprocess.Popen([sys.executable, "-c", SLEEP]).pid)
        time.sleep(600)

    def _hang_deaf(self) -> None:
        self._tell(os.getpid())
        ctypes.PyDLL(None).sleep(600)

    def _crash_and_leave(self) -> None:
        self._tell(subprocess.Popen([sys.executable, "-c", SLEEP]).pid)
        os._exit(7)

    def _leave_temporary(self) -> None:
        tempfile.mkdtemp(prefix="left-")
        os._exit(7)

    def _tell(self, *process_ids: int) -> None:
        if self.left is not None:
            part = self.left.with_suffix(".part")
            part.write_text(" ".join(map(str, process_ids)))
            part.replace(self.left)
