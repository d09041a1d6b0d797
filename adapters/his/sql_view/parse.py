"""What the bytes are: one row of a view with the rows that belong to it."""

from __future__ import annotations

from gateway.canonical import Envelope, Record
from gateway.wire import rows


def parse(envelope: Envelope) -> Record:
    """Return the page in an envelope. Raises ``Rejected`` as :func:`gateway.wire.rows.parse`."""
    return rows.parse(envelope.raw)  # type: ignore[return-value]  # a page is laid out row by row
