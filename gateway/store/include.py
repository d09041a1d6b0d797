"""Follows the references of matches for ``_include`` (R4 §3.1.1.5.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection

from gateway.store import versions
from gateway.store.model import Version
from gateway.store.postings import values
from gateway.store.query import Include
from gateway.store.types import NUMBER

_CHUNK = 200


def follow(
    connection: Connection, tenant: int, matches: Sequence[Version], includes: Sequence[Include]
) -> list[Version]:
    """Return the current versions that the matches refer to, each once, none of the matches."""
    if not includes:
        return []
    shown = {(match.type, match.id) for match in matches}
    wanted: dict[tuple[str, str], None] = {}
    for match in matches:
        for target in _targets(orjson.loads(match.body), includes):
            if target not in shown:
                wanted[target] = None
    return [found for found in _fetch(connection, tenant, list(wanted)) if not found.deleted]


def _targets(resource: dict[str, Any], includes: Iterable[Include]) -> Iterator[tuple[str, str]]:
    for include in includes:
        for path in include.parameter.paths:
            for node in values(path)(resource):
                type_, _, id_ = str(node.get("reference", "")).partition("/")
                if id_ and type_ in NUMBER and _wanted(type_, include):
                    yield type_, id_.partition("/")[0]


def _wanted(type_: str, include: Include) -> bool:
    if include.target:
        return type_ == include.target
    return not include.parameter.targets or type_ in include.parameter.targets


def _fetch(connection: Connection, tenant: int, wanted: Sequence[tuple[str, str]]) -> Iterator[Version]:
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        sql = (
            f"WITH q(a, b) AS (VALUES {','.join(['(?,?)'] * len(chunk))}) SELECT {versions.COLUMNS} "  # noqa: S608
            "FROM q CROSS JOIN current c CROSS JOIN version v "
            "WHERE c.tenant = ? AND c.type = q.a AND c.fhir_id = q.b AND v.seq = c.seq"
        )
        keys = [value for type_, id_ in chunk for value in (NUMBER[type_], id_)]
        yield from map(versions.of, connection.exec_driver_sql(sql, (*keys, tenant)))
