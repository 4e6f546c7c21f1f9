"""Every example is a stack that plans: from this repository's lock and shipped prices, as a newcomer would run it."""

import shutil
from pathlib import Path

from stacks.fleet import choose_fleet
from stacks.project import Project
from stacks.stack_file import read_spec

ROOT = Path(__file__).parents[2]


def test_the_example_of_a_fleet_plans_within_its_budget(tmp_path: Path) -> None:
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "examples/configure_scaling/Pulumi.fleet.yaml", tmp_path / "stacks")
    shutil.copy(ROOT / "artifacts.lock.json", tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")

    choices = choose_fleet(read_spec(tmp_path, "fleet"), Project(tmp_path), "fleet")

    chosen = choices.plan.chosen
    assert choices.plan.traffic.basis == "`examples/configure_scaling/traffic.csv`, 25 rows over 24 h, which repeat"
    assert chosen.usd_per_month is not None
    assert chosen.usd_per_month.maximum <= 1000
    assert choices.next_best is not None
    assert chosen.scaling.min_replicas < chosen.scaling.max_replicas
