"""`serving engine`."""

import os
from pathlib import Path

from stacks.cli.console import say
from stacks.engine.environment import engine_environment, export_lines, own_state_folder
from stacks.engine.locate import locate_engine
from stacks.project import find_project


def run(*, export: bool) -> None:
    """Say which engine is used, or print what a shell needs for plain `pulumi` commands."""
    engine = locate_engine(say)
    if export:
        project = find_project(Path.cwd())
        # A plain `pulumi` refuses a file backend whose folder is not there.
        own_state_folder(project).mkdir(parents=True, exist_ok=True)
        print(export_lines(engine_environment(project, engine, os.environ)))  # noqa: T201
    else:
        print(engine.sentence)  # noqa: T201
