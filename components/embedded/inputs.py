"""What an embedded endpoint is given, checked: the plain half of `EmbeddedEndpointArgs`, and how it becomes a plan."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from components.capacity.fleet import Arrivals
from components.capacity.prediction import Prediction
from components.embedded.plan import EmbeddedRequest, plan_endpoint, predict_load
from components.endpoint_plan import EndpointPlan, PlannedTraffic
from optimizers import hardware, lock
from optimizers.goal import Goal, ParityThresholds
from optimizers.lock import LockedModel
from optimizers.vocabulary import Accelerator


class EmbeddedInputs(BaseModel):
    """
    Names, ranges and defaults of the arguments of `EmbeddedEndpoint`.

    Attributes:
        lock_path: The lock file.
        store_path: Folder of the artifact store.
        run_path: Folder for the server's process file, log and temporary files.
        traffic: What the plan records of the declared traffic; None: `throughput_rps` at any time.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lock_path: str
    store_path: str
    run_path: str
    latency_sla_ms: int = Field(default=100, ge=1)
    throughput_rps: int = Field(default=10, ge=1)
    accelerator: Accelerator = Accelerator.CPU
    quantization: bool = True
    parity_cosine: float = Field(default=0.999, ge=-1, le=1)
    parity_top1: float = Field(default=0.99, ge=0, le=1)
    parity_max_error: float = Field(default=1e-2, ge=0)
    threads: int | None = Field(default=None, ge=1)
    max_batch_size: int = Field(default=32, ge=1)
    cache_entries: int = Field(default=1024, ge=0)
    traffic: PlannedTraffic | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=3000, ge=1, le=65535)

    @property
    def goal(self) -> Goal:
        """The part that the optimizers and the plan work towards."""
        return Goal(
            latency_sla_ms=self.latency_sla_ms,
            throughput_rps=self.throughput_rps,
            accelerator=self.accelerator,
            quantization=self.quantization,
            thresholds=ParityThresholds(
                cosine=self.parity_cosine, top1=self.parity_top1, max_error=self.parity_max_error
            ),
            threads=self.threads,
        )

    @property
    def endpoint_url(self) -> str:
        """Where the endpoint answers."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def read_and_plan(name: str, inputs: EmbeddedInputs) -> EndpointPlan:
    """
    Read the lock and this machine's hardware, the only two things that a plan takes from outside, and plan.

    Raises:
        ArtifactError: The lock has no such model, or no measurement of it.
    """
    return plan_endpoint(_request(name, inputs), _read_locked(name, inputs), hardware.detect())


def read_and_predict(name: str, inputs: EmbeddedInputs, loads: Sequence[Arrivals]) -> list[Prediction]:
    """
    Read the same, and predict the planned endpoint under each of these loads.

    Raises:
        ArtifactError: The lock has no such model, or no measurement of it.
    """
    return predict_load(_request(name, inputs), _read_locked(name, inputs), hardware.detect(), loads)


def _request(name: str, inputs: EmbeddedInputs) -> EmbeddedRequest:
    return EmbeddedRequest(
        name=name,
        lock=Path(inputs.lock_path).name,
        goal=inputs.goal,
        max_batch_size=inputs.max_batch_size,
        cache_entries=inputs.cache_entries,
        traffic=inputs.traffic,
    )


def _read_locked(name: str, inputs: EmbeddedInputs) -> LockedModel:
    return lock.read_model(Path(inputs.lock_path), name)
