"""Files are told apart by what is in them."""

from pathlib import Path

import pytest

from components.catalog.price_files import price_files, read_price_lists
from components.catalog.services import Service
from optimizers.errors import InvalidArgs
from tests.support.catalog_rows import machine, row
from tests.support.price_lists import E2, ec2_file, page_of, sagemaker_file, spot, spot_history, write

ROWS = [row(), row(Service.SAGEMAKER_HOSTING), machine("e2-standard-2", 2, 8.0)]


def refused(place: Path) -> str:
    with pytest.raises(InvalidArgs) as caught:
        read_price_lists(price_files(place), ROWS)
    (issue,) = caught.value.issues
    return str(issue)


def test_a_folder_of_every_format_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.json", ec2_file({"g5.xlarge": "1.1"}))
    write(tmp_path / "b.json", sagemaker_file({"ml.g5.xlarge": "1.5"}))
    write(tmp_path / "c.json", spot_history(spot("us-east-1a", "g5.xlarge", "0.5")))
    for name, part in E2.items():
        write(tmp_path / f"{name}.json", page_of({name: part}))
    (tmp_path / "notes.txt").write_text("no price list")

    lists = read_price_lists(price_files(tmp_path), ROWS)

    found = {(quote.name, str(quote.market)): quote.usd_per_hour for item in lists for quote in item.quotes}
    assert found == {
        ("g5.xlarge", "on-demand"): 1.1, ("ml.g5.xlarge", "on-demand"): 1.5, ("g5.xlarge", "spot"): 0.5,
        ("e2-standard-2", "on-demand"): 0.067011,
    }  # fmt: skip


def test_one_file_is_enough(tmp_path: Path) -> None:
    (found,) = read_price_lists(price_files(write(tmp_path / "ec2.json", ec2_file({"g5.xlarge": "1.1"}))), ROWS)

    assert len(found.quotes) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Expecting value at line 1"),
        (b"{", "a price list is a whole JSON document"),
        (b'{"SpotPriceHistory": [', "a price list is a whole JSON document"),
        (b'{"offerCode": "AmazonEC2", "products": {"A": {"sku"', "a price list is a whole JSON document"),
        (b'{"offerCode": "Amaz\xff"}', "a price list is UTF-8 text"),
        (b"\xff\xfe{}", "got byte 0; a price list is UTF-8 text"),
        (b"[1]", "got a JSON list; it is an AWS offer file"),
        (b'{"hello": 1}', "got another document; it is an AWS offer file"),
        (b"[" * 100_000, "got values nested too deeply to read"),
        (b"9" * 5_000, "got a number of too many digits"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_by_path_and_rule(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "list.json"
    path.write_bytes(content)

    sentence = refused(path)

    assert sentence.startswith(f"{path}: got ")
    assert words in sentence
    assert sentence.endswith("the old prices are kept; download the list again")


def test_a_place_without_a_list_is_refused(tmp_path: Path) -> None:
    assert "the folder has no .json file" in refused(tmp_path)
    assert "there is no such file or folder" in refused(tmp_path / "absent.json")
