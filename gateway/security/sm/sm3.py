"""SM3: the hash of GB/T 32905, and HMAC with it (RFC 2104)."""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes, hmac


def sm3(*parts: bytes) -> bytes:
    """Return the 32 bytes of SM3 over ``parts``, one behind the other."""
    digest = hashes.Hash(hashes.SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def hmac_sm3(key: bytes, *parts: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SM3 over ``parts``, one behind the other."""
    code = hmac.HMAC(key, hashes.SM3())
    for part in parts:
        code.update(part)
    return code.finalize()
