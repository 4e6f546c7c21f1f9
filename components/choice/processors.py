"""The processors of the machine families: what the instruction sets of a rented machine are, before anybody rents it."""

import csv
import re
from functools import cache
from pathlib import Path

from components.endpoint_plan import PlanPart
from optimizers.hardware import Hardware

TABLE = Path(__file__).with_name("processors.csv")


class Processor(PlanPart):
    """
    The processor of one family of machines.

    Attributes:
        family: As the provider writes it, without `ml.` and without the size: `c7i`, `n2`.
        models: Words of the name that an operating system gives this very processor; empty where none is known.
        features: The instruction sets, named as in `Hardware`, that every machine of the family has.
        source: Where it was read, as the rest of a sentence: `from …`.
    """

    family: str
    processor: str
    models: tuple[str, ...]
    architecture: str
    features: frozenset[str]
    source: str

    @property
    def read(self) -> str:
        """Where its facts come from, for whoever doubts what was decided by them."""
        return f"processor {self.source}"

    def lacks(self, measured: Hardware) -> str:
        """Return what a measurement had and this processor may not have, for people; empty where it has everything."""
        if self.architecture != measured.architecture:
            return f"{measured.architecture} processors"
        return ", ".join(sorted(set(measured.cpu_features) - self.features))

    def is_the_one_of(self, measured: Hardware) -> bool:
        """Whether a measurement was made on this very processor."""
        return bool(set(self.models) & set(measured.cpu_model.split()))


@cache
def processors() -> dict[str, Processor]:
    """Return the shipped table by family."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [
            Processor.model_validate(
                {**row, "models": tuple(row["models"].split()), "features": frozenset(row["features"].split())}
            )
            for row in csv.DictReader(file)
        ]
    return {row.family: row for row in rows}


def family(instance_type: str) -> str:
    """Return the family of a machine: `c7i` of `ml.c7i.xlarge`, `n2` of `n2-standard-4`."""
    return re.split(r"[.-]", instance_type.removeprefix("ml."))[0]
