"""Inputs of Kubernetes objects as the official provider records them."""

import base64
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stacks.engine.marks import SECRET, SIGNATURE, UNKNOWN
from stacks.engine.providers.kubernetes_inputs import SECRET_TYPE, KubernetesSettings, kubernetes_inputs

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SETTINGS = KubernetesSettings()
AUTONAMED = {"pulumi.com/autonamed": "true"}


def inputs(new: dict[str, Any], old: dict[str, Any] | None = None, token: str = DEPLOYMENT) -> dict[str, Any]:
    return kubernetes_inputs(token, old or {}, new, SETTINGS, "web-12345678")


def test_an_object_lies_in_the_default_namespace() -> None:
    assert inputs({"metadata": {"name": "web"}})["metadata"] == {"name": "web", "namespace": "default"}


def test_a_provider_may_have_another_default_namespace() -> None:
    settings = KubernetesSettings.read({"namespace": "serving"})

    found = kubernetes_inputs(DEPLOYMENT, {}, {"metadata": {"name": "web"}}, settings, "web-12345678")

    assert found["metadata"]["namespace"] == "serving"


def test_a_namespace_that_the_program_names_stays() -> None:
    assert inputs({"metadata": {"name": "web", "namespace": "a"}})["metadata"]["namespace"] == "a"


def test_an_object_of_the_cluster_lies_in_no_namespace() -> None:
    assert inputs({"metadata": {"name": "a"}}, token="kubernetes:core/v1:Namespace")["metadata"] == {"name": "a"}


def test_the_last_state_knows_better_whether_a_kind_has_namespaces() -> None:
    old = {"metadata": {"name": "anvil"}}

    assert inputs({"metadata": {"name": "anvil"}}, old, token="kubernetes:acme.io/v1:Anvil")["metadata"] == {
        "name": "anvil"
    }


def test_an_object_without_name_gets_one_and_keeps_it() -> None:
    first = inputs({})

    assert first["metadata"] == {"name": "web-12345678", "namespace": "default", "annotations": AUTONAMED}
    assert kubernetes_inputs(DEPLOYMENT, first, {}, SETTINGS, "web-other") == first


def test_a_name_that_the_program_gave_is_not_kept_when_it_is_gone() -> None:
    old = {"metadata": {"name": "mine", "namespace": "default"}}

    assert inputs({}, old)["metadata"]["name"] == "web-12345678"


@given(st.dictionaries(st.text(max_size=4), st.text(max_size=9), min_size=1))
def test_the_text_of_a_secret_becomes_data_that_is_secret(text: dict[str, str]) -> None:
    found = inputs(
        {"metadata": {"name": "token"}, "stringData": text, "data": {"other key": "eA=="}}, token=SECRET_TYPE
    )

    assert "stringData" not in found
    assert found["data"][SIGNATURE] == SECRET
    data = found["data"]["value"]
    assert data.pop("other key") == "eA=="
    assert {key: base64.b64decode(value).decode() for key, value in data.items()} == text


def test_an_unknown_text_of_a_secret_is_unknown_data() -> None:
    assert inputs({"stringData": UNKNOWN}, token=SECRET_TYPE)["data"]["value"] == UNKNOWN
    assert inputs({"stringData": {"a": UNKNOWN}}, token=SECRET_TYPE)["data"]["value"] == {"a": UNKNOWN}


def test_secrets_and_configuration_are_replaced_unless_the_provider_may_change_them() -> None:
    mutable = KubernetesSettings.read({"enableSecretMutable": "true", "enableConfigMapMutable": True})

    assert SETTINGS.replacing(SECRET_TYPE) == ("data", "stringData")
    assert SETTINGS.replacing("kubernetes:core/v1:ConfigMap") == ("data", "binaryData")
    assert mutable.replacing(SECRET_TYPE) == mutable.replacing("kubernetes:core/v1:ConfigMap") == ()
