"""What every command about a stack starts from."""

from dataclasses import dataclass
from pathlib import Path

from stacks.project import Project, find_project
from stacks.spec import ServingSpec
from stacks.stack_file import read_spec, stack_file


@dataclass(frozen=True, slots=True)
class StackContext:
    """A stack of a project and its spec."""

    project: Project
    stack: str
    spec: ServingSpec


def project_of(stack: str) -> Project:
    """
    Return the project of the current folder, for commands that need no valid spec.

    Raises:
        InvalidArgs: No project, or no such stack.
    """
    project = find_project(Path.cwd())
    stack_file(project.root, stack)
    return project


def open_stack(stack: str) -> StackContext:
    """
    Return the stack's context, found from the current folder.

    Raises:
        InvalidArgs: No project, no such stack, or the spec breaks rules.
    """
    project = find_project(Path.cwd())
    return StackContext(project=project, stack=stack, spec=read_spec(project.root, stack))
