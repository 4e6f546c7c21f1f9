"""The Job is what Kubernetes' own types allow, fits the Pod Security Standard `restricted`, and runs nothing that a name could hide."""

import importlib
import shlex
import subprocess
import sys
import typing
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from components.build_job.manifests import BuildJob, claim_manifest, copy_manifest, job_manifest
from optimizers import digest

JOB = BuildJob(
    name="small-tensorrt-fp16",
    namespace="default",
    claim="model-builds",
    folder="small/tensorrt-fp16",
    image="nvcr.io/nvidia/tensorrt:26.07-py3",
    commands=(("trtexec", "--onnx=/build/model.onnx", "--minShapes=a; touch /tmp/owned:1x1"),),
    resource="nvidia.com/gpu",
    node_selector={"cloud.google.com/gke-accelerator": "nvidia-l4"},
    inputs={"model.onnx": "a" * 64},
)


def unknown_fields(value: Any, declared: Any, path: str = "") -> list[str]:
    """Fields of a manifest that the SDK's types, generated from Kubernetes' OpenAPI schema, do not have."""
    if isinstance(value, list):
        (item,) = typed_dicts(declared) or [None]
        return [found for index, one in enumerate(value) for found in unknown_fields(one, item, f"{path}[{index}]")]
    found = typed_dicts(declared)
    if not isinstance(value, dict) or not found:
        return []
    hints = typing.get_type_hints(found[0], {**vars(pulumi.output), **vars(sys.modules[found[0].__module__])})
    result = list[str]()
    for name, one in value.items():
        snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
        if snake not in hints:
            result.append(f"{path}.{name}")
        else:
            result += unknown_fields(one, hints[snake], f"{path}.{name}")
    return result


def typed_dicts(declared: Any) -> list[Any]:
    """The first typed dictionary in an annotation such as `Input[Sequence[Input[ContainerArgsDict]]]`."""
    if isinstance(declared, type) and issubclass(declared, dict) and hasattr(declared, "__required_keys__"):
        return [declared]
    return [found for part in typing.get_args(declared) for found in typed_dicts(part)][:1]


@pytest.mark.parametrize(
    ("manifest", "module", "name"),
    [
        (job_manifest(JOB), "batch", "JobSpecArgsDict"),
        (job_manifest(JOB.model_copy(update={"groups": (44, 109)})), "batch", "JobSpecArgsDict"),
        (claim_manifest("model-builds", "default", 10), "core", "PersistentVolumeClaimSpecArgsDict"),
        (copy_manifest("small-copy", "default", "model-builds"), "core", "PodSpecArgsDict"),
    ],
)
def test_every_field_is_one_of_kubernetes(manifest: dict[str, Any], module: str, name: str) -> None:
    inputs = importlib.import_module(f"pulumi_kubernetes.{module}.v1._inputs")

    assert unknown_fields(manifest["spec"], getattr(inputs, name)) == []


def test_the_check_finds_a_field_that_kubernetes_does_not_have() -> None:
    inputs = importlib.import_module("pulumi_kubernetes.batch.v1._inputs")
    manifest = job_manifest(JOB)
    manifest["spec"]["template"]["spec"]["containers"][0]["limit"] = {}

    assert unknown_fields(manifest["spec"], inputs.JobSpecArgsDict) == [".template.spec.containers[0].limit"]


@pytest.mark.parametrize(
    "pod",
    [job_manifest(JOB)["spec"]["template"]["spec"], copy_manifest("small-copy", "default", "model-builds")["spec"]],
    ids=["job", "copy"],
)
def test_the_pod_fits_the_restricted_standard(pod: dict[str, Any]) -> None:
    """Each rule of https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted that concerns this pod."""
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] != 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}
    assert all(volume.keys() - {"name"} <= {"persistentVolumeClaim", "emptyDir"} for volume in pod["volumes"])


def test_it_writes_to_its_volume_alone_and_has_no_token() -> None:
    pod = job_manifest(JOB)["spec"]["template"]["spec"]
    (container,) = pod["containers"]

    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["automountServiceAccountToken"] is False
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/build", "/scratch"}


def test_the_groups_that_own_a_device_are_those_that_were_named() -> None:
    job = JOB.model_copy(update={"groups": (44, 109)})

    assert job_manifest(job)["spec"]["template"]["spec"]["securityContext"]["supplementalGroups"] == [44, 109]
    assert "supplementalGroups" not in job_manifest(JOB)["spec"]["template"]["spec"]["securityContext"]


def test_it_asks_for_one_accelerator_on_the_nodes_that_were_named() -> None:
    pod = job_manifest(JOB)["spec"]["template"]["spec"]
    resources = pod["containers"][0]["resources"]

    assert resources["limits"]["nvidia.com/gpu"] == resources["requests"]["nvidia.com/gpu"] == "1"
    assert pod["nodeSelector"] == {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    assert pod["tolerations"] == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_build_that_fails_is_not_tried_again_and_ends() -> None:
    spec = job_manifest(JOB)["spec"]

    assert (spec["backoffLimit"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")
    assert spec["activeDeadlineSeconds"] > 0
    assert spec["ttlSecondsAfterFinished"] > 0


def script_in(folder: Path, job: BuildJob) -> str:
    """The container's script with the volume at `folder`."""
    *shell, script = job_manifest(job)["spec"]["template"]["spec"]["containers"][0]["command"]
    assert shell == ["sh", "-euc"]
    return str(script).replace("/build", str(folder)).replace("/scratch", str(folder))


def test_the_script_runs_and_leaves_the_digest_of_each_file(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"graph")
    sha256 = subprocess.run(["sha256sum", tmp_path / "model.onnx"], capture_output=True, text=True, check=True).stdout[
        :64
    ]
    job = JOB.model_copy(
        update={"inputs": {"model.onnx": sha256}, "commands": (("cp", "/build/model.onnx", "/build/output/a b.plan"),)}
    )

    (tmp_path / "output").mkdir()
    (tmp_path / "output/old.plan").write_bytes(b"of another model")

    for _ in range(2):
        subprocess.run(["sh", "-euc", script_in(tmp_path, job)], check=True, capture_output=True)

    listed = (tmp_path / "output/files.sha256").read_text()
    assert "files.sha256" not in listed
    assert "old.plan" not in listed
    assert (tmp_path / "output/a b.plan").read_bytes() == b"graph"
    assert f"{sha256}  a b.plan" in (tmp_path / "output/files.sha256").read_text()


def test_the_script_refuses_another_model_and_a_failed_command(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"another graph")
    (tmp_path / "build.json").write_bytes(b"{}")
    sha256 = digest.of_file(tmp_path / "model.onnx")
    second = JOB.model_copy(update={"inputs": {"model.onnx": sha256, "build.json": "a" * 64}})
    assert subprocess.run(["sh", "-euc", script_in(tmp_path, second)], check=False, capture_output=True).returncode != 0
    assert subprocess.run(["sh", "-euc", script_in(tmp_path, JOB)], check=False, capture_output=True).returncode != 0
    assert not (tmp_path / "output").exists()


def test_no_name_of_a_tensor_is_taken_for_a_command() -> None:
    script = script_in(Path("/build"), JOB)

    assert shlex.split(script.splitlines()[3])[2] == "--minShapes=a; touch /tmp/owned:1x1"


def test_the_manifest_is_the_same_after_yaml() -> None:
    assert yaml.safe_load(yaml.safe_dump(job_manifest(JOB))) == job_manifest(JOB)
