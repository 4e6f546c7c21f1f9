"""One resource before and after a run, as plain values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Inputs = Mapping[str, Any]
Outputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """
    What the program asked for before a run, and what it asks for now.

    Attributes:
        urn: Of the resource.
        parent: URN of its parent; empty where it has none.
        type: Type token, `aws:eks/nodeGroup:NodeGroup`.
        operation: `same`, `create`, `update`, `replace` or `delete`; `read` or `discard` of one that the program only reads.
        before: Inputs in the state; None where the resource does not exist yet.
        after: Inputs that the program gives; None where the resource will be gone.
        outputs_before: What its provider said of it, in the state.
        outputs_after: What its provider says of it now; at a preview as far as it can tell.
        read_before: Whether the program only read it (`.get`), so that it belongs to another stack or to nobody's.
        read_after: The same of now.

    Secrets are masked in all of them.
    """

    urn: str
    parent: str
    type: str
    operation: str
    before: Inputs | None = None
    after: Inputs | None = None
    outputs_before: Outputs = field(default_factory=dict[str, Any])
    outputs_after: Outputs = field(default_factory=dict[str, Any])
    read_before: bool = False
    read_after: bool = False

    @property
    def name(self) -> str:
        """What the program calls it."""
        return self.urn.split("::", 3)[-1]

    @property
    def qualified_type(self) -> str:
        """Its type after those of its parents, `a:b:Parent$c:d:Child`: within a stack, the name and this are one resource."""
        return self.urn.split("::", 3)[2]


def operations(changes: Sequence[ResourceChange]) -> dict[str, str]:
    """
    Return what was done with each resource, by its name, in the order given.

    Several of one name have their types before it, with those of their parents: `a:b:Parent$c:d:Child::name`.
    """
    # Only the URN is unique; within a stack it differs by this part alone.
    times = Counter(change.name for change in changes)
    return {
        change.name if times[change.name] == 1 else change.urn.split("::", 2)[2]: change.operation for change in changes
    }
