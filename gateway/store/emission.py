"""Emission: the rows of one new version, tombstones among them, whoever asked for it (R4 §3.1.0.4)."""

from __future__ import annotations

from gateway.canonical import Resource
from gateway.store.body import Content, render
from gateway.store.changes import Changes
from gateway.store.clock import Ticks
from gateway.store.index import Index, Rows
from gateway.store.lookup import Entry, ResourceKey
from gateway.store.method import NUMBERS, Method
from gateway.store.types import NAME


class Emission:
    """Puts versions into :class:`Changes`."""

    def __init__(self, postings: Index) -> None:
        self._postings = postings
        self.governed: frozenset[int] = frozenset()
        """Types whose versions are told to the governor."""

    def version(
        self,
        key: ResourceKey,
        old: Entry,
        body: Resource,
        parts: Content,
        event_us: int | None,
        source: str,
        ticks: Ticks,
        changes: Changes,
        method: Method = "update",
        *,
        late_us: int | None = None,
    ) -> Entry:
        """Add the version that follows ``old``; return the state of the resource after it.

        Args:
            body: with type and id.
            parts: ``body`` taken apart.
            event_us: when the newest event happened that the state speaks for; None for a stub.
            late_us: when that of this version happened, where it is an older one that has added to the state.
            method: the interaction that makes it; a message's drafts are updates.
        """
        tenant, type_no, id_ = key
        type_ = NAME[type_no]
        seq, ts_us = ticks.next()
        ver = old.ver + 1
        data = render(type_, id_, ver, ts_us, parts)
        changes.versions.append(
            (
                seq,
                type_no,
                id_,
                ver,
                ts_us,
                event_us if late_us is None else late_us,
                old.seq or None,
                source,
                parts.sha,
                data,
                NUMBERS[method],
            )
        )
        changes.currents.append((tenant, type_no, id_, seq, ver, event_us))
        if old.ver and not old.deleted:  # a tombstone supersedes itself
            changes.superseded.append((old.seq, seq))
        else:
            changes.tallies[ticks.tenant, "resource", type_] += 1
        self._postings.extract(body, tenant, seq, changes.postings)
        entry = Entry(seq, ver, event_us, parts.sha, method, body=data, ts_us=ts_us)
        changes.entries[key] = entry
        if type_no in self.governed:
            changes.made.append((key, 0 if old.deleted else old.seq, seq, True))
            changes.said[seq] = body
        return entry

    def filed(self, body: Resource, tenant: int, seq: int, rows: Rows) -> None:
        """Append the postings of a version that there is already to ``rows``."""
        self._postings.extract(body, tenant, seq, rows)

    def tombstone(self, key: ResourceKey, old: Entry, source: str, ticks: Ticks, changes: Changes) -> Entry:
        """Add the version that ends a resource, which no search sees; return the state after it."""
        tenant, type_no, id_ = key
        seq, ts_us = ticks.next()
        ver = old.ver + 1
        changes.versions.append(
            (seq, type_no, id_, ver, ts_us, ts_us, old.seq, source, b"", b"", NUMBERS["delete"])
        )
        changes.currents.append((tenant, type_no, id_, seq, ver, ts_us))
        changes.superseded += [(old.seq, seq), (seq, seq)]
        changes.tallies[ticks.tenant, "resource", NAME[type_no]] -= 1
        entry = Entry(seq, ver, ts_us, method="delete", body=b"", ts_us=ts_us)
        changes.entries[key] = entry
        if type_no in self.governed:
            changes.made.append((key, old.seq, seq, False))
        return entry
