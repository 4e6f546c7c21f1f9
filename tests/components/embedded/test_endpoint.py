"""The component under Pulumi's mocks: which resources it registers, under which names, with which inputs."""

import asyncio
import gc
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import MockCallArgs, MockResourceArgs, Mocks, set_mocks

from components.embedded.endpoint import EmbeddedEndpoint, EmbeddedEndpointArgs
from components.tokens import EMBEDDED_ENDPOINT
from optimizers import lock
from optimizers.errors import ArtifactError
from optimizers.hardware import detect
from optimizers.lock import Lock
from tests.support.locked_model import SHA256, locked_model, measurement, report

# Pulumi's test runtime makes event loops that it never closes; they are collected at the end of each test here.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

PORT = 3210


class Recorder(Mocks):
    """Remembers what was registered."""

    def __init__(self) -> None:
        self.resources: list[MockResourceArgs] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.resources.append(args)
        return args.name, dict(args.inputs)

    def call(self, args: MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"nothing is looked up, yet `{args.token}` was")


@pytest.fixture
def recorder() -> Generator[Recorder]:
    # Pulumi's test runtime takes the thread's event loop, which other tests may have closed.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks = Recorder()
    set_mocks(mocks, project="model-serving", stack="local", preview=False)
    yield mocks
    asyncio.set_event_loop(None)
    loop.close()
    gc.collect()


def arguments(folder: Path) -> EmbeddedEndpointArgs:
    measured = report(measurement(10, 12), on=detect())
    lock.write(folder / "artifacts.lock.json", Lock(models={"minilm": locked_model(measured)}))
    return EmbeddedEndpointArgs(
        lock_path=str(folder / "artifacts.lock.json"),
        store_path=str(folder / "store"),
        run_path=str(folder / "run"),
        port=PORT,
    )


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's decorator has no types
def test_the_endpoint_records_its_plan_and_has_one_child(tmp_path: Path, recorder: Recorder) -> Any:
    endpoint = EmbeddedEndpoint("minilm", arguments(tmp_path))

    def check(_: object) -> None:
        component, server = recorder.resources
        assert (component.typ, component.name) == (EMBEDDED_ENDPOINT, "minilm")
        assert component.inputs["plan"]["artifact"]["sha256"] == SHA256
        assert server.name == "minilm-server"
        assert server.inputs["config"]["port"] == PORT
        assert server.inputs["config"]["artifact_sha256"] == SHA256

    return endpoint.deployment_config.apply(check)


@pulumi.runtime.test  # type: ignore[untyped-decorator]  # the SDK's decorator has no types
def test_the_endpoint_gives_the_three_outputs_of_the_contract(tmp_path: Path, recorder: Recorder) -> Any:
    endpoint = EmbeddedEndpoint("minilm", arguments(tmp_path))

    def check(values: list[Any]) -> None:
        urn, deployment, optimization, scaling = values
        assert urn.endswith(f"{EMBEDDED_ENDPOINT}::minilm")
        assert deployment["endpoint_url"] == f"http://127.0.0.1:{PORT}"
        assert optimization["latency_p50_ms"] == 10
        assert scaling["max_replicas"] == 1
        assert recorder.resources

    return pulumi.Output.all(
        endpoint.urn, endpoint.deployment_config, endpoint.optimization_report, endpoint.scaling_policy
    ).apply(check)


def test_a_model_that_is_not_locked_is_refused_before_anything_is_registered(
    tmp_path: Path, recorder: Recorder
) -> None:
    with pytest.raises(ArtifactError, match=r"`other` is not in artifacts\.lock\.json; run `serving optimize`"):
        EmbeddedEndpoint("other", arguments(tmp_path))

    assert not recorder.resources
