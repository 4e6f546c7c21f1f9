"""`serving prices`: what a person and a machine read, what is refused, and what is written when."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import stamina
import typer

from components.catalog import download
from components.catalog.prices_file import SHIPPED_PATH, parse, render
from optimizers.errors import ArtifactError
from stacks.cli import prices_refresh
from stacks.cli.app import app
from stacks.cli.exit import run_and_exit
from tests.support.catalog_rows import machine, row
from tests.support.checkout import Finished
from tests.support.price_lists import E2, Document, ec2_file, page_of, spot, spot_history, write

ROWS = [row(), row(name="g5.2xlarge", usd_per_hour=None, spot_usd_per_hour=None), machine("e2-standard-2", 2, 8.0)]


@dataclass(frozen=True)
class Project:
    """A project's folder, and the commands run in it, in this process."""

    root: Path
    capture: pytest.CaptureFixture[str]

    @property
    def prices(self) -> Path:
        return self.root / "prices.csv"

    def serving(self, *arguments: str) -> Finished:
        with pytest.raises(SystemExit) as end:
            run_and_exit(app, ["prices", *arguments])
        shown = self.capture.readouterr()
        assert "Traceback" not in shown.err
        return Finished(int(end.value.code or 0), shown.out, shown.err)

    def list(self, document: Document, name: str = "list.json") -> str:
        (self.root / "lists").mkdir(exist_ok=True)
        return str(write(self.root / "lists" / name, document))


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    (tmp_path / "Pulumi.yaml").touch()
    (tmp_path / "prices.csv").write_bytes(render(ROWS))
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys)


def test_show_prints_each_price_and_writes_unknown_where_there_is_none(project: Project) -> None:
    ran = project.serving("show")

    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert "type region vCPU memory GiB accelerator $/h spot $/h as of" in lines
    assert "g5.xlarge us-east-1 4 16 1 x a10g, 22.35 GiB 1 0.4 2026-11-01" in lines
    assert "g5.2xlarge us-east-1 4 16 1 x a10g, 22.35 GiB unknown unknown 2026-11-01" in lines
    assert "e2-standard-2 us-central1 2 8 none 1 0.4 2026-11-01" in lines
    assert lines.index("ec2") < lines.index("compute-engine")


def test_show_for_machines_has_null_for_what_is_unknown(project: Project) -> None:
    (priced, unpriced) = project.serving("show", "--service", "ec2", "--json").document["prices"]

    assert (priced["usd_per_hour"], unpriced["usd_per_hour"], unpriced["spot_usd_per_hour"]) == (1.0, None, None)
    assert (priced["service"], priced["as_of"], priced["source"]) == ("ec2", "2026-11-01", "a price list")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--service", "ec3"],
            "--service: got `ec3`; prices.csv has no such price; an unknown price is not 0; use ec2",
        ),
        (["--region", "us-east-2"], "--region: got `us-east-2`"),
        (["--type", "g5.xlrge"], "use g5.xlarge, g5.2xlarge"),
        (["--region", "us-central1", "--type", "g5.xlarge"], "--type: got `g5.xlarge`"),
    ],
)
def test_a_filter_that_matches_nothing_names_what_is_near(project: Project, arguments: list[str], words: str) -> None:
    ran = project.serving("show", *arguments)

    assert ran.code == 2
    assert ran.out == ""
    assert words in ran.err


def test_outside_a_project_the_shipped_catalog_is_shown_and_nothing_can_be_refreshed(project: Project) -> None:
    (project.root / "Pulumi.yaml").unlink()

    shown = project.serving("show", "--type", "p3.2xlarge")
    assert "p3.2xlarge us-east-1 unknown unknown unknown 3.06 unknown" in " ".join(shown.out.split())
    assert "119 rows of the shipped catalog, 13 of the shipped unit prices: 0 wrong" in project.serving("check").out
    assert project.serving("refresh", "--from", ".").code == 2


def test_old_prices_warn_and_do_not_fail(project: Project) -> None:
    project.prices.unlink()

    ran = project.serving("check", "--json")

    assert (ran.code, ran.document["rows"], ran.document["unpriced"]) == (0, 119, 0)
    assert "26 prices of sagemaker-hosting in us-east-1: of 2025-01-26" in ran.document["warnings"][0]
    assert f"warning: {ran.document['warnings'][0]}" in ran.err


def test_a_wrong_price_fails_the_check_with_every_issue_in_one_document(project: Project) -> None:
    broken = [row(usd_per_hour=-1.0, spot_usd_per_hour=None), row(usd_per_hour=700.0)]
    project.prices.write_bytes(render(broken))

    ran = project.serving("check", "--json")

    assert ran.code == 2
    assert [issue["got"] for issue in ran.document["error"]["issues"]] == ["`-1`", "`700`", "2 rows"]
    assert "error: 3 problems in prices.csv\n  - ec2 us-east-1 g5.xlarge, usd_per_hour: got `-1`" in ran.err
    assert "2 rows of prices.csv, 13 of the shipped unit prices: 3 wrong" in project.serving("check").out
    assert project.serving("show").code == 2


@pytest.mark.parametrize("command", ["show", "check", "refresh"])
def test_a_damaged_file_is_one_document_and_one_sentence(project: Project, command: str) -> None:
    project.prices.write_bytes(b"\xff\xfe")

    ran = project.serving(command, "--json")

    assert ran.code == 2
    assert ran.document["error"]["issues"][0]["rule"] == "the file is UTF-8 text"


