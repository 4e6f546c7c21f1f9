"""The spec: what a stack asks for. Field names of `task_type` and `serving_context` are public contract."""

import json
from ipaddress import ip_address
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from components.capacity.declared import declared
from components.capacity.replicas import HIGHEST_REPLICAS
from components.capacity.traffic import KIND, BurstyTraffic, ConstantTraffic, DailyTraffic, RampTraffic
from components.endpoint_plan import PlannedTraffic
from components.platforms.choice import Cloud
from optimizers.errors import Issue
from optimizers.signature import DeclaredInput
from optimizers.vocabulary import Accelerator, DeploymentTarget, ModelFormat, Objective, Prediction, TaskType
from stacks.compression_spec import CALLABLE_PATTERN, DistillationSpec, PruningSpec, TrainingSpec, refuse_contradictions
from stacks.spec_part import Number, PositiveNumber, SpecPart, Truth, Whole, disagreement, whole
from stacks.traffic_conflicts import budget_conflict, mean_conflict, peak_conflict

CONFIG_KEY = "model-serving:spec"

# Type of the error for a host that is no address.
NO_ADDRESS = "no_address"

# An endpoint's name becomes a DNS label on every target (RFC 1123, section 2.1).
NAME_PATTERN = r"^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"

# A part of a file's name: `stacks/Pulumi.<stack>.yaml`.
STACK_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
REGION_PATTERN = r"^[a-z][a-z0-9-]{2,38}[a-z0-9]$"

SUFFIX_FORMATS = {
    ".onnx": ModelFormat.ONNX,
    ".safetensors": ModelFormat.PYTORCH,
    ".pt2": ModelFormat.PYTORCH,
    ".keras": ModelFormat.TENSORFLOW,
}


def _address(host: str) -> str:
    """Return an IP address in its shortest form; a name is refused, for the server itself binds addresses only."""
    try:
        # An IPv6 zone (`fe80::1%eth0`) has no place in the URL that callers get.
        if "%" not in host:
            return str(ip_address(host))
    except ValueError:
        pass
    raise PydanticCustomError(NO_ADDRESS, "it must be an IP address")


Address = Annotated[str, AfterValidator(_address)]


# A day; what takes longer is no scaling any more.
LONGEST_PART_OF_A_LAG_S = 86_400
Seconds = Annotated[float, Field(strict=True, ge=0, le=LONGEST_PART_OF_A_LAG_S)]


class ModelSpec(SpecPart):
    """The trained model."""

    path: str = Field(
        min_length=1,
        description="File or folder, relative to the project; `package:NAME/SUBPATH` for files that a Python package ships.",
    )
    prediction: Prediction = Field(
        default=Prediction.NUMERIC,
        description="What the model predicts. Decides how answers are compared and scored.",
    )
    architecture: str | None = Field(
        default=None,
        pattern=CALLABLE_PATTERN,
        description="`package.module:callable` that returns the torch module, for files that hold weights only.",
    )
    inputs: tuple[DeclaredInput, ...] = Field(
        default=(), description="Names, dtypes and shapes of the inputs, where the model file cannot tell them."
    )
    samples: str | None = Field(
        default=None,
        description="Real inputs for parity and measurement: .txt (one text a line), .json (rows) or .npz (arrays); for an image "
        "model of a Hugging Face folder also a folder of .png and .jpg files.",
    )
    evaluation: str | None = Field(
        default=None,
        description="Labelled data that decide whether a candidate is right: .json or .jsonl (records) or .npz (arrays).",
    )
    max_length: Annotated[int, Field(strict=True, ge=1, le=1_000_000), BeforeValidator(whole)] | None = Field(
        default=None, description="Longest input in tokens. Default: what the tokenizer says."
    )


class HardwareSpec(SpecPart):
    """The machines that serve."""

    accelerator: Accelerator = Field(default=Accelerator.CPU, description="The processor that computes the model.")
    instances: Whole = Field(
        default=1,
        ge=1,
        le=1000,
        description="Machines. The embedded target is one machine, and `configure_scaling` decides their number.",
    )


