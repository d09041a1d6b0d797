"""HL7 v2 over MLLP as the gateway speaks it: the door that every such adapter opens, and its answers."""

from gateway.wire.hl7v2.answer import answer
from gateway.wire.hl7v2.answering import Asked, written
from gateway.wire.hl7v2.door import CONTENT_TYPE, MllpDoor, options, parse
from gateway.wire.hl7v2.host_query import HostQuery
from gateway.wire.hl7v2.order_answer import is_of, refuses

__all__ = [
    "CONTENT_TYPE",
    "Asked",
    "HostQuery",
    "MllpDoor",
    "answer",
    "is_of",
    "options",
    "parse",
    "refuses",
    "written",
]