def test_a_refresh_shows_what_changes_and_writes_only_when_told_to(project: Project) -> None:
    before = project.prices.read_bytes()
    project.list(ec2_file({"g5.xlarge": "1.1", "g5.2xlarge": "1.2", "g9.new": "3"}), "ec2.json")
    project.list(spot_history(spot("us-east-1a", "g5.2xlarge", "0.5")), "spot.json")

    ran = project.serving("refresh", "--from", "lists")

    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.code == 0
    assert "ec2 us-east-1 g5.xlarge on-demand 1 1.1 +10.0 % changed" in lines
    assert "ec2 us-east-1 g5.2xlarge on-demand unknown 1.2 unknown added" in lines
    assert lines[-1] == "2 added, 1 changed, 0 removed, 3 unchanged"
    assert "2 of the catalog's 3 types are priced in these lists" in ran.err
    assert "Types are added by hand" in ran.err
    assert ran.err.endswith("nothing was written; run it again with `--yes`\n")
    assert project.prices.read_bytes() == before

    written = project.serving("refresh", "--from", "lists", "--yes", "--json").document
    assert written["written"] is True
    assert written["changed"] == [
        {"row": "ec2 us-east-1 g5.xlarge", "market": "on-demand", "before": 1.0, "after": 1.1, "percent": 10.0}
    ]
    assert (len(written["added"]), written["removed"], written["unchanged"]) == (2, [], 3)
    found = parse(project.prices.read_bytes(), "prices.csv")
    assert [item.price.usd_per_hour for item in found] == [1.1, 1.2, 1.0]
    assert found[1].price.source.endswith(
        " ; spot: EC2 spot price history, median of the zones' newest prices, 2026-11-21"
    )
    assert "nothing to write" in project.serving("refresh", "--from", "lists", "--yes").err


def test_the_first_refresh_of_a_project_starts_from_the_shipped_catalog(project: Project) -> None:
    project.prices.unlink()

    project.serving("refresh", "--from", project.list(page_of(E2)), "--yes")

    found = parse(project.prices.read_bytes(), "prices.csv")
    shipped = parse(SHIPPED_PATH.read_bytes(), "shipped")
    assert [item.key for item in found] == [item.key for item in shipped]
    assert sum(item.price.source.startswith("Cloud Billing") for item in found) == 3


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_it_asks(project: Project, monkeypatch: pytest.MonkeyPatch, answer: bool) -> None:
    before = project.prices.read_bytes()
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(typer, "confirm", lambda *_, **__: answer)

    project.serving("refresh", "--from", project.list(ec2_file({"g5.xlarge": "1.1", "g5.2xlarge": "1.2"})))

    assert (project.prices.read_bytes() != before) is answer


def test_json_never_asks(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    place = project.list(ec2_file({"g5.xlarge": "1.1"}))

    assert project.serving("refresh", "--from", place, "--json").document["written"] is False


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (ec2_file({"g5.xlarge": "700.0"}), "some catalogs write it for an unknown price"),
        (ec2_file({"g5.xlarge": "0.3"}), "spot is at most on-demand, 0.3"),
        (ec2_file({"g5.xlarge": "-3"}), "is a finite number, 0 or more"),
        (ec2_file({"g5.xlarge": "1"}) | {"publicationDate": "2099-01-01"}, "got the day 2099-01-01; today is"),
        (spot_history(spot("us-east-1a", "g5.xlarge", "0.3") | {"Timestamp": "2099-01-01T00:00:00Z"}), "the day 2099"),
        ({"offerCode": "AmazonEC2"}, "an offer file has products and on-demand terms"),
    ],
)
def test_a_list_with_a_wrong_price_keeps_the_old_file_and_says_so(
    project: Project, document: Document, words: str
) -> None:
    before = project.prices.read_bytes()

    ran = project.serving("refresh", "--from", project.list(document), "--yes", "--json")

    assert ran.code == 2
    assert words in ran.document["error"]["message"]
    assert "the old prices are kept" in ran.document["error"]["message"]
    assert project.prices.read_bytes() == before


def test_a_disk_that_is_full_keeps_the_old_file(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = project.prices.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    ran = project.serving("refresh", "--from", project.list(ec2_file({"g5.xlarge": "1.1"})), "--yes")

    assert ran.code == ArtifactError.exit_code
    assert "No space left on device" in ran.err
    assert project.prices.read_bytes() == before


def test_without_a_network_the_old_prices_are_kept(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = project.prices.read_bytes()
    monkeypatch.delenv(prices_refresh.GOOGLE_KEY, raising=False)
    nowhere = download.PriceServers(aws_url="http://127.0.0.1:1", google_url="http://127.0.0.1:1")
    monkeypatch.setattr(download, "PriceServers", lambda: nowhere)

    with stamina.set_testing(True):
        ran = project.serving("refresh", "--yes", "--json")

    assert (ran.code, ran.document["error"]["type"]) == (1, "ServingError")
    assert "the old prices are kept" in ran.document["error"]["message"]
    assert f"Google's prices are passed over: its list needs an API key in {prices_refresh.GOOGLE_KEY}" in ran.err
    assert project.prices.read_bytes() == before
