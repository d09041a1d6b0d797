"""What goes with a document is of its patient and visit; the number that is told is of the HIS's register."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.feed.document import Document, Documents
from gateway.feed.writeback.opening import open_wires
from gateway.settings import Settings, WritebackSettings
from gateway.store import Entry, Store, Transact, open_store

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
OWN, BRANCH = "urn:oid:2.16.156.10011.1.13", "urn:qiao:default:authority:FENYUAN"


def number(value: str, system: str, **more: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"system": V2, "code": "MR"}]}, "system": system, "value": value, **more}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as opened:
        yield opened


def visit(store: Store, *numbers: dict[str, Any]) -> Document:
    """The document of a visit that is a part of a stay, of a patient who is linked with somebody."""

    def make(desk: Any) -> Any:
        subject = {"reference": "Patient/p1"}
        desk.write({"resourceType": "Patient", "id": "p0", "identifier": [number("OTHER", OWN)]})
        desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
                    "identifier": list(numbers),
                    "link": [{"other": {"reference": "Patient/p0"}, "type": "seealso"}]})  # fmt: skip
        desk.write({"resourceType": "Encounter", "id": "e0", "status": "finished", "class": {"code": "IMP"},
                    "subject": subject})  # fmt: skip
        made = desk.write({"resourceType": "Encounter", "id": "e1", "status": "in-progress",
                           "class": {"code": "VR"}, "subject": subject,
                           "partOf": {"reference": "Encounter/e0"}})  # fmt: skip
        return desk.append(Entry("visit", "effective", made, (made,), "S1", 0))

    (done,) = store.write([Transact("default", "client:app", [], act=make, joins=True)])
    assert done.error is None, done.error
    (whole,) = Documents(store).of([done.answer])
    assert set(whole.context) == {"Patient/p0", "Patient/p1", "Encounter/e0"}, (
        "a regulator gets what is named"
    )
    (found,) = Documents(store, narrow=True).of([done.answer])
    return found


def told(ward: Any, tmp_path: Path, document: Document, **said: str) -> dict[str, str]:
    his = WritebackSettings(f"sqlite:///{tmp_path / 'his.db'}", map="his-tables", **said)  # type: ignore[arg-type]
    wire = open_wires(Settings(writeback={"his": his}), ward.maps())["his"]
    made: Any = wire.request([document], 0)
    return dict(made.rows[0].values)


def test_neither_who_is_linked_nor_the_stay_around_is_sent_along(store: Store) -> None:
    assert set(visit(store, number("MR1", OWN)).context) == {"Patient/p1"}


def test_the_number_is_of_the_register_of_the_his(store: Store, ward: Any, tmp_path: Path) -> None:
    document = visit(store, number("FY-1", BRANCH), number("MR1", OWN))
    assert told(ward, tmp_path, document)["patient_no"] == "MR1", "its dialect knows it"
    assert told(ward, tmp_path, document, register=BRANCH)["patient_no"] == "FY-1"


def test_a_number_of_another_register_is_no_number_of_the_his(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    ended = visit(store, number("FY-1", BRANCH), number("MR1", OWN, use="old"))
    with pytest.raises(Rejected, match="has ended, and none is in force"):
        told(ward, tmp_path, ended, register=OWN)


def test_without_a_number_of_the_register_nothing_else_is_told_for_it(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    with pytest.raises(Rejected, match="patient_no"):
        told(ward, tmp_path, visit(store, number("FY-1", BRANCH)), register=OWN)


SUBJECT = {"reference": "Patient/p1"}
VISIT = {"reference": "Encounter/e1"}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "visit": {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "class": {"code": "VR"},
              "subject": SUBJECT, "identifier": [{"value": "V1"}]},
    "record": {"resourceType": "Composition", "id": "c1", "status": "final", "subject": SUBJECT,
               "encounter": VISIT},
    "dispense": {"resourceType": "MedicationDispense", "id": "d1", "status": "completed",
                 "subject": SUBJECT, "context": VISIT},
    "review": {"resourceType": "Task", "id": "t1", "status": "completed", "intent": "order",
               "for": SUBJECT, "encounter": VISIT},
}  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("kind", DOCUMENTS)
def test_whatever_a_map_of_ones_own_is_about_it_is_of_somebody_and_of_a_visit(
    kind: str, named: bool, store: Store, ward: Any, tmp_path: Path
) -> None:
    document = DOCUMENTS[kind]

    def make(desk: Any) -> Any:
        desk.write({"resourceType": "Patient", "id": "p0", "name": [{"text": "林知夏"}],
                    "identifier": [number("MR1", OWN)]})  # fmt: skip
        desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}]})
        desk.write(DOCUMENTS["visit"])
        made = desk.write(document)
        return desk.append(Entry(kind, "effective", made, (made,), "S1", 0))

    (done,) = store.write([Transact("default", "client:app", [], act=make, joins=True)])
    store.write([Transact("default", "client:app", [], act=lambda desk: desk.merge("p1", "p0"), joins=True)])
    path = tmp_path / "own.yaml"
    about = f"about: {document['resourceType']}" if named else ""
    path.write_text(
        f"outbound: own\nmaps:\n  - outbound: one\n    form: json\n    {about}\n"
        "    body: {patient: {path: Patient.identifier.value}, visit: {path: Encounter.identifier.value}}\n"
        f"kinds: {{{kind}: {{effective: one}}}}\nanswer: {{code: code, ok: [0]}}\n"
    )
    his = WritebackSettings("http://127.0.0.1:2/", map=str(path))
    wire = open_wires(Settings(writeback={"his": his}), ward.maps())["his"]
    body = wire.request(Documents(store, narrow=True).of([done.answer]), 0).body
    assert b'"patient": "MR1"' in body and b'"visit": "V1"' in body


def test_a_number_of_a_branch_takes_the_place_of_none_of_the_his(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    """What took effect under the number that has ended ends under it, too."""
    numbers = number("MR1", OWN, use="old"), number("MR7", BRANCH)
    document = visit(store, *numbers)
    with pytest.raises(Rejected, match="has ended, and none is in force"):
        told(ward, tmp_path, document)
    ended = replace(document, entry=replace(document.entry, event="terminated"))
    assert told(ward, tmp_path, ended)["patient_no"] == "MR1"


def test_the_hospital_of_a_department_is_sent_along_and_nothing_else_of_it(store: Store) -> None:
    def make(desk: Any) -> Any:
        above = {"d": "w", "w": "h"}
        for id_ in ("h", "w", "d"):
            part = {"partOf": {"reference": f"Organization/{above[id_]}"}} if id_ in above else {}
            desk.write({"resourceType": "Organization", "id": id_, "name": id_, **part})
        made = desk.write({"resourceType": "Composition", "id": "c1", "status": "final", "encounter": VISIT})
        provider = {"serviceProvider": {"reference": "Organization/d"}}
        desk.write({**DOCUMENTS["visit"], "subject": {"display": "林知夏"}, **provider})
        return desk.append(Entry("record", "effective", made, (made,), "S1", 0))

    (done,) = store.write([Transact("default", "client:app", [], act=make, joins=True)])
    assert done.error is None, done.error
    (narrow,) = Documents(store, narrow=True).of([done.answer])
    assert set(narrow.context) == {"Encounter/e1", "Organization/d", "Organization/w", "Organization/h"}
    (whole,) = Documents(store).of([done.answer])
    assert "Organization/w" not in whole.context, "a regulator gets what it got"
