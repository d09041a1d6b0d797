"""DER: as much of X.690 as certificates and keys with SM2 need, which ``cryptography`` reads only in part."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import Rejected

INTEGER, BIT_STRING, OCTET_STRING, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30


@dataclass(slots=True, frozen=True)
class Element:
    """One element.

    Attributes:
        tag: its first byte.
        content: what is in it.
        whole: tag, length and content.
    """

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Element]:
        """Return the elements that the content is made of. Raises ``Rejected``."""
        found, at = [], 0
        while at < len(self.content):
            one = read(self.content[at:])
            found.append(one)
            at += len(one.whole)
        return found

    def number(self) -> int:
        """Return the content as a number without sign."""
        return int.from_bytes(self.content)


def read(data: bytes) -> Element:
    """Return the element at the beginning of ``data``.

    Raises:
        Rejected: there is none, or its length is not written as DER does.
    """
    if len(data) < 2:
        raise _no_der()
    length, start = data[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(data[2:start])
        if start > 5 or length < 0x80:
            raise _no_der()
    if len(data) < start + length:
        raise _no_der()
    return Element(data[0], data[start : start + length], data[: start + length])


def write(tag: int, *parts: bytes) -> bytes:
    """Return an element of ``parts``."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def integer(value: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return write(INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def raw_signature(data: bytes) -> bytes:
    """Return r and s, 32 bytes each, of an ECDSA or SM2 signature in DER (RFC 3279 §2.2.3, GB/T 35276 §7.3).

    Raises:
        Rejected: it is none.
    """
    numbers = read(data).children()
    if len(numbers) != 2 or any(one.tag != INTEGER or one.number().bit_length() > 256 for one in numbers):
        raise _no_der()
    return b"".join(one.number().to_bytes(32) for one in numbers)


def der_signature(raw: bytes) -> bytes:
    """Return r and s, 32 bytes each, as a signature in DER."""
    return write(SEQUENCE, *(integer(int.from_bytes(half)) for half in (raw[:32], raw[32:])))


def _no_der() -> Rejected:
    return Rejected("a certificate, key or signature is not DER", code="signature-certificate")
