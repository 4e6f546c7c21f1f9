"""Whether the artifacts of one stack are what another one asks for; pure."""

from collections.abc import Iterator

from optimizers.build_request import BuildRequest, build_request
from optimizers.errors import InvalidArgs, Issue
from stacks.arguments import described_source, optimization_goal
from stacks.promotion.shown_value import shown_value
from stacks.spec import ServingSpec

COMMAND_LINE = "the command line"


def refuse_incompatible(source: str, source_spec: ServingSpec, target: str, target_spec: ServingSpec) -> None:
    """
    Return where the target takes promotions from the source, and asks for what the source's artifacts were built for.

    The SLA, the rate, batching, caching and the port may differ: the target's own budgets are judged.

    Raises:
        InvalidArgs: With every difference at once.
    """
    if issue := _wrong_direction(source, target, target_spec):
        raise InvalidArgs(COMMAND_LINE, (issue,))
    if issues := tuple(_differences(source, source_spec, target_spec)):
        raise InvalidArgs(f"stacks/Pulumi.{target}.yaml", issues)


def _wrong_direction(source: str, target: str, spec: ServingSpec) -> Issue | None:
    if spec.promotion is not None and spec.promotion.source == target:
        rule = f"`promotion.source` of stack `{target}` names the stack itself"
        fix = "write another stack there"
    elif source == target:
        rule = "a stack is promoted to another one"
        fix = (
            f"run `serving promote {target} TARGET` with the stack that takes from it"
            if spec.promotion is None
            else f"run `serving promote {spec.promotion.source} {target}`"
        )
    elif spec.promotion is None:
        rule = f"stack `{target}` builds its own artifacts"
        fix = f"write `promotion: {{source: {source}}}` into its spec, or run `serving optimize --stack {target}`"
    elif spec.promotion.source != source:
        rule = f"stack `{target}` takes promotions from `{spec.promotion.source}` only"
        fix = f"run `serving promote {spec.promotion.source} {target}`"
    else:
        return None
    return Issue("SOURCE", f"`{source}`", rule, fix)


def _differences(source: str, source_spec: ServingSpec, target_spec: ServingSpec) -> Iterator[Issue]:
    asked, built = _request(target_spec), _request(source_spec)
    values: list[tuple[str, object, object]] = [
        ("name", target_spec.name, source_spec.name),
        (
            "deployment_target",
            target_spec.serving_context.deployment_target,
            source_spec.serving_context.deployment_target,
        ),
        *((field, getattr(asked, field), getattr(built, field)) for field in BuildRequest.model_fields),
    ]
    for field, mine, theirs in values:
        if mine != theirs:
            rule = f"stack `{source}` has {_shown(theirs)}, and its artifacts were built for that"
            yield Issue(field, _shown(mine), rule, "write the same in both stacks")


def _request(spec: ServingSpec) -> BuildRequest:
    return build_request(described_source(spec), optimization_goal(spec))


def _shown(value: object) -> str:
    return "nothing" if value is None or value == () else f"`{shown_value(value)}`"
