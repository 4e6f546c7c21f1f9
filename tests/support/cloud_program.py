"""A program with resources of three clouds, copied into a checkout as `stacks/__main__.py`; `clouds.json` changes it."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_gcp as gcp
import pulumi_kubernetes as kubernetes

changes: dict[str, Any] = json.loads(Path(__file__).with_name("clouds.json").read_text())
labels = {"app": changes.get("app", "web")}

namespace = kubernetes.core.v1.Namespace("serving", metadata={"name": "serving"})
place = namespace.metadata["name"]
kubernetes.apps.v1.Deployment(
    "web",
    metadata={"name": "web", "namespace": place},
    spec={
        "selector": {"match_labels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "server", "image": changes.get("image", "server:1")}]},
        },
    },
)
kubernetes.core.v1.Service("front", spec={"selector": labels, "ports": [{"port": 80}]})
kubernetes.core.v1.Secret("token", string_data={"token": pulumi.Output.secret(changes.get("token", "hunter2-first"))})
if changes.get("with_settings", True):
    kubernetes.core.v1.ConfigMap("settings", metadata={"name": "settings"}, data={"level": "info"})

role = aws.iam.Role("runner", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
model = aws.sagemaker.Model(
    "minilm", execution_role_arn=role.arn, primary_container={"image": "server:1", "model_data_url": "s3://m/1"}
)
configuration = aws.sagemaker.EndpointConfiguration(
    "variants",
    production_variants=[
        {
            "variant_name": "main",
            "model_name": model.name,
            "instance_type": changes.get("instance_type", "ml.c5.xlarge"),
            "initial_instance_count": changes.get("instances", 1),
        }
    ],
)
endpoint = aws.sagemaker.Endpoint("endpoint", endpoint_config_name=configuration.name, name="minilm")
aws.s3.BucketObject("weights", bucket="models", source=pulumi.FileAsset(str(Path(__file__).with_name("stack_file.py"))))

cluster = gcp.container.Cluster("gpus", location="us-central1", initial_node_count=1)
gcp.container.NodePool(
    "l4",
    cluster=cluster.name,
    location="us-central1",
    node_count=changes.get("nodes", 1),
    node_config={"machine_type": changes.get("machine_type", "g2-standard-4"), "spot": changes.get("spot", False)},
)
gcp.storage.Bucket("artifacts", location="US")
if "new" in changes:
    added = aws.iam.Role("added", assume_role_policy="{}")
    aws.sagemaker.Model("second", execution_role_arn=added.arn, primary_container={"image": "server:1"})
if "function" in changes:
    pulumi.export("account", aws.get_caller_identity_output().account_id)
if "unknown_package" in changes:
    pulumi.CustomResource("acme:index/anvil:Anvil", "anvil", {})
pulumi.export("endpoint_arn", endpoint.arn)
