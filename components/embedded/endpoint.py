"""A live endpoint on this machine: the plan, recorded, and the server process that carries it out."""

from typing import Any, NotRequired, TypedDict

import pulumi

from components.embedded.inputs import EmbeddedInputs, read_and_plan
from components.embedded.requests import deployment_config, optimization_report, scaling_policy, server_inputs
from components.embedded.server_resource import EmbeddedServer
from components.tokens import EMBEDDED_ENDPOINT, Suffix


class DeclaredTrafficArgs(TypedDict):
    """What a plan records of the declared traffic; the fields of `PlannedTraffic`."""

    kind: str
    """Plain: `constant`, `bursts`, `ramp`, `daily` or `csv`. Required."""
    peak_rps: float
    """Plain: highest rate, in requests a second. Required."""
    mean_rps: float
    """Plain: mean rate of a month. Required."""
    variation: NotRequired[float]
    """Plain: squared coefficient of variation of the gaps between arrivals. Default: 1."""
    basis: str
    """Plain: where the traffic comes from. Required."""


class EmbeddedEndpointArgs(TypedDict):
    """Arguments of `EmbeddedEndpoint`. All are plain: the plan needs them before anything exists."""

    lock_path: str
    """Plain: path of `artifacts.lock.json`. Required."""
    store_path: str
    """Plain: folder of the artifact store. Required."""
    run_path: str
    """Plain: folder for the server's process file, log and temporary files. Required."""
    latency_sla_ms: NotRequired[int]
    """Plain: 99th percentile at the caller, in ms. Default: 100."""
    throughput_rps: NotRequired[int]
    """Plain: peak requests a second. Default: 10."""
    accelerator: NotRequired[str]
    """Plain: the processor that computes the model. Default: cpu."""
    quantization: NotRequired[bool]
    """Plain: whether INT8 artifacts were allowed. Default: True."""
    parity_cosine: NotRequired[float]
    """Plain: lowest cosine similarity of an embedding to the original's. Default: 0.999."""
    parity_top1: NotRequired[float]
    """Plain: lowest share of equal top classes. Default: 0.99."""
    parity_max_error: NotRequired[float]
    """Plain: largest |difference| / (1 + |original|). Default: 0.01."""
    threads: NotRequired[int | None]
    """Plain: threads for each call; None is the machine's cores. Default: None."""
    max_batch_size: NotRequired[int]
    """Plain: most rows in one call; 1 switches batching off. Default: 32."""
    cache_entries: NotRequired[int]
    """Plain: answers kept in memory; 0 switches the cache off. Default: 1024."""
    traffic: NotRequired[DeclaredTrafficArgs | None]
    """Plain: the declared traffic; None is `throughput_rps` at any time. Default: None."""
    host: NotRequired[str]
    """Plain: address to listen on. Default: 127.0.0.1."""
    port: NotRequired[int]
    """Plain: TCP port to listen on. Default: 3000."""


class EmbeddedEndpoint(pulumi.ComponentResource):
    """
    A model server on this machine that outlives the command which started it.

    Outputs are known once the server is ready and has answered the reference inputs as the original model does.
    """

    deployment_config: pulumi.Output[dict[str, Any]]
    """`endpoint_url`, `replicas` and `resources`."""
    optimization_report: pulumi.Output[dict[str, Any]]
    """`latency_p50_ms`, `latency_p99_ms`, `throughput_rps` and `model_size_mb` of the artifact."""
    scaling_policy: pulumi.Output[dict[str, Any]]
    """`min_replicas`, `max_replicas` and `target_utilization`."""

    def __init__(self, name: str, args: EmbeddedEndpointArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        inputs = EmbeddedInputs.model_validate(args)
        plan = read_and_plan(name, inputs)
        super().__init__(EMBEDDED_ENDPOINT, name, {"plan": plan.recorded()}, opts)
        child = pulumi.ResourceOptions(parent=self)
        server = EmbeddedServer(f"{name}-{Suffix.SERVER}", server_inputs(plan, inputs), child)
        self.deployment_config = server.endpoint_url.apply(lambda url: deployment_config(plan, url))
        self.optimization_report = pulumi.Output.from_input(optimization_report(plan))
        self.scaling_policy = pulumi.Output.from_input(scaling_policy(plan))
        self.register_outputs(
            {
                # Policies over a whole stack see what a component registers, not what it was given.
                "plan": plan.recorded(),
                "deployment_config": self.deployment_config,
                "optimization_report": self.optimization_report,
                "scaling_policy": self.scaling_policy,
            }
        )