class ServingContext(SpecPart):
    """What is served, how fast, how much and where."""

    model_format: ModelFormat = Field(default=ModelFormat.PYTORCH, description="The framework that wrote the model.")
    latency_sla_ms: Whole = Field(default=100, ge=1, le=3_600_000, description="99th percentile at the caller, in ms.")
    throughput_rps: Whole = Field(default=10, ge=1, le=1_000_000, description="Peak requests a second.")
    deployment_target: DeploymentTarget = Field(
        default=DeploymentTarget.EMBEDDED, description="Where the endpoint runs. `embedded` is this machine."
    )
    hardware: HardwareSpec = Field(default_factory=HardwareSpec)


class ParitySpec(SpecPart):
    """How near an optimized model must stay to the original."""

    cosine: Number = Field(default=0.999, ge=-1, le=1, description="Embeddings: lowest cosine similarity allowed.")
    top1: Number = Field(
        default=0.99, ge=0, le=1, description="Classifiers: lowest share of equal top classes allowed."
    )
    max_error: Number = Field(
        default=1e-2, ge=0, description="Otherwise: largest |difference| / (1 + |original|) allowed."
    )


class AccuracySpec(SpecPart):
    """How much an optimized model may lose on the labelled data of `model.evaluation`."""

    accuracy: Number = Field(default=0.01, ge=0, le=1, description="Classifiers: loss of the share of right rows.")
    roc_auc: Number = Field(
        default=0.01, ge=0, le=1, description="Classifiers with one score: loss of the area under the ROC curve."
    )
    rmse: Number = Field(
        default=0.01, ge=0, le=1000, description="Numbers: rise of the RMSE, in standard deviations of the targets."
    )
    spearman: Number = Field(
        default=0.01, ge=0, le=2, description="Embeddings of pairs: loss of the correlation with the given scores."
    )
    recall_at_10: Number = Field(
        default=0.01, ge=0, le=1, description="Embeddings of queries and documents: loss of the share found."
    )
    token_accuracy: Number = Field(
        default=0.01, ge=0, le=1, description="Tokens with labels: loss of the share of right tokens."
    )
    perplexity: Number = Field(
        default=0.01, ge=0, le=1000, description="Language models: rise of the perplexity, as a share."
    )


class OptimizationSpec(SpecPart):
    """Which optimizations may be tried."""

    quantization: Truth = Field(default=True, description="Try INT8 candidates; they still have to pass parity.")
    parity: ParitySpec = Field(default_factory=ParitySpec)
    accuracy: AccuracySpec = Field(default_factory=AccuracySpec)
    threads: Annotated[int, Field(strict=True, ge=1, le=1024), BeforeValidator(whole)] | None = Field(
        default=None,
        description="Threads for each call, on as many cores. Default: the search decides, and how many calls run at once.",
    )
    goal: Objective = Field(
        default=Objective.FASTEST,
        description=(
            "Which candidate is chosen of those that pass parity. `fastest` answers one row soonest; `smallest` has the "
            "smallest artifact of those within the SLA; `cheapest` answers the most rows a second within it."
        ),
    )
    budget_seconds: PositiveNumber | None = Field(
        default=None,
        ge=1,
        description="Wall time for building and measuring; what no longer fits is not tried. Default: none.",
    )
    pruning: PruningSpec | None = Field(default=None, description="Default: nothing is taken away.")
    distillation: DistillationSpec | None = Field(default=None, description="Default: no student is trained.")
    training: TrainingSpec | None = Field(default=None, description="Default: what is pruned stays as it is.")


class BatchingSpec(SpecPart):
    """Adaptive batching at serving time."""

    enabled: Truth = Field(default=True, description="Answer requests that wait together in one call of the model.")
    max_batch_size: Whole = Field(
        default=32, ge=1, le=4096, description="Most rows in one call; the plan lowers it where the SLA needs that."
    )


class CachingSpec(SpecPart):
    """Input/output cache at serving time."""

    enabled: Truth = Field(default=True, description="Answer a repeated input from memory.")
    entries: Whole = Field(default=1024, ge=1, le=10_000_000, description="Answers kept; the least recently used goes.")


