"""What was measured is kept in the store, so that a search that was interrupted goes on instead of starting over."""

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from optimizers import digest
from optimizers.atomic_file import write_atomically
from optimizers.report import Measurement
from optimizers.store import ArtifactStore

MEASURED = "measured"
# Half the time leaves intervals that are 1.4 times as wide: no reason to measure again.
ENOUGH_SHARE = 0.5


class Measured(BaseModel):
    """
    One interleaved measurement.

    Attributes:
        measured_at: UTC, ISO 8601.
        wall_s: How long it took.
        asked_s: How long it was to take; the fewest turns may take longer.
        other_cpu_share: Share of all cores, 0 to 1, that other work kept busy meanwhile.
        measurements: By the name of what was measured, one for each load.
        costs: By the same name, one a turn: what a search compares.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured_at: str
    wall_s: float = Field(ge=0)
    asked_s: float = Field(gt=0)
    other_cpu_share: float = Field(ge=0, le=1)
    measurements: dict[str, tuple[Measurement, ...]]
    costs: dict[str, tuple[float, ...]] = Field(default_factory=dict[str, tuple[float, ...]])


class MeasuredCache:
    """
    Interleaved measurements in `root/measured/<key>.json`.

    A key is the digest of everything that a measurement depends on: artifacts, configurations, loads, machine, libraries.
    All that took turns in one measurement is one entry, since no part of it can be compared with another day's.

    Args:
        store: Where the entries lie, beside the artifacts.
        identity: What all measurements of this search have in common.
        reads: Whether entries are used; they are always written.
    """

    def __init__(self, store: ArtifactStore, identity: object, *, reads: bool) -> None:
        self._folder = store.root / MEASURED
        self._identity = identity
        self._reads = reads

    def find(self, key: object, asked_s: float) -> Measured | None:
        """
        Return what was measured under this key; None where nothing was long enough, or where the entry is damaged.

        Args:
            key: All that it depends on but time: what is left of a budget is never the same twice.
            asked_s: How long it would be measured now.
        """
        if not self._reads:
            return None
        try:
            found = Measured.model_validate_json((self._folder / self._name(key)).read_bytes())
        except (OSError, ValidationError):
            return None
        return found if found.asked_s >= ENOUGH_SHARE * asked_s else None

    def record(self, key: object, measured: Measured) -> None:
        """Keep what was measured."""
        write_atomically(self._folder / self._name(key), measured.model_dump_json().encode())

    def _name(self, key: object) -> str:
        return f"{digest.of_value([self._identity, key])}.json"
