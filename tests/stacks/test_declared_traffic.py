"""Traffic, budget and scaling in the spec: each bad input with its message."""

from pathlib import Path
from typing import Any

import pytest

from optimizers.errors import InvalidArgs
from optimizers.vocabulary import TaskType
from stacks.arguments import embedded_inputs
from stacks.declared_traffic import declared_traffic
from stacks.project import Project
from stacks.spec import CONFIG_KEY, ServingSpec
from stacks.spec_issues import parse_spec

GOOD_CSV = "timestamp,rate_rps\n0,1\n60,3\n120,2\n"


def spec(**changes: Any) -> ServingSpec:
    return parse_spec({"task_type": "configure_scaling", "model": {"path": "model.pt"}, **changes}, "test")


def refused(**changes: Any) -> list[str]:
    with pytest.raises(InvalidArgs) as caught:
        spec(**changes)
    return [str(issue).removeprefix(f"{CONFIG_KEY}.") for issue in caught.value.issues]


def refused_csv(folder: Path, text: str | bytes, **changes: Any) -> list[str]:
    (folder / "traffic.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InvalidArgs) as caught:
        declared_traffic(spec(traffic={"kind": "csv", "path": "traffic.csv"}, **changes), Project(folder))
    return [str(issue) for issue in caught.value.issues]


@pytest.mark.parametrize(
    ("traffic", "message"),
    [
        (
            {"kind": "constant", "rate_rps": -3},
            "traffic.rate_rps: got `-3`; it must be at least 1e-09; use 1e-09 or more",
        ),
        (
            {"kind": "constant", "rate_rps": 1e12},
            "traffic.rate_rps: got `1000000000000.0`; it must be at most 1000000000.0; use 1000000000.0 or less",
        ),
        (
            {"kind": "constant", "rate_rps": "5"},
            'traffic.rate_rps: got `"5"`; it must be a number; write a number, without quotes',
        ),
        (
            {"kind": "constant", "rate_rps": True},
            "traffic.rate_rps: got `true`; it must be a number; write a number, without quotes",
        ),
        (
            {"kind": "constant", "rate_rps": float("nan")},
            "traffic.rate_rps: got `NaN`; it must be a finite number; write a number such as 0.01",
        ),
        (
            {"kind": "ramp", "from_rps": -1, "to_rps": 5, "seconds": 60},
            "traffic.from_rps: got `-1`; it must be at least 0.0; use 0.0 or more",
        ),
        (
            {"kind": "ramp", "from_rps": 1, "to_rps": 5, "second": 60, "seconds": 60},
            "traffic.second: got `60`; there is no such field; did you mean `seconds`?",
        ),
        (
            {"kind": "bursts", "rate_rps": 5, "variation": 1},
            "traffic.variation: got `1`; it must be above 1.0; use more than 1.0",
        ),
        (
            {"kind": "daily", "lowest_rps": 9, "highest_rps": 4},
            (
                'traffic: got `{"kind": "daily", "lowest_rps": 9, "highest_rps": 4}`; '
                "lowest_rps 9 is above highest_rps 4; swap them"
            ),
        ),
        (
            {"kind": "weekly"},
            (
                'traffic: got `{"kind": "weekly"}`; `kind` must be one of '
                "'constant', 'bursts', 'ramp', 'daily', 'csv'; use one of these words"
            ),
        ),
        (
            {"rate_rps": 5},
            'traffic: got `{"rate_rps": 5}`; `kind` is required; add `kind: constant` or another kind',
        ),
        ({"kind": "csv"}, "traffic.path: got nothing; it is required; add `path: …`"),
        (
            {"kind": "constant", "rate_rps": 10.5},
            (
                "traffic: got a peak of 10.5 requests/s; `serving_context.throughput_rps` is the peak, and it is 10; "
                "raise `throughput_rps` to 11 or lower the traffic"
            ),
        ),
    ],
)
def test_traffic_that_cannot_be_is_one_clear_error(traffic: dict[str, Any], message: str) -> None:
    assert refused(traffic=traffic) == [message]


def test_budgets_far_apart_are_one_clear_error() -> None:
    traffic = {"kind": "constant", "rate_rps": 10}

    assert refused(traffic=traffic, budget={"usd_per_month": 500, "usd_per_1000_requests": 0.0001}) == [
        (
            "budget: got usd_per_month 500 and usd_per_1000_requests 0.0001; at 10 requests/s on average the second is "
            "$2.63 a month, over 10 times less than the first; correct one of them, or leave one out"
        )
    ]
    assert (
        spec(traffic=traffic, budget={"usd_per_month": 500, "usd_per_1000_requests": 0.01}).budget.usd_per_month == 500
    )


def test_a_budget_for_a_thousand_requests_without_traffic_is_one_clear_error() -> None:
    assert refused(budget={"usd_per_month": 500, "usd_per_1000_requests": 0.01}) == [
        (
            "budget.usd_per_1000_requests: got `0.01`; it is held at the mean rate, and the spec has no `traffic`, only the "
            "peak `throughput_rps`; declare `traffic`, or set `usd_per_month` alone"
        )
    ]


@pytest.mark.parametrize(
    ("part", "got"),
    [
        ({"budget": {"usd_per_month": 500}}, 'budget: got `{"usd_per_month": 500.0}`'),
        ({"budget": {"usd_per_1000_requests": 0.5}}, 'budget: got `{"usd_per_1000_requests": 0.5}`'),
        ({"scaling": {"cloud": "aws", "max_replicas": 9}}, 'scaling: got `{"cloud": "aws", "max_replicas": 9}`'),
    ],
)
@pytest.mark.parametrize("task", [task for task in TaskType if task is not TaskType.CONFIGURE_SCALING])
def test_what_only_a_choice_of_machines_reads_is_refused_elsewhere(
    task: TaskType, part: dict[str, Any], got: str
) -> None:
    name = next(iter(part))
    assert refused(task_type=task, **part) == [
        (
            f"{got}; only `configure_scaling` reads it, and `task_type` is `{task}`; "
            f"remove `{name}` or set `task_type` to `configure_scaling`"
        )
    ]
    assert spec(task_type=task, **{name: {}})


def test_a_budget_of_nothing_is_refused() -> None:
    assert refused(budget={"usd_per_month": 0}) == [
        "budget.usd_per_month: got `0`; it must be above 0.0; use more than 0.0"
    ]


def test_a_minimum_over_the_maximum_is_refused() -> None:
    assert refused(scaling={"min_replicas": 5, "max_replicas": 2}) == [
        "scaling.min_replicas: got `5`; `max_replicas` is 2; lower it to 2 or raise `max_replicas`"
    ]


def test_a_csv_becomes_the_traffic_of_the_plan(tmp_path: Path) -> None:
    (tmp_path / "traffic.csv").write_text(GOOD_CSV)
    found = spec(task_type="deploy_model", traffic={"kind": "csv", "path": "traffic.csv"})

    inputs = embedded_inputs(found, Project(tmp_path), "local")

    assert inputs.traffic is not None
    assert (inputs.traffic.kind, inputs.traffic.peak_rps, inputs.traffic.mean_rps) == ("csv", 3, 2.25)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "timestamp,rate_rps\n0,1\n60,2\n240,3\n",
            (
                "line 4: got 180 s after the row before; rows are 60 s apart; add the 2 missing rows; "
                "write 0 where no request came"
            ),
        ),
        (
            "timestamp,rate_rps\n60,1\n0,2\n",
            (
                "line 3: got a timestamp before the last row's; timestamps ascend; "
                "sort the rows by time, and keep one row for each moment"
            ),
        ),
        (
            "timestamp,rate_rps\n0,1\n60,many\n",
            "line 3: got rate `many`; a rate is a number; write the requests a second, 0 where none came",
        ),
        (
            "timestamp,rate_rps\n0,1\n60,-2\n",
            "line 3: got rate `-2`; a rate is 0 to 1e+09 requests a second; write 0 where no request came",
        ),
        (
            "timestamp,rate_rps\n0,1\n60,50\n",
            (
                f"{CONFIG_KEY}.traffic: got a peak of 50 requests/s; `serving_context.throughput_rps` is the peak, and it is "
                "10; raise `throughput_rps` to 50 or lower the traffic"
            ),
        ),
        (
            b"\xff\xfe",
            f"{CONFIG_KEY}.traffic.path: got `traffic.csv`; the file is UTF-8 text; save it as UTF-8",
        ),
    ],
)
def test_a_csv_that_cannot_be_traffic_names_the_line(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert refused_csv(tmp_path, text) == [message]


def test_budgets_are_compared_at_the_rate_of_the_file(tmp_path: Path) -> None:
    (message,) = refused_csv(
        tmp_path, "timestamp,rate_rps\n0,1\n60,1\n", budget={"usd_per_month": 500, "usd_per_1000_requests": 0.01}
    )

    assert "at 1 requests/s on average the second is $26.28 a month" in message


def test_what_contradicts_the_spec_is_no_problem_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "traffic.csv").write_text("timestamp,rate_rps\n0,1\n60,50\n")

    with pytest.raises(InvalidArgs, match=r"^1 problem in the spec, with the traffic of `traffic.csv`\n"):
        declared_traffic(spec(traffic={"kind": "csv", "path": "traffic.csv"}), Project(tmp_path))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("missing.csv", "there is no such file in the project"),
        ("../outside.csv", "the file lies in the project, so that a preview elsewhere finds it"),
        (".", "there is no such file in the project"),
        ("a\0b", "the file can be read"),
    ],
)
def test_a_path_that_is_no_file_of_the_project_is_refused(tmp_path: Path, path: str, rule: str) -> None:
    with pytest.raises(InvalidArgs) as caught:
        declared_traffic(spec(traffic={"kind": "csv", "path": path}), Project(tmp_path))

    (issue,) = caught.value.issues
    assert issue.path == f"{CONFIG_KEY}.traffic.path"
    assert issue.rule.startswith(rule)
