"""What a run did in one line."""

from stacks.engine.run_result import RunResult

COLOURS = {"create": "green", "update": "yellow", "replace": "magenta", "delete": "red"}


def changes_line(result: RunResult, mood: str = "did") -> str:
    """Return `create minilm, create minilm-server`, that only outputs change, or that nothing does."""
    if not result.changed and result.alters:
        return "[bold]Changes[/]  only the stack's outputs"
    if not result.changed:
        return "[bold]Changes[/]  nothing to change" if mood == "would" else "[bold]Changes[/]  nothing changed"
    parts = (f"[{COLOURS.get(operation, 'white')}]{operation}[/] {name}" for name, operation in result.changed.items())
    return f"[bold]Changes[/]  {', '.join(parts)}"
