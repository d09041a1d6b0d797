"""Bundles of search and history, joined from stored bytes, not parsed (R4 search.html, http.html#history)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from urllib.parse import urlencode

from gateway.api.outcome import warnings
from gateway.api.shape import WHOLE, Shape
from gateway.canonical.json import dumps
from gateway.store import HistoryPage, Page, Version
from gateway.store.clock import instant
from gateway.store.method import VERBS

Pieces = tuple[bytes, ...]
Pairs = Sequence[tuple[str, str]]
GENERAL = frozenset(("_format", "_pretty", "_summary", "_elements"))
"""Parameters that are about the answer; the API reads them, the store does not."""


def searchset(page: Page, url: str, base: str, pairs: Pairs, wanted: Shape = WHOLE) -> bytes:
    """Return the Bundle of one page of a search.

    Args:
        url: what was searched, without its parameters.
        pairs: the parameters as they came.
        wanted: how much of each resource.
    """
    links = [("self", pairs)]
    if page.warnings:  # the self link says what was processed
        links = [("self", [pair for pair in pairs if pair in page.used or pair[0] in GENERAL | {"_cursor"}])]
    links.append(("first", _without_cursor(links[0][1])))
    if page.cursor is not None:
        links.append(("next", [*_without_cursor(links[0][1]), ("_cursor", page.cursor)]))
    entries = [] if wanted.summary == "count" else list(chain.from_iterable(_entries(page, base, wanted)))
    told = [(name, _url(url, pairs)) for name, pairs in links]
    return _joined("searchset", page.ts_us, page.total, told, entries)


def history(page: HistoryPage, url: str, base: str, pairs: Pairs, ascending: bool) -> bytes:
    """Return the Bundle of one page of a history.

    In ascending order the last page has a link ``monitor``: it leads to what is committed later.
    """
    links = [("self", _url(url, pairs)), ("first", _url(url, _without_cursor(pairs)))]
    if page.cursor is not None and (page.more or ascending):
        onwards = _url(url, [*_without_cursor(pairs), ("_cursor", page.cursor)])
        links.append(("next" if page.more else "monitor", onwards))
    head = dumps(base)[:-1]
    entries: list[bytes] = []
    for version in page.versions:
        entries += _past(head, version, created=version.seq in page.created)
    return _joined("history", page.ts_us, page.total, links, entries)


def _joined(
    kind: str, ts_us: int, total: int | None, links: Sequence[tuple[str, str]], entries: list[bytes]
) -> bytes:
    """Return a Bundle; its ``meta.lastUpdated`` is what a client may ask ``_since`` of the next time.

    Args:
        entries: in pieces, joined once: each begins with a comma.
    """
    told = dumps([{"relation": relation, "url": url} for relation, url in links])
    count = b"" if total is None else b',"total":%d' % total
    if entries:
        entries = [b',"entry":[', entries[0][1:], *entries[1:], b"]"]
    meta = b'"meta":{"lastUpdated":"%s"},' % instant(ts_us).encode() if ts_us else b""
    head = b'{"resourceType":"Bundle",' + meta + b'"type":"' + kind.encode() + b'"'
    return b"".join((head, count, b',"link":', told, *entries, b"}"))


def _entries(page: Page, base: str, wanted: Shape) -> Iterator[Pieces]:
    head = dumps(base)[:-1]
    for version in page.matches:
        yield _entry(head, version, wanted.of(version), b"match")
    for version in page.included:
        yield _entry(head, version, wanted.of(version, matched=False), b"include")
    if page.warnings:
        yield b',{"resource":', dumps(warnings(page.warnings)), b',"search":{"mode":"outcome"}}'


def _entry(head: bytes, version: Version, body: bytes, mode: bytes) -> Pieces:
    address = f'/{version.type}/{version.id}","resource":'.encode()
    return b',{"fullUrl":', head, address, body, b',"search":{"mode":"', mode, b'"}}'


def _past(head: bytes, version: Version, *, created: bool) -> Pieces:
    """Return the entry of one version; one that was deleted has no resource.

    The request is the one that made it (R4 Bundle.entry.request). Types, ids and numbers need no escapes.
    """
    address = f"{version.type}/{version.id}"
    asked = version.type if version.method == "create" else address
    status = "204" if version.deleted else "201" if created else "200"
    about = (
        f'"request":{{"method":"{VERBS[version.method]}","url":"{asked}"}},'
        f'"response":{{"status":"{status}","etag":"W/\\"{version.ver}\\"",'
        f'"lastModified":"{instant(version.ts_us)}"}}}}'
    )
    at = f'/{address}",'.encode()
    if version.deleted:
        return b',{"fullUrl":', head, at, about.encode()
    return b',{"fullUrl":', head, at, b'"resource":', version.body, b",", about.encode()


def _without_cursor(pairs: Pairs) -> list[tuple[str, str]]:
    return [pair for pair in pairs if pair[0] != "_cursor"]


def _url(url: str, pairs: Pairs) -> str:
    query = urlencode(pairs, safe=":/,")
    return f"{url}?{query}" if query else url
