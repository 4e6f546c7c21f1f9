"""The limits that the valid plans keep, to the last unit; each policy that needs one has a row."""

from typing import Any

LIMITS: dict[str, dict[str, Any]] = {
    "latency-warning": {"headroom": 0},
    "throughput-warning": {"headroom": 0},
    "cold-start-budget": {"seconds": 5},
    "cold-start-warning": {"seconds": 5},
    "accelerator-warning": {"headroom": 0.1},
    "cost-budget": {"usd_per_month": 1e9, "region": "us-east-1"},
    "cost-warning": {"usd_per_month": 1e9, "region": "us-east-1"},
    "cost-increase": {"usd_per_month": 1e9, "usd_per_month_now": 0},
    "cost-increase-warning": {"usd_per_month": 1e9, "usd_per_month_now": 0},
}
