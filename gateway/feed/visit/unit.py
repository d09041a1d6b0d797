"""Unit: a business document as a whole: a prescription is a RequestGroup with its drugs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.elements import encounter_of, name_of, references
from gateway.feed.kinds import FAMILIES, SERIALLED, kind_of, number_of, serial_in
from gateway.feed.visit.grounds import refuse
from gateway.feed.visit.hospital import Hospital
from gateway.policy.systems import SERIAL
from gateway.store import Desk, Serial

PRESCRIPTION_NUMBER = "urn:oid:2.16.156.10011.1.20"
REQUEST_NUMBER = "urn:oid:2.16.156.10011.1.24"


@dataclass(slots=True, frozen=True)
class Unit:
    """One business document.

    Attributes:
        kind: in the ledger, ``""`` for a request that does not say.
        documents: its resources as they stand, the one that stands for it first.
    """

    kind: str
    documents: tuple[Resource, ...]

    @property
    def about(self) -> Resource:
        """The resource that stands for the document."""
        return self.documents[0]

    @property
    def name(self) -> str:
        """``"Type/id"`` of it."""
        return name_of(self.about)

    @property
    def encounter(self) -> str:
        """Id of its visit, ``""`` for none."""
        return next((found for one in self.documents if (found := encounter_of(one))), "")

    @property
    def number(self) -> str:
        """The hospital's own number of the document."""
        system = PRESCRIPTION_NUMBER if self.kind == "prescription" else REQUEST_NUMBER
        return number_of(self.about, system)

    @property
    def serial(self) -> str:
        """The serial that it carries, ``""`` for none."""
        return serial_in(self.about)


def unit_of(desk: Desk, document: Resource) -> Unit:
    """Return the business document that a RequestGroup, ServiceRequest or Composition stands for.

    Raises:
        Refusal: a drug of the prescription is missing.
    """
    if document["resourceType"] != "RequestGroup":
        return Unit(kind_of(document), (document,))
    lines = []
    for name in references(document, "action.resource"):
        type_, _, id_ = name.partition("/")
        line = desk.read(type_, id_)
        if line is None:
            raise refuse("not-whole", f"{name_of(document)}.action")
        lines.append(line)
    return Unit("prescription", (document, *lines))


def group_of(desk: Desk, line: Resource) -> Resource | None:
    """Return the RequestGroup of the same visit that lists a MedicationRequest, None where none does."""
    encounter = encounter_of(line)
    if not encounter:
        return None
    name = name_of(line)
    for group in reversed(desk.referring("RequestGroup", f"Encounter/{encounter}")):
        if name in references(group, "action.resource"):
            return group
    return None


def numbered(resource: Resource, serial: Serial) -> Resource:
    """Return a resource with its serial; the hospital's own number stays in ``identifier``."""
    element = "requisition" if resource["resourceType"] == "ServiceRequest" else "groupIdentifier"
    said: Resource = {"use": "official", "system": SERIAL, "value": serial.value}
    if serial.by != "gateway":
        said["assigner"] = {"display": serial.by}
    return {**resource, element: said}


def mint(desk: Desk, hospital: Hospital, unit: Unit) -> Serial:
    """Return the serial of a document, a new one where it has none.

    Raises:
        Refusal: another document was submitted under the same number, or nobody knows the institution.
    """
    serial = desk.mint(unit.kind, hospital.institution(desk, unit.encounter), unit.number)
    if not serial.fresh:
        check_holder(desk, unit, serial.value)
    return serial


def check_holder(desk: Desk, unit: Unit, serial: str) -> None:
    """Make sure that the ledger knows no other document under a serial. Raises ``Refusal``: conflict.

    A prescription whose drugs came before its RequestGroup was entered about one of those.
    """
    own = {name_of(one) for one in unit.documents}
    if any(f"{one.type}/{one.id}" not in own for one in desk.entries(serial) if one.kind in SERIALLED):
        raise refuse("serial-taken", f"{unit.name}.identifier")


def check_living(unit: Unit) -> None:
    """Make sure that a drug is left: messages cancel them one by one. Raises ``Refusal``: conflict."""
    if all(_is_over(one) for one in unit.documents[1:]):
        raise refuse("line-over", unit.name, also="every drug is cancelled; possible: $cancel",
                     also_zh="所有药品行均已取消；可用：$cancel")  # fmt: skip


def with_status(documents: Sequence[Resource], statuses: dict[str, str], **more: object) -> list[Resource]:
    """Return resources with the status that their type takes; ``more`` goes into the MedicationRequests.

    A drug that was cancelled on the way stays cancelled, whatever becomes of the others.
    """
    return [one if _is_over(one) else _moved(one, statuses[one["resourceType"]], more) for one in documents]


def _is_over(document: Resource) -> bool:
    type_ = document["resourceType"]
    return type_ == "MedicationRequest" and FAMILIES[type_].phase(document) == "void"


def _moved(document: Resource, status: str, more: dict[str, object]) -> Resource:
    return {
        **document,
        "status": status,
        **(more if document["resourceType"] == "MedicationRequest" else {}),
    }
