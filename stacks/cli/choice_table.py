"""Choices of machines as tables: what is cheapest, what is next, why others fell out, and the other targets."""

from collections.abc import Iterable
from itertools import groupby

from rich.markup import escape
from rich.table import Table

from components.choice.choices import Choice, Choices, OtherTarget, Rejected, Stage
from components.choice.lag import PlannedLag
from components.choice.outputs import MACHINES_ALONE
from components.endpoint_plan import Estimate
from stacks.cli.console import table

UNKNOWN = "unknown"
# The column of a machine is cut after so many of a group that fell out for one reason.
SHOWN_MACHINES = 4
COLUMNS = ("machine", "replicas", "p99", "$ a month, machines alone", "$ per 1,000")


def choice_tables(choices: Choices) -> tuple[Table, ...]:
    """Return the tables of `configure_scaling`."""
    return (
        _feasible(choices),
        _decisions(choices.plan.chosen),
        _rejected(choices.rejected),
        elsewhere_table(choices.elsewhere, choices.plan.latency_sla_ms),
    )


def elsewhere_table(elsewhere: Iterable[OtherTarget], sla_ms: int) -> Table:
    """Return the same model on other targets; each number is predicted from a measurement on other hardware."""
    title = f"The same model on other targets, predicted from measurements on other hardware (SLA {sla_ms} ms)"
    result = table(title, "target", *COLUMNS, "remark")
    for item in elsewhere:
        if item.best is None:
            result.add_row(item.where, *("-" for _ in COLUMNS), f"[yellow]{escape(item.why)}[/]")
        else:
            result.add_row(item.where, *_cells(item.best), escape(item.why))
    return result


def _feasible(choices: Choices) -> Table:
    plan = choices.plan
    title = (
        f"Machines for `{plan.name}` on `{plan.chosen.target}`: {plan.throughput_rps} requests/s at the peak "
        f"({plan.traffic.basis}), p99 within {plan.latency_sla_ms} ms"
    )
    result = table(title, "", *COLUMNS, "where")
    result.add_row("[bold green]cheapest[/]", *_cells(plan.chosen), f"[green]{plan.chosen.where}[/]")
    if choices.next_best is not None:
        result.add_row("[bold]next best[/]", *_cells(choices.next_best), choices.next_best.where)
    for other in choices.others:
        result.add_row("[dim]also[/]", *_cells(other), f"[dim]{other.where}[/]")
    return result


def _decisions(chosen: Choice) -> Table:
    result = table(f"Why {chosen.label}", "what", "value", "basis")
    result.add_row("replicas at the peak", str(chosen.replicas.value), escape(chosen.replicas.basis))
    result.add_row("replicas at any time", str(chosen.floor.value), escape(chosen.floor.basis))
    if chosen.lag is not None:
        result.add_row("scaler's lag", f"{chosen.lag.scaling_lag.total_s:g} s", escape(_lag_parts(chosen.lag)))
    result.add_row("p99 expected", _ms(chosen.p99_ms.value), escape(chosen.p99_ms.basis))
    result.add_row("p99 at the slowest", _ms(chosen.p99_high_ms), "what was held against the SLA")
    memory = chosen.resources.memory_mib
    result.add_row("server", f"{chosen.resources.cpu_cores} threads, {memory.value:g} MiB", escape(memory.basis))
    result.add_row("servers on a machine", str(chosen.workers_per_machine), "as many as its processors and memory hold")
    result.add_row("artifact", chosen.artifact.name, f"sha256 {chosen.artifact.sha256[:12]}")
    hour = chosen.usd_per_hour
    result.add_row("$ an hour", UNKNOWN if hour.value is None else f"{hour.value:g}", escape(hour.basis))
    if chosen.usd_per_month is not None:
        month = chosen.usd_per_month
        result.add_row("$ a month", f"{month.expected:,.2f}, up to {month.maximum:,.2f}", MACHINES_ALONE)
    each = chosen.usd_per_1000_requests
    result.add_row("$ per 1,000 requests", UNKNOWN if each.value is None else f"{each.value:g}", escape(each.basis))
    return result


def _lag_parts(lag: PlannedLag) -> str:
    """Return each part with its basis; one that has the basis of the part before says so with it."""
    by_basis = groupby(lag.parts.items(), key=lambda item: item[1].basis)
    groups = (
        (
            " and ".join(f"{name.removesuffix('_s').replace('_', ' ')} {_in_unit(name, part)}" for name, part in parts),
            basis,
        )
        for basis, parts in by_basis
    )
    return "; ".join(f"{numbers} ({basis})" for numbers, basis in groups)


def _in_unit(name: str, part: Estimate) -> str:
    return f"{part.value:g}{' s' if name.endswith('_s') else ''}"


def _rejected(rejected: Iterable[Rejected]) -> Table:
    result = table("Why not the others", "stage", "machines", "why")
    ordered = sorted(rejected, key=lambda item: (-item.stage, item.needed or 0, item.why, item.machine))
    for (stage, why), group in groupby(ordered, key=lambda item: (item.stage, item.why)):
        names = [item.machine.rpartition(" ")[2] for item in group]
        cut = f" and {len(names) - SHOWN_MACHINES} more" if len(names) > SHOWN_MACHINES else ""
        colour = "dim" if stage in {Stage.MACHINE, Stage.DEARER} else "yellow"
        result.add_row(stage.name.lower(), ", ".join(names[:SHOWN_MACHINES]) + cut, f"[{colour}]{escape(why)}[/]")
    return result


def _cells(choice: Choice) -> tuple[str, ...]:
    scaling, month, thousand = choice.scaling, choice.usd_per_month, choice.usd_per_1000_requests.value
    bounds = (
        f"{scaling.min_replicas}"
        if scaling.min_replicas == scaling.max_replicas
        else f"{scaling.min_replicas} to {scaling.max_replicas}"
    )
    return (
        choice.machine or "this one",
        bounds,
        f"{_ms(choice.p99_ms.value)}, up to {choice.p99_high_ms:.4g}",
        UNKNOWN if month is None else f"{month.expected:,.2f}, up to {month.maximum:,.2f}",
        UNKNOWN if thousand is None else f"{thousand:.4f}",
    )


def _ms(value: float | None) -> str:
    return "no limit" if value is None else f"{value:.4g} ms"
