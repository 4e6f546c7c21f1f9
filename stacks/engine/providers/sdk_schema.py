"""What an installed SDK says of a resource type: names of its properties, by reflection on its classes."""

import importlib
import inspect
import re
import sys
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from pulumi.runtime.rpc import get_resource_module

# How an SDK's generator writes CloudFormation's create-only properties: `replace_on_changes=["roleArn", "tags[*]"]`.
REPLACED_ON_CHANGES = re.compile(r"replace_on_changes=\[([^]]*(?:\[\*\][^]]*)*)\]\)")
PLUGIN_FILE = "pulumi-plugin.json"


class SdkType(NamedTuple):
    """
    A resource type of an SDK; names are in the engine's spelling.

    Attributes:
        inputs: What a program may set.
        outputs: What a program may read.
        replaces: Inputs that replace the resource when they change; only aws-native's SDK says so.
    """

    inputs: frozenset[str]
    outputs: frozenset[str]
    replaces: frozenset[str]

    @property
    def computed(self) -> frozenset[str]:
        """Outputs that only the cloud knows."""
        return self.outputs - self.inputs


# Types are asked for from several threads, and what is ignored of warnings holds for all of them.
_IMPORTING = threading.Lock()
NOTHING_KNOWN = SdkType(frozenset(), frozenset(), frozenset())


def installed_packages() -> frozenset[str]:
    """Return the names of the provider packages whose SDK is installed here: `aws`, `kubernetes`."""
    files = (file for folder in sys.path for file in Path(folder or ".").glob(f"*/{PLUGIN_FILE}"))
    names = (re.search(r'"name":\s*"([^"]+)"', file.read_text()) for file in files)
    return frozenset(found[1] for found in names if found)


@cache
def sdk_type(token: str) -> SdkType:
    """Return what the SDK says of a type; `NOTHING_KNOWN` where it is not installed or has no such type."""
    with _IMPORTING, warnings.catch_warnings():
        # SDKs warn on import of types that the program need not use.
        warnings.simplefilter("ignore", DeprecationWarning)
        found = _resource_class(token)
    if found is None:
        return NOTHING_KNOWN
    module = sys.modules[found.__module__]
    # A type with required inputs has positional ones, and then the class for all of them is called differently.
    arguments = getattr(module, f"{found.__name__}InitArgs", None) or getattr(module, f"{found.__name__}Args", None)
    inputs = _property_names(arguments) if arguments else frozenset[str]()
    listed = REPLACED_ON_CHANGES.search(inspect.getsource(module))
    replaces = re.findall(r'"(\w+)', listed[1]) if listed else ()
    return SdkType(inputs, _property_names(found), frozenset(replaces))


def _resource_class(token: str) -> Any:  # noqa: ANN401 - a class of an SDK
    package, _, rest = token.partition(":")
    module_name, _, _ = rest.rpartition(":")
    try:
        importlib.import_module(f"pulumi_{package.replace('-', '_')}")
    except ImportError:
        return None
    module: Any = get_resource_module(package, module_name, "")
    name = module.mod_info["classes"].get(token) if module else None
    return getattr(importlib.import_module(module.mod_info["fqn"]), name) if name else None


def _property_names(described: type) -> frozenset[str]:
    """Return the engine's names of the properties of an SDK's class: `@pulumi.getter` leaves each on its getter."""
    properties = (
        member for base in described.__mro__ for member in vars(base).values() if isinstance(member, property)
    )
    names = (getattr(member.fget, "_pulumi_name", None) for member in properties)
    return frozenset(name for name in names if name)
