"""Which resource a draft really writes: the ``ident`` table decides, the seed id only proposes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from gateway.canonical import Draft, Merge, Resource, Translation
from gateway.store.lookup import IdentKey
from gateway.store.referring import pointed
from gateway.store.types import NUMBER

Belongs = Callable[[IdentKey], "str | None"]
Living = Callable[[str, str], str]
"""(type, id) → the id of the resource that goes on for it"""

Spoken = tuple[Merge, str, "IdentKey | None"]
"""A merge that counts: as the message says it, id of what goes on, and the number under which it does."""

SUCCESSOR = "urn:qiao:successor"
"""System of the ``ident`` rows that name what goes on for a merged Account or Encounter, as R4 gives them
no link; the value is the id of the one that ended."""

CLEARED = "urn:qiao:cleared"
"""System of the ``ident`` rows that name what was deleted of a resource before it was there (``gone.py``)."""

UNDONE = "urn:qiao:unmerged"
"""System of the ``ident`` rows that say when the merge of two Patients was taken back (``unmerge.py``)."""

_RETIRED = {"Account": "inactive", "Encounter": "entered-in-error"}
_SUBJECTS = ("subject", "patient", "beneficiary")


def ident_key(tenant: int, type_: str, key: tuple[str, str]) -> IdentKey:
    """Return the row of the ``ident`` table that ``key`` stands for."""
    return tenant, NUMBER[type_], key[0], key[1]


def undone_row(tenant: int, retired: str, survivor: str) -> IdentKey:
    """Return the row that says when a merge of Patients was taken back (microseconds since 1970)."""
    return tenant, NUMBER["Patient"], UNDONE, f"{retired}/{survivor}"


def move(
    tenant: int,
    translation: Translation,
    belongs: Belongs,
    living: Living,
    moved: dict[IdentKey, str],
    ended: dict[str, str],
    undone: Callable[[str, str], bool],
) -> tuple[list[Merge], list[Spoken]]:
    """Point each retired key to the living end of its survivor; return the merges that are new.

    Their ids are those of the store. A replayed merge finds its key moved already: the seed id then names
    what ended. What each merge ends is put in ``ended``, so that those after it follow. Beside them, all that
    count: what they say of numbers.

    Args:
        undone: whether the merge of one Patient (id) into another was taken back after this message.
    """
    result, spoken = list[Merge](), list[Spoken]()
    for merge in translation.merges:
        survivor = living(merge.type, _owner(tenant, merge, merge.survivor, translation.drafts, belongs))
        if merge.kind in ("link", "unlink"):
            other = living(merge.type, _owner(tenant, merge, merge.retired, translation.drafts, belongs))
            if other != survivor:
                result.append(replace(merge, retired=other, survivor=survivor))
            continue
        key = ident_key(tenant, merge.type, merge.key)
        found = belongs(key)
        if undone(merge.retired if found in (None, survivor) else str(found), survivor):
            continue
        own = key_of(tenant, merge.type, merge.survivor, translation.drafts)
        fresh = own if merge.kind == "change" and own is not None and belongs(own) is None else None
        if found is not None and fresh is not None:
            moved[fresh] = found
            spoken.append((merge, found, own))
            continue
        spoken.append((merge, survivor, own))
        if found != survivor:
            moved[key] = survivor
        retired = found if found is not None and found != survivor else merge.retired
        if retired != survivor and living(merge.type, retired) == retired:
            ended[retired] = survivor
            result.append(replace(merge, retired=retired, survivor=survivor))
    return result, spoken


def _owner(tenant: int, merge: Merge, seed: str, drafts: Sequence[Draft], belongs: Belongs) -> str:
    """Return the resource to which the key of one of the two belongs: its seed id only proposes."""
    key = key_of(tenant, merge.type, seed, drafts)
    return (belongs(key) if key else None) or seed


def key_of(tenant: int, type_: str, seed: str, drafts: Sequence[Draft]) -> IdentKey | None:
    """Return the key of the draft with a seed id, None where the message has none with a key."""
    for draft in drafts:
        if draft.key and (draft.type, draft.id) == (type_, seed):
            return ident_key(tenant, draft.type, draft.key)
    return None


def settle(
    tenant: int, drafts: Sequence[Draft], belongs: Belongs, added: dict[IdentKey, str]
) -> Sequence[Draft]:
    """Return the drafts with the ids that their keys belong to, references inside the message included.

    Keys that nobody owns yet are put in ``added``.
    """
    names: dict[str, str] = {}
    fresh: list[tuple[IdentKey, Draft]] = []
    for draft in drafts:
        if draft.key is None:
            continue
        key = ident_key(tenant, draft.type, draft.key)
        owner = belongs(key)
        if owner is None:
            if draft.claims:
                fresh.append((key, draft))
        elif owner != draft.id:
            names[f"{draft.type}/{draft.id}"] = f"{draft.type}/{owner}"
    for key, draft in fresh:
        seed = f"{draft.type}/{draft.id}"
        added[key] = names.get(seed, seed).partition("/")[2]
    return renamed(drafts, names) if names else drafts


def renamed(drafts: Sequence[Draft], names: Mapping[str, str]) -> Sequence[Draft]:
    """Return the drafts with other ids (``"Type/id"`` → ``"Type/id"``), references to them included."""
    return [_rename(draft, names) for draft in drafts]


def _rename(draft: Draft, names: Mapping[str, str]) -> Draft:
    def new(type_: str, id_: str) -> str:
        return names.get(f"{type_}/{id_}", f"{type_}/{id_}").partition("/")[2]

    id_ = new(draft.type, draft.id)
    body = {**pointed(draft.body, names), "id": id_}
    subject = new("Patient", draft.subject) if draft.subject else ""
    return replace(draft, id=id_, body=body, subject=subject, mark=b"")


def subject_of(resource: Resource) -> str:
    """Return the id of the Patient that a resource is about, ``""`` for none."""
    for name in _SUBJECTS:
        said = resource.get(name) or {}
        one = said[0] if isinstance(said, list) else said  # Account.subject is a list
        target = one.get("reference", "")
        if target.startswith("Patient/"):
            return str(target[8:])
    return ""


def survivor_of(patient: Resource) -> str:
    """Return the id of the Patient that replaced ``patient``, ``""`` where none did."""
    for link in patient.get("link", ()):
        target = link.get("other", {}).get("reference", "")
        if link.get("type") == "replaced-by" and target.startswith("Patient/"):
            return str(target[8:])
    return ""


def replaced_by(patient: Resource) -> list[str]:
    """Return the ids of the Patients that ended in ``patient``."""
    return [
        link["other"]["reference"].removeprefix("Patient/")
        for link in patient.get("link", ())
        if link.get("type") == "replaces"
        and link.get("other", {}).get("reference", "").startswith("Patient/")
    ]


def may_have_ended(type_: str, stored: bytes) -> bool:
    """Tell whether a stored Account or Encounter may be one that was merged: only those are looked up."""
    return type_ in _RETIRED and f'"status":"{_RETIRED[type_]}"'.encode() in stored


def survivor_known(resource: Resource) -> str | None:
    """Return what went on for a resource as far as it tells itself; None where it must be looked up."""
    type_ = resource["resourceType"]
    if type_ == "Patient":
        return survivor_of(resource)
    return None if type_ in _RETIRED and resource.get("status") == _RETIRED[type_] else ""


def linked(resource: Resource, other: str, kind: str) -> Resource:
    """Return ``resource`` with the link of a merge (R4 Patient.link); unchanged where it has it."""
    link = {"other": {"reference": f"{resource['resourceType']}/{other}"}, "type": kind}
    links = resource.get("link", [])
    result = {**resource, "link": links if link in links else [*links, link]}
    if kind == "replaced-by":
        result["active"] = False
    return result


def unlinked(resource: Resource, other: str) -> Resource:
    """Return ``resource`` without the link that a mere relation to ``other`` made (A37)."""
    return parted(resource, other, "seealso")


def parted(resource: Resource, other: str, kind: str) -> Resource:
    """Return ``resource`` without its link of a kind to ``other``."""
    link = {"other": {"reference": f"{resource['resourceType']}/{other}"}, "type": kind}
    left = [each for each in resource.get("link", ()) if each != link]
    result = {name: value for name, value in resource.items() if name != "link"}
    return {**result, "link": left} if left else result


def retired(resource: Resource) -> Resource:
    """Return an Account or Encounter that ended because its number was merged: R4 gives them no link."""
    return {**resource, "status": _RETIRED[resource["resourceType"]]}
