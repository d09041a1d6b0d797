"""What a desk does with serials: it mints, claims and looks up the numbers of documents."""

from __future__ import annotations

from gateway.errors import Rejected
from gateway.store.desk.place import Place
from gateway.store.serials import Serial, mint
from gateway.store.serials.serial import is_serial


class Numbering(Place):
    """Numbers documents."""

    def mint(self, kind: str, organisation: str, local_number: str) -> Serial:
        """Return the serial of a document: the one that it has, or a new one, in the tenant's format.

        Args:
            kind: ``prescription``, ``exam``, ``lab``, ``admission``, ``transfer`` or ``referral``.
            organisation: code of the institution that made the document.
            local_number: its number there; with the two others it is the document.

        Raises:
            Rejected: something of it does not fit the format, or there is no number left.
        """
        key = self._document(kind, organisation, local_number)
        books = self._books.of(self.tenant)

        def scoped() -> str:
            return books.serials.scope(kind, organisation, self.ts_us, books.node, self.zone)

        return mint.mint(self._do.connection, self._docket(), key, scoped, books.serials, self.ts_us)

    def claim(self, serial: str, kind: str, organisation: str, local_number: str, platform: str) -> Serial:
        """Write down that a document has the serial that a platform gave it.

        Raises:
            Rejected: ``conflict``: another document has it, or this one has another.
        """
        if not is_serial(serial):
            raise Rejected("a serial is 1 to 64 printable ASCII characters", code="value")
        key = self._document(kind, organisation, local_number)
        return mint.claim(self._do.connection, self._do.changes.booked(), key, serial, platform, self.ts_us)

    def serial(self, kind: str, organisation: str, local_number: str) -> Serial | None:
        """Return the serial that a document has, None where it has none."""
        key = self._document(kind, organisation, local_number)
        return mint.of_document(self._do.connection, self._docket(), key)

    def holder(self, serial: str) -> Serial | None:
        """Return which document of the tenant has a serial.

        Raises:
            Rejected: ``conflict``: another tenant's has it.
        """
        return mint.owner(self._do.connection, self._docket(), self.tenant_no, serial)

    def _document(self, kind: str, organisation: str, local_number: str) -> tuple[int, str, str, str]:
        said = (organisation, kind, local_number)
        if not all(said) or any(len(one) > 256 or not one.isprintable() for one in said):
            raise Rejected(
                "a document has a kind, an institution and a number there", code="value", where="identifier"
            )
        return self.tenant_no, organisation, kind, local_number
