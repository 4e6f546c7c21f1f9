"""What the engine's events say that a run did, or would do."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import EngineEvent, StepEventMetadata, StepEventStateMetadata

from stacks.engine.diagnostics import reasons
from stacks.engine.marks import HIDDEN
from stacks.engine.resource_change import Inputs, Outputs, ResourceChange, operations

MANDATORY = "mandatory"
SAME = "same"
REPLACE = "replace"
STEPS_OF_A_REPLACEMENT = ("create-replacement", "read-replacement", "delete-replaced", "discard-replaced")
# Steps of a resource that the program only reads (`.get`), before and now. A resource that it gives up and reads from now on
# is a `read` too, and counts as read before: the events do not tell the two apart.
READ_BEFORE = frozenset({"read", "discard", "discard-replaced"})
READ_AFTER = frozenset({"read", "read-replacement"})
# Resources that the engine adds, and that no user wrote.
UNSHOWN_TYPES = ("pulumi:providers:", "pulumi:pulumi:Stack")


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """One thing that a policy said."""

    policy: str
    mandatory: bool
    message: str


@dataclass(slots=True)
class RunResult:
    """
    What a run did, or would do.

    Attributes:
        resources: URN of each resource to what was done with it, and its inputs before and after.
        alters: Whether the state is, or may be, recorded differently: outputs change where every resource is the same.
        policies: What the policies said.
        outputs: The stack's outputs after the run; empty for a preview.
        errors: Lines of the error diagnostics.
    """

    resources: dict[str, ResourceChange] = field(default_factory=dict[str, ResourceChange])
    alters: bool = False
    policies: list[PolicyReport] = field(default_factory=list[PolicyReport])
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    errors: list[str] = field(default_factory=list[str])

    @property
    def operations(self) -> dict[str, str]:
        """Name of each resource, its type before it where another has the same, to what was done; in the order of `ordered`."""
        return operations(self.ordered())

    @property
    def changes(self) -> dict[str, int]:
        """Operation to number of resources."""
        return dict(Counter(change.operation for change in self.ordered()))

    @property
    def changed(self) -> dict[str, str]:
        """The operations of the resources that are not left the same, in the same order."""
        return {name: operation for name, operation in self.operations.items() if operation != SAME}

    @property
    def refused(self) -> tuple[str, ...]:
        """What mandatory policies refuse, one sentence each."""
        return tuple(f"{said.policy}: {said.message}" for said in self.policies if said.mandatory)

    def take(self, event: EngineEvent) -> None:
        """Add what one event of the engine says."""
        if event.policy_event:
            said = event.policy_event
            # The first line repeats the policy's description.
            message = "\n".join(reasons(said.message)[1:]) or said.message
            self.policies.append(PolicyReport(said.policy_name, said.enforcement_level == MANDATORY, message))
        if event.diagnostic_event and event.diagnostic_event.severity == "error":
            self.errors.extend(reasons(event.diagnostic_event.message))
        outcome = event.res_outputs_event or event.res_op_failed_event
        if outcome is None:
            return
        step = outcome.metadata
        self.alters = self.alters or _alters(step)
        if not step.type.startswith(UNSHOWN_TYPES):
            self.resources[step.urn] = _with_step(self.resources.get(step.urn), step)

    def ordered(self) -> list[ResourceChange]:
        """Return the resources, children before parents, then by name."""
        # The engine's events come from several threads, so their order says nothing.
        return sorted(self.resources.values(), key=lambda item: (-_depth(item.urn), item.name, item.urn))


def _with_step(known: ResourceChange | None, step: StepEventMetadata) -> ResourceChange:
    """
    Return what is known of a resource after one more of its steps.

    A replacement has several, each with a part of the states, in any order. A step that deletes what an interrupted
    replacement left behind says nothing of the resource that is there.
    """
    operation = step.op.value
    before, after = _inputs(step.old), _inputs(step.new)
    outputs_before, outputs_after = _outputs(step.old), _outputs(step.new)
    if known and known.before is not None and (step.old is None or step.old.delete):
        before, outputs_before = known.before, known.outputs_before
    if known and after is None:
        after, outputs_after = known.after, known.outputs_after
    state = step.new or step.old
    return ResourceChange(
        urn=step.urn,
        parent=state.parent if state else "",
        type=step.type,
        operation=REPLACE if operation in STEPS_OF_A_REPLACEMENT else operation,
        before=before,
        after=after,
        outputs_before=outputs_before,
        outputs_after=outputs_after,
        read_before=operation in READ_BEFORE or (known is not None and known.read_before),
        read_after=operation in READ_AFTER or (known is not None and known.read_after),
    )


def _inputs(state: StepEventStateMetadata | None) -> Inputs | None:
    return None if state is None else (state.inputs or {})


def _outputs(state: StepEventStateMetadata | None) -> Outputs:
    return {} if state is None else (state.outputs or {})


def _depth(urn: str) -> int:
    # urn:pulumi:STACK::PROJECT::TYPE OF THE PARENT$TYPE::NAME
    return urn.split("::")[2].count("$")


def _alters(step: StepEventMetadata) -> bool:
    if step.op.value != SAME or step.old is None or step.new is None:
        return True
    # The outputs of a custom resource come from its provider, which compared the secrets among them.
    return vars(step.old) != vars(step.new) or (not step.new.custom and HIDDEN in repr(step.new.outputs))
