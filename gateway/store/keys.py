"""64-bit keys of the search postings: stable hashes of tenant, parameter and value."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b


def signed64(number: int) -> int:
    """Return the low 64 bits of ``number`` as the signed integer that SQL knows."""
    number &= 0xFFFFFFFFFFFFFFFF
    return number - 0x10000000000000000 if number >= 0x8000000000000000 else number


def posting_key(tenant: int, parameter: str, value: str) -> int:
    """Return the key of one value; tokens are compared without case (R4 §3.1.1.4.10)."""
    text = f"{tenant}\x00{parameter}\x00{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


def neighbour_key(tenant: int, parameter: str, value: str) -> int:
    """Return the key of a running number, near those of the numbers just before and after it.

    The first 24 bits hash all but the last two characters, the rest the whole value: order, visit and
    sample numbers of one hour then share a few pages instead of dirtying one page each.
    """
    near = repeated_key(tenant, parameter, value[:-2])
    return (near & ~0xFFFFFFFFFF) | (posting_key(tenant, parameter, value) & 0xFFFFFFFFFF)


@lru_cache(maxsize=4096)
def repeated_key(tenant: int, parameter: str, value: str) -> int:
    """:func:`posting_key` for values that come again and again (codes, states, parameters)."""
    return posting_key(tenant, parameter, value)


@lru_cache(maxsize=4096)
def system_key(system: str) -> int:
    """Return the 32-bit key of a code or identifier system; 0 where there is none."""
    if not system:
        return 0
    digest = blake2b(system.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return int.from_bytes(digest, "big") or 1


def content_sha(content: bytes) -> bytes:
    """Return the 16-byte digest by which equal contents are recognised."""
    return blake2b(content, digest_size=16).digest()
