"""Behind: which records (DG1-20) stand behind a diagnosis, and what it is without one that has left it.

Several may say one diagnosis of a visit; it is withdrawn when the last of them is, or says something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from gateway.canonical import Draft, Resource
from gateway.store.lookup import IdentKey, ResourceKey
from gateway.store.merge import identity_of
from gateway.store.types import NUMBER

RECORD = "urn:qiao:record"
"""System of the ``ident`` rows that say which diagnosis a record (DG1-20) stands behind; the value is the id
of visit and code, the register and the number, bars between: many number the diagnoses of each visit anew."""

Parted = list[tuple[ResourceKey, Resource]]
"""Diagnoses from which a record went to another, with its number."""

_ERROR: Final = {
    "coding": [
        {
            "system": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
            "code": "entered-in-error",
            "display": "Entered in Error",
        }
    ]
}


def records(tenant: int, draft: Draft) -> list[IdentKey]:
    """Return the rows of ``ident`` for the records that a draft of a diagnosis is of."""
    numbers = (identity_of(one) for one in draft.body.get("identifier", ()))
    return [
        (tenant, NUMBER[draft.type], RECORD, f"{draft.bare}|{system}|{value}") for system, value in numbers
    ]


def stand(
    tenant: int,
    drafts: Iterable[Draft],
    belongs: Callable[[IdentKey], str | None],
    newer: Callable[[ResourceKey], bool],
    noted: dict[IdentKey, str],
) -> Parted:
    """Remember which diagnosis each record stands behind; return those that records have left.

    An older event takes no record away from where a newer one has put it.
    """
    parted: Parted = []
    for draft in drafts:
        if not draft.bare:
            continue
        for row, number in zip(records(tenant, draft), draft.body.get("identifier", ()), strict=True):
            was = belongs(row)
            key = (*row[:2], was or "")
            if was == draft.id or (was and not newer(key)):
                continue
            noted[row] = draft.id
            if was:
                parted.append((key, {"identifier": [number]}))
    return parted


def without(body: Resource, said: Resource, *, stays: bool) -> Resource:
    """Return a diagnosis without a record that stands behind another now; itself where it was not behind it.

    Args:
        said: the numbers of the record.
        stays: another record of the message stands behind it: else it is withdrawn with its last one.
    """
    own = {identity_of(one) for one in said["identifier"]}
    left = [one for one in body.get("identifier", ()) if identity_of(one) not in own]
    if len(left) == len(body.get("identifier", ())):
        return body
    if left:
        return {**body, "identifier": left}
    gone = "identifier" if stays else "clinicalStatus"  # con-5
    rest = {name: value for name, value in body.items() if name != gone}
    return rest if stays else {**rest, "verificationStatus": _ERROR}


def others(stored: Resource, said: Resource) -> list[Resource]:
    """Return the numbers of other records in the registers of those that are said."""
    own = {identity_of(one) for one in said.get("identifier", ())}
    systems = {system for system, _ in own}
    return [
        one
        for one in stored.get("identifier", ())
        if one.get("system", "") in systems and identity_of(one) not in own
    ]
