"""Turn what pydantic found wrong into issues with path, value, rule and fix."""

import difflib
from collections.abc import Mapping
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from components.capacity.traffic import UNORDERED_RATES
from optimizers.errors import InvalidArgs, Issue
from optimizers.shown_json import printable, shown_json
from optimizers.signature import BATCH, NO_AXIS, NO_BATCH
from stacks.spec import CONFIG_KEY, NO_ADDRESS, ServingSpec
from stacks.spec_part import DISAGREEMENT

# The one field whose form depends on its `kind`.
TRAFFIC = "traffic"

# Type of a pydantic error to the rule that was broken and what to do; `name` is the field, the rest pydantic's context.
NOT_A_MAPPING = ("it must be a mapping", "write `{name}:` and its fields indented below it")
RULE_AND_FIX = {
    "missing": ("it is required", "add `{name}: …`"),
    NO_AXIS: ("an axis is a word or a size from 1 up", "correct it"),
    NO_BATCH: ("the first axis is the batch", f"write the shape as [{BATCH}, …]"),
    "literal_error": ("it must be one of {expected}", "use one of these words"),
    "enum": ("it must be one of {expected}", "use one of these words"),
    "greater_than": ("it must be above {gt}", "use more than {gt}"),
    "greater_than_equal": ("it must be at least {ge}", "use {ge} or more"),
    "less_than": ("it must be below {lt}", "use less than {lt}"),
    "less_than_equal": ("it must be at most {le}", "use {le} or less"),
    "union_tag_invalid": ("`kind` must be one of {expected_tags}", "use one of these words"),
    "union_tag_not_found": ("`kind` is required", "add `kind: constant` or another kind"),
    UNORDERED_RATES: ("lowest_rps {lowest} is above highest_rps {highest}", "swap them"),
    "int_type": ("it must be a whole number", "write a number, without quotes"),
    "float_type": ("it must be a number", "write a number, without quotes"),
    "finite_number": ("it must be a finite number", "write a number such as 0.01"),
    "bool_type": ("it must be true or false", "write `true` or `false`, without quotes"),
    "string_type": ("it must be a text", "quote it"),
    "string_pattern_mismatch": ("it must match {pattern}", "change it to match"),
    NO_ADDRESS: ("it must be an IP address; names are not looked up", "write 127.0.0.1 for this machine only"),
    "model_type": NOT_A_MAPPING,
    "model_attributes_type": NOT_A_MAPPING,
    "dict_type": NOT_A_MAPPING,
}


def parse_spec(raw: object, source: str) -> ServingSpec:
    """
    Return the spec that `raw` holds.

    Args:
        raw: What YAML or JSON gave.
        source: Where it was read, for the message.

    Raises:
        InvalidArgs: With every broken rule at once.
    """
    try:
        return ServingSpec.model_validate(raw)
    except ValidationError as error:
        raise InvalidArgs(source, tuple(_issue(details) for details in error.errors(include_url=False))) from None


def _issue(details: ErrorDetails) -> Issue:
    if details["type"] == DISAGREEMENT:
        context: Mapping[str, str] = details.get("ctx", {})
        return Issue(f"{CONFIG_KEY}.{context['path']}", context["got"], context["rule"], context["fix"])
    return broken_rule(details, ServingSpec, CONFIG_KEY)


def broken_rule(details: ErrorDetails, model: type[BaseModel], under: str) -> Issue:
    """
    Return the issue of one of pydantic's errors.

    Args:
        details: What pydantic says.
        model: What was validated, for the names of its fields.
        under: The path at which it lies.
    """
    path = ".".join((under, *(printable(str(part)) for part in _written(details["loc"]))))
    rule, fix = _rule_and_fix(details, model, under)
    return Issue(path, "nothing" if details["type"] == "missing" else shown_json(details["input"]), rule, fix)


def _rule_and_fix(details: ErrorDetails, model: type[BaseModel], under: str) -> tuple[str, str]:
    location = details["loc"]
    name = printable(str(location[-1])) if location else under
    if details["type"] == "extra_forbidden":
        known = _fields_at(location[:-1], model)
        near = difflib.get_close_matches(name, known, n=1)
        others = f"use one of: {', '.join(known)}" if known else "remove it"
        return "there is no such field", f"did you mean `{near[0]}`?" if near else others
    message = details["msg"][:1].lower() + details["msg"][1:]
    rule, fix = RULE_AND_FIX.get(details["type"], (message, "change the value"))
    values = {"name": name, **details.get("ctx", {})}
    return rule.format(**values), fix.format(**values)


def _written(location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the location as it stands in the file: pydantic names the kind of traffic after `traffic`."""
    return location[:1] + location[2:] if location[:1] == (TRAFFIC,) else location


def _fields_at(location: tuple[int | str, ...], part: type[BaseModel]) -> list[str]:
    """Return the names of the fields of the part at `location`."""
    models = [part]
    for step in location:
        kinds = [model for model in models if (kind := model.model_fields.get("kind")) and kind.default == step]
        field = models[0].model_fields.get(str(step))
        candidates = (field.annotation, *get_args(field.annotation)) if field else ()
        found = [item for item in candidates if isinstance(item, type) and issubclass(item, BaseModel)]
        models = kinds or found or models
    return list(models[0].model_fields)
