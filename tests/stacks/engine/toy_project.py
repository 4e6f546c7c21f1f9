"""A small Pulumi project of its own, run by the real engine."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pulumi.automation.events import EngineEvent

from stacks.engine.environment import engine_environment, own_state_folder
from stacks.engine.locate import Engine
from stacks.engine.run import StackRun
from stacks.project import Project
from tests.support.patience import PATIENCE_S

PROJECT_FILE = """
name: toy
runtime:
  name: python
  options:
    virtualenv: .venv
"""
POLICY_PACK_FILE = "runtime: python\n"
# Refuses a value over 100 of any resource that has one.
POLICY_PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def validate(args, report):
    if "value" in args.props and args.props["value"] > 100:
        report(f"{args.name}: value {args.props['value']:g} is over 100", None)


PolicyPack(
    name="toy",
    policies=[
        ResourceValidationPolicy(
            name="value-budget", description="A value is at most 100.",
            enforcement_level=EnforcementLevel.MANDATORY, validate=validate,
        )
    ],
)
"""
# `Number` is a file with a number in it.
PROGRAM = """
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult


class NumberProvider(ResourceProvider):
    def diff(self, id, olds, news):
        replaces = ["path"] if olds["path"] != news["path"] else []
        return DiffResult(changes=bool(replaces) or olds["value"] != news["value"], replaces=replaces)

    def create(self, props):
        Path(props["path"]).write_text(str(int(props["value"])))
        return CreateResult(id_=props["path"], outs=props)

    def read(self, id, props):
        return ReadResult(id_=id, outs={**props, "value": int(Path(props["path"]).read_text())})

    def update(self, id, olds, news):
        Path(news["path"]).write_text(str(int(news["value"])))
        return UpdateResult(outs=news)

    def delete(self, id, props):
        Path(props["path"]).unlink()


class Number(Resource):
    value: pulumi.Output[int]

    def __init__(self, name, path, value):
        super().__init__(NumberProvider(), name, {"path": path, "value": value})


config = pulumi.Config()
number = Number("number", str(Path(__file__).parent / "number.txt"), config.require_int("value"))
pulumi.export("value", number.value)
pulumi.export("twice", number.value.apply(lambda value: 2 * value))
"""


@dataclass
class Toy:
    """A project folder and the engine that runs it."""

    root: Path
    engine: Engine

    def program(self, text: str) -> None:
        """Replace the program."""
        (self.root / "__main__.py").write_text(text)

    def config(self, **values: object) -> None:
        """Set the stack's configuration."""
        lines = (f"  toy:{key}: {value}\n" for key, value in values.items())
        (self.root / "Pulumi.local.yaml").write_text("config:\n" + "".join(lines))

    def run(self, events: list[EngineEvent] | None = None) -> StackRun:
        """Return the runs of its one stack."""
        return StackRun(
            Project(self.root), "local", self.engine, on_event=events.append if events is not None else None
        )

    @property
    def environment(self) -> dict[str, str]:
        """What a plain `pulumi` needs, as `serving engine --export` gives it."""
        own_state_folder(Project(self.root)).mkdir(parents=True, exist_ok=True)
        return {**os.environ, **engine_environment(Project(self.root), self.engine, os.environ)}

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a plain `pulumi` command."""
        return subprocess.run(
            [str(self.engine.path), *arguments], cwd=self.root, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip

    @property
    def number(self) -> str:
        """What the program made."""
        path = self.root / "number.txt"
        return path.read_text() if path.is_file() else "nothing"


def make_toy(root: Path, engine: Engine) -> Toy:
    """Write the project: one dynamic resource, one policy, the value 1."""
    (root / "policies").mkdir(parents=True)
    (root / "Pulumi.yaml").write_text(PROJECT_FILE)
    (root / "policies/PulumiPolicy.yaml").write_text(POLICY_PACK_FILE)
    (root / "policies/__main__.py").write_text(POLICY_PACK)
    toy = Toy(root, engine)
    toy.program(PROGRAM)
    toy.config(value=1)
    return toy
