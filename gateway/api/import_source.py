"""A file that an import fetches by its URL: from listed hosts only, never redirected, a part at a time.

Whoever may import could otherwise let this server ask any address that it can reach.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from gateway.errors import Rejected
from gateway.settings import is_listed

PART = 256 * 1024
SECONDS = 30.0
"""How long the other side may say nothing."""
LONGEST_URL = 2048
_NOT_LISTED = "its host is not among those that this server may ask; its operator sets [bulk] import_hosts"


def check(url: str, hosts: Iterable[str]) -> SplitResult:
    """Return the parts of a URL that may be fetched.

    Args:
        hosts: ``"name"`` or ``"name:port"`` for https, ``"http://name:port"`` where plain HTTP is meant.

    Raises:
        Rejected: it is no such URL.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is none
    except ValueError:
        raise Rejected("is no URL", code="value", where="input.url") from None
    if len(url) > LONGEST_URL or any(char <= " " or char == "\\" or char > "~" for char in url):
        raise Rejected("is no URL, or too long", code="value", where="input.url")
    if parts.username is not None or parts.password is not None:
        raise Rejected("must not name a user", code="value", where="input.url")
    if not is_listed(parts, hosts):
        raise Rejected(_NOT_LISTED, code="forbidden", where="input.url")
    return parts


async def chunks_of(url: SplitResult) -> AsyncIterator[bytes]:
    """Yield the parts of a file.

    Raises:
        Rejected: it cannot be had, or not to its end.
    """
    connection = (HTTPSConnection if url.scheme == "https" else HTTPConnection)(url.netloc, timeout=SECONDS)
    try:
        answer = await asyncio.to_thread(_open, connection, url)
        while part := await asyncio.to_thread(answer.read1, PART):
            yield part
        if answer.length:
            raise Rejected("the file ends too early", code="incomplete")
    except (OSError, HTTPException) as error:
        raise Rejected(f"the file cannot be fetched ({type(error).__name__})", code="incomplete") from None
    finally:
        connection.close()


def _open(connection: HTTPConnection, url: SplitResult) -> HTTPResponse:
    path = url.path or "/"
    connection.request(
        "GET",
        f"{path}?{url.query}" if url.query else path,
        headers={"Accept": "application/fhir+ndjson", "Accept-Encoding": "identity", "User-Agent": "qiao"},
    )
    answer = connection.getresponse()
    if answer.status != 200:
        raise Rejected(f"the file cannot be fetched: HTTP {answer.status}", code="incomplete")
    return answer
