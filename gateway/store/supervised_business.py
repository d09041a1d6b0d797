"""Supervised business: which resources belong to it, and so may be seen by the regulator.

These are the versions that ledger entries are about and what those refer to: patient, visit, physician,
institution, diagnosis. They are written down with the entry, in its transaction; who writes for the wards
pays nothing. It goes by resource, not by version: of a patient who had an internet visit the whole Patient is
seen, of that patient's stays on the wards nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence

from sqlalchemy import Connection

from gateway.canonical.logical_id import ID
from gateway.store.direct import execute
from gateway.store.model import Version
from gateway.store.session import Session
from gateway.store.tables import TENANT_SHIFT
from gateway.store.types import NUMBER

Key = tuple[int, int, str]
"""(tenant number, type number, id)"""

THROUGH = frozenset(("DocumentReference", "Media", "PractitionerRole"))
"""Types that only stand for others: what they refer to belongs along with them."""

ALONE = frozenset(("Condition",))
"""Types that lead no further: a diagnosis of an internet visit may have been made on a ward."""

_NAMED = re.compile(
    rf'"(?:reference|url)"\s*:\s*"([A-Z][A-Za-z]{{1,63}})/({ID})(?:/_history/[^"]*)?"'.encode()
)
_OF_SEQS = (
    "SELECT q.value FROM EACH(?) q CROSS JOIN version v WHERE v.seq = q.value AND "
    "(SELECT 1 FROM supervised s WHERE s.tenant = ? AND s.type = v.type AND s.fhir_id = v.fhir_id) "
    "IS NOT NULL"
)
_HAS = "SELECT 1 FROM supervised WHERE tenant = ? AND type = ? AND fhir_id = ?"
_IDS = "SELECT fhir_id FROM supervised WHERE tenant = ? AND type = ? LIMIT ?"
_ENTRY = "SELECT n FROM supervised WHERE tenant = ? AND type = ? AND fhir_id = ?"
_COUNT = "SELECT COUNT(*) FROM (SELECT 1 FROM supervised WHERE tenant = ? AND type = ? LIMIT ?) c"


def named_in(body: bytes) -> Iterator[tuple[str, str]]:
    """Yield (type, id) of what the bytes of a resource refer to here; the same may come twice."""
    for type_, id_ in _NAMED.findall(body):
        name = type_.decode()
        if name in NUMBER:
            yield name, id_.decode()


def keys_of(
    tenant: int, members: Sequence[Version], current: Callable[[str, str], Version | None]
) -> set[Key]:
    """Return what belongs to the supervised business because of an entry about these versions.

    Args:
        current: reads a resource as it stands now.
    """
    found: set[tuple[str, str]] = set()
    for one in members:
        found.add((one.type, one.id))
        if one.type not in ALONE:
            found.update(named_in(one.body))
    for type_, id_ in [key for key in found if key[0] in THROUGH]:
        version = current(type_, id_)
        if version is not None:
            found.update(named_in(version.body))
    return {(tenant, NUMBER[type_], id_) for type_, id_ in found}


def has(connection: Connection, tenant: int, type_: str, id_: str) -> bool:
    """Tell whether a resource belongs to the supervised business."""
    return execute(connection, _HAS, (tenant, NUMBER.get(type_, 0), id_)).fetchone() is not None


def entry_of(connection: Connection, tenant: int, type_: str, id_: str) -> int:
    """Return the first entry that is about a resource or names it: 0: none, -1: nobody knows which."""
    row = execute(connection, _ENTRY, (tenant, NUMBER.get(type_, 0), id_)).fetchone()
    return int(row[0]) if row else 0


def of_seqs(connection: Connection, tenant: int, seqs: Collection[int]) -> set[int]:
    """Return those of the versions whose resources belong to the supervised business."""
    if not seqs:
        return set()
    return {row[0] for row in execute(connection, _OF_SEQS, (json.dumps(list(seqs)), tenant))}


def ids(connection: Connection, tenant: int, type_: str, most: int) -> list[str]:
    """Return the ids of those of a type, at most so many."""
    return [row[0] for row in execute(connection, _IDS, (tenant, NUMBER[type_], most))]


def count(connection: Connection, tenant: int, type_: str, most: int) -> int:
    """Count those of a type; ``most`` + 1 where there are more."""
    return int(execute(connection, _COUNT, (tenant, NUMBER[type_], most + 1)).fetchone()[0])


class SupervisedBusiness:
    """What a Store tells of the supervised business; for any thread.

    Args:
        number: gives a tenant's number, None for one that has never written.
    """

    def __init__(self, session: Session, number: Callable[[str], int | None]) -> None:
        self._session, self._number = session, number

    def has(self, tenant: str, type: str, id: str) -> bool:
        """Tell whether a resource belongs to it."""
        with self._session.reading() as connection:
            return has(connection, self._number(tenant) or 0, type, id)

    def of(self, versions: Sequence[Version]) -> list[Version]:
        """Return those of the versions, all of one tenant, whose resources belong to it, in their order."""
        if not versions:
            return []
        with self._session.reading() as connection:
            found = of_seqs(connection, versions[0].seq >> TENANT_SHIFT, [one.seq for one in versions])
        return [one for one in versions if one.seq in found]
