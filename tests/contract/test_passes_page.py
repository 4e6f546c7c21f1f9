"""`docs/passes.md` lists every pass with what it needs and gives, and the candidates that end with it."""

import ast
import re
from pathlib import Path

from optimizers.candidates import CANDIDATES
from optimizers.goal import Goal
from optimizers.registry import PASSES
from optimizers.source_facts import SourceFacts
from optimizers.vocabulary import ModelFormat

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"`([^`]+)`")
FACTS = SourceFacts(model_format=ModelFormat.PYTORCH, model_size_bytes=1)
GOAL = Goal(latency_sla_ms=50, throughput_rps=10)


def rows() -> dict[str, list[str]]:
    """The rows of the table, by the name of the pass."""
    lines = (line for line in (ROOT / "docs/passes.md").read_text().splitlines() if line.startswith("| `"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {CODE.findall(first)[0]: rest for first, *rest in cells}


def test_every_pass_has_a_row_and_every_row_a_pass() -> None:
    assert list(rows()) == [item.name for item in PASSES]


def test_a_row_says_what_its_pass_needs_and_gives() -> None:
    for item in PASSES:
        needs, gives, *_ = rows()[item.name]

        assert CODE.findall(needs) == sorted(item.needs), item.name
        assert CODE.findall(gives) == [item.gives], item.name


def test_a_row_names_the_candidates_that_end_with_its_pass_and_their_precisions() -> None:
    for item in PASSES:
        ending = [row for row in CANDIDATES if row.passes(FACTS, GOAL)[-1].name == item.name]
        _, _, precisions, candidates, *_ = rows()[item.name]

        assert CODE.findall(candidates) == sorted(row.name for row in ending), item.name
        assert not ending or CODE.findall(precisions) == sorted({row.precision for row in ending}), item.name


def test_no_cell_of_the_table_is_empty() -> None:
    assert all(len(cells) == 6 and all(cells) for cells in rows().values())


def test_the_registry_lists_every_class_that_is_a_pass() -> None:
    classes = {
        node.name
        for path in sorted((ROOT / "optimizers").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        and {"needs", "gives"}
        <= {getattr(item.target, "id", "") for item in node.body if isinstance(item, ast.AnnAssign)}
        and node.name != "Pass"
    }

    assert classes == {item.__name__ for item in PASSES}


def test_names_of_passes_differ() -> None:
    assert len({item.name for item in PASSES}) == len(PASSES)
