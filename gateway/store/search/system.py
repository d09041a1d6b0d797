"""Searches of several types at once: ``GET [base]?_type=…`` and whole compartments (R4 §3.1.1.1)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from gateway.errors import Rejected
from gateway.store.direct import execute
from gateway.store.search.query import Query
from gateway.store.types import NUMBER, TYPES


def types(pairs: Sequence[tuple[str, str]], among: Collection[str] = TYPES) -> list[str]:
    """Return the types that ``_type`` names, or all of ``among``.

    Raises:
        Rejected: it names none of R4 (``value``), or none of those that may be searched here.
    """
    named = [name.strip() for key, value in pairs if key == "_type" for name in value.split(",")]
    for name in named:
        if name not in NUMBER:
            raise Rejected("names no resource type of R4", code="value", where="_type")
        if name not in among:
            raise Rejected(f"{name} is not found here", code="not-supported", where="_type")
    return list(dict.fromkeys(named)) or list(among)


def held(connection: Connection, tenant: str) -> set[str]:
    """Return the types of which the tenant has or had something."""
    rows = execute(connection, "SELECT name FROM tally WHERE tenant = ? AND kind = 'resource'", (tenant,))
    return {row[0] for row in rows}


def present(asked: Query, known: Collection[str]) -> Query:
    """Leave out the types of which there was never anything: each one costs statements."""
    some = tuple(type_ for type_ in asked.types if type_ in known)
    return replace(asked, types=some, filters={type_: asked.filters[type_] for type_ in some})
