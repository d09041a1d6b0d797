"""Gone: what newer events have taken away from a resource, so that an older one does not bring it back.

What its versions had and its state has not tells itself. A deletion of what was not there (v2 ``""`` before
the value that it deletes has come) leaves no version: it is remembered in a row of ``ident``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from gateway.canonical import Draft, Resource
from gateway.store.body import resource
from gateway.store.changes import Changes
from gateway.store.direct import execute
from gateway.store.identity import CLEARED
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.merge import group
from gateway.store.method import DELETED
from gateway.store.reading import Reading
from gateway.store.referring import MERGED

_CHAIN = (
    "WITH RECURSIVE chain(seq) AS (SELECT CAST(? AS BIGINT) UNION ALL "  # noqa: S608
    "SELECT v.prev_seq FROM chain JOIN version v ON v.seq = chain.seq WHERE v.prev_seq IS NOT NULL) "
    f"SELECT v.body FROM chain JOIN version v ON v.seq = chain.seq WHERE NOT ({DELETED})"
)
_NAMES = frozenset(("resourceType", "id", "meta"))


class Gone:
    """What is gone of the resources that one message touches.

    Args:
        noted: rows of ``ident`` that the message leaves.
    """

    def __init__(self, reading: Reading, changes: Changes, noted: dict[IdentKey, str]) -> None:
        self._reading, self._changes, self._noted = reading, changes, noted

    def of(self, key: ResourceKey, entry: Entry, stored: Resource) -> set[str]:
        """Return what newer events have taken away, and what they have deleted before it was there.

        Args:
            stored: the resource as it stands now, after version ``entry.seq``.
        """
        bodies = past(self._reading.connection, self._changes, entry.seq) if entry.ver > 1 else ()
        had = {one for body in bodies for one in spoken(body)}
        return (had - set(spoken(stored))) | self._cleared(key)

    def clear(self, key: ResourceKey, draft: Draft, stored: Resource) -> None:
        """Remember that an owner deletes what is not there: an older event may still bring it."""
        if draft.cleared and draft.owns:
            known = self._cleared(key)
            new = set(draft.cleared) - set(spoken(stored)) - known
            if new:
                self._noted[row_of(key)] = " ".join(sorted(known | new))

    def _cleared(self, key: ResourceKey) -> frozenset[str]:
        row = row_of(key)
        return marked(self._noted.get(row) or self._reading.owner(row, self._changes))


def past(connection: Connection, changes: Changes, seq: int) -> Iterator[Resource]:
    """Yield the bodies of a version and those before it, also where they are not inserted yet."""
    at: int | None = seq
    while at and (row := changes.waiting_version(at)) is not None:
        if row[9]:
            yield resource(row[9])
        at = row[6]
    for row in execute(connection, _CHAIN, (at,)).fetchall() if at else ():
        if row[0]:  # a purged version says nothing any more
            yield resource(row[0])


def spoken(body: Resource) -> Iterator[str]:
    """Yield what a resource says: its elements, with a dot the parts of one, with bars an identifier."""
    for name, value in body.items():
        if name in _NAMES:
            continue
        element = group(name)
        yield element
        if name == "identifier" and isinstance(value, list):
            yield from map(_identifier, value)
        else:
            yield from (f"{element}.{group(part)}" for part in _parts(value))


def without(body: Resource, gone: Collection[str]) -> Resource:
    """Return ``body`` without what is gone: elements, parts of one, identifiers."""
    if not gone:
        return body
    result: Resource = {}
    for name, value in body.items():
        left = value if name in _NAMES else _left(name, value, gone)
        if left:
            result[name] = left
        elif left is value:  # false and 0 are values
            result[name] = value
    return result


def _left(name: str, value: Any, gone: Collection[str]) -> Any:
    element = group(name)
    if name == "identifier" and isinstance(value, list):
        return [one for one in value if _identifier(one) not in gone]
    if element in gone:
        return None
    if {f"{element}.{group(part)}" for part in _parts(value)}.isdisjoint(gone):
        return value
    one = value if isinstance(value, dict) else value[0]
    left = {part: said for part, said in one.items() if f"{element}.{group(part)}" not in gone}
    return left if isinstance(value, dict) or not left else [left]


def _parts(value: Any) -> Iterable[str]:
    """Return the names inside an element, of a list inside its only entry."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    return one if isinstance(one, dict) else ()


def _identifier(one: Any) -> str:
    return f"identifier|{one.get('system', '')}|{one.get('value', '')}"


def speaks_of(draft: Draft, stored: Resource) -> bool:
    """Tell whether a draft describes this very resource, not one that was merged into it since."""
    if draft.type not in MERGED or draft.key is None or not stored.get("identifier"):
        return True
    return _is_numbered(stored, *draft.key) or not _is_numbered(draft.body, *draft.key)


def _is_numbered(body: Resource, system: str, value: str) -> bool:
    said = body.get("identifier", ())
    return isinstance(said, list) and any(
        one.get("value") == value and one.get("system", system) == system for one in said
    )


def row_of(key: ResourceKey) -> IdentKey:
    """Return the row that remembers what was deleted of a resource before it was there."""
    return (*key[:2], CLEARED, key[2])


def marked(said: str | None) -> frozenset[str]:
    """Return the elements, and with a dot parts of elements, of such a row."""
    return frozenset((said or "").split())
