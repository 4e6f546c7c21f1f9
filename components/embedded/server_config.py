"""The file that a server process is started with."""

from pydantic import BaseModel, ConfigDict, Field

CONFIG_VARIABLE = "MODEL_SERVING_CONFIG"

# Calls of each batch size before the server says that it is ready.
WARM_UP_CALLS = 3


class ServerConfig(BaseModel):
    """
    Everything that a server process needs to know.

    Attributes:
        artifact_folder: Folder with `artifact.json`; its digest is compared with `artifact_sha256` before a start.
        model_version: What the log calls the version.
        threads: Threads that compute one call of the model, for each worker.
        streams: Calls that the runtime computes at once, each with threads of its own.
        max_batch_size: Most rows in one call.
        concurrent_calls: Calls of the model in flight at once, for each worker.
        request_timeout_s: A request that is not answered by then is ended.
        max_concurrency: Requests in the server at once; one more is refused with status 429.
        max_body_bytes: Longest body of a request; a longer one is refused with status 413.
        max_rows: Most rows in a request; more are refused with status 400.
        cache_entries: Answers kept in memory; 0 switches the cache off.
        log_file: One JSON object a line.
        trace_sample_ratio: Share of requests that are traced, where an OpenTelemetry collector is configured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    artifact_folder: str
    artifact_sha256: str
    model_version: str
    host: str
    port: int = Field(ge=1, le=65535)
    workers: int = Field(ge=1)
    threads: int = Field(ge=1)
    streams: int = Field(default=1, ge=1)
    max_batch_size: int = Field(ge=1)
    concurrent_calls: int = Field(ge=1)
    request_timeout_s: int = Field(ge=1)
    max_concurrency: int = Field(ge=1)
    max_body_bytes: int = Field(ge=1)
    max_rows: int = Field(ge=1)
    cache_entries: int = Field(ge=0)
    log_file: str
    trace_sample_ratio: float = Field(default=0.05, ge=0, le=1)

    @property
    def url(self) -> str:
        """Where the server answers; an address that means all interfaces is reached through loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
