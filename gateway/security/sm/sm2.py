"""SM2: signatures of GB/T 32918.2 over the curve of GB/T 32918.5, with SM3.

Keys are numbers and points here; files and certificates that hold them are read in ``keys.py``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from functools import lru_cache
from threading import Lock

from gateway.security.sm.curve import (
    INFINITY,
    A,
    B,
    G,
    Jacobian,
    Multiples,
    N,
    P,
    Point,
    add,
    affine,
    multiple,
    on_curve,
)
from gateway.security.sm.sm3 import hmac_sm3, sm3

IDENTITY = b"1234567812345678"
"""Of a signer, where nothing else was agreed (GB/T 35276 §10, GM/T 0009)."""

_OFTEN = 4
"""Signatures of a key after which a table of its multiples pays: it costs as much as these to make."""


def public_key(private: int) -> Point:
    """Return the public key of a private key ``1 <= private < N - 1``."""
    return affine([add(INFINITY, _generator().of(private))])[0]


def sign(private: int, data: bytes, *, identity: bytes = IDENTITY, nonce: int = 0) -> bytes:
    """Return r and s, 32 bytes each.

    Args:
        nonce: of the standard's example; 0: one that depends on key, data and fresh random bytes, so that
            neither a repeated state of the machine nor a weak source gives the key away (RFC 6979 §3.6 with
            SM3).
    """
    digest = _digest(data, public_key_of(private), identity)
    e = int.from_bytes(digest)
    nonces: Iterable[int] = [nonce] if nonce else _nonces(private, digest)
    for k in nonces:
        x = affine([add(INFINITY, _generator().of(k))])[0][0]
        r = (e + x) % N
        s = pow(1 + private, -1, N) * (k - r * private) % N
        if r and s and r + k != N:
            return r.to_bytes(32) + s.to_bytes(32)
    raise ValueError("no signature with this nonce")


def verify(public: Point, data: bytes, signature: bytes, *, identity: bytes = IDENTITY) -> bool:
    """Tell whether ``signature`` (r and s, 32 bytes each) is that of ``public`` over ``data``."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    t = (r + s) % N
    if len(signature) != 64 or not (0 < r < N and 0 < s < N and t) or not on_curve(public):
        return False
    x, _, z = add(_KEYS.multiple(public, t), _generator().of(s))
    wanted = (r - int.from_bytes(_digest(data, public, identity))) % N
    # Of the x that leave this remainder there are one or two; comparing them needs no inversion.
    square = z * z % P
    return z != 0 and any(one * square % P == x for one in (wanted, wanted + N) if one < P)


@lru_cache(maxsize=64)
def public_key_of(private: int) -> Point:
    """Return the public key of a private key that signs often."""
    return public_key(private)


@lru_cache(maxsize=1)
def _generator() -> Multiples:
    return Multiples(G, 8)


@lru_cache(maxsize=1024)
def _identification(public: Point, identity: bytes) -> bytes:
    """Return Z of GB/T 32918.2 §5.5."""
    numbers = (A, B, *G, *public)
    return sm3((8 * len(identity)).to_bytes(2), identity, *(one.to_bytes(32) for one in numbers))


def _digest(data: bytes, public: Point, identity: bytes) -> bytes:
    return sm3(_identification(public, identity), data)


def _nonces(private: int, digest: bytes) -> Iterator[int]:
    key, value = bytes(32), b"\1" * 32
    secret = private.to_bytes(32) + (int.from_bytes(digest) % N).to_bytes(32) + secrets.token_bytes(32)
    for step in (b"\0", b"\1"):
        key = hmac_sm3(key, value, step, secret)
        value = hmac_sm3(key, value)
    while True:
        value = hmac_sm3(key, value)
        if 0 < (found := int.from_bytes(value)) < N:
            yield found
        key = hmac_sm3(key, value, b"\0")
        value = hmac_sm3(key, value)


class _Keys:
    """Public keys that were seen, the latest last; those that recur have tables of 160 KiB."""

    def __init__(self, held: int = 256) -> None:
        self._held = held
        self._seen: dict[Point, int | Multiples] = {}
        self._lock = Lock()

    def multiple(self, public: Point, scalar: int) -> Jacobian:
        """Return ``scalar`` times a key."""
        known = self._table(public)
        return add(INFINITY, known.of(scalar)) if known else multiple(public, scalar)

    def _table(self, public: Point) -> Multiples | None:
        with self._lock:
            known = self._seen.pop(public, 0)
            if isinstance(known, int):
                known = Multiples(public, 5) if known >= _OFTEN else known + 1
            if len(self._seen) >= self._held:
                del self._seen[next(iter(self._seen))]
            self._seen[public] = known
        return None if isinstance(known, int) else known


_KEYS = _Keys()
