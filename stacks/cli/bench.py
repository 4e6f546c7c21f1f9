"""`serving bench`."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from components.capacity.fleet import Arrivals
from components.embedded.inputs import EmbeddedInputs, read_and_predict
from components.embedded.process import running_config
from components.embedded.readiness import PREDICT_PATH, is_ready
from components.embedded.requests import run_folder, server_config
from components.embedded.server_config import ServerConfig
from components.endpoint_plan import EndpointPlan
from components.load.inputs import measured_rows
from components.load.job import MOST_REQUESTS, LoadJob, is_on_this_machine
from components.load.process import run_job
from components.load.result import LoadResult, load_step
from optimizers import hardware
from optimizers.atomic_file import write_atomically
from optimizers.errors import DeployError, InvalidArgs, Issue, MissingExtra
from optimizers.source_facts import versions
from stacks.arguments import embedded_inputs
from stacks.cli.bench_table import bench_table
from stacks.cli.console import print_json, results, say
from stacks.cli.context import open_stack
from stacks.cli.plan import decide

# Shares of the predicted capacity: from idle to where the queue shows.
DEFAULT_SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
HIGHEST_RATE_RPS = 100_000.0
LIBRARIES = ("aiohttp", "matplotlib")
VERSIONED = ("bentoml", "aiohttp", "onnxruntime", "openvino")


def run(stack: str, *, as_json: bool, rates: str, seconds: float, seed: int, out: Path) -> None:  # noqa: PLR0913 - the options
    """Load the endpoint step by step, then show and keep what was measured beside what was predicted."""
    context = open_stack(stack)
    inputs = embedded_inputs(context.spec, context.project, context.stack)
    chosen = _checked(rates, seconds, out)
    if not all(find_spec(library) for library in LIBRARIES):
        raise MissingExtra("bench", "`serving bench`")
    plan = decide(context)
    config = _running(plan, inputs, stack)
    result = _measure(plan, inputs, config, chosen or _default_rates(plan, seconds), seconds, seed)
    kept = _keep(result, out, stack)
    if as_json:
        print_json(result.model_dump(mode="json"))
    else:
        results().print(bench_table(result))
    say(f"bench: wrote {', '.join(str(path) for path in kept)}")


def _checked(rates: str, seconds: float, out: Path) -> list[float]:
    """
    Return the rates in ascending order, none for an empty text.

    Raises:
        InvalidArgs: With every rate and folder that cannot be used, before anything is loaded.
    """
    issues = list[Issue]()
    texts = [part.strip() for part in rates.split(",")] if rates else []
    found = {text: _rate(text) for text in texts if text}
    for text in (text for text, rate in found.items() if rate is None):
        rule = f"a rate is a number above 0 and at most {HIGHEST_RATE_RPS:g} requests/s"
        issues.append(Issue("--rates", f"`{text}`", rule, "write for example `--rates 5,10,20`"))
    if rates and not found:
        issues.append(Issue("--rates", f"`{rates}`", "it names no rate", "write for example `--rates 5,10,20`"))
    chosen = sorted({rate for rate in found.values() if rate is not None})
    for rate in (rate for rate in chosen if rate * seconds > MOST_REQUESTS):
        rule = f"a step sends at most {MOST_REQUESTS} requests"
        issues.append(Issue("--rates", f"`{rate:g}` for {seconds:g} s", rule, "lower `--rates` or `--seconds`"))
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        rule = f"`{existing}` is no folder that can be written to"
        issues.append(Issue("--out", f"`{out}`", rule, "name a folder, which is made where it is missing"))
    if issues:
        raise InvalidArgs("the command line", tuple(issues))
    return chosen


def _rate(text: str) -> float | None:
    try:
        rate = float(text)
    except ValueError:
        return None
    return rate if 0 < rate <= HIGHEST_RATE_RPS else None


def _default_rates(plan: EndpointPlan, seconds: float) -> list[float]:
    capacity_rps = plan.predicted.capacity_rps.value or float(plan.throughput_rps)
    most_rps = min(HIGHEST_RATE_RPS, MOST_REQUESTS / seconds)
    return sorted({min(most_rps, max(1.0, float(round(share * capacity_rps)))) for share in DEFAULT_SHARES})


def _running(plan: EndpointPlan, inputs: EmbeddedInputs, stack: str) -> ServerConfig:
    remedy = f"run `serving up --stack {stack}`"
    config = running_config(run_folder(plan.name, inputs))
    if config is None or not is_ready(config):
        raise DeployError(f"nothing of stack `{stack}` runs that could be loaded; {remedy}")
    if config != server_config(plan, inputs):
        raise DeployError(f"what runs is not what stack `{stack}` plans now, so no prediction fits it; {remedy}")
    if not is_on_this_machine(config.url):
        raise DeployError(
            f"a load goes to an address of this machine, and `{config.host}` is none; "
            f"set `endpoint.host` to 127.0.0.1 and {remedy}"
        )
    return config


def _measure(  # noqa: PLR0913, PLR0917 - the six things that a load is about
    plan: EndpointPlan,
    inputs: EmbeddedInputs,
    config: ServerConfig,
    rates_rps: Sequence[float],
    seconds: float,
    seed: int,
) -> LoadResult:
    reference = measured_rows(Path(config.artifact_folder), plan.measured.sequence_length)
    capacity = plan.predicted.capacity_rps.value or 0.0
    steps = list[object]()
    predictions = read_and_predict(plan.name, inputs, [Arrivals(rate_rps=rate_rps) for rate_rps in rates_rps])
    for index, (rate_rps, prediction) in enumerate(zip(rates_rps, predictions, strict=True)):
        say(f"bench: {rate_rps:g} requests/s for {seconds:g} s")
        job = LoadJob(
            url=config.url + PREDICT_PATH,
            rate_rps=rate_rps,
            seconds=seconds,
            # Other rows in each step: the endpoint may remember those of the step before.
            seed=seed + index,
            timeout_s=config.request_timeout_s + 1.0,
            reference=reference,
        )
        steps.append(load_step(rate_rps, seconds, run_job(job), prediction))
    return LoadResult.model_validate(
        {
            "name": plan.name,
            "endpoint_url": config.url,
            "artifact": plan.artifact.name,
            "artifact_sha256": plan.artifact.sha256,
            "latency_sla_ms": plan.latency_sla_ms,
            "predicted_capacity_rps": capacity,
            "seed": seed,
            "hardware": hardware.detect(),
            "versions": versions(VERSIONED),
            "steps": steps,
        }
    )


def _keep(result: LoadResult, out: Path, stack: str) -> list[Path]:
    from components.load.plot import plot

    path = out / f"serving-bench-{stack}.json"
    # The numbers first: they are kept whatever becomes of the picture.
    write_atomically(path, f"{result.model_dump_json(indent=2)}\n".encode())
    kept = [path]
    for kind, content in plot(result).items():
        kept.append(path.with_suffix(f".{kind}"))
        write_atomically(kept[-1], content)
    return kept
