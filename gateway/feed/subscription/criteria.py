"""Criteria: search parameters tested on one resource (R4 Subscription.criteria; Backport filter-criteria)."""

from __future__ import annotations

from typing import Protocol
from urllib.parse import parse_qsl

from gateway.canonical import Resource
from gateway.errors import Rejected
from gateway.store.search import Criteria

LONGEST = 4096
"""Characters of a criteria."""


class Test(Protocol):
    """Tells whether a resource fulfils what it was made of."""

    def matches(self, resource: Resource) -> bool:
        """Return whether it does."""


def pairs(text: str) -> list[tuple[str, str]]:
    """Return the decoded parameters of a query.

    Raises:
        Rejected: it is no query: too long, or a part without ``=``.
    """
    if len(text) > LONGEST:
        raise Rejected(f"has more than {LONGEST} characters", code="too-long")
    try:
        found = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text), errors="strict")
    except ValueError:
        raise Rejected("is no search: write Type?name=value&name=value", code="value") from None
    return found


def compiled(type_: str, text: str, zone: str) -> Test:
    """Return the test that a query of one type is.

    Raises:
        Rejected: a parameter that is unknown, or that one resource alone cannot answer (chains, ``_has``).
    """
    return Criteria(type_, pairs(text), zone=zone)
