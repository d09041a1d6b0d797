"""XML as hospitals send it: read without entities, DTDs or network, and bounded; asked by XPath."""

from gateway.wire.xml.document import Document
from gateway.wire.xml.parse import LIMITS, Limits, parse

__all__ = ["LIMITS", "Document", "Limits", "parse"]
