"""What the bytes are: a row with its details, an XML document, or what is neither and why."""

from __future__ import annotations

from gateway.canonical import Envelope, Record
from gateway.wire import rows, xml
from gateway.wire.rows import faulty
from gateway.wire.xml import v3

XML = "application/xml"
"""Content type of a document."""


def parse(envelope: Envelope) -> Record:
    """Return the record in an envelope.

    Raises:
        Rejected: it is none; of what could not be read in its file, why.
    """
    if envelope.content_type == faulty.CONTENT_TYPE:
        raise faulty.parse(envelope.raw)
    if envelope.content_type == XML or envelope.raw.lstrip()[:1] == b"<":
        document = xml.parse(envelope.raw, charset=envelope.charset)
        v3.complete(document.root)
        return document
    return rows.parse(envelope.raw)  # type: ignore[return-value]  # a page is laid out row by row
