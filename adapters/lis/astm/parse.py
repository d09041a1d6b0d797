"""What the bytes are: the records of one message, from H to L."""

from __future__ import annotations

from gateway.canonical import Envelope
from gateway.errors import Rejected
from gateway.wire.astm.records import Message
from gateway.wire.astm.records import parse as parse_records

CUT = "cut"
"""Fact of an envelope: the line broke off in the middle of the message."""


def parse(envelope: Envelope) -> Message:
    """Return the message in an envelope.

    Raises:
        Rejected: ``incomplete``: its end has not come; else as ``wire.astm.records.parse``.
    """
    if CUT in envelope.meta:
        raise Rejected(
            "the line broke off before the end of the message; the instrument sends it once more",
            code="incomplete",
            where="L",
        )
    return parse_records(envelope.raw, charset=envelope.charset)
