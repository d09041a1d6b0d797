"""Pulled: checks what was pulled from a ledger, by itself: chain, documents, root, signatures.

For the regulator, who has no access to the store: nothing but the pages is looked at, and what is known to be
true already: an entry's hash, heads (docs/ledger.md, docs/feed-pull.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.canonical import Resource, merkle
from gateway.canonical.digest import digest
from gateway.canonical.json import dumps
from gateway.canonical.merkle import Peaks
from gateway.errors import Rejected
from gateway.security.signature import Signatures, verify_bundle
from gateway.security.signature.moments import seconds
from gateway.store.ledger.entry import FORMAT, NOTHING, PURGED, sha_of
from gateway.store.ledger.verify import Checked

_LINES = (
    "tenant",
    "n",
    "algorithm",
    "time",
    "kind",
    "event",
    "serial",
    "about",
    "members",
    "sha",
    "back",
    "prev",
)

Said = Mapping[str, Any]
"""An entry by the names of its lines; ``member`` is a list."""


@dataclass(slots=True)
class Pulled:
    """What was pulled so far.

    Attributes:
        signatures: verifies those of the messages; None: nobody looks at them.
        signer: name or identifier of the hospital that must have signed, ``""``: as the first message.
        heads: sizes that are known, with root and hash of the last entry.
        whole: each entry must follow the one before it; else some kinds were asked for, and there are gaps.
        n: number of the last entry, ``hash`` its hash.
        entries: how many were checked.
        gone: entries whose documents are missing, until one says that they were purged.
    """

    signatures: Signatures | None = None
    heads: Mapping[int, Checked] = field(default_factory=dict)
    whole: bool = True
    n: int = 0
    hash: bytes = NOTHING
    entries: int = 0
    tenant: str = ""
    algorithm: str = ""
    time: str = ""
    gone: dict[int, str] = field(default_factory=dict)
    signer: str = ""
    peaks: Peaks | None = None

    def __post_init__(self) -> None:
        """A tree can be grown from the first entry only."""
        if self.n == 0 and self.whole:
            self.peaks = ()

    @property
    def root(self) -> bytes | None:
        """Root over all entries, None where the first ones are not known."""
        return None if self.peaks is None else merkle.joined(self.peaks, digest(self.algorithm or "sm3"))

    def take(self, bundle: Resource) -> None:
        """Check a page, or a message of one.

        Raises:
            Bad: what is wrong, and with which entry.
        """
        place = None
        for resource in _resources(bundle):
            if resource.get("resourceType") == "Parameters" and resource.get("id") == "place":
                place = resource
        for message in _messages(bundle):
            self._message(message)
        if place is not None:
            self._placed(place)

    def end(self) -> None:
        """Look at what speaks about the whole.

        Raises:
            Bad: what is wrong, and with which entry.
        """
        if self.gone:
            n = min(self.gone)
            raise Bad(n, "documents of it are missing, and no entry says that they were purged")
        for size, head in self.heads.items():
            if size > self.n and self.whole:
                raise Bad(self.n + 1, "what was pulled ends before a head that is known")
            assert head.size == size

    def _message(self, message: Resource) -> None:
        listed = list(_entries(message))
        if self.signatures is not None:
            self._signature(message, int(listed[0]["n"]) if listed else self.n + 1)
        bodies = {_version(one): dumps(one) for one in _resources(message) if one.get("id")}
        for said in listed:
            try:
                self._entry(said, bodies)
            except (KeyError, ValueError, TypeError):
                raise Bad(self.n + 1, "it does not say what an entry says") from None

    def _signature(self, message: Resource, n: int) -> None:
        assert self.signatures is not None
        signature = message.get("signature")
        if signature is None:
            raise Bad(n, "the message has no signature: none was made (sign_key), or it was taken off")
        when = seconds(signature.get("when")) if isinstance(signature, dict) else None
        try:
            at_us = None if when is None else when * 1_000_000
            verified = verify_bundle(self.signatures, message, at_us=at_us)
        except Rejected as error:
            raise Bad(n, error.reason) from None
        self.signer = self.signer or next(iter(verified.organizations), "")
        if self.signer not in verified.organizations:
            raise Bad(n, "the message is signed by another hospital")

    def _entry(self, said: Said, bodies: Mapping[str, bytes]) -> None:
        n, hash_ = int(said["n"]), bytes.fromhex(said["hash"])
        if self.tenant and (said["tenant"], said["algorithm"]) != (self.tenant, self.algorithm):
            raise Bad(n, "it is of another ledger")
        if n <= self.n or (self.whole and n != self.n + 1):
            raise Bad(self.n + 1, "it is missing" if n > self.n else "it is out of order")
        if n == self.n + 1 and bytes.fromhex(said["prev"]) != self.hash:
            raise Bad(n, "it does not follow the entry before it")
        hashed = digest(said["algorithm"])
        if hashed(encoded(said)) != hash_:
            raise Bad(n, "it is not what its hash says")
        if said["time"] < self.time or not 0 <= int(said["back"]) < n:
            raise Bad(n, "it is out of order")
        self._documents(n, said, bodies)
        self.tenant, self.algorithm, self.time = said["tenant"], said["algorithm"], said["time"]
        self.n, self.hash, self.entries = n, hash_, self.entries + 1
        if self.peaks is not None:
            self.peaks, _ = merkle.grown(self.peaks, merkle.leaf(hash_, hashed), hashed)
        if n in self.heads:
            self._same(self.heads[n])

    def _documents(self, n: int, said: Said, bodies: Mapping[str, bytes]) -> None:
        if said["event"] == PURGED:
            if self.gone.pop(int(said["back"]), said["sha"]) != said["sha"]:
                raise Bad(n, "it says of another entry that it was purged")
            return
        members = said["member"] or [said["about"]]
        if said["about"] not in members:
            raise Bad(n, "it is about another version than its members")
        found = [bodies.get(name, b"") for name in members]
        if sha_of(found, digest(said["algorithm"])).hex() != said["sha"]:
            if all(found):
                raise Bad(n, "what it is about was changed")
            self.gone[n] = said["sha"]

    def _placed(self, place: Resource) -> None:
        head = next((one["part"] for one in place.get("parameter", []) if one.get("name") == "head"), None)
        said = {one["name"]: next(v for k, v in one.items() if k != "name") for one in head or ()}
        if said.get("size") == self.n and self.n and self.whole:
            self._same(Checked(self.n, bytes.fromhex(said["root"]), bytes.fromhex(said["head"])))

    def _same(self, head: Checked) -> None:
        if head.head != self.hash or (self.root is not None and head.root != self.root):
            raise Bad(head.size, "the head of the ledger is another")


class Bad(Exception):
    """Something is not as it must be.

    Attributes:
        n: number of the first entry that is not.
    """

    def __init__(self, n: int, reason: str) -> None:
        super().__init__(reason)
        self.n, self.reason = n, reason


def encoded(said: Said) -> bytes:
    """Return the canonical bytes of an entry as it is told (docs/ledger.md)."""
    values = {"serial": "", **said, "members": max(1, len(said["member"]))}
    return f"format={FORMAT}\n{''.join(f'{name}={values[name]}' + chr(10) for name in _LINES)}".encode()


def _resources(bundle: Resource) -> Iterator[Resource]:
    for one in bundle.get("entry") or ():
        if isinstance(one, dict) and isinstance(one.get("resource"), dict):
            yield one["resource"]


def _messages(bundle: Resource) -> Iterator[Resource]:
    if bundle.get("type") == "message":
        yield bundle
        return
    for one in _resources(bundle):
        if one.get("resourceType") == "Bundle":
            yield from _messages(one)


def _entries(message: Resource) -> Iterator[Said]:
    for one in _resources(message):
        if one.get("resourceType") == "Parameters" and one.get("id") == "ledger":
            for parameter in one.get("parameter") or ():
                if parameter.get("name") == "entry":
                    yield _said(parameter.get("part") or ())


def _said(parts: Sequence[Mapping[str, Any]]) -> Said:
    found: dict[str, Any] = {"member": []}
    for part in parts:
        value = next((value for key, value in part.items() if key.startswith("value")), None)
        if part.get("name") == "member":
            found["member"].append(value)
        else:
            found[str(part.get("name"))] = value
    return found


def _version(resource: Resource) -> str:
    meta = resource.get("meta") or {}
    return f"{resource.get('resourceType')}/{resource['id']}/_history/{meta.get('versionId', '')}"
