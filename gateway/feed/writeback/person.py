"""Person: whom a document is of, as the HIS knows them now: by who goes on, and by a number in force.

A prescription may wait here while the HIS merges its patient: the number of that day has ended. Whom else the
patient is linked with, the record that ended among them, is no part of the document.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway.canonical import Resource
from gateway.canonical.elements import each, patient_of
from gateway.errors import Rejected
from gateway.feed.document import Document
from gateway.mapping.outbound import Dialect
from gateway.mapping.outbound.ending import ENDS
from gateway.mapping.outbound.registers import OF_PATIENT


class OfPerson:
    """The resources of a document, of one patient as the HIS knows them.

    Raises:
        Rejected: ``ended``: the number of the patient has ended, and no other one is known.
    """

    def __init__(self, document: Document, dialect: Dialect) -> None:
        self._document = document
        self._name = next(filter(None, map(patient_of, document.members)), "")
        self._patient = self.resource(self._name) if self._name else None
        if self._patient is not None and document.entry.event not in ENDS:
            _check(self._patient, dialect)

    def of_type(self, type_: str) -> Iterable[Resource]:
        """Return the resources of a type: of patients the one that the document is of."""
        if type_ != "Patient" or not self._name:
            return self._document.of_type(type_)
        return [self._patient] if self._patient is not None else []

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``: for a patient who was merged who goes on."""
        return self._document.heirs.get(name) or self._document.resource(name)


def _check(patient: Resource, dialect: Dialect) -> None:
    """Refuse somebody whom the HIS knew by a number that has ended, and knows by none now.

    Where one is of a register that is the HIS's by its dialect, a number of another one, of a branch, stands
    for none of these.
    """
    known = [one for one in each(patient, "identifier") if isinstance(one, dict) and _is_ours(one, dialect)]
    known = [one for one in known if dialect.kinds.get(str(one.get("system", ""))) in OF_PATIENT] or known
    if known and all(one.get("use") == "old" for one in known):
        told = (
            "the number under which the HIS knew this patient has ended, and none is in force: "
            "let the HIS say which it is (ADT A08, A40), then retry"
        )
        raise Rejected(told, code="ended", where="Patient.identifier")


def _is_ours(number: Resource, dialect: Dialect) -> bool:
    if dialect.register and number.get("system") != dialect.register:
        return False
    codes = {one for one in each(number, "type.coding.code") if isinstance(one, str)}
    kinds = codes or {dialect.kinds.get(str(number.get("system", "")), "")} - {""}
    return not kinds.isdisjoint(OF_PATIENT) or (bool(dialect.register) and not kinds)
