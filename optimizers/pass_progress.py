"""How a pass that takes long tells the build how far it is: through a file beside its folder."""

from pathlib import Path


def progress_file(folder: Path) -> Path:
    """Return the file that belongs to a pass's folder; nothing of it gets into the artifact."""
    return folder.with_suffix(".progress")


def tell_progress(folder: Path, text: str) -> None:
    """Add a line."""
    with progress_file(folder).open("a", encoding="utf-8") as lines:
        lines.write(f"{text}\n")


def told_lines(folder: Path, known: int) -> list[str]:
    """Return the whole lines after the first `known` ones."""
    try:
        text = progress_file(folder).read_text(encoding="utf-8")
    except OSError:
        return []
    return text[: text.rfind("\n") + 1].splitlines()[known:]
