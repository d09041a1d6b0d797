"""What goes with a document is of its patient and visit; the number that is told is of the HIS's register."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
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
