"""Run the benchmarks: `python -m benchmarks [NAME ...]`, all of them by default."""

import importlib
import sys

# Name to module; each has `main() -> int`, which is 0 when no goal was missed.
BENCHMARKS = {
    "minilm": "benchmarks.minilm",
    "zoo": "benchmarks.zoo",
    "build-cached": "benchmarks.build_cached",
    "build-memory": "benchmarks.build_memory",
    "endpoint-overhead": "benchmarks.endpoint_overhead",
    "predicted-p99": "benchmarks.predicted_p99",
    "preview-policies": "benchmarks.preview_policies",
    "plan-speed": "benchmarks.plan_speed",
    "startup": "benchmarks.startup",
}


def main(names: list[str]) -> int:
    """Run the named benchmarks and return 1 if any missed its goal."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"no benchmark `{unknown[0]}`; use one of: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    codes: list[int] = [importlib.import_module(BENCHMARKS[name]).main() for name in names or BENCHMARKS]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
