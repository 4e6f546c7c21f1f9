"""`serving up`."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

from components.embedded.process import refuse_used_port, run_folders, server_processes
from components.embedded.requests import run_folder
from components.endpoint_plan import EndpointPlan
from optimizers.atomic_file import write_atomically
from optimizers.errors import PolicyViolation
from optimizers.reference import read_reference
from optimizers.store import ArtifactStore
from stacks.arguments import embedded_inputs
from stacks.cli import scaling
from stacks.cli.changes import changes_line
from stacks.cli.console import print_json, print_tables, results
from stacks.cli.context import StackContext, open_stack
from stacks.cli.exit import refuse
from stacks.cli.optimize import build
from stacks.cli.plan import decide
from stacks.cli.plan_table import plan_table
from stacks.cli.policy_table import policy_table, verdicts
from stacks.cli.report_table import report_table
from stacks.cli.stack_run import judged_up, stack_run
from stacks.engine.run import StackRun
from stacks.engine.run_result import RunResult
from stacks.policy_config import configured_policies
from stacks.promotion.promoted_artifacts import promoted_artifacts

HEALTHY = "healthy"
# A longer request goes into a file, so that the line can still be pasted.
LONGEST_PASTED_REQUEST = 300


def run(stack: str, *, as_json: bool) -> None:
    """Optimize, plan, let the policies judge a preview, and only then deploy."""
    context = open_stack(stack)
    if scaling.is_scaling(context):
        scaling.up(context, as_json=as_json)
        return
    configured = configured_policies(context.project, stack)
    _refuse_used_port(context)
    locked = (
        build(context) if context.spec.promotion is None else promoted_artifacts(context.spec, context.project, stack)
    )
    plan = decide(context)
    with stack_run(context.project, stack) as engine:
        previewed, done = _deploy(engine)
    found = verdicts(previewed, configured)
    if as_json:
        refused = {} if done is None else {**done.outputs, "health_status": HEALTHY}
        changed = (done or previewed).changes
        print_json({**refused, "deployment_manifest": plan.recorded(), "changes": changed, "policies": found})
    else:
        print_tables(report_table(locked.reports[plan.hardware.measured_on]), plan_table(plan), policy_table(found))
        if done is not None:
            url = done.outputs["deployment_config"]["endpoint_url"]
            console = results()
            console.print()
            console.print(changes_line(done))
            console.print(f"\n[bold green]{HEALTHY}[/]: {url}", _curl(context, plan, url), sep="\n", soft_wrap=True)
    if previewed.refused:
        refuse(PolicyViolation(previewed.refused))


def _refuse_used_port(context: StackContext) -> None:
    """Find out before minutes of building that the endpoint could not start; its own server may hold the port."""
    inputs = embedded_inputs(context.spec, context.project, context.stack)
    if not any(map(server_processes, run_folders(Path(inputs.run_path)))):
        refuse_used_port(inputs.host, inputs.port)


def _deploy(engine: StackRun) -> tuple[RunResult, RunResult | None]:
    """Return the preview, and what was done: None where a policy refuses."""
    # A server that crashed since the last run is found here, so that it is repaired.
    engine.refresh()
    return judged_up(engine)


def _curl(context: StackContext, plan: EndpointPlan, url: str) -> str:
    """Return a `curl` line with an input that the model takes."""
    inputs = embedded_inputs(context.spec, context.project, context.stack)
    row: Any = read_reference(ArtifactStore(Path(inputs.store_path)).folder(plan.artifact.sha256)).inputs[0]
    body = json.dumps({"inputs": [row]})
    if len(body) > LONGEST_PASTED_REQUEST:
        file = run_folder(plan.name, inputs) / "request.json"
        write_atomically(file, body.encode())
        body = f"@{os.path.relpath(file)}"
    return f"curl -s {url}/predict -H 'content-type: application/json' -d {shlex.quote(body)}"
