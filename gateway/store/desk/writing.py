"""What a desk writes: resources; Patients that are linked, merged and parted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from gateway.canonical import Resource
from gateway.canonical.logical_id import is_id, new_id
from gateway.errors import Ground, Rejected
from gateway.store import identity
from gateway.store.desk.reading import Reading
from gateway.store.model import Change, Version
from gateway.store.numbers import inherited
from gateway.store.types import NUMBER
from gateway.store.unmerge import Unmerged, unmerge


class Writing(Reading):
    """Writes resources."""

    def write(self, body: Resource, interaction: Literal["create", "update"] = "update") -> Version:
        """Write a resource; content that is there already makes no version. Returns the current one.

        Args:
            body: of a create without an id, which is given here; ``meta.versionId`` and ``lastUpdated`` in it
                count nothing.

        Raises:
            Rejected: the type or id is none, or the resource has a text that cannot be stored.
        """
        type_ = body["resourceType"]
        id_ = new_id() if interaction == "create" else body.get("id", "")
        key = self._key(type_, id_)
        if not key[1] or not is_id(id_):
            raise Rejected("a resource needs a type of R4 and an id", code="value", where=str(type_))
        rest = {name: value for name, value in body.items() if name not in ("resourceType", "id")}
        whole = {"resourceType": type_, "id": id_, **rest}
        change = Change(interaction, type_, id_, whole)
        result = (
            self._do.create(key, whole) if interaction == "create" else self._do.update(change, key, whole)
        )
        assert result.version is not None
        return result.version

    def tell(self, name: str, remarks: Sequence[Ground]) -> None:
        """Let who wrote ``"Type/id"`` know what there is to say of it; nothing of it is kept."""
        self.told += [(name, one) for one in remarks]

    def delete(self, type: str, id: str) -> Version | None:
        """End a resource; returns its tombstone, None where it did not live."""
        return self._do.delete(Change("delete", type, id), self._key(type, id)).version

    def relate(self, one: str, other: str, *, unlink: bool = False) -> None:
        """Link two Patients that both go on, by their ids, or unlink them (R4 Patient.link seealso).

        In a ``Transact`` that ``joins``.
        """
        for id_, to in ((one, other), (other, one)):
            body = self.read("Patient", id_)
            if body is not None:
                self.write(identity.unlinked(body, to) if unlink else identity.linked(body, to, "seealso"))

    def merge(self, retired: str, survivor: str) -> int:
        """Let one Patient end and another go on, by their ids, as a message does (ADT A40).

        Who goes on gets the numbers of who ends, as old ones where it has one of that register in force.
        In a ``Transact`` that ``joins``. Returns how many resources refer to the survivor now instead.

        Raises:
            Rejected: ``conflict``: one of them does not live, has ended already, or both are one.
        """
        ends, goes_on = self.read("Patient", retired), self.read("Patient", survivor)
        if ends is None or goes_on is None or retired == survivor:
            raise Rejected("both patients must be there, and be two", code="conflict", where="Patient")
        if identity.survivor_of(ends) or identity.survivor_of(goes_on):
            raise Rejected("one of the patients was merged already", code="conflict", where="Patient")
        self.write(identity.linked(identity.unlinked(ends, survivor), survivor, "replaced-by"))
        joined = identity.linked(identity.unlinked(goes_on, retired), retired, "replaces")
        self.write(inherited(joined, ends, whole=True))
        self._do.give(self.tenant_no, NUMBER["Patient"], ends, survivor)
        return self._do.move(self.tenant_no, {f"Patient/{retired}": f"Patient/{survivor}"})

    def unmerge(self, retired: str) -> Unmerged:
        """Take back the merge by which a Patient ended, by its id (``unmerge.py``).

        In a ``Transact`` that ``joins``.

        Raises:
            Rejected: ``conflict``: it has not ended so, or who went on was merged, too.
        """
        return unmerge(self._do, self.tenant_no, retired, self.ts_us)
