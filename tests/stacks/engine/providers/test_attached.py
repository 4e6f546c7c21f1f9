"""Providers on ports of this machine, one for each package."""

import socket

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from stacks.engine.providers.attached import attached_providers, packages_of
from stacks.engine.providers.recording_provider import CHANGES_NOTHING
from stacks.engine.providers.wire import encoded

ROLE = "aws:iam/role:Role"
URN = f"urn:pulumi:local::model-serving::{ROLE}::runner"


def test_the_packages_of_a_state_are_those_of_its_providers() -> None:
    types = ["pulumi:pulumi:Stack", "pulumi:providers:aws", "aws:iam/role:Role", "pulumi:providers:aws-native"]
    dynamic = ["pulumi:providers:pulumi-python", "pulumi-python:dynamic:Resource"]

    assert packages_of({"resources": [{"type": name} for name in (*types, *dynamic)]}) == {"aws", "aws-native"}
    assert packages_of({}) == frozenset()


def test_each_package_has_a_port_of_its_own_until_the_block_ends() -> None:
    with attached_providers(["kubernetes", "aws"]) as addresses:
        packages, ports = zip(*(item.split(":") for item in addresses.split(",")), strict=True)
        for port in ports:
            socket.create_connection(("127.0.0.1", int(port)), timeout=5).close()

    assert packages == ("aws", "kubernetes")
    assert len(set(ports)) == 2
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", int(port)), timeout=5)


@pytest.mark.parametrize("method", ["Create", "Update", "Delete"])
def test_whatever_would_change_a_cloud_is_refused(method: str) -> None:
    requests = {
        "Create": provider_pb2.CreateRequest(urn=URN, type=ROLE, properties=encoded({"a": 1})),
        "Update": provider_pb2.UpdateRequest(urn=URN, type=ROLE, id="x"),
        "Delete": provider_pb2.DeleteRequest(urn=URN, type=ROLE, id="x"),
    }
    with attached_providers(["aws"]) as addresses, grpc.insecure_channel(f"127.0.0.1:{addresses[4:]}") as channel:
        stub = provider_pb2_grpc.ResourceProviderStub(channel)
        stub.Attach(empty_pb2.Empty())

        with pytest.raises(grpc.RpcError) as refused:
            getattr(stub, method)(requests[method])

    assert CHANGES_NOTHING in str(refused.value)
    assert "serving up" in CHANGES_NOTHING
