"""Belongings: what a document consists of: its entries, its resources, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.canonical.elements import each, name_of, references
from gateway.canonical.json import loads
from gateway.canonical.resource import Resource
from gateway.errors import Rejected
from gateway.store import Entered, Store, Version
from gateway.store.supervised_business import named_in
from gateway.store.types import NUMBER

LASTING = frozenset(
    ("HealthcareService", "Location", "Organization", "Patient", "Practitioner", "PractitionerRole",
     "RelatedPerson")
)  # fmt: skip
"""Types of what documents are about: no document itself."""

NAMED = frozenset(("Condition", "Medication"))
"""Types that are members of an entry since its document names them; they may be a ward's own."""

_BESIDE = {"Provenance": "target", "DetectedIssue": "implicated"}
"""Types of what stands beside documents → its element that names them, and the search parameter."""

_ATTACHING = ("Communication", "Consent", "DiagnosticReport", "DocumentReference", "Media")
"""Types that may name the same Binary."""
_ATTACHED = (
    "content.url", "content.attachment.url", "payload.contentAttachment.url", "presentedForm.url",
    "sourceAttachment.url",
)  # fmt: skip

_PAGE = 200


@dataclass(slots=True, frozen=True)
class Belongings:
    """What there is of a document.

    Attributes:
        asked: the serial or ``"Type/id"`` that was given.
        entries: of the ledger that are about it.
        versions: of its resources, all of them, oldest first, by ``"Type/id"``.
        strange: of these resources those that are members of its entries, but another visit's.
    """

    asked: str
    entries: tuple[Entered, ...]
    versions: Mapping[str, tuple[Version, ...]]
    strange: frozenset[str]

    @property
    def seqs(self) -> dict[int, str]:
        """Each version's resource."""
        return {one.seq: name for name, own in self.versions.items() for one in own}


def gathered(store: Store, tenant: str, asked: str) -> Belongings:
    """Return what there is of a document.

    Raises:
        Rejected: ``not-found``: there is no such document; ``value``: it is no document.
    """
    entries = _entries(store, tenant, asked)
    names = _names(store, asked, entries)
    names += [name for name in _beside(store, tenant, names) if name not in names]
    versions = {name: tuple(store.versions(tenant, *name.split("/"))) for name in names}
    for name in _binaries(store, tenant, versions):
        versions.setdefault(name, tuple(store.versions(tenant, *name.split("/"))))
    versions = {name: own for name, own in versions.items() if own}
    if not versions:
        raise Rejected("there is no such document", code="not-found", where=asked)
    return Belongings(asked, tuple(entries), versions, frozenset(_of_others(asked, versions)))


def _entries(store: Store, tenant: str, asked: str) -> list[Entered]:
    """Return what the ledger says of a document: by its serial, or by what it is and the serial of that."""
    type_, slash, id_ = asked.partition("/")
    if not slash:
        found = store.ledger.of_serial(tenant, asked)
        if not found:
            raise Rejected("there is no such document", code="not-found", where=asked)
        return found
    if type_ in LASTING or type_ not in NUMBER:
        raise Rejected("this is no document: name its serial, or Type/id", code="value", where=asked)
    about = store.ledger.about(tenant, type_, id_)
    serials = {one.serial for one in about if one.serial and type_ not in NAMED}
    whole = {one.n: one for serial in serials for one in store.ledger.of_serial(tenant, serial)}
    return [one for _, one in sorted({**whole, **{one.n: one for one in about}}.items())]


def _names(store: Store, asked: str, entries: Sequence[Entered]) -> list[str]:
    """Return the resources of a document, that which was asked for first."""
    found = [asked] if "/" in asked else []
    for members in store.ledger.members_of(entries):
        found += [f"{one.type}/{one.id}" for one in members]
    return list(dict.fromkeys(found))


def _of_others(asked: str, versions: Mapping[str, Sequence[Version]]) -> Iterator[str]:
    """Yield the diagnoses and drugs that are not of the document's own visit: of a ward, or of no visit."""
    bodies = {name: [one.body for one in own if one.body][-1:] for name, own in versions.items()}
    visits = {
        visit
        for name, some in bodies.items()
        if name.partition("/")[0] not in NAMED
        for body in some
        for visit in references(loads(body), "encounter")
    }
    for name, some in bodies.items():
        of = [references(loads(body), "encounter") for body in some]
        if name.partition("/")[0] in NAMED and name != asked and any(map(visits.isdisjoint, of)):
            yield name


def _beside(store: Store, tenant: str, names: Sequence[str]) -> Iterator[str]:
    """Yield the signatures and flags that are about nothing but these resources."""
    for type_, element in _BESIDE.items():
        for one in _found(store, tenant, type_, element, names):
            if set(references(one, element)) <= set(names):
                yield name_of(one)


def _binaries(store: Store, tenant: str, versions: Mapping[str, Sequence[Version]]) -> list[str]:
    """Return the Binaries that attachments of these resources lead to, and of no others of the patient."""
    bodies = [one.body for own in versions.values() for one in own]
    found = {f"Binary/{id_}" for body in bodies for type_, id_ in named_in(body) if type_ == "Binary"}
    if not found:
        return []
    patients = {
        name
        for body in filter(None, bodies)
        for path in ("subject", "patient", "for")
        for name in references(loads(body), path)
        if name.startswith("Patient/")
    }
    if not patients:
        return []  # nobody can tell who else has them
    for type_ in _ATTACHING:
        for one in _found(store, tenant, type_, "patient", sorted(patients)):
            if name_of(one) not in versions:
                found -= {str(url) for url in _urls(one)}
    return sorted(found)


def _urls(resource: Resource) -> Iterator[object]:
    for path in _ATTACHED:
        yield from each(resource, path)


def _found(store: Store, tenant: str, type_: str, parameter: str, names: Sequence[str]) -> Iterator[Resource]:
    """Yield the resources of a type that refer to any of these."""
    for at in range(0, len(names), _PAGE):
        cursor: str | None = ""
        pairs = [(parameter, ",".join(names[at : at + _PAGE])), ("_count", str(_PAGE))]
        while cursor is not None:
            page = store.search(tenant, type_, pairs + ([("_cursor", cursor)] if cursor else []))
            yield from (loads(one.body) for one in page.matches)
            cursor = page.cursor if page.more else None
