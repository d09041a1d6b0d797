"""What a desk takes away for good: bodies of versions, entered or not; hash and tombstone stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from gateway.errors import Rejected
from gateway.store import lookup
from gateway.store.desk.reading import Reading
from gateway.store.ledger import appending
from gateway.store.ledger.entry import Entered
from gateway.store.model import Version


class Erasing(Reading):
    """Takes bodies away."""

    def purge(self, entered: Entered, only: Collection[int] | None = None) -> Entered:
        """Take away the bodies of the members of an entry, for good; hash and tombstone stay.

        Returns the entry that says so. Versions that stand in several entries need it for each of them.

        Args:
            only: ``Version.seq`` of the members that go; None: all.

        Raises:
            Rejected: ``conflict``: a member is the current version of its resource (delete that first).
        """
        gone = [seq for seq in entered.members if only is None or seq in only]
        for seq in gone:
            self._unless_current(seq)
        docket = self._do.changes.booked()
        return appending.purge(self._do.connection, docket, self._books, self._ticks, entered, gone)

    def erase(self, versions: Sequence[Version], messages: Sequence[int] = ()) -> None:
        """Take away bodies and postings of versions, entered or not, and the bytes of messages, for good.

        Args:
            versions: none of them the current one of its resource; those without a body stay as they are.
            messages: numbers in the inbox, of messages that say nothing else (``Store.messages_of``).

        Raises:
            Rejected: ``conflict``: a version is the current one.
        """
        for one in versions:
            self._do.erase(self._key(one.type, one.id), [one])
            self._books.erased(one.seq)
        self._do.changes.booked().emptied += messages

    def _unless_current(self, seq: int) -> None:
        row = self._do.changes.waiting_version(seq)
        if not (row[9] if row else lookup.body(self._do.connection, seq)):
            return
        body = self.body(seq)
        entry = self._do.entry(self._key(body["resourceType"], body["id"]))
        if entry.seq == seq:
            raise Rejected(
                "the current version cannot be purged", code="conflict", where=body["resourceType"]
            )
