"""What a desk enters into the ledger and what it finds there, with what this batch has entered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.store import lookup, supervised_business
from gateway.store.desk.reading import Reading
from gateway.store.ledger import appending, rows
from gateway.store.ledger.entry import Entered, Entry
from gateway.store.model import Version
from gateway.store.types import NUMBER


class Entering(Reading):
    """Enters documents, and looks entries up."""

    def append(self, entry: Entry) -> Entered:
        """Append an entry to the tenant's ledger, in the transaction that stores what it is about.

        Raises:
            Rejected: an entry without a kind or event, or one that goes back to none before it.
        """
        members = entry.members or (entry.about,)
        bodies = [version.body for version in members]
        entered = appending.append(
            self._do.connection, self._docket(), self._books, self._ticks, entry, bodies
        )
        self._supervise(members, entered.n)
        return entered

    def supervise(self, versions: Sequence[Version]) -> None:
        """Let the regulator see what belongs to a document without being entered: flags and tasks."""
        self._supervise(versions, 0)

    def _supervise(self, versions: Sequence[Version], n: int) -> None:
        keys = supervised_business.keys_of(self.tenant_no, versions, self.version)
        self._docket().supervise([key for key in keys if not self._books.named.get(key)], n)

    def entered_with(self, type: str, id: str) -> int:
        """Return the number of the first entry that is about a resource or names it.

        0 for none, -1 for one of a time that did not write down which.
        """
        here = self._docket().naming(self._key(type, id))
        return supervised_business.entry_of(self._do.connection, self.tenant_no, type, id) or here

    def entry(self, n: int) -> Entered | None:
        """Return an entry by its number, None where there is none."""
        found = [one for one in self._waiting() if one.n == n]
        found += rows.after(self._do.connection, self.tenant, self.tenant_no, n - 1, 1) if n > 0 else ()
        return next((one for one in found if one.n == n), None)

    def is_version(self, seq: int, type: str, id: str) -> bool:
        """Tell whether a member of an entry is a version of a resource, purged ones too."""
        row = self._do.changes.waiting_version(seq)
        if row is not None:
            return (row[1], row[2]) == self._key(type, id)[1:]
        return lookup.is_version(self._do.connection, seq, self._key(type, id))

    def naming(self, seqs: Collection[int], after: int) -> list[int]:
        """Return the numbers of the entries after number ``after`` that have one of these versions."""
        found = [one.n for one in self._waiting() if not set(seqs).isdisjoint(one.members)]
        while after >= 0:
            named, last = rows.naming(self._do.connection, self.tenant_no, seqs, after)
            found, after = [*named, *found], last or -1
        return sorted(set(found))

    def entries(self, serial: str) -> list[Entered]:
        """Return what the ledger says of a serial, oldest first, with what this batch has appended."""
        waiting = [one for one in self._waiting() if one.serial == serial]
        return rows.of_serial(self._do.connection, self.tenant, self.tenant_no, serial) + waiting

    def entries_about(self, type: str, id: str) -> list[Entered]:
        """Return the entries that are about versions of a resource, oldest first."""
        waiting = [one for one in self._waiting() if (one.type, one.id) == (type, id)]
        found = rows.about(self._do.connection, self.tenant, self.tenant_no, NUMBER.get(type, 0), id)
        return found + waiting

    def is_entered(self, version: Version) -> bool:
        """Tell whether an entry of this batch has a version as a member."""
        return any(version.seq in one.members for one in self._waiting())

    def _waiting(self) -> list[Entered]:
        return [one for one in self._docket().waiting() if one.tenant == self.tenant]
