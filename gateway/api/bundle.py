"""The searchset Bundle, joined from stored bytes without parsing them (R4 §3.1.1.3, Bundle)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from gateway.canonical.json import dumps
from gateway.store import Page, Version


def searchset(page: Page, base: str, type_: str, pairs: Sequence[tuple[str, str]]) -> bytes:
    """Return the Bundle of one page with its ``self`` and ``next`` links."""
    told = [pair for pair in pairs if pair[0] != "_cursor"]
    links = [{"relation": "self", "url": _url(base, type_, pairs)}]
    if page.cursor is not None:
        links.append({"relation": "next", "url": _url(base, type_, [*told, ("_cursor", page.cursor)])})
    total = b"" if page.total is None else b',"total":%d' % page.total
    entries = b",".join(_entries(page, base))
    entry = b',"entry":[' + entries + b"]" if entries else b""
    return b"".join(
        (b'{"resourceType":"Bundle","type":"searchset"', total, b',"link":', dumps(links), entry, b"}")
    )


def _entries(page: Page, base: str) -> Iterator[bytes]:
    head = dumps(base)[:-1]
    for mode, versions in ((b"match", page.matches), (b"include", page.included)):
        for version in versions:
            yield _entry(head, version, mode)


def _entry(head: bytes, version: Version, mode: bytes) -> bytes:
    address = f"/{version.type}/{version.id}".encode()
    return b"".join(
        (
            b'{"fullUrl":',
            head,
            address,
            b'","resource":',
            version.body,
            b',"search":{"mode":"',
            mode,
            b'"}}',
        )
    )


def _url(base: str, type_: str, pairs: Sequence[tuple[str, str]]) -> str:
    query = urlencode(pairs, safe=":/,|")
    return f"{base}/{type_}?{query}" if query else f"{base}/{type_}"
