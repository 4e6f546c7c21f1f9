"""Type tokens and child suffixes: frozen names, since renaming one replaces what users run."""

from enum import StrEnum

EMBEDDED_ENDPOINT = "model-serving:index:EmbeddedEndpoint"
# It records a `ScalingPlan`, and has no children.
SCALING_CONFIGURATION = "model-serving:index:ScalingConfiguration"

# Every component that records an `EndpointPlan` as its input `plan`.
ENDPOINTS = frozenset({EMBEDDED_ENDPOINT})


class Suffix(StrEnum):
    """A child is named `<component>-<suffix>`."""

    SERVER = "server"
