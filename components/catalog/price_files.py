"""Find out which price list a file is, and read it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.catalog.aws_price_list import read_offer_file
from components.catalog.aws_spot_history import read_spot_history
from components.catalog.google_billing import read_sku_pages
from components.catalog.instance_type import CatalogRow
from components.catalog.price_list import PriceList, malformed
from optimizers.errors import InvalidArgs, Issue
from optimizers.json_text import NotJson, parse_json

OPTION = "--from"
CHUNK = 1 << 20
# An offer file names itself before its products, and it may be too large to be read whole.
OFFER_FILE = re.compile(r'"offerCode"\s*:')
HEAD = 1 << 13
SPOT_HISTORY, SKU_PAGE = "SpotPriceHistory", "skus"
FORMATS = f"an AWS offer file (`offerCode`), an EC2 spot price history (`{SPOT_HISTORY}`) or a Google SKU page (`skus`)"


@dataclass(frozen=True, slots=True)
class PriceFile:
    """A price list on disk, and the path or address that messages name it by."""

    path: Path
    label: str


def price_files(place: Path) -> tuple[PriceFile, ...]:
    """
    Return the price lists at `place`: a file, or every `.json` file of a folder.

    Raises:
        InvalidArgs: There is none.
    """
    paths = sorted(place.glob("*.json")) if place.is_dir() else [place] if place.is_file() else []
    if not paths:
        rule = "the folder has no .json file" if place.is_dir() else "there is no such file or folder"
        raise InvalidArgs("the command line", (Issue(OPTION, f"`{place}`", rule, "name the downloaded price lists"),))
    return tuple(PriceFile(path, str(path)) for path in paths)


def read_price_lists(files: Iterable[PriceFile], rows: Sequence[CatalogRow]) -> tuple[PriceList, ...]:
    """
    Return what the lists say of the rows' types.

    Raises:
        InvalidArgs: A file is no price list, or a damaged one.
    """
    wanted = frozenset(row.key for row in rows)
    lists, pages = list[PriceList](), list[tuple[str, Any]]()
    for file in files:
        if OFFER_FILE.search(next(_chunks(file, HEAD), "")):
            lists.append(read_offer_file(_chunks(file, CHUNK), file.label, wanted))
            continue
        content = _document(file)
        if SPOT_HISTORY in content:
            lists.append(read_spot_history(content, file.label, wanted))
        elif SKU_PAGE in content:
            pages.append((file.label, content))
        else:
            raise malformed(file.label, "another document", f"it is {FORMATS}")
    if pages:
        lists.append(read_sku_pages(pages, rows))
    return tuple(lists)


def _chunks(file: PriceFile, size: int) -> Iterator[str]:
    with file.path.open(encoding="utf-8") as stream:
        while True:
            try:
                chunk = stream.read(size)
            except UnicodeDecodeError as error:
                raise malformed(file.label, f"byte {error.start}", "a price list is UTF-8 text") from None
            if not chunk:
                return
            yield chunk


def _document(file: PriceFile) -> dict[str, Any]:
    try:
        content = parse_json("".join(_chunks(file, CHUNK)))
    except NotJson as error:
        raise malformed(file.label, str(error), "a price list is a whole JSON document") from None
    if not isinstance(content, dict):
        raise malformed(file.label, f"a JSON {type(content).__name__}", f"it is {FORMATS}")
    return content
