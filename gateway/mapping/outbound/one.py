"""One: the patient and the visit that a document is of, among all that are at hand with it.

A pool may hold who is linked with the patient, and the stay that the visit is a part of. A path that begins
with ``Patient`` or ``Encounter`` leads to the one that the document itself names, whoever else is there.
Of the numbers of the patient that of the receiver's own register comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.canonical import Resource
from gateway.canonical.elements import listed, reference
from gateway.mapping.outbound.dialect import Dialect
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.registers import OF_PATIENT, kind_of

_ORDERS = ("MedicationRequest", "ServiceRequest", "DiagnosticReport")
"""What a map is about that names no type."""

_PATIENT = ("subject", "patient", "for")
_VISIT = ("encounter", "context")
_WITH = ("RequestGroup", "ServiceRequest")
"""What names the visit where the document does not: the prescription as a whole, the request of a report."""


class OfOne:
    """A pool with one patient and one visit.

    Args:
        about: type of what the document is about, ``""``: orders, else it has one patient and one visit.
        dialect: of who receives.
    """

    def __init__(self, pool: Pool, about: str, dialect: Dialect) -> None:
        self._pool, self._about, self._dialect = pool, about, dialect
        self._found: dict[str, list[Resource]] = {}

    def of_type(self, type_: str) -> Iterable[Resource]:
        """Return the resources of a type; of patients and of visits the one that the document is of."""
        if type_ not in ("Patient", "Encounter"):
            return self._pool.of_type(type_)
        if type_ not in self._found:
            self._found[type_] = self._one(type_)
        return self._found[type_]

    def resource(self, name: str) -> Resource | None:
        """Return a resource by ``"Type/id"``."""
        return self._pool.resource(name)

    def _one(self, type_: str) -> list[Resource]:
        found = self._whose(type_)
        return [_ordered(one, self._dialect) for one in found] if type_ == "Patient" else found

    def _whose(self, type_: str) -> list[Resource]:
        if self._about == type_:
            return list(self._pool.of_type(type_))[:1]
        if not self._about and next(self._whole(), None) is None:
            only = list(self._pool.of_type(type_))  # of a visit, a record: what it is about nobody says here
            return only if len(only) == 1 else []
        if type_ == "Patient":
            return self._named(type_, self._whole(), _PATIENT)
        named = self._named(type_, self._whole(), _VISIT)
        return named or self._named(type_, self._all(_WITH), _VISIT)

    def _whole(self) -> Iterator[Resource]:
        return self._all((self._about,) if self._about else _ORDERS)

    def _all(self, types: Iterable[str]) -> Iterator[Resource]:
        return (one for type_ in types for one in self._pool.of_type(type_))

    def _named(self, type_: str, of: Iterable[Resource], keys: Iterable[str]) -> list[Resource]:
        """Return the first one that is named: none where it is not at hand, instead of another."""
        names = (
            reference(value) or str(value.get("reference", ""))
            for one in of for key in keys for value in listed(one.get(key)) if isinstance(value, dict)
        )  # fmt: skip
        found = self._pool.resource(next(filter(None, names), ""))
        return [found] if found is not None and found["resourceType"] == type_ else []


def _ordered(patient: Resource, dialect: Dialect) -> Resource:
    """Return a patient whose number in the register of the receiver stands before those in others."""
    numbers = [one for one in listed(patient.get("identifier")) if isinstance(one, dict)]
    kinds = {id(one): kind_of(one, dialect.kinds) for one in numbers}
    if dialect.register:  # the receiver's own register says what it is
        for one in numbers:
            if one.get("system") == dialect.register:
                kinds[id(one)] = kinds[id(one)] or OF_PATIENT[0]
    theirs = [one for one in numbers if kinds[id(one)] in OF_PATIENT]
    if len(theirs) < 2:
        return patient

    def place(number: Resource) -> tuple[bool, bool]:
        uri = str(number.get("system", ""))
        own = uri == dialect.register if dialect.register else dialect.kinds.get(uri) in OF_PATIENT
        return not own, kinds[id(number)] != OF_PATIENT[0]

    ordered = iter(sorted(theirs, key=place))
    made = [next(ordered) if kinds[id(one)] in OF_PATIENT else one for one in numbers]
    return {**patient, "identifier": made}
