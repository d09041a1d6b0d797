"""Namesakes: diagnoses of one visit and one code with different names, and the records behind a diagnosis.

One code (S00.800, R69.x00) may stand for two diagnoses. They are told apart by their names where one message
has both, or where each has a number of its own (DG1-20). Which of them was there first, and keeps the id that
the code gives, only the store knows. What several records say is withdrawn when the last of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from uuid import UUID, uuid5

from gateway.canonical import Draft, Resource
from gateway.canonical.named import name_of
from gateway.store.identity import ident_key, renamed
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of, is_error
from gateway.store.types import NUMBER

RECORD = "urn:qiao:record"
"""System of the ``ident`` rows that say which diagnosis a record (DG1-20) stands behind; the value is the id
of visit and code, the register and the number, bars between: many number the diagnoses of each visit anew."""

Parted = list[tuple[ResourceKey, Resource]]
"""Diagnoses from which a record went to another, with what the record says."""


def settle(
    tenant: int,
    drafts: Sequence[Draft],
    belongs: Callable[[IdentKey], str | None],
    standing: Callable[[ResourceKey], Resource],
    noted: dict[IdentKey, str],
) -> tuple[Sequence[Draft], Parted]:
    """Return the drafts with the ids that they belong to, references inside the message included.

    A record goes on with the diagnosis that it stood behind, whatever that is called now; where others stand
    behind that, and it has another name, it leaves them.

    Args:
        belongs: the resource that a row of ``ident`` names.
        standing: a resource as it stands, empty where there is none.
        noted: rows of ``ident`` that the message leaves.
    """
    names: dict[str, str] = {}
    parted: Parted = []
    groups: dict[tuple[str, str], list[tuple[Draft, IdentKey, str | None]]] = {}

    def give(draft: Draft, called: IdentKey, id_: str) -> None:
        if belongs(called) not in (None, id_):
            noted[called] = id_  # the name was another's
        if id_ != draft.id:
            names[f"{draft.type}/{draft.id}"] = f"{draft.type}/{id_}"

    for draft in drafts:
        if not draft.bare or draft.key is None:
            continue
        number, called = NUMBER[draft.type], ident_key(tenant, draft.type, draft.key)
        known = next(filter(None, map(belongs, records(tenant, draft))), "")
        body = standing((tenant, number, known)) if known else {}
        if body and not _others(body, draft.body):
            give(draft, called, known)
            continue
        if body and name_of(body) != name_of(draft.body):
            parted.append(((tenant, number, known), draft.body))
        owner = belongs(called)
        if owner and _is_anothers(standing((tenant, number, owner)), draft.body):
            owner = None
        groups.setdefault((draft.type, draft.bare), []).append((draft, called, owner))
    for (type_, bare), group in groups.items():
        for draft, called, id_ in _by_name(group, bare, partial(_stored, standing, (tenant, NUMBER[type_]))):
            give(draft, called, id_)
    settled = renamed(drafts, names) if names else drafts
    _note(tenant, settled, belongs, noted)
    return settled, parted


def _stored(standing: Callable[[ResourceKey], Resource], of: tuple[int, int], id_: str) -> Resource:
    return standing((*of, id_))


def _note(
    tenant: int,
    drafts: Sequence[Draft],
    belongs: Callable[[IdentKey], str | None],
    noted: dict[IdentKey, str],
) -> None:
    """Remember which diagnosis each record stands behind."""
    for draft in drafts:
        if draft.bare:
            noted.update({row: draft.id for row in records(tenant, draft) if belongs(row) != draft.id})


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
    for draft, called, owner in group:
        own = called[3]
        goes = owner or (bare if draft is first else own)
        if goes == own and _is_anothers(stored(own), draft.body):
            goes = str(uuid5(UUID(own), "|".join(identity_of(draft.body["identifier"][0]))))
        yield draft, called, goes


def records(tenant: int, draft: Draft) -> list[IdentKey]:
    """Return the rows of ``ident`` for the records that a draft of a diagnosis is of."""
    numbers = (identity_of(one) for one in draft.body.get("identifier", ()))
    return [
        (tenant, NUMBER[draft.type], RECORD, f"{draft.bare}|{system}|{value}") for system, value in numbers
    ]


def without(body: Resource, said: Resource) -> Resource:
    """Return a diagnosis without the records that now stand behind another."""
    own = {identity_of(one) for one in said.get("identifier", ())}
    left = [one for one in body.get("identifier", ()) if identity_of(one) not in own]
    return {**body, "identifier": left}


def _is_anothers(stored: Resource, said: Resource) -> bool:
    """Tell whether a diagnosis has another name by now, and other records stand behind it."""
    return bool(stored) and name_of(stored) != name_of(said) and bool(_others(stored, said))


def _first(drafts: Sequence[Draft], bare: str, stored: Resource) -> Draft | None:
    """Return the one that the code alone names: what it is called there, else the first of the message.

    None where a record stands behind it that is none of these.
    """
    called = name_of(stored)
    for draft in drafts:
        if called and name_of(draft.body) == called:
            return draft
    return next((one for one in drafts if one.id == bare and not _others(stored, one.body)), None)


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
    others = _others(stored, said)
    if not others:
        return body
    own = {identity_of(one) for one in said["identifier"]}
    if was and not now:  # only this one is there again
        return {**body, "identifier": [one for one in body["identifier"] if one not in others]}
    if now and not was:
        return {**stored, "identifier": [one for one in stored["identifier"] if identity_of(one) not in own]}
    if not was and "verificationStatus" in stored and "verificationStatus" not in body:
        return {**body, "verificationStatus": stored["verificationStatus"]}
    return body


def _others(stored: Resource, said: Resource) -> list[Resource]:
    """Return the numbers of other records in the registers of those that are said."""
    own = {identity_of(one) for one in said.get("identifier", ())}
    systems = {system for system, _ in own}
    return [
        one
        for one in stored.get("identifier", ())
        if one.get("system", "") in systems and identity_of(one) not in own
    ]
