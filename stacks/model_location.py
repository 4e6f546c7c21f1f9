"""Where `model.path` and `model.samples` of the spec lie on disk."""

from importlib.util import find_spec
from pathlib import Path

from optimizers.errors import InvalidArgs, Issue
from optimizers.shown_json import printable
from stacks.spec import CONFIG_KEY

PACKAGE_PREFIX = "package:"


def locate(location: str, project: Path, field: str) -> Path:
    """
    Return the path of a file or folder that the spec names.

    Args:
        location: A path relative to the project, or `package:NAME/SUBPATH` inside an installed Python package, which
            is found without importing it.
        project: Folder that relative paths start from.
        field: The field of the spec, for the message.

    Raises:
        InvalidArgs: The package is not installed, nothing lies there, or no path can be like this.
    """
    try:
        path = _in_package(location, field) if location.startswith(PACKAGE_PREFIX) else _in_project(location, project)
        found = path.exists()
    except RuntimeError:  # `~name` of a user that this machine does not have
        raise _invalid(field, location, "there is no such user", "write the path without `~`") from None
    except OSError as error:
        raise _invalid(field, location, f"it cannot be looked up ({error.strerror})", "correct the path") from None
    if not found:
        raise _invalid(field, location, "there is no such file or folder", "correct the path")
    return path.resolve()


def _in_project(location: str, project: Path) -> Path:
    return project / Path(location).expanduser()


def _in_package(location: str, field: str) -> Path:
    package, _, subpath = location.removeprefix(PACKAGE_PREFIX).partition("/")
    try:
        spec = find_spec(package) if package.isidentifier() else None
    except ValueError:  # a module that is no package and has no spec, such as `__main__`
        spec = None
    if spec is None or not spec.submodule_search_locations:
        shown = printable(package)
        distribution = shown.replace("_", "-")
        raise _invalid(
            field, location, f"the package `{shown}` is not installed", f"run `uv pip install {distribution}`"
        )
    if ".." in Path(subpath).parts:
        raise _invalid(field, location, "a path in a package stays inside it", "remove `..`")
    return Path(spec.submodule_search_locations[0]) / subpath


def _invalid(field: str, location: str, rule: str, fix: str) -> InvalidArgs:
    return InvalidArgs("the spec", (Issue(f"{CONFIG_KEY}.{field}", f"`{printable(location)}`", rule, fix),))
