"""
Download the price lists of the catalog's types from the providers.

AWS publishes offer files without credentials; the region index names each region's file. Google's SKU list needs an API
key. EC2 spot prices need credentials of AWS, so they are read from a file only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import stamina

from components.catalog.aws_price_list import OFFERS
from components.catalog.google_billing import COMPUTE_ENGINE_SERVICE
from components.catalog.instance_type import CatalogRow
from components.catalog.price_files import PriceFile
from components.catalog.price_list import malformed
from optimizers.errors import ServingError
from optimizers.json_text import parse_json

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 60.0
ATTEMPTS = 3
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 10.0
# Too many requests, or a server's own trouble.
TEMPORARY = frozenset({429, 500, 502, 503, 504})
GOOGLE_KEY_HEADER = "X-Goog-Api-Key"  # a header, as an address may end up in a message

# A retry is not the user's business: the last failure is told in full.
stamina.instrumentation.set_on_retry_hooks([])


@dataclass(frozen=True, slots=True)
class PriceServers:
    """Where the lists are; tests serve their own."""

    aws_url: str = "https://pricing.us-east-1.amazonaws.com"
    google_url: str = "https://cloudbilling.googleapis.com"


def download(
    rows: Sequence[CatalogRow],
    folder: Path,
    servers: PriceServers,
    google_key: str | None,
    say: Callable[[str], None],
) -> tuple[PriceFile, ...]:
    """
    Return the lists, written to `folder`.

    Args:
        rows: The catalog: its services and regions are what is asked for.
        folder: Has room for the largest list, EC2 in one region, of some hundred MB.
        servers: Where the lists are.
        google_key: None: Google is not asked.
        say: Told what is read.

    Raises:
        ServingError: A server cannot be reached or refuses.
        InvalidArgs: An index is no index.
    """
    import httpx

    timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
    # No redirects: the key would go along to wherever one leads.
    with httpx.Client(timeout=timeout, follow_redirects=False) as client:
        session = _Session(client, folder, say)
        files = _offer_files(session, rows, servers.aws_url)
        if google_key:
            files += _sku_pages(session, servers.google_url, google_key)
    return tuple(files)


@dataclass(frozen=True, slots=True)
class _Session:
    """Downloads into one folder."""

    client: "httpx.Client"
    folder: Path
    say: Callable[[str], None]

    def get(self, url: str, name: str, headers: dict[str, str] | None = None) -> PriceFile:
        """Return the content of `url` as a file of this name."""
        import httpx

        self.say(f"refresh: reading {url}")
        path = self.folder / name
        try:
            for attempt in stamina.retry_context(
                on=is_temporary, attempts=ATTEMPTS, timeout=None, wait_initial=FIRST_WAIT_S, wait_max=LONGEST_WAIT_S
            ):
                with attempt, self.client.stream("GET", url, headers=headers) as response, path.open("wb") as stream:
                    response.raise_for_status()
                    for chunk in response.iter_bytes():
                        stream.write(chunk)
        except httpx.HTTPStatusError as error:
            raise _unreadable(url, f"status {error.response.status_code}") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _unreadable(url, str(error) or type(error).__name__) from None
        return PriceFile(path, url)


def _offer_files(session: _Session, rows: Sequence[CatalogRow], aws_url: str) -> list[PriceFile]:
    files = list[PriceFile]()
    for code, offer in OFFERS.items():
        sold = set(offer.services.values())
        regions = sorted({row.instance.region for row in rows if row.instance.service in sold})
        if not regions:
            continue
        index = session.get(f"{aws_url}/offers/v1.0/aws/{code}/current/region_index.json", f"{code}.index")
        addresses = _json(index).get("regions", {})
        for region in regions:
            entry = addresses.get(region) if isinstance(addresses, dict) else None
            address = entry.get("currentVersionUrl") if isinstance(entry, dict) else None
            if not isinstance(address, str) or not address.startswith("/"):
                rule = f"the index names a path as `currentVersionUrl` of {region}"
                raise malformed(index.label, f"`{address}`", rule)
            files.append(session.get(f"{aws_url}{address}", f"{code}-{region}.json"))
    return files


def _sku_pages(session: _Session, google_url: str, key: str) -> list[PriceFile]:
    pages, token, read = list[PriceFile](), "", set[str]()
    address = f"{google_url}/v1/services/{COMPUTE_ENGINE_SERVICE}/skus?pageSize=5000"
    while True:
        url = f"{address}&pageToken={quote(token)}" if token else address
        read.add(token)
        pages.append(session.get(url, f"google-{len(pages)}.json", {GOOGLE_KEY_HEADER: key}))
        token = str(_json(pages[-1]).get("nextPageToken") or "")
        if token in read:  # none, or one that leads in a circle
            return pages


def _json(file: PriceFile) -> dict[str, Any]:
    try:
        content = parse_json(file.path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise malformed(file.label, str(error), "it is a JSON document") from None
    if not isinstance(content, dict):
        raise malformed(file.label, f"a JSON {type(content).__name__}", "it is a JSON object")
    return content


def is_temporary(error: Exception) -> bool:
    """Return whether the same request may succeed a little later."""
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in TEMPORARY
    return isinstance(error, httpx.TransportError)


def _unreadable(url: str, reason: str) -> ServingError:
    return ServingError(
        f"{url}: cannot be read ({reason}); the old prices are kept; download the lists where it can be and run "
        "`serving prices refresh --from FOLDER`"
    )
