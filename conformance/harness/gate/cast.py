"""Cast: the documents of one visit by the part that each plays, and an institution of the check's own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from conformance.harness.gate.case import Patch
from conformance.harness.gate.patch import filled, moment_named, patched, replaced, years_ago
from conformance.harness.run import Run
from conformance.harness.scene import Scene
from conformance.simulators.exact import Resource
from conformance.simulators.internet import documents, hospital, orders

_HOSPITAL = {
    "Organization/ih-hospital": "Hospital", "Organization/iho": "Internet",
    "Organization/ih-quality": "Quality", "Organization/ih-it": "Technology",
    "Organization/ih-pharmacy": "Pharmacy", "Organization/ih-courier": "Courier",
    "Organization/ih-partner": "Partner",
    "HealthcareService/ihs-o-03-04": "Offers0304", "HealthcareService/ihs-o-07": "Offers07",
    "HealthcareService/ihs-o-03": "Offers03", "HealthcareService/ihs-l-03-04": "Licensed0304",
    "HealthcareService/ihs-l-07": "Licensed07", "HealthcareService/ihs-l-03": "Licensed03",
    "Contract/ih-partner": "Agreement", "DocumentReference/ih-evidence": "Evidence",
    "DocumentReference/ih-courier": "CourierEvidence",
    "PractitionerRole/iw1": "PhysicianRole", "PractitionerRole/iw3": "PaediatricianRole",
    "PractitionerRole/iy1": "PharmacistRole",
}  # fmt: skip
_PEOPLE = {
    "physician": {"Practitioner/iw1": "Physician", "PractitionerRole/iw1": "PhysicianRole",
                  "VerificationResult/iw1": "Register", "DocumentReference/insurance-iw1": "Insurance"},
    "paediatrician": {"Practitioner/iw3": "Paediatrician", "PractitionerRole/iw3": "PaediatricianRole",
                      "VerificationResult/iw3": "PaediatricianRegister",
                      "DocumentReference/insurance-iw3": "PaediatricianInsurance"},
    "pharmacist": {"Practitioner/iy1": "Pharmacist", "PractitionerRole/iy1": "PharmacistRole",
                   "VerificationResult/iy1": "PharmacistRegister"},
}  # fmt: skip
_ON_FILE = {
    hospital.ORGANIZATION: "organization", hospital.HOSPITAL: "hospital", hospital.PHARMACY: "pharmacy",
    hospital.PHYSICIAN: "physician", hospital.PHARMACIST: "pharmacist",
    hospital.PAEDIATRICIAN: "paediatrician",
}  # fmt: skip
_OPTIONS = ("Person", "By", "Review", "Redeem", "Prescription")
"""Parts of a patch that are no document: who the patient is, who acts, how it is reviewed and redeemed."""
_GROWN = (30, 60)
"""Age of a patient of whom a case says nothing: neither a child nor elderly."""


class Cast:
    """The documents of one visit.

    Args:
        own: what is the check's own: ``hospital``, ``physician``…
        suffix: tells the twins apart.

    Attributes:
        parts: part → document; what a patch took away is not there.
        ground: parts that are on file before the visit begins.
    """

    def __init__(self, run: Run, patch: Patch, own: Iterable[str], suffix: str) -> None:
        self.run, self._patch, self._today = run, patch, run.session.today
        self.scene = Scene(run, run.person(**_born(patch.get("Person"), self._today)), suffix)
        self._names: dict[str, str] = {}
        self.parts: dict[str, Resource] = {}
        self._others = self._own(tuple(own))
        self.ground = list(self.parts)
        self._visit()
        self._brought()
        self._changed()

    def of(self, *names: str) -> list[Resource]:
        """Return the documents that play some parts, in this order, without those that were taken away."""
        return [self.parts[one] for one in names if one in self.parts]

    def plays(self, part: str) -> bool:
        """Tell whether a part is a document."""
        return part in self._names

    def reference(self, part: str) -> str:
        """Return the reference of what plays a part."""
        return self._names[part]

    def drugs(self) -> list[Resource]:
        """Return the prescription: its group, then its drugs."""
        return self.of("Group", *(one for one in self.parts if one.startswith("Drug")))

    def who(self, role: str) -> str:
        """Return who is on file in a role, or the check's own one. Raises :class:`Skipped`."""
        found = self.scene.who(role)
        return self._others.get(found, found)

    def option(self, part: str, name: str, other: Any = None) -> Any:
        """Return what the case says of who acts, or how."""
        said = self._patch.get(part) or {}
        return filled(said[name], self._named) if name in said else other

    def dispenses(self) -> list[Resource]:
        """Return what the pharmacy hands out, one of each drug, changed as the case says."""
        made = orders.dispenses(self.scene.visit, self.drugs()[1:])
        number = self.scene.visit.number
        return [self._dispense(f"Dispense{at or ''}", {**one, "id": f"h{number}-{at}"})
                for at, one in enumerate(made)]  # fmt: skip

    def _dispense(self, name: str, document: Resource) -> Resource:
        self._names[name] = _reference(document)
        said = filled(self._patch.get(name) or {}, self._named)
        made: Resource = patched(replaced(self.scene.local(document), self._others), said)
        self.parts[name] = made
        return made

    def _own(self, own: tuple[str, ...]) -> dict[str, str]:
        """Copy the simulated hospital, or people of it; returns reference → that of the copy."""
        wanted = dict(_HOSPITAL) if "hospital" in own else {}
        for one in own:
            wanted |= _PEOPLE.get(one, {})
        others = {name: f"{name}-{self.scene.visit.number}" for name in wanted}
        for found in hospital.on_file(self._today):
            if (name := _reference(found)) in wanted:
                copied = replaced(self.scene.local(found), others)
                self.parts[wanted[name]] = _numbered(copied, others[name])
                self._names[wanted[name]] = others[name]
        on_file = self.run.target.on_file
        local = {on_file[role]: others[old] for old, role in _ON_FILE.items()
                 if old in others and role in on_file}  # fmt: skip
        return others | local

    def _visit(self) -> None:
        """Put the visit's own documents on the stage."""
        scene, said = self.scene, self._patch.get("Prescription") or {}
        listed = dict(zip(("Patient", "Paper", "Terms", "Consent"), scene.registration(), strict=True))
        listed |= {"Encounter": scene.opening(), "Composition": scene.record()}
        listed |= dict(zip(("Condition", "Reading", "Talk"), scene.diagnosis(), strict=True))
        group, *lines = scene.prescription(int(said.get("drugs", 1)))
        listed |= {"Group": group, **{f"Drug{at or ''}": one for at, one in enumerate(lines)}}
        listed |= {"Request": scene.request(str(said.get("request", "lab")))}
        for name, one in listed.items():
            made: Resource = replaced(one, self._others)
            self.parts[name], self._names[name] = made, _reference(made)
        self.ground += ["Patient", "Paper", "Terms"]

    def _brought(self) -> None:
        """Put on the stage what the case brings along: documents with a type of their own."""
        for name, said in self._patch.items():
            if name not in self.parts and isinstance(said, Mapping) and "resourceType" in said:
                id_ = f"{name.lower()}-{self.scene.visit.number}"
                kind = said["resourceType"]
                made = {**(self._bystander() if kind == "Patient" else {}), "resourceType": kind, "id": id_}
                self.parts[name], self._names[name] = made, _reference(made)
                self.ground.append(name)

    def _bystander(self) -> Resource:
        """Return a patient of whom all is right: refused at the registration, a case would prove nothing."""
        visit = documents.Visit(self.scene.visit.number, self.run.person(ages=_GROWN))
        return self.scene.local(documents.registration(visit)[0])

    def _changed(self) -> None:
        """Change the documents as the case says; one that it calls ``null`` is gone."""
        for name, said in self._patch.items():
            if name in _OPTIONS or name.startswith("Dispense"):
                continue
            if said is None:
                self.parts.pop(name, None)
            elif name not in self.parts:
                raise ValueError(f"nobody plays {name}")
            else:
                self.parts[name] = patched(self.parts[name], filled(said, self._named))
        self.ground = [one for one in self.ground if one in self.parts]

    def _named(self, name: str) -> str:
        found = moment_named(name, self._today)
        if found is not None:
            return found
        if name == "number":
            return self.scene.visit.number
        if name.startswith("common."):
            return self.scene.who(name.removeprefix("common."))
        return self._names[name] if name in self._names else self.who(name)


def _born(said: Any, today: date) -> dict[str, Any]:
    """Return how old the patient is: so many years, and days more."""
    if not said:
        return {"ages": _GROWN}
    return {"birth": years_ago(today, int(said["years"])) - timedelta(days=int(said.get("days", 0)))}


def _numbered(document: Resource, name: str) -> Resource:
    """Return a copy with an id and numbers of its own: nobody else's signature or serial finds it."""
    made = {**document, "id": name.partition("/")[2]}
    if document["resourceType"] in ("Practitioner", "Organization") and document.get("identifier"):
        made["identifier"] = [
            {**one, "value": _digits(f"{name}/{at}", len(str(one["value"])))}
            for at, one in enumerate(document["identifier"])
        ]
    return made


def _reference(document: Resource) -> str:
    return f"{document['resourceType']}/{document['id']}"


def _digits(seed: str, length: int) -> str:
    return str(int.from_bytes(hashlib.sha256(seed.encode()).digest()))[:length]
