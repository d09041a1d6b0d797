"""Moves what refers to somebody who was merged: each resource gets a version that refers to who goes on.

Versions before that stay as they were. All is one transaction, in chunks, so that a patient with tens of
thousands of resources never stands in memory whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from gateway.store.body import content, resource
from gateway.store.deliveries.joining import join
from gateway.store.direct import execute
from gateway.store.index import reference_key
from gateway.store.lookup import Entry, ResourceKey
from gateway.store.message import Pending
from gateway.store.referring import pointed, stays
from gateway.store.types import NAME, NUMBER

CHUNK = 500
"""How many resources are in memory at once."""

_REFERRING = (
    "SELECT s.type, s.sys, s.seq, c.fhir_id, c.ver, c.event_us, v.sha, v.body, v.source "
    "FROM sx s CROSS JOIN version v CROSS JOIN current c "
    "WHERE s.k = ? AND (s.type, s.sys, s.seq) > (?, ?, ?) AND s.type <> ? "
    "AND NOT EXISTS (SELECT 1 FROM superseded x WHERE x.seq = s.seq) "
    "AND v.seq = s.seq AND c.tenant = ? AND c.fhir_id = v.fhir_id AND c.type = s.type AND c.seq = s.seq "
    "ORDER BY s.type, s.sys, s.seq LIMIT ?"
)
_PROVENANCE = NUMBER["Provenance"]  # one for each message: not worth reading to leave it as it is


@dataclass(slots=True)
class Moved:
    """A resource as it goes on.

    Attributes:
        source: the message that its state speaks for: the merge says nothing else about it, and a replay of
            that message is not overtaken by it.
    """

    key: ResourceKey
    pending: Pending
    source: str


def moves(connection: Connection, tenant: int, ends: Mapping[str, str]) -> Iterator[list[Moved]]:
    """Yield in chunks the stored resources that refer to what ended (``ends``: old → new, ``"Type/id"``).

    The caller writes each chunk before it takes the next one. What is owed to receivers of who ended goes on
    in order with what they are owed of who goes on.
    """
    join(connection, tenant, ends)
    for old in ends:
        after = (0, 0, 0)
        k = reference_key(tenant, old)
        while rows := execute(connection, _REFERRING, (k, *after, _PROVENANCE, tenant, CHUNK)).fetchall():
            after = rows[-1][:3]
            named = {row[2]: row for row in rows}  # some name it in several elements, filed in several lists
            yield [moved for row in named.values() if (moved := _moved(tenant, row, ends)) is not None]


def _moved(
    tenant: int, row: tuple[int, int, int, str, int, int | None, bytes, bytes, str], ends: Mapping[str, str]
) -> Moved | None:
    type_no, _, seq, id_, ver, event_us, sha, stored, source = row
    if stays(NAME[type_no], id_, ends):
        return None
    body = pointed(resource(stored), ends)
    parts = content(body)
    if parts.sha == sha:  # its posting only has the same hash
        return None
    return Moved(
        (tenant, type_no, id_), Pending(Entry(seq, ver, event_us, sha), body, parts, event_us, b""), source
    )
