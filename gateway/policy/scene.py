"""Scene: what the rules of one decision look at: visit, patient, authors, hospital; each looked up once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any

from gateway.canonical.elements import each, name_of, reference, references, values_of
from gateway.canonical.moments import day_of
from gateway.canonical.resource import Resource
from gateway.policy.case import Case
from gateway.policy.systems import EARLIER_DIAGNOSIS

_AUTHOR = {
    "RequestGroup": "author",
    "MedicationRequest": "requester",
    "ServiceRequest": "requester",
    "Composition": "author",
    "Task": "owner",
}
ATTENDING = "ATND"


class Scene:
    """The facts of one Case, looked up when a rule first asks and kept for the others.

    Attributes:
        told: what conditions said of it, by their number.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.documents = case.documents
        self.now_us = case.facts.now_us
        self._read: dict[str, Resource | None] = {name_of(one): one for one in case.documents}
        self._referring: dict[tuple[str, ...], Sequence[Resource]] = {}
        self.told: dict[int, bool | tuple[str, ...]] = {}

    def read(self, ref: str) -> Resource | None:
        """Return a resource, as the case has it where it has it."""
        if ref not in self._read:
            self._read[ref] = self.case.facts.read(ref) if ref else None
        return self._read[ref]

    def referring(self, type: str, ref: str, *by: str) -> Sequence[Resource]:
        """Return the resources of a type that refer to another, see ``Facts``."""
        key = type, ref, *by
        if key not in self._referring:
            self._referring[key] = self.case.facts.referring(type, ref, *by) if "/" in ref else ()
        return self._referring[key]

    def named(self, type: str, coding: object) -> Resource | None:
        """Return the resource of a type whose identifier is a coding's system and code."""
        if not isinstance(coding, dict):
            return None
        system, code = coding.get("system"), coding.get("code")
        if not isinstance(system, str) or not isinstance(code, str):
            return None
        key = f"{type}?{system}|{code}"
        if key not in self._read:
            self._read[key] = self.case.facts.named(type, system, code)
        return self._read[key]

    def of(self, type: str) -> list[Resource]:
        """Return the documents of a type."""
        return [one for one in self.documents if one.get("resourceType") == type]

    @cached_property
    def today(self) -> date:
        """The day of the decision, in China."""
        return day_of(self.now_us)

    @cached_property
    def visit(self) -> Resource | None:
        """The Encounter that the documents are, name, or belong to."""
        for one in self.documents:
            if one.get("resourceType") == "Encounter":
                return one
            for ref in references(one, "encounter"):
                return self.read(ref)
        for one in self.prescriptions:
            for ref in references(one, "encounter"):
                return self.read(ref)
        return None

    @cached_property
    def earlier(self) -> list[Any]:
        """What the visit says of earlier diagnoses: an extension for each (某种或某几种)."""
        return values_of(self.visit, EARLIER_DIAGNOSIS)

    @cached_property
    def visit_ref(self) -> str:
        """``"Encounter/id"`` of the visit, ``""`` for none."""
        return name_of(self.visit) if self.visit else ""

    @cached_property
    def prescriptions(self) -> list[Resource]:
        """The MedicationRequests that the case is about, itself or through a review or a dispense."""
        found = self.of("MedicationRequest")
        if found:
            return found
        refs = [
            ref for one in self.of("MedicationDispense") for ref in references(one, "authorizingPrescription")
        ]
        groups = [
            one for task in self.of("Task") for ref in references(task, "focus") if (one := self.read(ref))
        ]
        refs += [
            ref for one in [*groups, *self.of("RequestGroup")] for ref in references(one, "action.resource")
        ]
        return [one for ref in refs if (one := self.read(ref)) and one["resourceType"] == "MedicationRequest"]

    @cached_property
    def patient_ref(self) -> str:
        """``"Patient/id"`` of whom the case is about."""
        for one in [*self.documents, *([self.visit] if self.visit else [])]:
            for path in ("subject", "patient", "for"):
                for ref in references(one, path):
                    if ref.startswith("Patient/"):
                        return ref
        return ""

    @cached_property
    def patient(self) -> Resource | None:
        """The patient."""
        return self.read(self.patient_ref)

    @cached_property
    def author_refs(self) -> dict[str, str]:
        """Who the documents say made them, as they say it, each with the first place where it stands."""
        found: dict[str, str] = {}
        for one in self.documents:
            type_ = one.get("resourceType", "")
            if type_ == "Encounter":
                for ref in self.taking_part(ATTENDING):
                    found.setdefault(ref, f"{name_of(one)}.participant")
            elif type_ == "Practitioner":
                found[name_of(one)] = name_of(one)
            elif path := _AUTHOR.get(type_):
                for element in each(one, path):
                    found.setdefault(reference(element), f"{name_of(one)}.{path}")
        return found

    @cached_property
    def authors(self) -> dict[str, str]:
        """The practitioners behind :attr:`author_refs` (``"Practitioner/id"``), each with its place."""
        found: dict[str, str] = {}
        for ref, place in self.author_refs.items():
            person = self.person(ref)
            if person:
                found.setdefault(person, place)
        return found

    def person(self, ref: str) -> str:
        """Return the Practitioner behind a reference to one or to a role of one, ``""`` for anything else."""
        if ref.startswith("PractitionerRole/"):
            role = self.read(ref)
            ref = reference(role.get("practitioner")) if role else ""
        return ref if ref.startswith("Practitioner/") else ""

    def taking_part(self, code: str = "") -> list[str]:
        """Return who takes part in the visit in a function (v3 code), all where none is asked for."""
        return [
            ref
            for one in each(self.visit, "participant")
            if not code or code in set(each(one, "type.coding.code"))
            for ref in references(one, "individual")
        ]

    @cached_property
    def hospital_ref(self) -> str:
        """``"Organization/id"`` of the internet hospital: who provides the visit, or the document itself."""
        for one in self.of("Organization"):
            return name_of(one)
        for ref in references(self.visit, "serviceProvider"):
            return ref
        return ""

    @cached_property
    def hospital(self) -> Resource | None:
        """The internet hospital."""
        return self.read(self.hospital_ref)

    @cached_property
    def parent_ref(self) -> str:
        """``"Organization/id"`` of the physical hospital behind it, ``""`` for none on file."""
        return next(iter(references(self.hospital, "partOf")), "")

    @cached_property
    def parent(self) -> Resource | None:
        """The physical hospital."""
        return self.read(self.parent_ref)
