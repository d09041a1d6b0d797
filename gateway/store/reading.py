"""What the writer knows before and during a batch: its caches, and what it looked up beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from gateway.canonical import Translation
from gateway.store import identity, lookup
from gateway.store.changes import Changes
from gateway.store.lookup import Entry, IdentKey, ResourceKey
from gateway.store.lru import Lru
from gateway.store.numbers import SPOKEN
from gateway.store.types import NUMBER

_Asked = tuple[set[IdentKey], Callable[[], dict[ResourceKey, Entry]], Callable[[], dict[IdentKey, str]]]

Referring = tuple[int, list[tuple[int, str, bytes]]]
"""How often rows had been inserted when it was asked, and (``seq``, id, body) of what refers to something."""


class Reading:
    """The committed state, as the batch's messages ask for it."""

    def __init__(
        self, connection: Connection, entries: Lru[ResourceKey, Entry], idents: Lru[IdentKey, str]
    ) -> None:
        self.connection = connection
        self._cached_entries = entries
        self._cached_idents = idents
        self._idents: dict[IdentKey, str | None] = {}
        self._spoken: dict[tuple[int, int], bool] = {}
        self._entries: dict[ResourceKey, Entry] = {}
        self._asked: _Asked = (set(), dict, dict)
        self.referring: dict[tuple[int, ...], Referring] = {}

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
            entry.body = lookup.body(self.connection, entry.seq)
        return entry.body
