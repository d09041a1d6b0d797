"""Owns the arithmetic of a ledger, written from docs/ledger.md alone: hashes, serials, trees, heads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

NAMES = (
    "format", "tenant", "n", "algorithm", "time", "kind", "event", "serial", "about", "members", "sha",
    "back", "prev",
)  # fmt: skip
FIRST = "0" * 64
"""What stands before entry 1."""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def hashed(algorithm: str, data: bytes) -> bytes:
    """Return a hash. Raises ``ValueError``: no such algorithm here."""
    return hashlib.new(algorithm, data).digest()


def entry_hash(entry: Mapping[str, object]) -> str:
    """Return the hash of an entry from its values by name."""
    said = {"format": "qiao-ledger/1", **entry}
    lines = "".join(f"{name}={said[name]}\n" for name in NAMES)
    return hashed(str(entry["algorithm"]), lines.encode()).hex()


def members_hash(algorithm: str, bodies: Sequence[bytes]) -> str:
    """Return the hash over the JSON of an entry's members."""
    return hashed(algorithm, b"".join(hashed(algorithm, body) for body in bodies)).hex()


def check_character(serial: str) -> bool:
    """Tell whether the last character of a serial fits the others (ISO 7064 MOD 37,36)."""
    if len(serial) < 2 or any(letter not in _LETTERS for letter in serial):
        return False
    product = 36
    for letter in serial[:-1]:
        product = ((product + _LETTERS.index(letter)) % 36 or 36) * 2 % 37
    return _LETTERS[(37 - product) % 36] == serial[-1]


def with_check_character(text: str) -> str:
    """Return a text with its check character."""
    return next(text + letter for letter in _LETTERS if check_character(text + letter))


def root(algorithm: str, hashes: Sequence[str]) -> str:
    """Return the root of the tree over the hashes of entries 1 to n (RFC 9162 §2.1.1)."""
    if not hashes:
        return hashed(algorithm, b"").hex()
    stack: list[tuple[int, bytes]] = []
    for one in hashes:
        size, node = 1, hashed(algorithm, b"\0" + bytes.fromhex(one))
        while stack and stack[-1][0] == size:
            node = hashed(algorithm, b"\1" + stack.pop()[1] + node)
            size *= 2
        stack.append((size, node))
    node = stack.pop()[1]
    while stack:
        node = hashed(algorithm, b"\1" + stack.pop()[1] + node)
    return node.hex()


def head_lines(tenant: str, algorithm: str, size: int, root_: str, head: str) -> bytes:
    """Return what is signed of a head."""
    said = (f"tenant={tenant}", f"algorithm={algorithm}", f"size={size}", f"root={root_}", f"head={head}")
    return "".join(f"{line}\n" for line in ("format=qiao-ledger-head/1", *said)).encode()
