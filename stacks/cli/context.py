"""What every command about a stack starts from."""

from dataclasses import dataclass
from pathlib import Path

from stacks.project import Project, find_project
from stacks.spec import ServingSpec
from stacks.stack_file import read_spec


@dataclass(frozen=True, slots=True)
class StackContext:
    """A stack of a project and its spec."""

    project: Project
    stack: str
    spec: ServingSpec


def open_stack(stack: str) -> StackContext:
    """
    Return the stack's context, found from the current folder.

    Raises:
        InvalidArgs: No project, no such stack, or the spec breaks rules.
    """
    project = find_project(Path.cwd())
    return StackContext(project=project, stack=stack, spec=read_spec(project.root, stack))
