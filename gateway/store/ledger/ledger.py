"""Ledger: what a Store tells of the ledgers: entries, heads, proofs, and whether they are whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sqlalchemy import Connection

from gateway.canonical import merkle, now_us
from gateway.canonical.digest import digest
from gateway.errors import Rejected
from gateway.store import versions
from gateway.store.day import day_of
from gateway.store.direct import execute
from gateway.store.ledger import rows
from gateway.store.ledger.entry import NOTHING, Entered
from gateway.store.ledger.proof import Consistency, Countersigned, DayHead, Head, Inclusion
from gateway.store.ledger.tree import Tree
from gateway.store.ledger.verify import Checked, Progress, Verification, silent, verify
from gateway.store.model import Version
from gateway.store.session import Session
from gateway.store.types import NUMBER

_LAST = "SELECT MAX(n) FROM ledger WHERE tenant = ?"
_OF = "SELECT hash, ts_us, algorithm FROM ledger WHERE tenant = ? AND n = ?"
_DAYS = "SELECT day, size, root, head FROM ledger_day WHERE tenant = ? AND day >= ? AND day <= ? ORDER BY day"
_HEADS = (
    "SELECT size, root, head, signer, signature, at_us FROM ledger_head WHERE tenant = ? "
    "ORDER BY size, signer"
)
_SIGN = (
    "INSERT INTO ledger_head (tenant, size, signer, root, head, signature, at_us) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, size, signer) DO NOTHING"
)


class Ledger:
    """Reads of the ledgers; for any thread. Entries are appended inside a transaction only, see ``Desk``.

    Args:
        number: gives a tenant's number, None for one that has never written.
        zone: in which days begin.
        algorithm: gives the algorithm of a tenant whose ledger is empty.
    """

    def __init__(
        self,
        session: Session,
        number: Callable[[str], int | None],
        zone: str,
        algorithm: Callable[[str], str],
    ) -> None:
        self._session, self._number, self._zone, self._algorithm = session, number, zone, algorithm

    def entries(self, tenant: str, after: int = 0, count: int = 1000) -> list[Entered]:
        """Return the next entries after number ``after``, in their order."""
        with self._session.reading() as connection:
            return list(rows.after(connection, tenant, self._no(tenant), after, count))

    def entry(self, tenant: str, n: int) -> Entered | None:
        """Return one entry by its number."""
        found = self.entries(tenant, n - 1, 1) if n > 0 else []
        return found[0] if found and found[0].n == n else None

    def of_serial(self, tenant: str, serial: str) -> list[Entered]:
        """Return the entries of a serial, oldest first; empty where nobody knows it."""
        with self._session.reading() as connection:
            return rows.of_serial(connection, tenant, self._no(tenant), serial)

    def about(self, tenant: str, type: str, id: str, ver: int | None = None) -> list[Entered]:
        """Return the entries about a resource, or about one version of it, oldest first."""
        with self._session.reading() as connection:
            found = rows.about(connection, tenant, self._no(tenant), NUMBER.get(type, 0), id)
        return [one for one in found if ver is None or one.ver == ver]

    def members(self, entered: Entered) -> list[Version]:
        """Return the versions that belong to an entry, in the order in which they are hashed.

        One that was purged has an empty body and is a tombstone.
        """
        return self.members_of([entered])[0]

    def members_of(self, entries: Sequence[Entered]) -> list[list[Version]]:
        """Return the same for each of several entries, in one look-up."""
        seqs = sorted({seq for one in entries for seq in one.members})
        with self._session.reading() as connection:
            found = {version.seq: version for version in versions.of_seqs(connection, seqs)}
        return [[found[seq] for seq in one.members] for one in entries]

    def naming(
        self, tenant: str, seqs: Collection[int], after: int = 0
    ) -> tuple[dict[int, frozenset[int]], int]:
        """Return which entries after number ``after`` have versions as members, and how far that is true.

        It reads the ledger through, some entries at a time: no index leads from a version to its entries.
        """
        found: dict[int, frozenset[int]] = {}
        while True:
            with self._session.reading() as connection:
                some, last = rows.naming(connection, self._no(tenant), seqs, after)
            if not last:
                return found, after
            found |= some
            after = last

    def head(self, tenant: str, size: int | None = None) -> Head:
        """Return the head of a tenant's ledger, as it is now or as it was at ``size`` entries.

        Raises:
            Rejected: it has not so many entries (``not-found``).
        """
        with self._session.snapshot() as connection:
            return self._head(connection, tenant, size)

    def proof(self, tenant: str, n: int, size: int | None = None) -> Inclusion:
        """Return the proof that entry ``n`` is in the ledger as it is now, or as it was at ``size`` entries.

        Raises:
            Rejected: there is no such entry (``not-found``).
        """
        with self._session.snapshot() as connection:
            head, tree = self._tree(connection, tenant, size)
            if not 1 <= n <= head.size:
                raise _unknown()
            (entry,) = rows.after(connection, tenant, self._no(tenant), n - 1, 1)
            return Inclusion(entry, head, tuple(merkle.inclusion(n - 1, head.size, tree.part)))

    def consistency(self, tenant: str, before: int, size: int | None = None) -> Consistency:
        """Return the proof that the ledger of ``before`` entries is the beginning of the one of ``size``.

        Raises:
            Rejected: it has not so many entries (``not-found``).
        """
        with self._session.snapshot() as connection:
            after, tree = self._tree(connection, tenant, size)
            if not 0 <= before <= after.size:
                raise Rejected("the ledger has not so many entries", code="not-found", where="from")
            earlier = self._head(connection, tenant, before)
            return Consistency(earlier, after, tuple(merkle.consistency(before, after.size, tree.part)))

    def days(self, tenant: str, first: str = "", last: str = "9999") -> list[DayHead]:
        """Return the head at the end of each day that had entries, ``first`` to ``last`` (``YYYY-MM-DD``).

        The newest day is among them; it may go on (``closed`` is False).
        """
        with self._session.snapshot() as connection:
            found = execute(connection, _DAYS, (self._no(tenant), first, last)).fetchall()
            days = [DayHead(day, size, bytes(root), bytes(head), True) for day, size, root, head in found]
            now = self._head(connection, tenant, None)
        today = day_of(now.ts_us, self._zone)
        if now.size and first <= today <= last:
            days.append(DayHead(today, now.size, now.root, now.head, False))
        return days

    def countersign(self, tenant: str, head: Head | Countersigned, signer: str, signature: bytes) -> None:
        """Keep somebody's signature of a head. Who checks it is the caller.

        Raises:
            Rejected: the ledger never had this head (``conflict``); a first signature is never replaced.
        """
        mine = self.head(tenant, head.size)
        if (mine.root, mine.head) != (head.root, head.head):
            raise Rejected("the ledger never had this head", code="conflict")
        row = (self._no(tenant), head.size, signer, head.root, head.head, signature, now_us())
        with self._session.transaction() as connection:
            execute(connection, _SIGN, row)

    def countersigned(self, tenant: str) -> list[Countersigned]:
        """Return the heads that were signed, the smallest first."""
        with self._session.reading() as connection:
            found = execute(connection, _HEADS, (self._no(tenant),)).fetchall()
        return [
            Countersigned(_whole(size), _raw(root), _raw(head), str(signer), _raw(signature), _whole(at_us))
            for size, root, head, signer, signature, at_us in found
        ]

    def verify(
        self,
        tenant: str,
        *,
        start: int = 1,
        heads: Sequence[Checked] = (),
        processes: int = 1,
        progress: Progress = silent,
    ) -> Verification:
        """Tell whether the ledger is whole, and whether everything that it is about is as it says.

        Args:
            start: what comes before this entry (rounded down to a block) is taken as it is.
            heads: heads that are known to be true, beside those that are kept here: what was exported, or
                what the regulator has. Each must be in the ledger.
            processes: more than one only where a ledger has many entries.
            progress: told how many entries are done, of how many.
        """
        signed = self.countersigned(tenant)
        if bad := [one.size for one in signed if not (one.size and one.at_us and one.signature)]:
            entries = self.head(tenant).size
            return Verification(False, entries, min(bad), "its countersignature is not as it was kept")
        known = [Checked(one.size, one.root, one.head) for one in signed]
        return verify(
            self._session, tenant, self._no(tenant), self._zone, start, [*known, *heads], processes, progress
        )

    def _tree(self, connection: Connection, tenant: str, size: int | None) -> tuple[Head, Tree]:
        head = self._head(connection, tenant, size)
        return head, Tree(connection, self._no(tenant), digest(head.algorithm))

    def _head(self, connection: Connection, tenant: str, size: int | None) -> Head:
        no = self._no(tenant)
        last = execute(connection, _LAST, (no,)).fetchone()[0] or 0
        at = last if size is None else size
        if not 0 <= at <= last:
            raise Rejected("the ledger has not so many entries", code="not-found", where="size")
        row = execute(connection, _OF, (no, at or min(last, 1))).fetchone()
        algorithm = row[2] if row else self._algorithm(tenant)
        hashed = digest(algorithm)
        if not at:
            return Head(tenant, 0, merkle.joined((), hashed), NOTHING, 0, algorithm)
        return Head(tenant, at, Tree(connection, no, hashed).part(0, at), bytes(row[0]), row[1], algorithm)

    def _no(self, tenant: str) -> int:
        return self._number(tenant) or 0


def _raw(value: object) -> bytes:
    """Return a column of bytes, nothing where somebody wrote something else: SQLite takes any type."""
    return bytes(value) if isinstance(value, (bytes, memoryview)) else b""


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _unknown() -> Rejected:
    return Rejected("the ledger has no such entry", code="not-found")
