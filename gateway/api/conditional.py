"""If-Match, If-None-Match, If-Modified-Since, If-None-Exist (R4 http.html#concurrency, #ccreate)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

from gateway.errors import Rejected
from gateway.store import Version
from gateway.store.model import ANY_VERSION, Change

Condition = tuple[tuple[str, str], ...]

_ONE = r'(?:W/)?"([\x21\x23-\x7e]*)"'
_TAGS = re.compile(rf"\s*{_ONE}\s*(?:,\s*{_ONE}\s*)*").fullmatch
_EACH = re.compile(_ONE).findall
_NEVER = 0
"""A version that no resource has."""
_RESULT = frozenset(
    ("_count", "_sort", "_include", "_revinclude", "_summary", "_elements", "_total", "_cursor", "_contained")
)
"""Parameters that say nothing of which resource is meant."""


def check_versions(change: Change, headers: Mapping[str, str]) -> None:
    """Let a change be made only where If-Match and If-None-Match hold.

    Raises:
        Rejected: one of them is no list of entity tags.
    """
    change.if_match = _versions(headers.get("if-match"), "If-Match")
    change.if_none_match = _versions(headers.get("if-none-match"), "If-None-Match")


def _versions(given: str | None, where: str) -> frozenset[int]:
    """Return the versions that a header names, none without it (RFC 9110 §13.1.1, §13.1.2).

    A tag of another server is a version that never is the current one; ``*`` is any that is there.
    """
    if given is None:
        return frozenset()
    if given.strip() == "*":
        return frozenset((ANY_VERSION,))
    if _TAGS(given) is None:
        raise Rejected('is * or entity tags such as W/"3"', code="value", where=where)
    return frozenset(_version(tag) for tag in _EACH(given))


def _version(tag: str) -> int:
    return int(tag) if tag.isdigit() and len(tag) < 10 else _NEVER


def if_none_exist(given: str | None) -> Condition | None:
    """Return the condition of a conditional create, None where there is none.

    Raises:
        Rejected: it is no search.
    """
    if given is None:
        return None
    with suppress(UnicodeError):  # a header is read as Latin-1, whatever the client wrote
        given = given.encode("latin-1").decode("utf-8")
    return condition(given.rpartition("?")[2], "If-None-Exist")


def condition(query: str, where: str, most: int = 100) -> Condition:
    """Return the search of a conditional interaction.

    Args:
        where: what to call it in an error.
        most: parameters that are taken.

    Raises:
        Rejected: it names nothing to look for, or how to show what is found.
    """
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise Rejected("the parameters are too many or not UTF-8", code="value", where=where) from error
    found = tuple(pair for pair in pairs if pair[0] not in ("_format", "_pretty"))
    if not found:
        raise Rejected(
            "needs a search parameter that says which resource is meant", code="value", where=where
        )
    for name, _ in found:
        if name.partition(":")[0] in _RESULT:
            raise Rejected("says nothing of which resource is meant", code="not-supported", where=name[:64])
    return found


def unchanged(version: Version, etag: str, none_match: str | None, modified_since: str | None) -> bool:
    """Tell whether the client has this version already; If-None-Match goes before If-Modified-Since."""
    if none_match is not None:
        tags = {tag.strip().removeprefix("W/") for tag in none_match.split(",")}
        return "*" in tags or etag[2:] in tags
    if modified_since is None:
        return False
    try:
        moment = parsedate_to_datetime(modified_since)
    except ValueError:  # RFC 9110 §13.1.3: a date that is none is no condition
        return False
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return datetime.fromtimestamp(version.ts_us // 1_000_000, UTC) <= moment
