"""What the bytes are: one XML message, however it was wrapped."""

from __future__ import annotations

from lxml import etree

from adapters.his.xml_http.opened import open_message
from adapters.his.xml_http.services import ANSWERED, QUERIES
from gateway.canonical import Envelope, Record
from gateway.errors import Rejected
from gateway.wire import rows
from gateway.wire.rows import faulty

NO_QUERIES = "query-not-supported"


def parse(envelope: Envelope) -> Record:
    """Return the message in an envelope.

    Raises:
        Rejected: as :func:`open_message`; ``query-not-supported``: it asks what is not answered here; of a
            row that could not be read, why.
    """
    if envelope.content_type == faulty.CONTENT_TYPE:
        raise faulty.parse(envelope.raw)
    if envelope.content_type == rows.CONTENT_TYPE:
        return rows.parse(envelope.raw)  # type: ignore[return-value]  # a page is laid out row by row
    opened = open_message(envelope.raw, envelope.charset, envelope.meta.get("service", ""))
    name = etree.QName(opened.document.root).localname
    if name not in ANSWERED and (name in QUERIES or opened.service.endswith("Query")):
        raise Rejected("this query is not answered at this door; ask the FHIR API", code=NO_QUERIES)
    return opened.document
