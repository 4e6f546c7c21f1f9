"""The Pulumi program: read the spec, create the endpoint, export its outputs."""

import os
from pathlib import Path

import pulumi

from components.choice.scaling_configuration import ScalingConfiguration, ScalingConfigurationArgs
from components.embedded.endpoint import EmbeddedEndpoint, EmbeddedEndpointArgs
from optimizers.errors import ServingError
from optimizers.vocabulary import TaskType
from stacks.arguments import embedded_inputs
from stacks.fleet import choose_fleet
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.spec_issues import parse_spec
from stacks.stack_lock import proposed_locks


def main() -> None:
    """Create what the stack's spec asks for."""
    stack = pulumi.get_stack()
    root = Path(__file__).resolve().parents[1]
    project = Project(root, proposed_locks(os.environ, only_preview=pulumi.runtime.is_dry_run()))
    spec = parse_spec(pulumi.Config().require_object("spec"), source=f"stacks/Pulumi.{stack}.yaml")
    if spec.task_type is TaskType.CONFIGURE_SCALING:
        configure_scaling(spec, project, stack)
        return
    inputs = embedded_inputs(spec, project, stack)
    refuse_outdated_lock(spec, project, stack)
    endpoint = EmbeddedEndpoint(spec.name, EmbeddedEndpointArgs(**inputs.model_dump(mode="json")))
    pulumi.export("deployment_config", endpoint.deployment_config)
    pulumi.export("optimization_report", endpoint.optimization_report)
    pulumi.export("scaling_policy", endpoint.scaling_policy)


def configure_scaling(spec: ServingSpec, project: Project, stack: str) -> None:
    """Record the machines that were chosen; nothing is deployed."""
    plan = choose_fleet(spec, project, stack).plan
    configuration = ScalingConfiguration(spec.name, ScalingConfigurationArgs(plan=plan.recorded()))
    pulumi.export("scaling_policy", configuration.scaling_policy)
    pulumi.export("resource_limits", configuration.resource_limits)
    pulumi.export("cost_estimate", configuration.cost_estimate)


try:
    main()
except ServingError as error:
    raise pulumi.RunError(str(error)) from None
