"""Members: which resources belong to the patients of an export (R4 CompartmentDefinition/patient)."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy import Connection

from gateway.canonical.json import glance
from gateway.canonical.logical_id import ID
from gateway.errors import Rejected
from gateway.store.export import slices
from gateway.store.export.asked import STORED, Level
from gateway.store.export.job import Job
from gateway.store.index import Parameter, parameters, references, values
from gateway.store.search import compartment
from gateway.store.types import NUMBER

DEPTH = 8
"""How deep Groups in Groups are followed."""

_PATIENT = re.compile(rf'"Patient/({ID})'.encode())
_LOCAL = re.compile(rf"([A-Z][A-Za-z]+)/({ID})(?:/_history/.+)?\Z")


class Members:
    """Tells whether a resource belongs to one of some patients, or to any.

    Attributes:
        patients: their ids; None: any patient.
    """

    def __init__(self, patients: frozenset[str] | None) -> None:
        self.patients = patients
        self._wanted = None if patients is None else frozenset(one.encode() for one in patients)

    @property
    def nobody(self) -> bool:
        """Whether there are none, and so nothing that belongs to them."""
        return self.patients is not None and not self.patients

    def few(self, most: int) -> frozenset[str] | None:
        """Return the patients where they are at most so many; else None."""
        return self.patients if self.patients is not None and len(self.patients) <= most else None

    def hold(self, type_: str, body: bytes, id_: str = "") -> bool:
        """Tell whether a resource belongs to them: a Patient by its id, others by what they refer to.

        Args:
            body: as stored; of a deleted resource its last one.
            id_: of a Patient, where it is known.
        """
        if type_ == "Patient":
            return self.patients is None or (id_ or glance(body)["id"]) in self.patients
        named = _PATIENT.findall(body)  # quicker than to parse what names none of them
        if not named or (self._wanted is not None and self._wanted.isdisjoint(named)):
            return False
        owners_ = owners(type_, glance(body))
        return any(self.patients is None or owner in self.patients for owner in owners_)


def owners(type_: str, resource: Any) -> list[str]:
    """Return the ids of the patients in whose compartments a resource is."""
    found = [
        _LOCAL.match(reference)
        for parameter in _parameters(type_)
        for each in values(parameter, resource)
        for reference in references(*each)
    ]
    return [local[2] for local in found if local and local[1] == "Patient"]


def targets(provenance: bytes) -> list[tuple[str, str]]:
    """Return what a Provenance is about, as (type, id)."""
    told = glance(provenance).get("target", ())
    found = (_LOCAL.match(str(one.get("reference", ""))) for one in told)
    return [(local[1], local[2]) for local in found if local and local[1] in NUMBER]


@cache
def _parameters(type_: str) -> tuple[Parameter, ...]:
    known = parameters(type_)
    return tuple(known[name] for name in compartment.members("Patient").get(type_, ()) if name in known)


def types_of(level: Level) -> tuple[str, ...]:
    """Return the types that an export may have."""
    if level == "system":
        return STORED
    return tuple(name for name in STORED if name == "Patient" or name in compartment.members("Patient"))


def members_of(connection: Connection, tenant: int, job: Job) -> Members | None:
    """Return whose resources a job is about; None: everybody's and nobody's (system level)."""
    asked = job.asked
    if asked.level == "system":
        return None
    given = frozenset(asked.patients) if asked.patients else None
    if asked.level == "patient":
        return Members(given)
    of_group = group(connection, tenant, asked.group, job.snapshot)
    return Members(of_group if given is None else of_group & given)


def group(connection: Connection, tenant: int, id_: str, snapshot: int) -> frozenset[str]:
    """Return the ids of the patients who are members of a Group in a snapshot, those of Groups in it too.

    Raises:
        Rejected: there is no such Group (``not-found``), or it is deleted (``deleted``).
    """
    found = slices.as_of(connection, tenant, "Group", id_, snapshot)
    if found is None:
        raise Rejected("there is no such Group", code="not-found")
    if found[1] is None:
        raise Rejected("the Group has been deleted", code="deleted")
    patients: set[str] = set()
    groups, known = _members(found[1], patients), {id_}
    for _ in range(DEPTH):
        groups -= known
        known |= groups
        within: set[str] = set()
        for one in groups:
            below = slices.as_of(connection, tenant, "Group", one, snapshot)
            if below is not None and below[1] is not None:
                within |= _members(below[1], patients)
        groups = within
    return frozenset(patients)


def _members(body: bytes, patients: set[str]) -> set[str]:
    """Add the patients of a Group to ``patients``; return the Groups in it. Who is inactive is none."""
    groups: set[str] = set()
    for member in glance(body).get("member", ()):
        local = _LOCAL.match(str(member.get("entity", {}).get("reference", "")))
        if local and local[1] in ("Patient", "Group") and member.get("inactive") is not True:
            (patients if local[1] == "Patient" else groups).add(local[2])
    return groups
