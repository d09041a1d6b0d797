"""Deterministic ids: the same message writes the same resources, on every run and every machine."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha1

NAMESPACE = bytes.fromhex("6f1d2a8e5c0b5b7e9a4d71696f616f31")
"""Namespace of qiao's name-based UUIDs; changing it would orphan every stored resource."""


def beside(ident: str, parent: str) -> str:
    """Return ``ident`` with the first eight digits of ``parent``, as UUID version 8 (RFC 9562 §5.8).

    What belongs together (a report and its results) then stands together in the store's index: one page of it
    is written where there would be ten. The other 92 bits still tell them apart.
    """
    return f"{parent[:8]}{ident[8:14]}8{ident[15:]}"


def seed_once(tenant: str, type_name: str, system: str, value: str) -> str:
    """Return the same as :func:`seed` for a key that no other message will name."""
    name = f"{tenant}\x1f{type_name}\x1f{system}\x1f{value}".encode("utf-8", "surrogatepass")
    # SHA-1 is what version 5 asks for; it names things here, it protects nothing.
    digest = sha1(NAMESPACE + name, usedforsecurity=False).hexdigest()
    variant = "89ab"[int(digest[16], 16) & 3]
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"


@lru_cache(maxsize=65536)
def seed(tenant: str, type_name: str, system: str, value: str) -> str:
    """Return the UUID version 5 (RFC 9562 §5.5) of a resource's business key."""
    return seed_once(tenant, type_name, system, value)
