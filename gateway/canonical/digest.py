"""Digest: the two hash algorithms of the ledger, SM3 (GB/T 32905) and SHA-256 (FIPS 180-4), by name."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

from gateway.errors import Misconfigured

ALGORITHMS = ("sm3", "sha256")
LENGTH = 32
"""Bytes of a digest, of both."""

Digest = Callable[[bytes], bytes]


@lru_cache(maxsize=4)
def digest(algorithm: str) -> Digest:
    """Return the function that hashes bytes.

    Raises:
        Misconfigured: it is neither, or this Python's OpenSSL was built without SM3.
    """
    if algorithm not in ALGORITHMS:
        raise Misconfigured(f"the ledger is hashed with {' or '.join(ALGORITHMS)}", code="algorithm")
    try:
        fresh = hashlib.new(algorithm).copy
    except ValueError as error:
        raise Misconfigured(
            "the OpenSSL of this Python has no SM3: use another build, or sha256", code="algorithm"
        ) from error

    def hashed(data: bytes) -> bytes:
        state = fresh()
        state.update(data)
        return state.digest()

    return hashed
