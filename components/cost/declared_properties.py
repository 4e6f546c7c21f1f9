"""Which properties of a resource count: those that its program wrote, and what its provider knows of the rest."""

from collections.abc import Mapping
from typing import Any

from components.cost.declared_resource import is_unknown


def declared_properties(inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the properties by which a resource is judged and priced, before an `up` and after it alike.

    A property that is written counts as it is written: a provider completes it with values of its own, and repeats what a
    change replaces. One that is left out counts as the provider tells of it, such as the region or the nodes that a cloud
    has scaled. What is left out and not known yet is left out here too, for the provider's default will be taken.

    Args:
        inputs: What the program wrote. A value in it that depends on another resource stays one of the engine's marks.
        outputs: What the provider says of the resource; only what is not among the inputs is read.
    """
    told = {key: value for key, value in outputs.items() if key not in inputs and not is_unknown(value)}
    return {**told, **inputs}
