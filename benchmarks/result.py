"""What every benchmark writes: one line for people, one JSON file for machines."""

from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from optimizers.atomic_file import write_atomically
from optimizers.hardware import Hardware

OUT = Path(__file__).parent / "out"


class BenchmarkResult(BaseModel):
    """
    The result of one benchmark.

    Attributes:
        name: The benchmark's name; also the name of its file in `benchmarks/out/`.
        value: The figure, a median where there are repeats.
        unit: Unit of `value`, `goal` and `spread`.
        goal: What `value` is held against, in words such as `>= 3.0`; None where no goal holds on this machine.
        ok: Whether the goal is met; None where no goal holds on this machine.
        samples: The repeats that `value` summarizes.
        spread: Lowest and highest repeat.
        peer: What it was measured against, in the same run.
        machine: Where it was measured.
        versions: Distribution name to version, of every library that took part.
        command: What to type to measure it again.
        measured_at: UTC, ISO 8601.
        remark: What a reader has to know to judge the figure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    value: float
    unit: str
    goal: str | None
    ok: bool | None
    samples: tuple[float, ...]
    spread: tuple[float, float]
    peer: str
    machine: Hardware
    versions: dict[str, str]
    command: str
    measured_at: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    remark: str = ""

    @property
    def line(self) -> str:
        """The result in one line: name, value, goal, ok."""
        ok = {True: "ok", False: "FAILED", None: "no goal here"}[self.ok]
        goal = f"goal {self.goal}" if self.goal else "no goal"
        remark = f" ({self.remark})" if self.remark else ""
        return f"{self.name}: {self.value:.2f} {self.unit}, {goal}, {ok}{remark}"


def write_result(result: BenchmarkResult) -> None:
    """Print the result's line and write `benchmarks/out/<name>.json`."""
    print(result.line)
    write_atomically(OUT / f"{result.name}.json", f"{result.model_dump_json(indent=2)}\n".encode())
