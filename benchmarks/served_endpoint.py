"""A server that runs what the stack `local` plans, for the benchmarks that measure the endpoint itself."""

import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from components.embedded import deployment, process
from components.embedded.inputs import EmbeddedInputs, read_and_plan
from components.embedded.plan import overhead_of
from components.embedded.requests import server_inputs
from components.embedded.server_config import ServerConfig
from components.endpoint_plan import EndpointPlan
from optimizers.hardware import detect
from optimizers.progress import SilentProgress
from optimizers.report import ServerOverhead
from stacks.arguments import embedded_inputs
from stacks.artifacts import ensure_artifacts
from stacks.project import Project
from stacks.stack_file import read_spec

ROOT = Path(__file__).parents[1]


class ServedEndpoint(NamedTuple):
    """What runs: its configuration, the inputs and the plan that it was made from, and what it adds to the model."""

    config: ServerConfig
    inputs: EmbeddedInputs
    plan: EndpointPlan
    overhead: ServerOverhead


@contextmanager
def served_endpoint(max_batch_size: int | None = None) -> Generator[ServedEndpoint]:
    """
    Yield a server without its cache, on a free port; it is removed afterwards.

    Args:
        max_batch_size: Instead of that of the stack.
    """
    project = Project(ROOT)
    spec = read_spec(ROOT, "local")
    locked = ensure_artifacts(spec, project, SilentProgress(), print)
    with tempfile.TemporaryDirectory() as folder:
        planned = embedded_inputs(spec, project, "local")
        changes = {"run_path": folder, "port": process.free_port(planned.host), "cache_entries": 0}
        if max_batch_size is not None:
            changes["max_batch_size"] = max_batch_size
        inputs = planned.model_copy(update=changes)
        plan = read_and_plan(spec.name, inputs)
        server = server_inputs(plan, inputs)
        try:
            deployment.deploy(server)
            yield ServedEndpoint(server.config, inputs, plan, overhead_of(locked.reports[detect().fingerprint]))
        finally:
            deployment.remove(Path(server.run_folder))
