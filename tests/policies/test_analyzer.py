"""The analyzer answers as the SDK's own does, and keeps a mandatory policy mandatory."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.policy import _PolicyAnalyzerServicer
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE

from components.tokens import EMBEDDED_ENDPOINT, ENDPOINTS
from optimizers import lock
from optimizers.lock import LOCK_NAME
from policies.analyzer import Analyzer
from policies.pack import POLICIES, STACK_TYPES
from tests.support.patience import PATIENCE_S
from tests.support.policy_fixtures import STACK_FIXTURES, pod_autoscaler
from tests.support.raw_resources import NODE_GROUP, NODE_POOL, node_group, node_pool
from tests.support.valid_plan import valid_lock, valid_plan

SEEN, UNSEEN = "test:index:Seen", "test:index:Unseen"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "policies").mkdir()
    lock.write(tmp_path / LOCK_NAME, valid_lock())
    monkeypatch.chdir(tmp_path / "policies")


def struct(props: dict[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(props)
    return made


def of_resource(token: str, props: dict[str, Any]) -> Any:
    return analyzer_pb2.AnalyzeRequest(type=token, name="minilm", urn="urn", properties=struct(props))


def of_stack(*resources: tuple[str, dict[str, Any]]) -> Any:
    listed = [
        analyzer_pb2.AnalyzerResource(type=token, name=f"r{number}", urn=f"urn{number}", properties=struct(props))
        for number, (token, props) in enumerate(resources)
    ]
    return analyzer_pb2.AnalyzeStackRequest(resources=listed)


def said(response: Any) -> list[tuple[str, str, int]]:
    return [(item.policyName, item.message, item.enforcementLevel) for item in response.diagnostics]


def naming(seen: list[str]) -> list[Policy]:
    """Two mandatory policies that note what they are given and read `value` of it."""

    def one(args: ResourceValidationArgs, report_violation: ReportViolation) -> None:
        seen.append(args.name)
        report_violation(f"has {args.props['value']}", None)

    def all_of_them(args: StackValidationArgs, report_violation: ReportViolation) -> None:
        seen.extend(item.name for item in args.resources)
        for item in args.resources:
            report_violation(f"has {item.props['value']}", None)

    level = EnforcementLevel.MANDATORY
    return [
        ResourceValidationPolicy(name="one", description="One.", enforcement_level=level, validate=one),
        StackValidationPolicy(name="all-of-them", description="All.", enforcement_level=level, validate=all_of_them),
    ]


def test_only_types_that_are_read_reach_a_policy() -> None:
    seen: list[str] = []
    analyzer = Analyzer("pack", naming(seen), {SEEN}, {SEEN})

    assert said(analyzer.Analyze(of_resource(UNSEEN, {"value": "1"}), None)) == []
    assert said(analyzer.Analyze(of_resource(SEEN, {"value": "1"}), None)) == [
        ("one", "One.\nhas 1", analyzer_pb2.MANDATORY)
    ]
    stack = of_stack((UNSEEN, {"value": "1"}), (SEEN, {"value": "2"}))
    assert said(analyzer.AnalyzeStack(stack, None)) == [("all-of-them", "All.\nhas 2", analyzer_pb2.MANDATORY)]
    assert seen == ["minilm", "r1"]


def test_an_unknown_value_that_a_policy_does_not_expect_refuses_where_the_sdk_would_only_tell() -> None:
    unknown = {"value": UNKNOWN_STRING_VALUE}
    ours = Analyzer("pack", naming([]), {SEEN}, {SEEN})
    sdk = _PolicyAnalyzerServicer("pack", "1", naming([]), EnforcementLevel.ADVISORY)

    for answer, request in (("Analyze", of_resource(SEEN, unknown)), ("AnalyzeStack", of_stack((SEEN, unknown)))):
        (refused,) = said(getattr(ours, answer)(request, None))
        (told,) = said(getattr(sdk, answer)(request, None))
        assert refused[2] == analyzer_pb2.MANDATORY
        assert "can't be known during preview, so it cannot be checked" in refused[1]
        assert told[2] == analyzer_pb2.ADVISORY


@pytest.mark.parametrize(
    "change", [{}, {"throughput_rps": 13}, {"parity": None}, {"latency_sla_ms": UNKNOWN_STRING_VALUE}]
)
def test_the_whole_pack_says_of_a_plan_what_it_says_through_the_sdk(change: dict[str, Any]) -> None:
    request = of_resource(EMBEDDED_ENDPOINT, {"plan": {**valid_plan().recorded(), **change}})
    sdk: Any = _PolicyAnalyzerServicer("model-serving", "0.0.1", list(POLICIES), EnforcementLevel.ADVISORY)

    ours = said(Analyzer("model-serving", POLICIES, ENDPOINTS, STACK_TYPES).Analyze(request, None))

    assert ours == said(sdk.Analyze(request, None))
    assert bool(ours) is bool(change)


@pytest.mark.parametrize("example", STACK_FIXTURES)
def test_the_whole_pack_says_of_a_stack_what_it_says_through_the_sdk(example: str) -> None:
    resources = (*STACK_FIXTURES[example].resources, ("aws:s3/bucket:Bucket", {"bucket": "b"}))
    sdk: Any = _PolicyAnalyzerServicer("model-serving", "0.0.1", list(POLICIES), EnforcementLevel.ADVISORY)

    ours = Analyzer("model-serving", POLICIES, ENDPOINTS, STACK_TYPES).AnalyzeStack(of_stack(*resources), None)

    assert said(ours) == said(sdk.AnalyzeStack(of_stack(*resources), None))


def judged_by_inputs(
    policy: str, inputs: dict[str, Any], outputs: dict[str, Any], token: str, **config: Any
) -> list[str]:
    """What one policy of the pack says of a resource whose inputs the engine shows before its outputs."""
    analyzer: Any = Analyzer("model-serving", POLICIES, ENDPOINTS, STACK_TYPES)
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    request.policyConfig[policy].enforcementLevel = analyzer_pb2.MANDATORY
    request.policyConfig[policy].properties.update(config)
    analyzer.Configure(request, None)
    first = analyzer_pb2.AnalyzeRequest(type=token, name="r0", urn="urn0", properties=struct(inputs))
    assert said(analyzer.Analyze(first, None)) == []
    return [
        message
        for name, message, _level in said(analyzer.AnalyzeStack(of_stack((token, outputs)), None))
        if name == policy
    ]


def test_what_a_provider_fills_in_is_never_taken_for_what_the_program_wrote() -> None:
    _, pool = node_pool("g2-standard-4", autoscaling={"minNodeCount": 3, "maxNodeCount": 10})
    # Before it exists, and as a pool of one node at the time that it was made.
    new = {
        **pool,
        "nodeCount": UNKNOWN_NUMBER_VALUE,
        "initialNodeCount": UNKNOWN_NUMBER_VALUE,
        "nodeLocations": UNKNOWN_STRING_VALUE,
    }
    totals = {"totalMinNodeCount": 0, "totalMaxNodeCount": 0}
    made = {
        **pool,
        "autoscaling": {**pool["autoscaling"], **totals},
        "nodeCount": 3,
        "initialNodeCount": 50,
        "nodeLocations": ["us-central1-a"],
    }

    for outputs in (new, made):
        assert judged_by_inputs("autoscaling-sanity", pool, outputs, NODE_POOL) == []
        (message,) = judged_by_inputs("cost-budget", pool, outputs, NODE_POOL, usd_per_month=100)
        # 10 x ($0.706832 x 730 h + 100 GB x $0.10).
        assert "$5,259.87 a month at maximum is over $100.00" in message


def test_what_the_program_leaves_out_counts_as_its_provider_tells_of_it() -> None:
    _, group = node_group(["c5.xlarge"], 1, 1, 1)
    without_region = {key: value for key, value in group.items() if key != "region"}

    assert judged_by_inputs("cost-budget", without_region, group, NODE_GROUP, usd_per_month=200) == []
    refused = judged_by_inputs("cost-budget", without_region, without_region, NODE_GROUP, usd_per_month=200)
    assert any("of an unknown region" in message for message in refused), refused


def test_a_written_value_that_depends_on_another_resource_is_refused_whatever_its_provider_tells() -> None:
    _, pool = node_pool("g2-standard-4", nodeCount=1)
    unknown = {**pool, "nodeCount": UNKNOWN_NUMBER_VALUE}

    (message,) = judged_by_inputs("cost-budget", unknown, pool, NODE_POOL, usd_per_month=1e6)

    assert "the value of `nodeCount` can't be known during preview" in message


def test_replicas_that_the_api_server_filled_in_are_the_autoscaler_s() -> None:
    metadata = {"metadata": {"name": "web"}}
    web, owner = ("kubernetes:apps/v1:Deployment", {**metadata, "spec": {}}), pod_autoscaler()
    owner[1]["spec"]["scaleTargetRef"]["name"] = "web"
    made = (web[0], {**metadata, "spec": {"replicas": 1}})

    def refused(*inputs: tuple[str, dict[str, Any]], ignored: tuple[str, ...] = ()) -> bool:
        analyzer: Any = Analyzer("model-serving", POLICIES, ENDPOINTS, STACK_TYPES)
        for number, (token, props) in enumerate(inputs):
            analyzer.Analyze(
                analyzer_pb2.AnalyzeRequest(type=token, urn=f"urn{number}", properties=struct(props)), None
            )
        request = of_stack(made, owner)
        request.resources[0].options.ignoreChanges.extend(ignored)
        return bool(said(analyzer.AnalyzeStack(request, None)))

    assert not refused(web, owner)
    assert refused(made, owner)
    assert refused()
    assert not refused(made, owner, ignored=("spec.replicas",))


@pytest.mark.parametrize("is_shown", [True, False], ids=["written", "told"])
def test_two_clusters_may_have_workloads_of_one_name(is_shown: bool) -> None:
    def alarms(*providers: str) -> list[tuple[str, str, int]]:
        analyzer: Any = Analyzer("model-serving", POLICIES, ENDPOINTS, STACK_TYPES)
        request = of_stack(*(pod_autoscaler() for _ in providers))
        for item, name in zip(request.resources, providers, strict=True):
            item.provider.name, item.provider.urn = name, f"urn:pulumi:s::p::pulumi:providers:kubernetes::{name}"
            if is_shown:
                analyzer.Analyze(
                    analyzer_pb2.AnalyzeRequest(type=item.type, urn=item.urn, properties=item.properties), None
                )
        return said(analyzer.AnalyzeStack(request, None))

    assert alarms("east", "west") == []
    assert [name for name, *_ in alarms("east", "east")] == ["autoscaling-sanity"]


def test_what_was_written_is_forgotten_when_the_stack_is_judged() -> None:
    analyzer: Any = Analyzer("pack", naming([]), set(), {SEEN})
    analyzer.Analyze(analyzer_pb2.AnalyzeRequest(type=SEEN, urn="urn0", properties=struct({"value": "written"})), None)

    told = of_stack((SEEN, {"value": "told"}))
    assert said(analyzer.AnalyzeStack(told, None)) == [("all-of-them", "All.\nhas written", analyzer_pb2.MANDATORY)]
    assert said(analyzer.AnalyzeStack(told, None)) == [("all-of-them", "All.\nhas told", analyzer_pb2.MANDATORY)]


def test_a_policy_that_is_disabled_or_made_advisory_is_so() -> None:
    analyzer: Any = Analyzer("pack", naming([]), {SEEN}, {SEEN})
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    request.policyConfig["one"].enforcementLevel = analyzer_pb2.ADVISORY
    request.policyConfig["all-of-them"].enforcementLevel = analyzer_pb2.DISABLED
    analyzer.Configure(request, None)

    assert said(analyzer.Analyze(of_resource(SEEN, {"value": "1"}), None))[0][2] == analyzer_pb2.ADVISORY
    assert said(analyzer.AnalyzeStack(of_stack((SEEN, {"value": "1"})), None)) == []


def test_what_is_read_ahead_is_read_when_the_pack_is_configured_and_judging_waits_for_it() -> None:
    order: list[str] = []
    begun, let_go = threading.Event(), threading.Event()

    def read_ahead() -> None:
        begun.set()
        let_go.wait(PATIENCE_S)
        order.append("read")

    analyzer: Any = Analyzer("pack", naming(order), {SEEN}, {SEEN}, read_ahead)
    analyzer.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), None)
    assert begun.wait(PATIENCE_S)
    analyzer.Analyze(of_resource(UNSEEN, {}), None)
    judging = threading.Thread(target=analyzer.Analyze, args=(of_resource(SEEN, {"value": "1"}), None))
    judging.start()
    judging.join(0.1)
    assert order == []

    let_go.set()
    judging.join(PATIENCE_S)

    assert order == ["read", "minilm"]


def test_the_served_pack_answers_all_but_remediation_which_the_engine_passes_over() -> None:
    pack = Path(__file__).parents[2] / "policies"
    with subprocess.Popen([sys.executable, str(pack)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
                stub: Any = analyzer_pb2_grpc.AnalyzerStub(channel)
                listed = stub.GetAnalyzerInfo(empty_pb2.Empty(), timeout=PATIENCE_S)
                stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(), timeout=PATIENCE_S)
                plan = {"plan": {**valid_plan().recorded(), "latency_sla_ms": 99}}
                judged = stub.Analyze(of_resource(EMBEDDED_ENDPOINT, plan), timeout=PATIENCE_S)
                with pytest.raises(grpc.RpcError) as refused:
                    stub.Remediate(of_resource(EMBEDDED_ENDPOINT, plan), timeout=PATIENCE_S)
        finally:
            process.kill()

    error: Any = refused.value
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
    assert [item.name for item in listed.policies] == [policy.name for policy in POLICIES]
    assert [item.policyName for item in judged.diagnostics] == ["latency-budget"]
