"""Entry: one line of a tenant's ledger, and the bytes that its hash is made of (docs/ledger.md)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.canonical.digest import Digest, digest
from gateway.errors import Rejected
from gateway.store.clock import instant
from gateway.store.model import Version

FORMAT = "qiao-ledger/1"
"""First line of the encoding."""

NOTHING = bytes(32)
"""``prev`` of a tenant's first entry."""

PURGED = "purged"
"""Event of an entry that says that the bodies of another one's members are gone."""

_WORD = re.compile(r"[a-z][a-z0-9-]{0,31}").fullmatch
_SERIAL = re.compile(r"[!-~]{0,64}").fullmatch


def is_word(text: str) -> bool:
    """Tell whether a text can be a kind or an event."""
    return _WORD(text) is not None


@dataclass(slots=True, frozen=True)
class Entry:
    """What is to be entered: an event of a document, with the versions that it is about.

    Attributes:
        kind: of the document: ``prescription``, ``exam``, ``lab``, ``admission``, ``transfer``, ``referral``,
            ``visit``, ``record``, ``consent``, ``review``, ``dispense``, ``evaluation``, ...
        event: of ``urn:qiao:codes:feed-event``.
        about: the version that stands for the document (of a prescription its RequestGroup).
        members: all versions that belong to it, in the order of their hashing; empty: ``about`` alone.
        serial: of the document, ``""`` for none.
        back: the entry that it follows or corrects, 0 for none; always an earlier one.
    """

    kind: str
    event: str
    about: Version
    members: Sequence[Version] = ()
    serial: str = ""
    back: int = 0

    def check(self) -> None:
        """Refuse what the encoding cannot hold.

        Raises:
            Rejected: ``kind`` or ``event`` is no code, the serial has a character that none has, or ``about``
                is not among the members.
        """
        if self.members and all(self.about.seq != one.seq for one in self.members):
            raise Rejected("what an entry is about is one of its members", code="value")
        if not (_WORD(self.kind) and _WORD(self.event) and _SERIAL(self.serial)):
            raise Rejected("an entry needs a kind, an event and a printable serial", code="value")


@dataclass(slots=True, frozen=True)
class Entered:
    """An entry of the ledger, as it stands there for ever.

    Attributes:
        tenant: whose ledger.
        n: its number in it, counted from 1 without gaps.
        algorithm: ``sm3`` or ``sha256``, of every hash in it.
        ts_us: when it was entered, microseconds since 1970-01-01T00:00:00Z.
        type, id, ver: the version that it is about.
        members: ``Version.seq`` of all versions that it is about, in the order in which they are hashed.
        sha: H(H(body 1) | H(body 2) | ...) over the bodies of its members, as they are answered.
        prev: ``hash`` of the entry before it, 32 zero bytes for the first one.
        hash: H of :meth:`encoded`.
    """

    tenant: str
    n: int
    algorithm: str
    ts_us: int
    kind: str
    event: str
    serial: str
    type: str
    id: str
    ver: int
    members: tuple[int, ...]
    sha: bytes
    back: int
    prev: bytes
    hash: bytes = b""

    @property
    def reference(self) -> str:
        """The version that it is about, ``"Type/id/_history/ver"``."""
        return f"{self.type}/{self.id}/_history/{self.ver}"

    def encoded(self) -> bytes:
        """Return the canonical bytes: UTF-8 lines ``name=value``, each ended by a line feed."""
        return encode(
            self.tenant, self.n, self.algorithm, self.ts_us, self.kind, self.event, self.serial,
            self.reference, len(self.members), self.sha, self.back, self.prev,
        )  # fmt: skip


def encode(
    tenant: str,
    n: int,
    algorithm: str,
    ts_us: int,
    kind: str,
    event: str,
    serial: str,
    about: str,
    members: int,
    sha: bytes,
    back: int,
    prev: bytes,
) -> bytes:
    """Return the canonical bytes of an entry; see :class:`Entered` for the fields."""
    return (
        f"format={FORMAT}\ntenant={tenant}\nn={n}\nalgorithm={algorithm}\ntime={instant(ts_us)}\nkind={kind}\n"
        f"event={event}\nserial={serial}\nabout={about}\nmembers={members}\nsha={sha.hex()}\nback={back}\n"
        f"prev={prev.hex()}\n"
    ).encode()


def sha_of(bodies: Sequence[bytes], hashed: Digest) -> bytes:
    """Return the hash of the members' bodies: each is hashed, then all those hashes together."""
    return hashed(b"".join([hashed(body) for body in bodies]))


def sealed(entry: Entered) -> bytes:
    """Return the hash that an entry must have."""
    return digest(entry.algorithm)(entry.encoded())
