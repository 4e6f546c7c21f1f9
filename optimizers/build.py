"""`optimize`: from the original model to built, compared and measured artifacts, or to what the lock already tells of them."""

from typing import TYPE_CHECKING

from optimizers.build_request import BuildRequest, build_request
from optimizers.goal import Goal
from optimizers.hardware import Hardware
from optimizers.lock import LockedModel
from optimizers.model_source import ModelSource
from optimizers.progress import Progress
from optimizers.recipe import recipe_for
from optimizers.report import Report
from optimizers.source_facts import facts_of
from optimizers.store import ArtifactStore, is_intact
from optimizers.time_budget import TimeBudget

if TYPE_CHECKING:
    from optimizers.benchmark import BenchmarkConfig


def optimize(  # noqa: PLR0913, PLR0917 - the six things that an optimization is about
    source: ModelSource,
    goal: Goal,
    hardware: Hardware,
    store: ArtifactStore,
    previous: LockedModel | None,
    progress: Progress,
    *,
    force: bool = False,
    budget_s: float | None = None,
    benchmark: "BenchmarkConfig | None" = None,
) -> LockedModel:
    """
    Build every candidate of the recipe, compare it with the original, search among those that answer alike, and choose.

    Nothing is done where `previous` already tells it: the same model and recipe, measured on hardware like this one,
    with the chosen artifact intact in the store. Then no machine-learning library is imported. On new hardware the
    artifacts are used again, and a report is added to those that `previous` has. A build that was interrupted goes on:
    what it built and measured is found in the store.

    Args:
        source: The original model.
        goal: What to reach.
        hardware: The machine that this runs on.
        store: Receives the artifacts.
        previous: What the lock has of this model, if anything.
        progress: Told about each step.
        force: Build and measure everything again.
        budget_s: Wall time for all of it. The decision tree's first choice is built first, and what no longer fits is listed as
            not tried; until one candidate answers like the original, nothing is left out.
        benchmark: Loads and time budget of the measurement; None for the defaults.

    Raises:
        UnsupportedModel: The model is missing, damaged, unsafe or of a kind that cannot be read.
        ParityError: No candidate answers like the original.
        ArtifactError: The disk is full, the store not writable, the model larger than the free memory, or none of the candidates
            that answer like it can be measured here.
        MissingExtra: A library of the original is not installed, or one without which no candidate is left.
    """
    time_budget = TimeBudget(budget_s)
    facts = facts_of(source, goal)
    recipe = recipe_for(facts, goal, hardware)
    describes = (facts.model_sha256, recipe.sha256)
    known = previous if previous and (previous.model_sha256, previous.recipe_sha256) == describes else None
    request = build_request(source, goal)
    report = known.reports.get(hardware.fingerprint) if known else None
    if known and report and not force and _tells(known, report, request, store, budget_s):
        return known if known.request == request else known.model_copy(update={"request": request})
    # A quarter of the time of a build that is done.
    from optimizers.benchmark import BenchmarkConfig
    from optimizers.complete_build import complete
    from optimizers.job import Job

    config = benchmark or BenchmarkConfig()
    return complete(Job(source, goal, hardware, store, progress, config, facts, recipe, force, time_budget), known)


def _tells(
    known: LockedModel, report: Report, request: BuildRequest, store: ArtifactStore, budget_s: float | None
) -> bool:
    """Return whether a lock's report answers what is asked, with its artifact at hand."""
    may_try_more = report.budget_s is not None and (budget_s is None or budget_s > report.budget_s)
    if may_try_more or not request.chooses_like(known.request):
        return False
    chosen = known.artifact(report.chosen)
    return chosen is not None and is_intact(store, chosen)
