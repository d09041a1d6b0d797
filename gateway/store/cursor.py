"""Opaque paging cursors: they fix the snapshot and the place in it, and nobody can forge one."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from gateway.errors import Rejected
from gateway.store.model import Version

_MAC_BYTES = 16
_FREE = ("_cursor", "_count", "_format", "_pretty", "_elements")

Place = tuple[str | int | float, ...]
Placed = tuple[Version, Place]


@dataclass(slots=True, frozen=True)
class Cursor:
    """Where a search goes on.

    Attributes:
        snapshot: newest sequence number that the search sees.
        place: the last match that was shown, as the search's order names it; () before the first.
        total: of the whole search, -1 where it was not asked for.
    """

    snapshot: int
    place: Place = ()
    total: int = -1

    @property
    def position(self) -> int:
        """The sequence number of a place in commit order."""
        return int(self.place[0])


def fingerprint(tenant: str, scope: str, pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return 8 bytes that stand for the search itself: a cursor fits no other."""
    told = sorted(pair for pair in pairs if pair[0] not in _FREE)
    return hashlib.blake2b(
        repr((tenant, scope, told)).encode("utf-8", "surrogatepass"), digest_size=8
    ).digest()


def seal(cursor: Cursor, search: bytes, secret: bytes) -> str:
    """Return the cursor as URL-safe text."""
    packed = orjson.dumps([cursor.snapshot, cursor.total, *cursor.place])
    return urlsafe_b64encode(_mac(packed, search, secret) + packed).rstrip(b"=").decode()


def unseal(text: str, search: bytes, secret: bytes) -> Cursor:
    """Return the cursor that ``text`` stands for.

    Raises:
        Rejected: it was not made by this store, or for another search.
    """
    try:
        data = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        data = b""
    mac, packed = data[:_MAC_BYTES], data[_MAC_BYTES:]
    if not packed or not hmac.compare_digest(mac, _mac(packed, search, secret)):
        raise Rejected(
            "was not issued for this search: follow Bundle.link as it stands", code="value", where="_cursor"
        )
    snapshot, total, *place = orjson.loads(packed)
    return Cursor(snapshot, tuple(place), total)


def _mac(packed: bytes, search: bytes, secret: bytes) -> bytes:
    return hmac.digest(secret, search + packed, "sha256")[:_MAC_BYTES]
