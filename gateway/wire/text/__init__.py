"""Text: bytes of files and documents in the charsets that Chinese systems write, whatever they declare."""

from gateway.wire.text.decode import Text, decode

__all__ = ["Text", "decode"]
