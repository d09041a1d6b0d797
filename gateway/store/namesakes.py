"""Namesakes: diagnoses of one visit and one code with different names, and the records behind a diagnosis.

One code (S00.800, R69.x00) may stand for two diagnoses. They are told apart by their names where one message
has both, or where each has a number of its own (DG1-20). Which of them was there first, and keeps the id that
the code gives, only the store knows. What several records say is withdrawn when the last of them is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gateway.canonical import Draft, Resource
from gateway.canonical.named import name_of
from gateway.store.identity import ident_key, renamed
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of, is_error
from gateway.store.types import NUMBER


def settle(
    tenant: int,
    drafts: Sequence[Draft],
    belongs: Callable[[IdentKey], str | None],
    standing: Callable[[ResourceKey], Resource],
) -> Sequence[Draft]:
    """Return the drafts with the ids that their names belong to, references inside the message included.

    Args:
        belongs: the resource that a row of ``ident`` names.
        standing: a resource as it stands, empty where there is none.
    """
    groups: dict[tuple[str, str], list[tuple[Draft, str, str | None]]] = {}
    for draft in drafts:
        if draft.bare and draft.key is not None:
            owner = belongs(ident_key(tenant, draft.type, draft.key))
            groups.setdefault((draft.type, draft.bare), []).append((draft, draft.key[1], owner))
    names: dict[str, str] = {}
    for (type_, bare), group in groups.items():
        free = [draft for draft, _, owner in group if owner is None]
        taken = any(owner == bare for _, _, owner in group)
        first = None if taken or not free else _first(free, bare, standing((tenant, NUMBER[type_], bare)))
        for draft, own, owner in group:
            goes = owner or (bare if draft is first else own)
            if goes != draft.id:
                names[f"{type_}/{draft.id}"] = f"{type_}/{goes}"
    return renamed(drafts, names) if names else drafts


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
