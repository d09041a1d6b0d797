"""What the bytes are: one clinical document (HL7 CDA R2) as XML."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from gateway.canonical import Envelope
from gateway.errors import Misconfigured, Rejected
from gateway.wire import xml
from gateway.wire.xml.schemas import Schemas
from gateway.wire.xml.v3 import DOCUMENT, V3, complete


def parse(envelope: Envelope) -> xml.Document:
    """Return the document in an envelope, with its deviations from the schemas that the door names.

    Raises:
        Rejected: it is no XML (as ``wire.xml.parse``), or no clinical document (``not-cda``).
    """
    document = xml.parse(envelope.raw, charset=envelope.charset)
    complete(document.root)
    if document.root.tag != f"{{{V3}}}{DOCUMENT}":
        said = "the root element is not ClinicalDocument of urn:hl7-org:v3"
        raise Rejected(said, code="not-cda", where=DOCUMENT)
    place = envelope.meta.get("schemas", "")
    if place:
        deviations = _schemas(place)
        found = deviations.check(document) if deviations is not None else None
        document.remarks = [one.issue() for one in found or ()]
    return document


@lru_cache(maxsize=8)
def _schemas(place: str) -> Schemas | None:
    """Return the schemas, None where they are not there any more: they only report."""
    try:
        return Schemas(Path(place))
    except Misconfigured:
        return None