class EndpointSpec(SpecPart):
    """Where the endpoint listens, on the embedded target."""

    host: Address = Field(
        default="127.0.0.1",
        description="IP address to listen on; 0.0.0.0 or :: is every interface.",
        json_schema_extra={"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
    )
    port: Whole = Field(default=3000, ge=1024, le=65535, description="TCP port to listen on.")


class PromotionSpec(SpecPart):
    """A stack that builds nothing: what runs in another stack is promoted to it."""

    source: str = Field(
        pattern=STACK_PATTERN, description="The stack whose locked artifacts `serving promote` takes, and no other."
    )


class CsvTraffic(SpecPart):
    """Traffic that was recorded: evenly spaced rows of a timestamp and a rate."""

    kind: Literal["csv"] = Field(default="csv", description=KIND)
    path: str = Field(min_length=1, description="File relative to the project; its first line is `timestamp,rate_rps`.")


class BudgetSpec(SpecPart):
    """
    What the machines alone may cost: a month at the most replicas, and 1,000 requests at the mean rate of the traffic.

    Only `configure_scaling` reads it.
    """

    usd_per_month: PositiveNumber | None = Field(
        default=None, description="US dollars a month of 730 hours, at the most replicas."
    )
    usd_per_1000_requests: PositiveNumber | None = Field(
        default=None, description="US dollars for 1,000 requests, at the mean rate of `traffic`, which it needs."
    )


class ScalingSpec(SpecPart):
    """Which machines may be rented, and how far the fleet may grow and shrink. Only `configure_scaling` reads it."""

    cloud: Cloud | None = Field(default=None, description="Only machines of this cloud. Default: any.")
    aws_region: str = Field(default="us-east-1", pattern=REGION_PATTERN, description="Region of machines of AWS.")
    gcp_region: str = Field(default="us-central1", pattern=REGION_PATTERN, description="Region of machines of Google.")
    instance_types: tuple[str, ...] = Field(
        default=(), description="Only these, as the provider writes them: `c7i.xlarge`. Default: the whole catalog."
    )
    spot: Truth = Field(default=False, description="Pay spot prices; such machines may be taken away at any moment.")
    target_utilization: Number = Field(
        default=0.7, gt=0, le=1, description="Share of its capacity that a replica may use at the peak."
    )
    min_replicas: Annotated[int, Field(strict=True, ge=0, le=HIGHEST_REPLICAS), BeforeValidator(whole)] | None = Field(
        default=None, description="Fewest replicas. Default: what the traffic and the scaler's lateness need."
    )
    max_replicas: Whole = Field(
        default=100, ge=1, le=HIGHEST_REPLICAS, description="Most replicas that a plan may ask for."
    )
    metric_window_s: Annotated[float, Field(strict=True, gt=0, le=LONGEST_PART_OF_A_LAG_S)] | None = Field(
        default=None, description="Seconds that one data point of the scaler's metric covers. Default: of the target."
    )
    datapoints: Annotated[int, Field(strict=True, ge=1, le=100), BeforeValidator(whole)] | None = Field(
        default=None, description="Data points over the target before it scales out. Default: of the target."
    )
    provisioning_s: Seconds | None = Field(
        default=None,
        description="Seconds from the scaler's decision to a machine that runs; 0 where one is idle. Without `image_pull_s` "
        "it has the image's time in it. Default: 525, published for a GPU instance of SageMaker.",
    )
    image_pull_s: Seconds | None = Field(
        default=None,
        description="Seconds to fetch and unpack the image; 0 where machines have it. Needs `provisioning_s`.",
    )


class ServingSpec(SpecPart):
    """Everything that a stack asks for; written under `config: model-serving:spec:` of the stack file."""

    task_type: TaskType = Field(description="What to do with the model.")
    name: str = Field(default="endpoint", pattern=NAME_PATTERN, description="Name of the endpoint; a DNS label.")
    model: ModelSpec
    serving_context: ServingContext = Field(default_factory=ServingContext)
    optimization: OptimizationSpec = Field(default_factory=OptimizationSpec)
    batching: BatchingSpec = Field(default_factory=BatchingSpec)
    caching: CachingSpec = Field(default_factory=CachingSpec)
    endpoint: EndpointSpec = Field(default_factory=EndpointSpec)
    promotion: PromotionSpec | None = Field(
        default=None,
        description="Set where artifacts come from `serving promote` instead of a build; the stack then has a lock of its own.",
    )
    traffic: ConstantTraffic | BurstyTraffic | RampTraffic | DailyTraffic | CsvTraffic | None = Field(
        default=None,
        discriminator="kind",
        description="Requests over time, `throughput_rps` at the most. Default: `throughput_rps` at any time.",
    )
    budget: BudgetSpec = Field(default_factory=BudgetSpec)
    scaling: ScalingSpec = Field(default_factory=ScalingSpec)

    @model_validator(mode="after")
    def _task_reads_all(self) -> Self:
        if self.task_type is TaskType.CONFIGURE_SCALING:
            return self
        for path, part in (("budget", self.budget), ("scaling", self.scaling)):
            # Against the defaults, not what was written: a spec that was printed in full is read again.
            if part != type(part)():
                raise disagreement(
                    path=path,
                    got=f"`{json.dumps(part.model_dump(mode='json', exclude_defaults=True))}`",
                    rule=f"only `configure_scaling` reads it, and `task_type` is `{self.task_type}`",
                    fix=f"remove `{path}` or set `task_type` to `configure_scaling`",
                )
        return self

    @model_validator(mode="after")
    def _accuracy_is_measured(self) -> Self:
        if self.model.evaluation is None and self.optimization.accuracy != AccuracySpec():
            raise disagreement(
                path="optimization.accuracy",
                got=f"`{json.dumps(self.optimization.accuracy.model_dump(mode='json', exclude_defaults=True))}`",
                rule="without `model.evaluation` nothing is scored",
                fix="add `model.evaluation`, or bound the difference to the original with `optimization.parity`",
            )
        return self

    @model_validator(mode="after")
    def _compression_agrees(self) -> Self:
        asked = self.optimization
        refuse_contradictions(asked.pruning, asked.distillation, asked.training)
        return self

    @model_validator(mode="after")
    def _traffic_fits(self) -> Self:
        if isinstance(self.traffic, CsvTraffic):
            return self
        planned = declared(self.traffic, self.serving_context.throughput_rps).planned
        for issue in self.conflicts(planned):
            raise disagreement(path=issue.path, got=issue.got, rule=issue.rule, fix=issue.fix)
        return self

    def conflicts(self, planned: PlannedTraffic) -> list[Issue]:
        """Return what contradicts the traffic: `throughput_rps`, or budgets that cannot be meant for it."""
        budget = self.budget
        found = (
            peak_conflict(planned, self.serving_context.throughput_rps),
            mean_conflict(planned, budget.usd_per_1000_requests),
            budget_conflict(planned, budget.usd_per_month, budget.usd_per_1000_requests),
        )
        return [issue for issue in found if issue is not None]

    @model_validator(mode="after")
    def _bounds_agree(self) -> Self:
        fewest, most = self.scaling.min_replicas, self.scaling.max_replicas
        if fewest is not None and fewest > most:
            raise disagreement(
                path="scaling.min_replicas",
                got=f"`{fewest}`",
                rule=f"`max_replicas` is {most}",
                fix=f"lower it to {most} or raise `max_replicas`",
            )
        return self

    @model_validator(mode="after")
    def _lag_is_whole(self) -> Self:
        image_pull_s = self.scaling.image_pull_s
        if image_pull_s is not None and self.scaling.provisioning_s is None:
            raise disagreement(
                path="scaling.image_pull_s",
                got=f"`{image_pull_s:g}`",
                rule="the default of `provisioning_s` has the image's time in it, which would count twice",
                fix="declare `provisioning_s` too, or remove `image_pull_s`",
            )
        return self

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        context = self.serving_context
        if context.deployment_target is DeploymentTarget.EMBEDDED and context.hardware.instances != 1:
            raise disagreement(
                path="serving_context.hardware.instances",
                got=f"`{context.hardware.instances}`",
                rule="`embedded` is one machine",
                fix="set it to 1 or choose another `deployment_target`",
            )
        if self.task_type is TaskType.CONFIGURE_SCALING and context.hardware.instances != 1:
            raise disagreement(
                path="serving_context.hardware.instances",
                got=f"`{context.hardware.instances}`",
                rule="`configure_scaling` decides the number of machines",
                fix="remove it, and bound the fleet with `scaling.min_replicas` and `scaling.max_replicas`",
            )
        known = SUFFIX_FORMATS.get("." + self.model.path.rpartition(".")[2])
        if known is not None and known is not context.model_format:
            raise disagreement(
                path="serving_context.model_format",
                got=f"`{context.model_format}`",
                rule=f"`{self.model.path}` is in the format `{known}`",
                fix=f"set it to `{known}`",
            )
        return self
