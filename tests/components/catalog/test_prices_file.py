"""The file: what is written is what is read, and what is damaged is refused in one sentence."""

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.catalog.instance_type import CatalogRow
from components.catalog.prices_file import COLUMNS, SHIPPED_PATH, parse, read_catalog, render
from components.catalog.services import Service
from optimizers.errors import InvalidArgs
from tests.support.catalog_rows import TODAY, row

HEADER = ",".join(COLUMNS)
ROW = "aws,ec2,us-east-1,g5.xlarge,a10g,1,22.35,4,16,1.006,0.4886,a list,2026-07-20"
numbers = st.one_of(st.none(), st.floats(1e-6, 1e6))
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1)
rows = st.builds(
    row,
    st.sampled_from(Service),
    name=names,
    usd_per_hour=numbers,
    spot_usd_per_hour=numbers,
    memory_gib=numbers,
    vcpu=st.one_of(st.none(), st.integers(1, 999)),
    source=st.text(st.sampled_from('abc,"; é'), max_size=20).map(str.strip),
    as_of=st.one_of(st.none(), st.dates()),
)


def refused(content: bytes) -> str:
    with pytest.raises(InvalidArgs) as caught:
        parse(content, "prices.csv")
    (issue,) = caught.value.issues
    assert issue.fix
    return str(issue)


@given(st.lists(rows, min_size=1, max_size=5))
def test_what_is_written_is_what_is_read(written: list[CatalogRow]) -> None:
    assert parse(render(written), "prices.csv") == tuple(written)


def test_the_shipped_file_is_written_the_same_way() -> None:
    content = SHIPPED_PATH.read_bytes()

    assert render(parse(content, "shipped")) == content


def test_every_shipped_price_names_its_source_and_no_two_columns_are_mixed_up() -> None:
    shipped = read_catalog(None, TODAY)
    found = shipped.find(Service.EC2, "us-east-1", "g5.xlarge")

    assert all(item.price.source for item in shipped.rows)
    assert found is not None
    assert (found.instance.vcpu, found.instance.memory_gib, found.instance.accelerator) == (4, 16, "a10g")
    assert (found.price.usd_per_hour, found.price.spot_usd_per_hour) == (1.006, 0.4886)
    assert found.price.as_of == date(2026, 7, 20)


def test_a_blank_cell_is_unknown() -> None:
    (found,) = parse(f"{HEADER}\naws,ec2,us-east-1,p3.2xlarge,,,,,, ,,,\n".encode(), "prices.csv")

    assert (found.price.usd_per_hour, found.price.source, found.price.as_of) == (None, "", None)
    assert (found.instance.vcpu, found.instance.accelerator) == (None, None)


def test_columns_may_stand_in_any_order_and_after_a_mark() -> None:
    swapped = io.StringIO()
    writer = csv.writer(swapped)
    writer.writerow(reversed(COLUMNS))
    writer.writerow(reversed(ROW.split(",")))

    (found,) = parse(b"\xef\xbb\xbf" + swapped.getvalue().encode(), "prices.csv")

    assert found.instance.name == "g5.xlarge"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: got nothing; it names the columns"),
        (HEADER.encode(), "got a header only; there is one price or more"),
        (HEADER.replace(",", ";").encode(), "line 1: got one cell; cells are separated by commas, and there are 13"),
        (HEADER.replace("as_of", "asof").encode() + b"\n" + ROW.encode(), None),
        (f"{HEADER},colour\n{ROW},red\n".encode(), "line 1: got `colour`; there is no such column; remove it"),
        (f"{HEADER},source\n{ROW},x\n".encode(), None),
        (f"{HEADER}\n{ROW}\naws,ec2,us-ea".encode(), "line 3: got 3 cells; a row has 13 cells"),
        (f'{HEADER}\n{ROW}\naws,ec2,"us-ea'.encode(), "unexpected end of data"),
        (f"{HEADER}\n{ROW}\n".encode().replace(b"a list", b"\xff\xfe"), "the file is UTF-8 text; save it as UTF-8"),
        (f"{HEADER}\n{ROW.replace('1.006', '1,006')}\n".encode(), "line 2: got 14 cells"),
        (f"{HEADER}\n{ROW.replace('1.006', 'cheap')}\n".encode(), "line 2, usd_per_hour: got `cheap`"),
        (
            f"{HEADER}\n{ROW.replace('2026-07-20', '20.07.2026')}\n".encode(),
            "line 2, as_of: got `20.07.2026`; a day is",
        ),
        (f"{HEADER}\n{ROW.replace('2026-07-20', '20260720')}\n".encode(), "a day is written like 2026-07-20"),
        (f"{HEADER}\n{ROW.replace('2026-07-20', '2026-02-30')}\n".encode(), "line 2, as_of: got `2026-02-30`"),
        (f"{HEADER}\n{ROW.replace('ec2', 'ec3')}\n".encode(), "line 2, service: got `ec3`; input should be 'ec2'"),
        (f"{HEADER}\n{ROW.replace('g5.xlarge', '')}\n".encode(), "line 2, instance_type: got a blank cell"),
        (f"{HEADER}\n{ROW.replace(',4,', ',4.5,')}\n".encode(), "line 2, vcpu: got `4.5`"),
    ],
)
def test_a_damaged_file_is_refused_by_line_and_column(content: bytes, words: str | None) -> None:
    if words is not None:
        assert words in refused(content)
        return
    with pytest.raises(InvalidArgs) as caught:
        parse(content, "prices.csv")
    assert len(caught.value.issues) == 2


def test_every_wrong_cell_is_named_at_once() -> None:
    broken = ROW.replace("1.006", "x").replace("0.4886", "y")

    with pytest.raises(InvalidArgs, match=r"4 problems in prices\.csv"):
        parse(f"{HEADER}\n{broken}\n{broken}\n".encode(), "prices.csv")


def test_a_project_s_file_replaces_the_shipped_one_as_a_whole(tmp_path: Path) -> None:
    assert read_catalog(tmp_path, TODAY).origin == "the shipped catalog"

    (tmp_path / "prices.csv").write_bytes(render([row()]))

    found = read_catalog(tmp_path, TODAY)
    assert (found.origin, found.rows) == ("prices.csv", (row(),))


@pytest.mark.parametrize(
    "changes",
    [{"usd_per_hour": -1.0, "spot_usd_per_hour": None}, {"usd_per_hour": float("nan")}, {"usd_per_hour": 700.0}],
)
def test_a_project_s_wrong_price_is_refused_before_anything_is_budgeted_with_it(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    (tmp_path / "prices.csv").write_bytes(render([row(**changes)]))

    with pytest.raises(InvalidArgs, match=r"1 problem in prices\.csv"):
        read_catalog(tmp_path, TODAY)
