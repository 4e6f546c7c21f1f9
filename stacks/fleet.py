"""Choose the machines of a stack's fleet from its spec, its lock and the catalog."""

from datetime import UTC, datetime

from components.capacity.quick import predict_briefly
from components.capacity.replicas import Predictor
from components.catalog.prices_file import read_catalog
from components.choice.choices import Choices, OtherTarget
from components.choice.choose import choose, compare
from components.choice.lag import DeclaredLag
from components.choice.request import ChoiceRequest
from components.embedded.plan import EmbeddedRequest
from components.platforms.choice import Cloud
from optimizers import hardware, lock
from optimizers.lock import LockedModel
from stacks.arguments import optimization_goal
from stacks.declared_traffic import declared_traffic
from stacks.locked_request import refuse_outdated_lock
from stacks.project import Project
from stacks.spec import ServingSpec
from stacks.stack_lock import lock_path


def choose_fleet(spec: ServingSpec, project: Project, stack: str, predictor: Predictor = predict_briefly) -> Choices:
    """
    Return the verdict on every machine.

    Args:
        spec: What the stack asks for.
        project: Where its files are.
        stack: Its name.
        predictor: How a fleet's response is predicted; what is recorded rests on the default.

    Raises:
        InvalidArgs: The traffic's file or the project's prices cannot be read.
        ArtifactError: The lock lacks the model, or was made for another spec.
        PlanError: No machine keeps what the spec asks for.
    """
    refuse_outdated_lock(spec, project, stack)
    request = fleet_request(spec, project, stack)
    catalog = read_catalog(project.root, datetime.now(UTC).date())
    return choose(request, _locked(spec, project, stack), hardware.detect(), catalog, predictor)


def compare_targets(spec: ServingSpec, project: Project, stack: str) -> tuple[OtherTarget, ...]:
    """Return the best of the other targets for the same model and traffic. Raises as `choose_fleet`."""
    request = fleet_request(spec, project, stack)
    catalog = read_catalog(project.root, datetime.now(UTC).date())
    return compare(request, _locked(spec, project, stack), hardware.detect(), catalog)


def fleet_request(spec: ServingSpec, project: Project, stack: str) -> ChoiceRequest:
    """Return what the spec asks of the fleet."""
    traffic, scaling = declared_traffic(spec, project), spec.scaling
    return ChoiceRequest(
        endpoint=EmbeddedRequest(
            name=spec.name,
            lock=lock_path(spec, project, stack).name,
            goal=optimization_goal(spec),
            max_batch_size=spec.batching.max_batch_size if spec.batching.enabled else 1,
            cache_entries=spec.caching.entries if spec.caching.enabled else 0,
            traffic=traffic.planned,
        ),
        target=spec.serving_context.deployment_target,
        declared=traffic,
        usd_per_month=spec.budget.usd_per_month,
        usd_per_1000_requests=spec.budget.usd_per_1000_requests,
        cloud=scaling.cloud,
        regions={Cloud.AWS: scaling.aws_region, Cloud.GCP: scaling.gcp_region},
        instance_types=scaling.instance_types,
        spot=scaling.spot,
        target_utilization=scaling.target_utilization,
        min_replicas=scaling.min_replicas,
        max_replicas=scaling.max_replicas,
        lag=DeclaredLag(
            metric_window_s=scaling.metric_window_s,
            datapoints=scaling.datapoints,
            provisioning_s=scaling.provisioning_s,
            image_pull_s=scaling.image_pull_s,
        ),
    )


def _locked(spec: ServingSpec, project: Project, stack: str) -> LockedModel:
    return lock.read_model(lock_path(spec, project, stack), spec.name)
