"""The inputs of the server resource, checked where they come back from the engine as plain values."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from components.embedded.server_config import ServerConfig
from optimizers.goal import ParityThresholds


class ServerInputs(BaseModel):
    """
    What a server resource is created from.

    Attributes:
        config: The file that the process is started with.
        run_folder: Folder of the process file and the log.
        endpoint_url: Where it answers.
        thresholds: How near its answers must be to the reference.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: ServerConfig
    run_folder: str
    endpoint_url: str
    thresholds: ParityThresholds

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> Self:
        """Return the inputs among a resource's properties; the engine adds keys of its own and makes numbers floats."""
        return cls.model_validate({key: props[key] for key in cls.model_fields})

    @classmethod
    def find(cls, props: Mapping[str, Any]) -> Self | None:
        """Return the inputs among a resource's properties, or None where another version wrote them differently."""
        try:
            return cls.of(props)
        except (KeyError, ValidationError):
            return None
