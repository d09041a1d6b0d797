"""Opaque paging cursors: they fix the snapshot and the place in it, and nobody can forge one."""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from gateway.errors import Rejected

_FIELDS = struct.Struct(">BQQq8s")
_FORMAT = 1
_MAC_BYTES = 16
_FREE = ("_cursor", "_count", "_format", "_pretty")


@dataclass(slots=True, frozen=True)
class Cursor:
    """Where a search goes on.

    Attributes:
        snapshot: newest sequence number that the search sees.
        position: the next page starts below it.
        total: of the whole search, -1 where it was not asked for.
    """

    snapshot: int
    position: int
    total: int


def fingerprint(tenant: str, type_: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return 8 bytes that stand for the search itself: a cursor fits no other."""
    told = sorted(pair for pair in pairs if pair[0] not in _FREE)
    return hashlib.blake2b(repr((tenant, type_, told)).encode(), digest_size=8).digest()


def seal(cursor: Cursor, search: bytes, secret: bytes) -> str:
    """Return the cursor as URL-safe text."""
    packed = _FIELDS.pack(_FORMAT, cursor.snapshot, cursor.position, cursor.total, search)
    return urlsafe_b64encode(packed + _mac(packed, secret)).rstrip(b"=").decode()


def unseal(text: str, search: bytes, secret: bytes) -> Cursor:
    """Return the cursor that ``text`` stands for.

    Raises:
        Rejected: it was not made by this store, or for another search.
    """
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        data = b""
    packed, mac = data[: _FIELDS.size], data[_FIELDS.size :]
    if len(data) != _FIELDS.size + _MAC_BYTES or not hmac.compare_digest(mac, _mac(packed, secret)):
        raise Rejected(
            "was not issued by this server: follow Bundle.link as it stands", code="value", where="_cursor"
        )
    _, snapshot, position, total, of = _FIELDS.unpack(packed)
    if of != search:
        raise Rejected(
            "belongs to another search: follow Bundle.link as it stands", code="value", where="_cursor"
        )
    return Cursor(snapshot, position, total)


def _mac(packed: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, packed, "sha256")[:_MAC_BYTES]
