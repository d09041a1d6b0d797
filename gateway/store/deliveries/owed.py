"""Owed: the entries of a ledger get their rows at a receiver, in the lane of their document.

A document is what an entry goes back to: its lane is named by what its first entry is about, so that it stays
one lane from before it has a serial until after its drugs are dispensed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from gateway.store.deliveries.receivers import head_of
from gateway.store.deliveries.rows import Rows
from gateway.store.direct import execute
from gateway.store.ledger.entry import Entered
from gateway.store.model.delivery import Receiver

FILLED = 1000
"""Entries that one step of a position passes at most."""

_DOORS = (
    "SELECT v.seq, i.adapter FROM EACH(?) q CROSS JOIN version v CROSS JOIN inbox i "
    "WHERE v.seq = q.value AND i.id = v.source"
)
_UPTO = "SELECT upto FROM receiver WHERE no = ?"
_LANE = (
    # what a document begins with; else as an entry before it is kept; else nobody knows yet
    "CASE WHEN {0}.back = 0 THEN CAST({0}.type AS TEXT) || '/' || {0}.fhir_id ELSE "
    "(SELECT d.doc FROM delivery d WHERE d.receiver = {1} AND d.n = {0}.back) END"
)
_WAY = (
    "WITH RECURSIVE way (receiver, tenant, n, ts_us, back, doc) AS ("  # noqa: S608
    f"SELECT r.no, l.tenant, l.n, l.ts_us, l.back, {_LANE.format('l', 'r.no')} "
    "FROM receiver r CROSS JOIN ledger l WHERE r.no = ? AND l.tenant = r.tenant AND l.n > ? AND l.n <= ?"
)
_FILL = (
    # an entry whose way back ends nowhere, because the ledger was cut, is sent all the same
    " UNION ALL SELECT way.receiver, way.tenant, way.n, way.ts_us, p.back, "  # noqa: S608
    f"CASE WHEN p.n IS NULL THEN '/' || CAST(way.back AS TEXT) ELSE {_LANE.format('p', 'way.receiver')} END "
    "FROM way LEFT JOIN ledger p ON p.tenant = way.tenant AND p.n = way.back WHERE way.doc IS NULL) "
    "INSERT INTO delivery (receiver, n, state, doc, attempts, since_us, next_us, at_us, receipt, reason) "
    "SELECT receiver, n, 0, doc, 0, 0, 0, ts_us, '', '' FROM way WHERE doc IS NOT NULL"
)
_BLOCKED = (
    "UPDATE delivery SET state = 4 WHERE receiver = ? AND n > ? AND n <= ? AND state = 0 AND EXISTS ("
    "SELECT 1 FROM delivery e WHERE e.receiver = delivery.receiver AND e.doc = delivery.doc "
    "AND e.n < delivery.n AND e.state <> 2 AND e.state IN (3, 4))"
)

_CHOSEN = (
    # behind what is open of the same document, of whomever it was then; else in the lane that was chosen
    "INSERT INTO delivery (receiver, n, state, doc, attempts, since_us, next_us, at_us, receipt, reason) "
    "SELECT r.no, l.n, 0, COALESCE((SELECT d.doc FROM ledger o CROSS JOIN delivery d "
    "WHERE o.tenant = l.tenant AND o.fhir_id = l.fhir_id AND o.type = l.type AND o.n < l.n "
    "AND d.receiver = r.no AND d.n = o.n AND d.state <> 2 ORDER BY o.n DESC LIMIT 1), ?), "
    "0, 0, 0, l.ts_us, '', '' "
    "FROM receiver r CROSS JOIN ledger l WHERE r.no = ? AND l.tenant = r.tenant AND l.n = ?"
)


class Owed(Rows):
    """The new rows of ``delivery``, and the position that passes them."""

    def fill(
        self,
        receiver: Receiver,
        kinds: Sequence[str] = (),
        events: Sequence[str] = (),
        pairs: Sequence[tuple[str, str]] = (),
    ) -> int:
        """Give the next entries of the ledger their rows, and move the position; returns how far it moved.

        Args:
            kinds: of documents that the receiver is owed; none: all.
            events: likewise.
            pairs: kinds with an event of them, ``""`` for any; none: all.
        """
        with self._session.transaction() as connection:
            head = head_of(connection, receiver.tenant)
            first, last = receiver.upto, min(head, receiver.upto + FILLED)
            moved = "UPDATE receiver SET upto = ? WHERE no = ? AND upto = ?"
            if last <= first or not execute(connection, moved, (last, receiver.no, first)).rowcount:
                receiver.upto = execute(connection, _UPTO, (receiver.no,)).fetchone()[0]
                return 0
            owed = _among("l.kind", kinds) + _among("l.event", events) + _either(pairs)
            said = [text for pair in pairs for text in pair if text]
            execute(connection, _WAY + owed + _FILL, (receiver.no, first, last, *kinds, *events, *said))
            execute(connection, _BLOCKED, (receiver.no, first, last))
        receiver.upto = last
        return last - first

    def pass_over(self, receiver: Receiver, last: int, owed: Sequence[tuple[int, str]]) -> int:
        """Move the position to ``last``, and give those entries their rows that somebody has chosen.

        Args:
            owed: number and lane of each; what shares a lane is kept in order. While an earlier entry about
                the same resource is open, its lane goes before: an end never overtakes what it ends.

        Returns:
            how far it moved; 0 where somebody else was quicker: choose again.
        """
        first = receiver.upto
        moved = "UPDATE receiver SET upto = ? WHERE no = ? AND upto = ?"
        with self._session.transaction() as connection:
            if last <= first or not execute(connection, moved, (last, receiver.no, first)).rowcount:
                receiver.upto = execute(connection, _UPTO, (receiver.no,)).fetchone()[0]
                return 0
            for n, lane in owed:
                execute(connection, _CHOSEN, (lane, receiver.no, n))
            execute(connection, _BLOCKED, (receiver.no, first, last))
        receiver.upto = last
        return last - first

    def doors(self, entries: Sequence[Entered]) -> list[str]:
        """Return through which adapter the version came that each entry is about, ``""``: through none."""
        seqs = [one.members[0] for one in entries if one.members]
        with self._session.reading() as connection:
            found = dict(execute(connection, _DOORS, (json.dumps(seqs),)).fetchall())
        return [found.get(one.members[0], "") if one.members else "" for one in entries]

    def head(self, receiver: Receiver) -> int:
        """Return the number of the newest entry of the receiver's ledger."""
        with self._session.reading() as connection:
            return head_of(connection, receiver.tenant)

    def last_before(self, receiver: Receiver, ts_us: int) -> int:
        """Return the number of the last entry before a moment, 0 where there is none."""
        sql = "SELECT n FROM ledger WHERE tenant = ? AND ts_us < ? ORDER BY n DESC LIMIT 1"
        with self._session.reading() as connection:
            row = execute(connection, sql, (receiver.tenant, ts_us)).fetchone()
        return row[0] if row else 0


def _among(column: str, names: Sequence[str]) -> str:
    return f" AND {column} IN ({', '.join('?' * len(names))})" if names else ""


def _either(pairs: Sequence[tuple[str, str]]) -> str:
    found = ["(l.kind = ? AND l.event = ?)" if event else "l.kind = ?" for _, event in pairs]
    return f" AND ({' OR '.join(found)})" if found else ""
