"""Proof: of inclusion and of consistency as Parameters, and their check by somebody who has nothing else.

RFC 9162 §2.1.3 and §2.1.4; docs/ledger.md. Hashes are hexadecimal, the entry is told by its canonical lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.canonical import Resource, merkle
from gateway.canonical.digest import digest
from gateway.errors import Rejected
from gateway.feed.bundle import ALGORITHMS, Seal
from gateway.feed.head import Part, parts
from gateway.store import Version
from gateway.store.ledger.entry import sha_of
from gateway.store.ledger.proof import Consistency, Inclusion

_BY_NAME = {said: name for name, said in ALGORITHMS.items()}


def inclusion(proof: Inclusion, members: Sequence[Version], seal: Seal | None = None) -> Resource:
    """Return the proof that an entry is in a ledger, with what its hash is made of and what it is about."""
    named = [f"{one.type}/{one.id}/_history/{one.ver}" for one in members]
    return _parameters(
        [
            {"name": "proof", "valueCode": "inclusion"},
            {"name": "n", "valuePositiveInt": proof.entry.n},
            {"name": "entry", "valueString": proof.entry.encoded().decode()},
            {"name": "hash", "valueString": proof.entry.hash.hex()},
            *({"name": "member", "valueString": one} for one in named),
            {"name": "head", "part": parts(proof.head, seal)},
            *_path(proof.path),
        ]
    )


def consistency(proof: Consistency, seal: Seal | None = None) -> Resource:
    """Return the proof that a ledger at one size is the beginning of what it is at another one."""
    return _parameters(
        [
            {"name": "proof", "valueCode": "consistency"},
            {"name": "before", "part": parts(proof.before)},
            {"name": "head", "part": parts(proof.after, seal)},
            *_path(proof.path),
        ]
    )


@dataclass(slots=True, frozen=True)
class Proven:
    """What a proof proves.

    Attributes:
        kind: ``inclusion`` or ``consistency``.
        tenant: whose ledger.
        size: of the ledger, ``root`` its root, ``head`` the hash of its last entry; hexadecimal.
        entry: values of the entry's lines by name; empty for a proof of consistency.
        before: size and root of the earlier ledger, for a proof of consistency.
        sha: whether the bodies that were given are those of the entry; None: none were given.
    """

    kind: str
    tenant: str
    size: int
    root: str
    head: str
    entry: dict[str, str]
    before: tuple[int, str] | None = None
    sha: bool | None = None


def check(proof: Resource, bodies: Sequence[bytes] = ()) -> Proven:
    """Return what a proof proves; nothing but the proof is looked at.

    Args:
        bodies: of the entry's members in their order, as ``GET .../_history/...`` answers.

    Raises:
        Rejected: it is none, or proves nothing (``proof``).
    """
    try:
        return _checked(_Given(proof.get("parameter")), bodies)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise _bad("this is no proof of a ledger") from None


class _Given:
    """Parameters by name."""

    def __init__(self, listed: Any) -> None:
        self._listed = [one for one in listed if isinstance(one, dict)]

    def all(self, name: str) -> list[Any]:
        values = [one for one in self._listed if one.get("name") == name]
        return [
            next(value for key, value in one.items() if key.startswith(("value", "part"))) for one in values
        ]

    def one(self, name: str) -> Any:
        found = self.all(name)
        if len(found) != 1:
            raise ValueError(name)
        return found[0]

    def part(self, name: str) -> _Given:
        return _Given(self.one(name))


def _checked(given: _Given, bodies: Sequence[bytes]) -> Proven:
    head, kind = given.part("head"), str(given.one("proof"))
    hashed = digest(_BY_NAME[head.one("algorithm")])
    size, root = int(head.one("size")), bytes.fromhex(head.one("root"))
    path = [bytes.fromhex(one) for one in given.all("path")]
    told = (kind, str(head.one("tenant")), size, root.hex(), str(head.one("head")))
    if kind == "consistency":
        before = given.part("before")
        earlier, first = int(before.one("size")), bytes.fromhex(before.one("root"))
        if before.one("tenant") != told[1] or not merkle.consistent(earlier, size, first, root, path, hashed):
            raise _bad("the ledger of the later head does not begin with that of the earlier one")
        return Proven(*told, {}, (earlier, first.hex()))
    encoded = str(given.one("entry")).encode()
    entry = dict(line.split("=", 1) for line in encoded.decode().splitlines())
    n, leaf = int(entry["n"]), hashed(encoded)
    if entry["tenant"] != told[1] or entry["algorithm"] != _BY_NAME[head.one("algorithm")]:
        raise _bad("the entry is of another ledger than the head")
    if leaf.hex() != given.one("hash") or n != given.one("n"):
        raise _bad("the entry is not what its hash says")
    if not merkle.included(n - 1, size, merkle.leaf(leaf, hashed), path, root, hashed):
        raise _bad("the entry is not in the ledger of this head")
    sha = None if not bodies else sha_of(bodies, hashed).hex() == entry["sha"]
    if sha is False:
        raise _bad("the documents are not those of the entry")
    return Proven(*told, entry, None, sha)


def _bad(reason: str) -> Rejected:
    return Rejected(reason, code="proof")


def _path(path: Sequence[bytes]) -> list[Part]:
    return [{"name": "path", "valueString": one.hex()} for one in path]


def _parameters(listed: list[Part]) -> Resource:
    return {"resourceType": "Parameters", "parameter": listed}
