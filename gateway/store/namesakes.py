"""Namesakes: diagnoses of one visit and one code with different names.

One code (S00.800, R69.x00) may stand for two diagnoses. They are told apart by their names where one message
has both, or where each has a number of its own (DG1-20). Which of them was there first, and keeps the id that
the code gives, only the store knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID, uuid5

from gateway.canonical import Draft, Resource
from gateway.canonical.named import name_of
from gateway.store.behind import Parted, others, records, stand
from gateway.store.identity import ident_key, renamed
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of, is_error
from gateway.store.types import NUMBER

Belongs = Callable[[IdentKey], "str | None"]
Standing = Callable[[ResourceKey], Resource]


@dataclass(slots=True)
class _Meant:
    """A draft of a diagnosis.

    Attributes:
        called: the row of its name.
        known: the diagnosis behind which its record stands, ``""`` for none; ``body``: as it stands.
    """

    draft: Draft
    called: IdentKey
    known: str
    body: Resource

    @property
    def is_renamed(self) -> bool:
        """Whether its record stands behind a diagnosis that has another name."""
        return bool(self.body) and name_of(self.body) != name_of(self.draft.body)

    @property
    def is_back(self) -> bool:
        """Whether its record stands again behind a diagnosis that was withdrawn."""
        return is_error(self.body.get("verificationStatus")) and not _is_withdrawn(self.draft)


def settle(
    tenant: int,
    drafts: Sequence[Draft],
    belongs: Belongs,
    standing: Standing,
    newer: Callable[[ResourceKey], bool],
    noted: dict[IdentKey, str],
) -> tuple[Sequence[Draft], Parted]:
    """Return the drafts with the ids that they belong to, references inside the message included.

    Args:
        belongs: the resource that a row of ``ident`` names.
        standing: a resource as it stands, empty where there is none.
        newer: whether the message is not older than what stands.
        noted: rows of ``ident`` that the message leaves.
    """
    meant = list(_meant(tenant, drafts, belongs, standing))
    leaves = {one.known for one in meant if one.is_renamed}
    goes, nameless = dict[int, str](), set[int]()
    groups: dict[tuple[str, str], list[tuple[Draft, IdentKey, str | None]]] = {}

    def give(draft: Draft, called: IdentKey, id_: str) -> None:
        goes[id(draft)] = id_
        if belongs(called) not in (None, id_):  # the name was another's
            if newer((*called[:2], id_)) and not _is_withdrawn(draft):
                noted[called] = id_
            else:
                nameless.add(id(draft))

    for one in meant:
        if id_ := _goes_on(one, leaves, belongs, standing, newer):
            give(one.draft, one.called, id_)
            continue
        owner = belongs(one.called)
        if owner and _is_anothers(standing((*one.called[:2], owner)), one.draft.body):
            owner = None
        groups.setdefault((one.draft.type, one.draft.bare), []).append((one.draft, one.called, owner))
    for (type_, bare), group in groups.items():
        for draft, called, id_ in _by_name(group, bare, partial(_stored, standing, (tenant, NUMBER[type_]))):
            give(draft, called, id_)
    settled = _renamed(drafts, goes, nameless) if meant else drafts
    return settled, stand(tenant, settled, belongs, newer, noted) if meant else []


def _renamed(drafts: Sequence[Draft], goes: Mapping[int, str], nameless: set[int]) -> list[Draft]:
    """Return the drafts with the ids that they were given, and references to them.

    Of two with one seed (a record that stands, and one that is withdrawn) the references mean the first.

    Args:
        goes: ``id()`` of a draft → its id; ``nameless``: those whose name stays another's.
    """
    names: dict[str, str] = {}
    for draft in drafts:
        if id(draft) in goes:
            names.setdefault(f"{draft.type}/{draft.id}", f"{draft.type}/{goes[id(draft)]}")
    names = {seed: name for seed, name in names.items() if seed != name}
    settled = list(renamed(drafts, names) if names else drafts)
    for at, draft in enumerate(drafts):
        id_ = goes.get(id(draft), settled[at].id)
        if settled[at].id != id_:
            settled[at] = replace(settled[at], id=id_, body={**settled[at].body, "id": id_}, mark=b"")
        if id(draft) in nameless:
            settled[at] = replace(settled[at], key=None)
    return settled


def _meant(tenant: int, drafts: Iterable[Draft], belongs: Belongs, standing: Standing) -> Iterator[_Meant]:
    for draft in drafts:
        if not draft.bare or draft.key is None:
            continue
        called = ident_key(tenant, draft.type, draft.key)
        known = next(filter(None, map(belongs, records(tenant, draft))), "")
        yield _Meant(draft, called, known, standing((*called[:2], known)) if known else {})


def _goes_on(
    one: _Meant,
    leaves: set[str],
    belongs: Belongs,
    standing: Standing,
    newer: Callable[[ResourceKey], bool],
) -> str:
    """Return the diagnosis behind which a record goes on to stand, ``""`` where its name must tell.

    That is the one that it stood behind, whatever it is called now, unless another is called so already: one
    name is one diagnosis. Where others stand behind it, who has another name leaves them; but an older event
    moves nothing.

    Args:
        leaves: diagnoses of which this message says another name.
    """
    if not one.body:
        return ""
    if not (one.is_renamed or one.is_back) or not newer((*one.called[:2], one.known)):
        return one.known
    owner = belongs(one.called)
    if owner and owner not in leaves and _is_called(standing((*one.called[:2], owner)), one.draft.body):
        return owner
    return "" if one.is_renamed and others(one.body, one.draft.body) else one.known


def _is_withdrawn(draft: Draft) -> bool:
    return is_error(draft.body.get("verificationStatus"))


def _is_called(stored: Resource, said: Resource) -> bool:
    """Tell whether a diagnosis stands, and has the name of another."""
    return name_of(stored) == name_of(said) and not is_error(stored.get("verificationStatus"))


def _stored(standing: Standing, of: tuple[int, int], id_: str) -> Resource:
    return standing((*of, id_))


def _by_name(
    group: Sequence[tuple[Draft, IdentKey, str | None]], bare: str, stored: Callable[[str], Resource]
) -> Iterator[tuple[Draft, IdentKey, str]]:
    """Yield diagnoses of one code with the ids that their names give them.

    Args:
        group: each with the row of its name, and the id that this belongs to, None for none.
    """
    free = [draft for draft, _, owner in group if owner is None]
    taken = any(owner == bare for _, _, owner in group)
    first = None if taken or not free else _first(free, bare, stored(bare))
    named = name_of(first.body) if first is not None else None
    for draft, called, owner in group:
        own = called[3]
        goes = owner or (bare if name_of(draft.body) == named else own)
        if goes == own and _is_anothers(stored(own), draft.body):
            goes = str(uuid5(UUID(own), "|".join(identity_of(draft.body["identifier"][0]))))
        yield draft, called, goes


def _is_anothers(stored: Resource, said: Resource) -> bool:
    """Tell whether a diagnosis has another name by now, and other records stand behind it."""
    return bool(stored) and name_of(stored) != name_of(said) and bool(others(stored, said))


def _first(drafts: Sequence[Draft], bare: str, stored: Resource) -> Draft | None:
    """Return the one that the code alone names: what it is called there, else the first of the message.

    None where a record stands behind it that is none of these.
    """
    called = name_of(stored)
    for draft in drafts:
        if called and name_of(draft.body) == called:
            return draft
    return next((one for one in drafts if one.id == bare and not others(stored, one.body)), None)


def kept(stored: Resource, body: Resource, draft: Draft) -> Resource:
    """Return what becomes of a Condition of which one of several records speaks.

    A record that is withdrawn takes only itself away while another stands, and what one does not say of the
    verification takes nothing from what another has said.

    Args:
        body: what the draft would make of ``stored``.
    """
    said = draft.body
    if not said.get("identifier") or not stored:
        return body
    was, now = is_error(stored.get("verificationStatus")), is_error(body.get("verificationStatus"))
    beside = others(stored, said)
    if not beside:
        return body
    own = {identity_of(one) for one in said["identifier"]}
    if was and not now:  # only this one is there again
        return {**body, "identifier": [one for one in body["identifier"] if one not in beside]}
    if now and not was:
        return {**stored, "identifier": [one for one in stored["identifier"] if identity_of(one) not in own]}
    if not was and "verificationStatus" in stored and "verificationStatus" not in body:
        return {**body, "verificationStatus": stored["verificationStatus"]}
    return body
