"""XML as hospitals send it: read without entities, DTDs or network, and bounded; asked by XPath."""

from gateway.wire.xml.document import Document, put_into
from gateway.wire.xml.parse import LIMITS, Limits, parse
from gateway.wire.xml.stream import ANY, records

__all__ = ["ANY", "LIMITS", "Document", "Limits", "parse", "put_into", "records"]
