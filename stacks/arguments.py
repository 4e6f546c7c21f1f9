"""Turn a spec into the arguments of the build step and of the component."""

from pathlib import Path

from components.embedded.inputs import EmbeddedInputs
from optimizers.accuracy import AccuracyLimits
from optimizers.errors import PlanError
from optimizers.goal import Goal, ParityThresholds
from optimizers.model_source import ModelSource
from optimizers.vocabulary import Accelerator, DeploymentTarget, TaskType
from stacks.declared_traffic import declared_traffic
from stacks.model_location import locate
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_lock import lock_path

DEPLOYABLE_TASKS = (TaskType.DEPLOY_MODEL,)
DEPLOYABLE_TARGETS = (DeploymentTarget.EMBEDDED,)


def model_source(spec: ServingSpec, project: Path) -> ModelSource:
    """
    Return the model that the spec names, found on disk.

    Raises:
        InvalidArgs: The model, its samples, its evaluation or training data are not there.
    """
    samples, evaluation, training = spec.model.samples, spec.model.evaluation, spec.optimization.training
    data = training.data if training else None
    found = {
        "path": locate(spec.model.path, project, "model.path"),
        "samples": None if samples is None else locate(samples, project, "model.samples"),
        "evaluation": None if evaluation is None else locate(evaluation, project, "model.evaluation"),
        "training": None if data is None else locate(data, project, "optimization.training.data"),
    }
    return described_source(spec).model_copy(update=found)


def described_source(spec: ServingSpec) -> ModelSource:
    """Return what the spec says of the model; whether it is there is not looked at."""
    return ModelSource(
        location=spec.model.path,
        path=Path(spec.model.path),
        model_format=spec.serving_context.model_format,
        prediction=spec.model.prediction,
        architecture=spec.model.architecture,
        inputs=tuple(declared.tensor for declared in spec.model.inputs),
        samples_location=spec.model.samples,
        evaluation_location=spec.model.evaluation,
        max_length=spec.model.max_length,
        training_location=spec.optimization.training.data if spec.optimization.training else None,
    )


def optimization_goal(spec: ServingSpec) -> Goal:
    """Return what the build step works towards."""
    context, asked = spec.serving_context, spec.optimization
    parity = asked.parity
    return Goal(
        latency_sla_ms=context.latency_sla_ms,
        throughput_rps=context.throughput_rps,
        accelerator=context.hardware.accelerator,
        quantization=asked.quantization,
        thresholds=ParityThresholds(cosine=parity.cosine, top1=parity.top1, max_error=parity.max_error),
        accuracy=AccuracyLimits(**asked.accuracy.model_dump()),
        edge=context.deployment_target is DeploymentTarget.EDGE,
        threads=asked.threads,
        pruning=asked.pruning.plain if asked.pruning else None,
        distillation=asked.distillation.plain if asked.distillation else None,
        training=asked.training.plain if asked.training else None,
        objective=asked.goal,
    )


def embedded_inputs(spec: ServingSpec, project: Project, stack: str) -> EmbeddedInputs:
    """
    Return the arguments of an embedded endpoint.

    Raises:
        InvalidArgs: The traffic's file cannot be read.
        PlanError: The spec asks for a task, target or accelerator that this version cannot deploy.
    """
    refuse_undeployable(spec)
    goal = optimization_goal(spec)
    return EmbeddedInputs(
        lock_path=str(lock_path(spec, project, stack)),
        store_path=str(project.store_path),
        run_path=str(project.run_path(stack)),
        latency_sla_ms=goal.latency_sla_ms,
        throughput_rps=goal.throughput_rps,
        accelerator=goal.accelerator,
        quantization=goal.quantization,
        parity_cosine=goal.thresholds.cosine,
        parity_top1=goal.thresholds.top1,
        parity_max_error=goal.thresholds.max_error,
        threads=goal.threads,
        max_batch_size=spec.batching.max_batch_size if spec.batching.enabled else 1,
        cache_entries=spec.caching.entries if spec.caching.enabled else 0,
        traffic=None if spec.traffic is None else declared_traffic(spec, project).planned,
        host=spec.endpoint.host,
        port=spec.endpoint.port,
    )


def refuse_undeployable(spec: ServingSpec) -> None:
    """Raise PlanError where the spec asks for something that this version can describe but not deploy."""
    context = spec.serving_context
    for field, value, deployable in (
        ("task_type", spec.task_type, DEPLOYABLE_TASKS),
        ("serving_context.deployment_target", context.deployment_target, DEPLOYABLE_TARGETS),
        ("serving_context.hardware.accelerator", context.hardware.accelerator, (Accelerator.CPU,)),
    ):
        if value not in deployable:
            allowed = ", ".join(f"`{item}`" for item in deployable)
            raise PlanError(f"{field}: `{value}` cannot be deployed by this version; use {allowed}")
