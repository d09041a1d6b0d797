"""What the writer knows before and during a batch: its caches, and what it looked up beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from gateway.canonical import Translation
from gateway.store import identity, lookup
from gateway.store.changes import Changes
from gateway.store.filings import MOST_ROWS, Filings, Found, Key, Sought
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.lru import Bodies, Lru
from gateway.store.numbers import SPOKEN
from gateway.store.types import NUMBER

_Asked = tuple[set[IdentKey], Callable[[], dict[ResourceKey, Entry]], Callable[[], dict[IdentKey, str]]]

Filed = tuple[int, list[tuple[int, str, bytes]]]
"""How often rows had been inserted when it was asked; (``seq``, id, body) of what is filed under a key."""


class Reading:
    """The committed state, as the batch's messages ask for it.

    Attributes:
        bodies: bytes of committed versions, by ``seq``.
        filings: what keys led to before this batch.
        filed: what the tables were asked of keys since: (key, what, how many at most) → answer.
    """

    def __init__(
        self,
        connection: Connection,
        entries: Lru[ResourceKey, Entry],
        idents: Lru[IdentKey, str],
        bodies: Bodies,
        filings: Filings,
    ) -> None:
        self.connection = connection
        self.bodies = bodies
        self.filings = filings
        self._cached_entries = entries
        self._cached_idents = idents
        self._idents: dict[IdentKey, str | None] = {}
        self._spoken: dict[tuple[int, int], bool] = {}
        self._entries: dict[ResourceKey, Entry] = {}
        self._asked: _Asked = (set(), dict, dict)
        self._lent: list[Entry] = []
        self.filed: dict[tuple[Key, Sought, int], Filed] = {}

    def ask(self, entries: Collection[ResourceKey], idents: Collection[IdentKey]) -> None:
        """Post the look-ups of what no cache knows, for :meth:`take`."""
        unknown = {key for key in entries if self._cached_entries.get(key) is None}
        owners = {key for key in idents if self._cached_idents.get(key) is None}
        self._asked = (
            owners,
            lookup.ask_entries(self.connection, unknown),
            lookup.ask_idents(self.connection, owners),
        )

    def take(self) -> None:
        """Take the answers to :meth:`ask`."""
        owners, entries, idents = self._asked
        self._entries.update(entries())
        self._idents.update(dict.fromkeys(owners))
        self._idents.update(idents())

    def prefetch(self, work: Sequence[tuple[int, Translation]]) -> None:
        """Read what ``work``, as (tenant number, Translation), will ask for."""
        self._idents.update(self._prefetch_idents(work))
        self._entries.update(self._prefetch_entries(work))

    def _prefetch_idents(self, work: Sequence[tuple[int, Translation]]) -> dict[IdentKey, str | None]:
        keys = set[IdentKey]()
        for tenant, translation in work:
            keys |= {
                identity.ident_key(tenant, each.type, each.key) for each in translation.drafts if each.key
            }
            keys |= {identity.ident_key(tenant, each.type, each.key) for each in translation.merges}
            keys |= {
                (tenant, NUMBER[each.type], identity.CLEARED, each.id)
                for each in translation.drafts
                if each.cleared
            }
        cached = {key: self._cached_idents.get(key) for key in keys}
        missing = [key for key, owner in cached.items() if owner is None]
        return {**cached, **lookup.idents(self.connection, missing)}

    def _prefetch_entries(self, work: Sequence[tuple[int, Translation]]) -> dict[ResourceKey, Entry]:
        result: dict[ResourceKey, Entry] = {}
        missing: set[ResourceKey] = set()
        for tenant, translation in work:
            for draft in translation.drafts:
                owner = self._idents.get((tenant, NUMBER[draft.type], *draft.key)) if draft.key else None
                key = (tenant, NUMBER[draft.type], owner or draft.id)
                cached = self._cached_entries.get(key)
                if cached is None:
                    missing.add(key)
                else:
                    result[key] = cached
        result.update(lookup.entries(self.connection, missing))
        return result

    def expect(self, entries: Collection[ResourceKey], idents: Collection[IdentKey]) -> None:
        """Read in few statements what :meth:`entry` and :meth:`owner` will be asked for."""
        missing = [key for key in entries if key not in self._entries]
        found = {key: cached for key in missing if (cached := self._cached_entries.get(key)) is not None}
        found.update(lookup.entries(self.connection, [key for key in missing if key not in found]))
        self._entries.update(found)
        unknown = [key for key in idents if key not in self._idents]
        owners: dict[IdentKey, str | None] = {key: self._cached_idents.get(key) for key in unknown}
        owners.update(lookup.idents(self.connection, [key for key in unknown if owners[key] is None]))
        self._idents.update(owners)

    def owner(self, key: IdentKey, changes: Changes) -> str | None:
        """Return the resource that an identifier belongs to: by ``changes``, else as committed."""
        found = changes.owner(key)
        if found is None and key not in self._idents:
            self._idents[key] = self._ident(key)
        return (self._idents[key] if found is None else found) or None

    def _ident(self, key: IdentKey) -> str | None:
        """Return one row; of numbers that ended a first load has none, and asks once a batch."""
        tenant, type_, system, _ = key
        if system == SPOKEN:
            group = (tenant, type_)
            if group not in self._spoken:
                self._spoken[group] = lookup.has_idents(self.connection, tenant, type_, system)
            if not self._spoken[group]:
                return None
        return lookup.idents(self.connection, [key]).get(key)

    def entry(self, key: ResourceKey) -> Entry:
        """Return the committed state of a resource."""
        found = self._entries.get(key) or self._cached_entries.get(key)
        if found is None:
            found = lookup.entries(self.connection, [key])[key]
        self._entries[key] = found
        return found

    def body(self, entry: Entry) -> bytes:
        """Return the stored bytes of a state."""
        if entry.body is None:
            entry.body = self.version(entry.seq)
            self._lent.append(entry)
        return entry.body

    def version(self, seq: int) -> bytes:
        """Return the stored bytes of a version that is in the table."""
        found = self.bodies.get(seq)
        return lookup.body(self.connection, seq) if found is None else found

    def committed(self) -> tuple[dict[ResourceKey, Entry], dict[tuple[Key, Sought], Found]]:
        """Return what was looked up of resources and of keys, to be remembered; let go of the bodies."""
        for entry in self._lent:
            entry.body = None
        known = {key: entry for key, entry in self._entries.items() if entry.ver}
        asked = {
            (key, sought): {id_: seq for seq, id_, _ in rows}
            for (key, sought, most), (_, rows) in self.filed.items()
            if len(rows) < min(most, MOST_ROWS)
        }
        return known, asked
