"""Whether an offline preview had anything to compare with."""

from collections.abc import Iterable

from stacks.engine.resource_change import ResourceChange

EVERYTHING_IS_NEW = "so every resource shows as new, and its whole cost as an increase"
NO_STATE = f"what runs now: no state was given, {EVERYTHING_IS_NEW}; give one with `--state`"
EMPTY_STATE = f"what runs now: the state that was given holds no resource of the program, {EVERYTHING_IS_NEW}"


def unknown_state(resources: Iterable[ResourceChange], *, given: bool) -> tuple[str, ...]:
    """
    Return the sentence that says that nothing of the stack was known before; empty where something was.

    Args:
        resources: Every resource of the preview.
        given: Whether a file with the state was given; otherwise the backend was asked.
    """
    if any(item.before is not None for item in resources):
        return ()
    return (EMPTY_STATE if given else NO_STATE,)
