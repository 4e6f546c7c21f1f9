"""A copy of this project in a temporary folder, driven from outside as a user drives it."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.support.free_port import free_port

ROOT = Path(__file__).parents[2]
SERVING = Path(sys.executable).with_name("serving")
COPIED = ("Pulumi.yaml", "pyproject.toml", "stacks", "policies", "components", "optimizers")
# An optimization takes a minute; neighbours on a shared machine have made it five.
TIMEOUT_S = 1200


@dataclass(frozen=True)
class Finished:
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Checkout:
    """A project folder with one stack, `local`."""

    root: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def stack_file(self) -> Path:
        return self.root / "stacks/Pulumi.local.yaml"

    @property
    def environment(self) -> dict[str, str]:
        """A user's environment without a Pulumi account: no login, no passphrase, no virtual environment."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PULUMI_", "VIRTUAL_ENV"))}
        return {**kept, "PULUMI_HOME": str(self.root / ".pulumi-home")}

    def spec(self, **changes: Any) -> None:
        """Change fields of the spec: `serving_context={"latency_sla_ms": 1}` is merged in."""
        content = yaml.safe_load(self.stack_file.read_text())
        spec = content["config"]["model-serving:spec"]
        for key, value in changes.items():
            spec[key] = {**spec.get(key, {}), **value} if isinstance(value, dict) else value
        self.stack_file.write_text(yaml.safe_dump(content, sort_keys=False))

    def serving(self, *arguments: str, timeout_s: float = TIMEOUT_S) -> Finished:
        """Run `serving` to its end."""
        return finished(self.start(*arguments), timeout_s)

    def start(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Start `serving`, with more variables in its environment, and return while it runs."""
        return subprocess.Popen(
            [str(SERVING), *arguments],
            cwd=self.root,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def finished(process: subprocess.Popen[str], timeout_s: float = TIMEOUT_S) -> Finished:
    """Wait for a process that `start` returned."""
    out, err = process.communicate(timeout=timeout_s)
    return Finished(code=process.returncode, out=out, err=err)


def make_checkout(folder: Path, spec: dict[str, Any]) -> Checkout:
    """Copy the project's sources into `folder` and give its stack this spec, on a free port."""
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.copytree(
                source, target, ignore=shutil.ignore_patterns("__pycache__", "Pulumi.*.yaml", "policies.*.json")
            )
        else:
            shutil.copy2(source, target)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    shutil.copy2(ROOT / "stacks/Pulumi.local.yaml", folder / "stacks/Pulumi.local.yaml")
    checkout = Checkout(root=folder, port=free_port())
    content = yaml.safe_load(checkout.stack_file.read_text())
    content["config"]["model-serving:spec"] = {**spec, "endpoint": {"port": checkout.port}}
    checkout.stack_file.write_text(yaml.safe_dump(content, sort_keys=False))
    return checkout
