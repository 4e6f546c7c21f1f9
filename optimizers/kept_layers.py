"""How many layers of a quantized model go back to floating point: as few as parity needs."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

from pydantic import Field

from optimizers.errors import UnsupportedModel
from optimizers.report import Parity

# With more layers kept than this, little is left to gain.
MOST_KEPT_SHARE = 0.5
# Signal to noise of a full sine wave in 8 bits: 6.02 x 8 + 1.76 dB (Bennett, Spectra of Quantized Signals, 1948). What is nearer to
# the original than that is exact as far as INT8 goes.
EXACT_DB = 49.9
# To rank the layers by damage, every value of every layer is kept of these.
RANKED_BATCHES = 2
# An option of a pass that is described only where labels decide, so that other recipes keep their digest.
GivesUp = Annotated[bool, Field(exclude_if=bool)]


class JudgesKept(Protocol):
    """How near a model answers in which some layers are kept; `hasty` as for `compare`."""

    def __call__(self, kept: Sequence[str], /, *, hasty: bool) -> Parity:
        """Return the verdict."""
        ...


def fewest_kept(
    parity: JudgesKept, by_damage: Callable[[], Sequence[str]], *, gives_up: bool = True
) -> tuple[str, ...]:
    """
    Return the layers to keep in floating point: none, or as many of those that hurt most as parity needs.

    A try costs seconds: the most that may be kept comes first, since where that is not enough nothing is, and then the
    space below is halved until two counts are neighbours.

    Args:
        parity: Of the model that keeps these layers.
        by_damage: The layers, worst first; asked once all of them are quantized.
        gives_up: Whether parity that fails with half of the layers kept is an error; else these are returned, since labels decide.

    Raises:
        UnsupportedModel: Parity fails with half of the layers kept, and that is what decides.
    """
    found = parity((), hasty=True)
    if found.passed:
        return ()
    ranked = by_damage()
    failed, enough = 0, int(MOST_KEPT_SHARE * len(ranked))
    # In full, since this number is shown.
    found = parity(ranked[:enough], hasty=False)
    if not found.passed and not gives_up:
        return tuple(ranked[:enough])
    if not found.passed:
        raise UnsupportedModel(
            f"{found.metric} {found.value:.6g} with {enough} of {len(ranked)} layers kept in floating point; "
            f"{found.threshold:g} is asked for"
        )
    while enough - failed > 1:
        middle = (failed + enough) // 2
        if parity(ranked[:middle], hasty=True).passed:
            enough = middle
        else:
            failed = middle
    return tuple(ranked[:enough])


def kept_remark(kept: Sequence[str], layers: Sequence[str]) -> str:
    """Return in words how many of the layers stay in floating point."""
    return f"{len(kept)} of {len(layers)} layers kept in floating point" if kept else f"{len(layers)} layers"
