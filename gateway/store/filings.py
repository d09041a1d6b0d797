"""Filings: which current resources a key of the index leads to, as the writer remembers it between batches.

What comes in pieces asks the same again and again: whose sample it is, which orders and reports there are
of it. Only keys that were asked are remembered; each commit adds what it has filed under them. What a row
names may have changed since and no longer say it: who asks looks whether that version is the current one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.store.index import Rows
from gateway.store.lookup import Entry, ResourceKey
from gateway.store.lru import Lru

MOST_KEYS = 16_384
MOST_ROWS = 64
"""Of a key that leads to more (a ward, a code) nothing is remembered: that costs more than to ask again."""


@dataclass(slots=True, frozen=True)
class Sought:
    """What was asked of a key.

    Attributes:
        lists: posting lists (``sx.sys``) that count, () for all.
        name: bytes that a body must have, because a key is only a hash; none for whatever is filed there.
    """

    lists: tuple[int, ...] = ()
    name: bytes = b""

    def takes(self, sys: int, body: bytes | None) -> bool:
        """Tell whether a version counts that is filed in a list."""
        return (not self.lists or sys in self.lists) and (not self.name or self.name in (body or b""))


Key = tuple[int, int]
"""(key of the posting, type number)"""

Found = dict[str, int]
"""Id → ``seq`` of the version that was filed last."""


class Filings:
    """The keys that were asked last. Holds committed state only and belongs to the writer thread."""

    def __init__(self) -> None:
        self._known: Lru[Key, dict[Sought, Found]] = Lru(MOST_KEYS)

    def get(self, key: Key, sought: Sought) -> Found | None:
        """Return what a key leads to, None where that is not remembered. Not to be changed."""
        known = self._known.get(key)
        return None if known is None else known.get(sought)

    def clear(self) -> None:
        """Forget everything."""
        self._known.clear()

    def committed(
        self,
        asked: Mapping[tuple[Key, Sought], Found | None],
        filed: Rows,
        entries: Mapping[ResourceKey, Entry],
    ) -> None:
        """Take over what a batch has asked of the tables, and what it has filed itself.

        Args:
            asked: as the tables said before; None where they have too many rows.
            entries: state of what the batch has touched, with the bodies of what it has written.
        """
        for (key, sought), found in asked.items():
            if found is not None:
                self._known.update({key: {**(self._known.get(key) or {}), sought: found}})
        if not len(self._known):
            return
        made = {entry.seq: (id_, entry) for (_, _, id_), entry in entries.items()}
        for k, type_no, sys, seq in filed.tokens:
            known = self._known.peek((k, type_no))
            if known is not None and seq in made:
                id_, entry = made[seq]
                self._add((k, type_no), known, sys, id_, entry)

    def _add(self, key: Key, known: dict[Sought, Found], sys: int, id_: str, entry: Entry) -> None:
        for sought, found in known.items():
            if sought.takes(sys, entry.body):
                found[id_] = entry.seq
                if len(found) > MOST_ROWS:
                    self._known.discard(key)
                    return
