"""Document: an entry of the ledger with what a receiver needs to understand it, read from the store.

The versions that the entry is about are those of its moment, the diagnoses that they name among them; what
else they refer to (patient, visit, physician, institution) and the signatures over them are as they stand
now, or as they last stood where they were deleted. Design §3 "Serials and ledger".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.canonical import Resource
from gateway.canonical.elements import each, patient_of, reference
from gateway.canonical.json import loads
from gateway.feed.along import Named, along
from gateway.feed.opened import opened
from gateway.store import Entered, Store, Version

SIGNED = frozenset(("prescription", "exam", "lab", "admission", "transfer", "referral", "record", "review"))
"""Kinds of documents that somebody signs."""

MARK: Resource = {"system": "urn:qiao:codes:feed-mark", "code": "deleted", "display": "来源已删除"}
"""In ``meta.tag`` of what is sent along as it last stood, since it was deleted."""

_AT_ONCE = 50
"""Documents whose signatures are looked for in one search."""

_HOPS = 32
"""Merges that follow each other and are followed."""


@dataclass(slots=True, frozen=True)
class Document:
    """An entry with its resources.

    Attributes:
        entry: as it stands in the ledger.
        versions: of its members, in the order of their hashing; a tombstone has no body.
        members: their resources; tombstones are left out.
        context: what the members refer to, and the signatures over them, by ``"Type/id"``.
        heirs: who goes on for a Patient of the context that was merged since, by the name of who ended; whom
            the entry is of now, by the name of whom it was of, where a merge was taken back since.
        opened: its orders as the receiver came to know them, by ``"Type/id"``, where that was before.
    """

    entry: Entered
    versions: tuple[Version, ...]
    members: tuple[Resource, ...]
    context: Mapping[str, Resource]
    heirs: Mapping[str, Resource] = field(default_factory=dict)
    opened: Mapping[str, Resource] = field(default_factory=dict)

    @property
    def about(self) -> Resource | None:
        """The resource that the entry is about, None where it was deleted."""
        return next(
            (one for one in self.members if name_in(one) == f"{self.entry.type}/{self.entry.id}"), None
        )

    @property
    def key(self) -> str:
        """What is the same whenever this entry is sent: its number and its hash (``"41-7e29…"``)."""
        return f"{self.entry.n}-{self.entry.hash.hex()}"

    def resource(self, name: str) -> Resource | None:
        """Return a member, or what is sent along, by ``"Type/id"``."""
        return next((one for one in self.members if name_in(one) == name), self.context.get(name))

    def of_type(self, type_: str) -> Iterator[Resource]:
        """Yield the resources of a type: members first, then what is sent along."""
        for one in (*self.members, *self.context.values()):
            if one["resourceType"] == type_:
                yield one


class Documents:
    """Reads documents from a store; for any thread.

    Args:
        narrow: whom a patient is linked with and the stay of a visit are not sent along: a receiver told
            of one person in rows or one message could take them for what it is about.
        known: tells whether a receiver that knows orders by their numbers had an entry from us; with it
            ``Document.opened`` is read.
    """

    def __init__(
        self, store: Store, *, narrow: bool = False, known: Callable[[Entered], bool] | None = None
    ) -> None:
        self._store, self._narrow, self._known = store, narrow, known

    def of(self, entries: Sequence[Entered]) -> list[Document]:
        """Return the documents of entries of one tenant, in their order."""
        versions = [tuple(found) for found in self._store.ledger.members_of(entries)]
        members = [
            tuple(_resource(one) for one in found if not one.deleted and one.body) for found in versions
        ]
        signatures = self._signatures(entries, members)
        known: dict[str, Resource | None] = {}
        named = Named(self._narrow)
        for step in range(named.steps):
            if not self._fetch(entries, members, signatures, known, named, step):
                break
        heirs = self._heirs(entries[0].tenant, known) if entries else {}
        return [
            Document(
                entry,
                whole,
                own,
                along(own, signed, known, named),
                _parted(entry, own, known, heirs),
                opened(self._store, entry, self._known) if self._known else {},
            )
            for entry, whole, own, signed in zip(entries, versions, members, signatures, strict=True)
        ]

    def _heirs(self, tenant: str, known: Mapping[str, Resource | None]) -> dict[str, Resource]:
        """Return who goes on for those Patients that were merged, after however many merges."""
        heirs: dict[str, Resource] = {}
        patients = ((name, one) for name, one in known.items() if name.startswith("Patient/"))
        for name, patient in patients:
            now = patient
            for _ in range(_HOPS):
                after = _survivor(now) if now is not None else ""
                if not after:
                    break
                version = self._store.read(tenant, "Patient", after)
                now = self._standing(tenant, version) if version else None
            if now is not None and now is not patient:
                heirs[name] = now
        return heirs

    def _fetch(
        self,
        entries: Sequence[Entered],
        members: Sequence[Sequence[Resource]],
        signatures: Sequence[Sequence[Resource]],
        known: dict[str, Resource | None],
        named: Named,
        step: int,
    ) -> bool:
        """Read what is referred to and not known yet, in one round trip; False: there is no more."""
        start = [one for found in (*members, *signatures) for one in found]
        wanted = {name for one in (*start, *filter(None, known.values())) for name in named.by(one, step)}
        if self._narrow:  # whom it is of now; read with the rest
            wanted |= {f"{one.type}/{one.id}" for one in entries}
        asked = sorted(wanted - set(known))
        if not asked:
            return False
        keys = [(entries[0].tenant, *name.split("/")) for name in asked]
        found = self._store.read_many(keys)  # type: ignore[arg-type]
        for name, version in zip(asked, found, strict=True):
            known[name] = self._standing(entries[0].tenant, version) if version else None
        return True

    def _standing(self, tenant: str, version: Version) -> Resource | None:
        """Return a resource as it stands; of one that was deleted its last version, marked; None: purged."""
        if not version.deleted:
            return _resource(version)
        living = [one for one in self._store.versions(tenant, version.type, version.id) if one.body]
        if not living:
            return None
        last = _resource(living[-1])
        meta = last.get("meta", {})
        return {**last, "meta": {**meta, "tag": [*meta.get("tag", ()), MARK]}}

    def _signatures(
        self, entries: Sequence[Entered], members: Sequence[Sequence[Resource]]
    ) -> list[list[Resource]]:
        """Return the signatures over each document that are not among its members."""
        signed = {
            f"{entry.type}/{entry.id}"
            for entry, own in zip(entries, members, strict=True)
            if entry.kind in SIGNED and not any(one["resourceType"] == "Provenance" for one in own)
        }
        found: dict[str, list[Resource]] = {name: [] for name in signed}
        names = sorted(signed)
        for at in range(0, len(names), _AT_ONCE):
            for one in self._targeting(entries[0].tenant, names[at : at + _AT_ONCE]):
                for name in {reference(target) for target in one.get("target", [])} & signed:
                    found[name].append(one)
        return [found.get(f"{entry.type}/{entry.id}", []) for entry in entries]

    def _targeting(self, tenant: str, names: Sequence[str]) -> Iterator[Resource]:
        """Yield the signatures over some resources."""
        cursor: str | None = ""
        while cursor is not None:
            pairs = [("target", ",".join(names)), ("_count", "200")]
            page = self._store.search(tenant, "Provenance", pairs + ([("_cursor", cursor)] if cursor else []))
            yield from (one for one in map(_resource, page.matches) if one.get("signature"))
            cursor = page.cursor if page.more else None


def _resource(version: Version) -> Resource:
    made: Resource = loads(version.body)
    return made


def name_in(resource: Resource) -> str:
    """Return ``"Type/id"``."""
    return f"{resource['resourceType']}/{resource.get('id', '')}"


def _parted(
    entry: Entered,
    members: Sequence[Resource],
    known: Mapping[str, Resource | None],
    heirs: Mapping[str, Resource],
) -> Mapping[str, Resource]:
    """Return who goes on for a Patient: after a merge that was taken back, whom this document names now."""
    name = f"{entry.type}/{entry.id}"
    standing = known.get(name)
    about = next((one for one in members if name_in(one) == name), None)
    was, now = (patient_of(one) if one is not None else "" for one in (about, standing))
    found = heirs.get(now) or known.get(now)
    return heirs if not was or was == now or found is None else {**heirs, was: found}


def _survivor(patient: Resource) -> str:
    """Return the id of the Patient that goes on for one, ``""`` where it was not merged (R4 Patient.link)."""
    ended = (link for link in each(patient, "link") if link.get("type") == "replaced-by")
    names = (reference(link.get("other")) for link in ended)
    return next((name.removeprefix("Patient/") for name in names if name.startswith("Patient/")), "")
