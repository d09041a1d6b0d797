"""What the bytes are: one HL7 v2 message in ER7."""

from gateway.wire.hl7v2 import parse

__all__ = ["parse"]
