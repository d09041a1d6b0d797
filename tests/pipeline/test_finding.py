"""Finding: bounded, the newest first over several searches, and no more on record than is shown."""

from __future__ import annotations

from pathlib import Path

from gateway.canonical import Resource
from gateway.mapping.asked import Asked, Searched
from gateway.pipeline.finding import find
from gateway.pipeline.reach import groups, reach
from gateway.store import open_store
from gateway.store.model import Change, Transact

NUMBER = {"system": "urn:oid:1", "value": "7"}


def order(type_: str, id_: str) -> Resource:
    made: Resource = {"resourceType": type_, "id": id_, "intent": "order", "status": "active"}
    made["subject"] = {"reference": "Patient/p"}
    made["requester"] = {"reference": f"Practitioner/{id_}"}
    return made


def test_the_newest_of_all_searches_come_and_only_they_are_on_record(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    patient: Resource = {"resourceType": "Patient", "id": "p", "identifier": [NUMBER]}
    made = [patient]
    for one in range(1, 4):
        for type_ in ("MedicationRequest", "ServiceRequest"):
            made += [order(type_, f"{type_[0].lower()}{one}")]
            made += [{"resourceType": "Practitioner", "id": f"{type_[0].lower()}{one}"}]
    for body in made:
        change = Change("update", body["resourceType"], body["id"], body)
        assert store.write([Transact("default", "test", [change])])[0].error is None
    searches = tuple(Searched(one, "patient", ()) for one in ("MedicationRequest", "ServiceRequest"))
    found = find(store, "default", Asked((("urn:oid:1", "7"),), searches, 3, ()))
    assert list(found.matches) == ["ServiceRequest/s3", "MedicationRequest/m3", "ServiceRequest/s2"]
    assert found.total == 6
    around = {"Patient/p", "Practitioner/s3", "Practitioner/m3", "Practitioner/s2"}
    assert set(found.around) == around
    assert {f"{one.type}/{one.id}" for one in found.versions} == around | set(found.matches)
    store.close()


def test_what_is_said_of_one_sees_nothing_of_the_other() -> None:
    matches = [order("ServiceRequest", "a"), order("ServiceRequest", "b")]
    around = {f"Practitioner/{one}": {"resourceType": "Practitioner", "id": one} for one in "ab"}
    written = {"resourceType": "Provenance", "id": "w", "target": [{"reference": "ServiceRequest/a"}],
               "agent": [{"who": {"reference": "Practitioner/b"}}]}  # fmt: skip
    (first, second) = (reach(one, around, [written]) for one in groups(None, matches))
    assert [one["id"] for one in first] == ["a", "w", "a", "b"]
    assert [one["id"] for one in second] == ["b", "b"]
