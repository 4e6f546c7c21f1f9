"""The network path, against a server on this machine."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import stamina

from components.catalog.download import ATTEMPTS, PriceServers, download
from components.catalog.instance_type import CatalogRow
from components.catalog.price_files import read_price_lists
from components.catalog.services import Service
from optimizers.errors import InvalidArgs, ServingError
from tests.support.catalog_rows import machine, row
from tests.support.loopback import Handler, LoopbackServer, serving
from tests.support.price_lists import E2, ec2_file, page_of, sagemaker_file

KEY = "a-secret-key"
ROWS = [row(), row(Service.SAGEMAKER_HOSTING), machine("e2-standard-2", 2, 8.0)]
AWS = "/offers/v1.0/aws"
SKUS = "/v1/services/6F81-5844-456A/skus?pageSize=5000"


def index(code: str) -> dict[str, Any]:
    address = f"{AWS}/{code}/20261120210751/us-east-1/index.json"
    return {"regions": {"us-east-1": {"regionCode": "us-east-1", "currentVersionUrl": address}}}


class Provider:
    """Answers of a server: path to a document, bytes or a list of statuses that come first."""

    def __init__(self, url: str) -> None:
        self.servers = PriceServers(aws_url=url, google_url=url)
        self.asked = list[tuple[str, str | None]]()
        self.failures = dict[str, list[int]]()
        first, second = ({name: part} for name, part in E2.items())
        self.answers: dict[str, Any] = {
            f"{AWS}/AmazonEC2/current/region_index.json": index("AmazonEC2"),
            f"{AWS}/AmazonSageMaker/current/region_index.json": index("AmazonSageMaker"),
            f"{AWS}/AmazonEC2/20261120210751/us-east-1/index.json": ec2_file({"g5.xlarge": "1.1"}),
            f"{AWS}/AmazonSageMaker/20261120210751/us-east-1/index.json": sagemaker_file({"ml.g5.xlarge": "1.5"}),
            SKUS: page_of(first) | {"nextPageToken": "two"},
            f"{SKUS}&pageToken=two": page_of(second),
        }

    def answer(self, path: str, key: str | None) -> tuple[int, bytes]:
        self.asked.append((path, key))
        if self.failures.get(path):
            return self.failures[path].pop(0), b"no"
        found = self.answers.get(path)
        return (404, b"") if found is None else (200, found if isinstance(found, bytes) else json.dumps(found).encode())


@pytest.fixture(name="provider")
def provider_fixture() -> Generator[Provider]:
    class Answers(Handler):
        def get(self) -> None:
            self.answer(*provider.answer(self.path, self.headers["X-Goog-Api-Key"]))

    with serving(LoopbackServer(Answers)) as server, stamina.set_testing(True, attempts=ATTEMPTS):
        provider = Provider(server.url)
        yield provider


def prices(provider: Provider, folder: Path, key: str | None = KEY, rows: list[CatalogRow] = ROWS) -> dict[str, float]:
    lists = read_price_lists(download(rows, folder, provider.servers, key, list[str]().append), rows)
    return {quote.name: quote.usd_per_hour for item in lists for quote in item.quotes}


def test_every_list_of_the_catalog_s_services_and_regions_is_read(provider: Provider, tmp_path: Path) -> None:
    assert prices(provider, tmp_path) == {"g5.xlarge": 1.1, "ml.g5.xlarge": 1.5, "e2-standard-2": 0.067011}


def test_google_is_asked_with_a_key_only_and_aws_never_sees_it(provider: Provider, tmp_path: Path) -> None:
    prices(provider, tmp_path)

    assert {key for path, key in provider.asked if path.startswith("/v1/")} == {KEY}
    assert {key for path, key in provider.asked if path.startswith("/offers/")} == {None}
    assert not [path for path, _ in provider.asked if KEY in path]

    provider.asked.clear()
    assert prices(provider, tmp_path, key=None) == {"g5.xlarge": 1.1, "ml.g5.xlarge": 1.5}
    assert not [path for path, _ in provider.asked if path.startswith("/v1/")]


def test_a_service_that_the_catalog_does_not_have_is_not_asked_for(provider: Provider, tmp_path: Path) -> None:
    assert prices(provider, tmp_path, key=None, rows=[row()]) == {"g5.xlarge": 1.1}
    assert not [path for path, _ in provider.asked if "SageMaker" in path]


@pytest.mark.parametrize("statuses", [[503], [429, 500]])
def test_a_passing_trouble_of_the_server_is_tried_again(
    provider: Provider, tmp_path: Path, statuses: list[int]
) -> None:
    provider.failures[f"{AWS}/AmazonEC2/20261120210751/us-east-1/index.json"] = statuses

    assert prices(provider, tmp_path)["g5.xlarge"] == 1.1


@pytest.mark.parametrize(("statuses", "asked"), [([404], 1), ([403], 1), ([302], 1), ([503, 503, 503], 3)])
def test_a_refusal_is_one_sentence_that_says_what_else_can_be_done(
    provider: Provider, tmp_path: Path, statuses: list[int], asked: int
) -> None:
    provider.failures[SKUS] = list(statuses)

    with pytest.raises(ServingError) as caught:
        prices(provider, tmp_path)

    assert len([path for path, _ in provider.asked if path == SKUS]) == asked
    assert str(caught.value) == (
        f"{provider.servers.google_url}{SKUS}: cannot be read (status {statuses[-1]}); the old prices are kept; download "
        "the lists where it can be and run `serving prices refresh --from FOLDER`"
    )


def test_a_server_that_cannot_be_reached_is_one_sentence(tmp_path: Path) -> None:
    nowhere = PriceServers(aws_url="http://127.0.0.1:1", google_url="http://127.0.0.1:1")

    with (
        stamina.set_testing(True),
        pytest.raises(ServingError, match=r"127\.0\.0\.1:1/offers/.*: cannot be read \(.*refused.*\); the old prices"),
    ):
        download(ROWS, tmp_path, nowhere, None, list[str]().append)


@pytest.mark.parametrize(
    ("path", "answer", "words"),
    [
        (f"{AWS}/AmazonEC2/current/region_index.json", b"<html>", "it is a JSON document"),
        (f"{AWS}/AmazonEC2/current/region_index.json", b"[]", "got a JSON list"),
        (f"{AWS}/AmazonEC2/current/region_index.json", {"regions": {}}, "got `None`; the index names a path"),
        (
            f"{AWS}/AmazonEC2/current/region_index.json",
            {"regions": 3},
            "names a path as `currentVersionUrl` of us-east-1",
        ),
        (
            f"{AWS}/AmazonEC2/current/region_index.json",
            {"regions": {"us-east-1": {"currentVersionUrl": "@elsewhere/list"}}},
            "got `@elsewhere/list`",
        ),
        (f"{AWS}/AmazonEC2/20261120210751/us-east-1/index.json", b'{"offerCode": "AmazonEC2"', "a whole JSON document"),
        (SKUS, {"skus": [], "nextPageToken": ""}, "as skus"),
    ],
)
def test_a_malformed_answer_is_refused_by_its_address(
    provider: Provider, tmp_path: Path, path: str, answer: Any, words: str
) -> None:
    provider.answers[path] = answer

    with pytest.raises(InvalidArgs) as caught:
        prices(provider, tmp_path)

    (issue,) = caught.value.issues
    assert issue.path == f"{provider.servers.aws_url}{path}"
    assert words in str(issue)


def test_pages_that_lead_in_a_circle_end(provider: Provider, tmp_path: Path) -> None:
    second = f"{SKUS}&pageToken=two"
    provider.answers[second] = provider.answers[second] | {"nextPageToken": "three/3="}
    provider.answers[f"{SKUS}&pageToken=three/3%3D"] = page_of({}) | {"skus": [{}], "nextPageToken": "two"}

    assert prices(provider, tmp_path)["e2-standard-2"] == 0.067011


def test_it_says_what_it_reads(provider: Provider, tmp_path: Path) -> None:
    said = list[str]()

    download([row()], tmp_path, provider.servers, None, said.append)

    assert said[0] == f"refresh: reading {provider.servers.aws_url}{AWS}/AmazonEC2/current/region_index.json"
    assert len(said) == 2
