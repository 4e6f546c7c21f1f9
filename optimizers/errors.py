"""
Everything that this product raises on purpose.

    ServingError                    exit code 1
    ├─ InvalidArgs                  2   the spec or an argument breaks a stated rule; .issues
    │   └─ InvalidRow                   one row of a request does not fit the model; .index
    ├─ PolicyViolation              3   a policy refuses the plan; .violations
    ├─ PlanError                    4   the spec is legal, no plan satisfies it
    │   ├─ GoalUnreachable
    │   └─ NoCapacity
    ├─ ArtifactError                5   the model or a built artifact cannot be used
    │   ├─ DigestMismatch
    │   ├─ UnsupportedModel
    │   └─ ParityError
    ├─ MissingExtra                 6   an optional dependency is not installed
    ├─ DeployError                  7   the deployment did not become healthy
    └─ Busy                         8   another command holds this stack

A user of the library writes `except ServingError as error: sys.exit(error.exit_code)`.
"""

from dataclasses import dataclass
from typing import ClassVar

LONGEST_REASON = 200


class ServingError(Exception):
    """Base of every error raised on purpose; its text is one sentence that a user can act on."""

    exit_code: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Issue:
    """One broken rule: where, what was found, what is allowed, what to type instead."""

    path: str
    got: str
    rule: str
    fix: str

    def __str__(self) -> str:
        return f"{self.path}: got {self.got}; {self.rule}; {self.fix}"


class InvalidArgs(ServingError):
    """The spec or an argument breaks stated rules; lists every broken one."""

    exit_code = 2

    def __init__(self, source: str, issues: tuple[Issue, ...]) -> None:
        self.source = source
        self.issues = issues
        lines = "\n".join(f"  - {issue}" for issue in issues)
        count = "1 problem" if len(issues) == 1 else f"{len(issues)} problems"
        super().__init__(f"{count} in {source}\n{lines}")

    def __reduce__(self) -> tuple[type["InvalidArgs"], tuple[str, tuple[Issue, ...]]]:
        return (type(self), (self.source, self.issues))


class InvalidRow(InvalidArgs):
    """One row of a request does not fit the model's signature; `index` counts from 0."""

    def __init__(self, index: int, got: str, rule: str, fix: str) -> None:
        self.index = index
        self.issue = Issue(f"inputs[{index}]", got, rule, fix)
        super().__init__("the request", (self.issue,))

    def in_file(self, source: str, place: str) -> InvalidArgs:
        """Return the same of a row in a file: a caller sends a row, the author of a file writes it."""
        fix = self.issue.fix.replace("send ", "write ", 1)
        return InvalidArgs(source, (Issue(place, self.issue.got, self.issue.rule, fix),))

    def __reduce__(self) -> tuple[type["InvalidRow"], tuple[int, str, str, str]]:  # type: ignore[override]
        return (type(self), (self.index, self.issue.got, self.issue.rule, self.issue.fix))


class PolicyViolation(ServingError):
    """A mandatory policy refuses the recorded plan."""

    exit_code = 3

    def __init__(self, violations: tuple[str, ...]) -> None:
        self.violations = violations
        super().__init__("\n".join(("a policy refuses this plan", *violations)))

    def __reduce__(self) -> tuple[type["PolicyViolation"], tuple[tuple[str, ...]]]:
        return (type(self), (self.violations,))


class PlanError(ServingError):
    """The spec is legal and no plan satisfies it."""

    exit_code = 4


class GoalUnreachable(PlanError):
    """No candidate reaches the latency or throughput that the spec asks for."""


class NoCapacity(PlanError):
    """No machine in reach is large enough."""


class ArtifactError(ServingError):
    """The model or a built artifact cannot be used."""

    exit_code = 5


class DigestMismatch(ArtifactError):
    """A file differs from the sha256 recorded for it."""


class UnsupportedModel(ArtifactError):
    """The model file is damaged, unsafe or of a kind that no pass can read."""


class ParityError(ArtifactError):
    """Answers differ from the original model's by more than the threshold."""


class MissingExtra(ServingError):
    """An optional dependency is not installed."""

    exit_code = 6

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        self.purpose = purpose
        super().__init__(f"{purpose} needs the extra `{extra}`; run `uv sync --extra {extra}`")

    def __reduce__(self) -> tuple[type["MissingExtra"], tuple[str, str]]:
        return (type(self), (self.extra, self.purpose))


class DeployError(ServingError):
    """The deployment did not become healthy; what ran before still runs."""

    exit_code = 7


class Busy(ServingError):
    """Another command holds this stack."""

    exit_code = 8


def first_line(error: BaseException) -> str:
    """Return how a library begins to say what its error is, where the rest of it helps nobody."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:LONGEST_REASON]


def short_reason(error: BaseException) -> str:
    """Return what a library says of its error, in one line that a table has room for."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
