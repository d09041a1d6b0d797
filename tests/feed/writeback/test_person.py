"""A HIS is told of a patient by the number that is in force there, in whatever form, whenever it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import Rejected
from gateway.feed.document import Documents
from gateway.feed.writeback.opening import open_wires
from gateway.settings import Settings, WritebackSettings
from gateway.store import Desk, Entered, Entry, Store, Transact, open_store

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
MR, PLAC = ({"coding": [{"system": V2, "code": code}]} for code in ("MR", "PLAC"))
REGISTER, RESIDENT = "urn:oid:2.16.156.10011.1.13", "urn:oid:2.16.156.10011.1.3"
CARDS = {"p4": "990101198005060019", "p5": "990101198005060027", "p6": "990101198005060035"}
NAMES = {"p4": "4444", "p5": "5555", "p6": "6666"}

FORMS = {
    "hl7v2": ("mllp://127.0.0.1:2", "his-hl7v2"),
    "rows": ("sqlite:///{}/his.db", "his-tables"),
    "json": ("http://127.0.0.1:2/", "his-json"),
    "xml": ("http://127.0.0.1:2/", "his-soap"),
    "cda": ("http://127.0.0.1:2/", ""),
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as opened:
        yield opened


@pytest.fixture(params=FORMS)
def told(request: pytest.FixtureRequest, store: Store, ward: Any, tmp_path: Path) -> Callable[[Entered], str]:
    """``told(entry)`` is what is sent to the HIS for an entry."""
    to, map_ = FORMS[request.param]
    if not map_:
        own = tmp_path / "own.yaml"
        kinds = "{prescription: {effective: C0004}}"
        own.write_text(f"outbound: own\nkinds: {kinds}\nanswer: {{code: //c, ok: [0]}}\n")
        map_ = str(own)

    said = WritebackSettings(to.format(tmp_path), map=map_, facility="12990101MB0000000X")
    wire = open_wires(Settings(writeback={"his": said}), ward.maps())["his"]

    def telling(entry: Entered) -> str:
        made = wire.request(Documents(store, narrow=True).of([entry]), 0)
        return (
            "\n".join(str(row.values) for row in made.rows) if request.param == "rows" else made.body.decode()
        )

    telling.form = request.param  # type: ignore[attr-defined]
    return telling


def patient(id_: str, *old: str, **more: Any) -> dict[str, Any]:
    numbers: list[dict[str, Any]] = [
        {"system": REGISTER, "type": MR, "value": NAMES[id_]},
        {"system": RESIDENT, "value": CARDS[id_]},
    ]
    numbers = [{"use": "old", **one} if one["value"] in old else one for one in numbers]
    body = {"resourceType": "Patient", "id": id_, "name": [{"text": "林知夏"}], "gender": "female"}
    return {**body, "birthDate": "1980-05-06", "identifier": numbers, **more}


def act(store: Store, said: Callable[[Desk], Any]) -> Any:
    (done,) = store.write([Transact("default", "client:app", [], act=said, joins=True)])
    assert done.error is None, done.error
    return done.answer


def prescribed(store: Store, of: str, event: str = "effective") -> Entered:
    def make(desk: Desk) -> Entered:
        subject = {"reference": f"Patient/{of}"}
        desk.write({"resourceType": "Practitioner", "id": "d1", "name": [{"text": "温如玉"}],
                    "identifier": [{"system": "urn:oid:2.16.156.10011.1.4", "value": "D1"}]})  # fmt: skip
        route = {"coding": [{"system": "urn:oid:2.16.156.10011.2.3.1.158", "code": "1", "display": "口服"}]}
        form = {"coding": [{"system": "urn:oid:2.16.156.10011.2.3.1.211", "code": "01", "display": "片剂"}]}
        desk.write({"resourceType": "Medication", "id": "drug", "code": {"text": "氨氯地平片"}, "form": form})
        dose = {"route": route, "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]}
        desk.write({"resourceType": "Organization", "id": "h1", "name": "渡桥医院"})
        visit = {"resourceType": "Encounter", "id": "e1", "status": "in-progress", "subject": subject}
        desk.write({**visit, "class": {"code": "VR"}, "serviceProvider": {"reference": "Organization/h1"}})
        line = desk.write({
            "resourceType": "MedicationRequest", "id": "m1", "status": "active", "intent": "order",
            "subject": subject, "encounter": {"reference": "Encounter/e1"},
            "requester": {"reference": "Practitioner/d1"},
            "identifier": [{"type": PLAC, "value": "CF1-1"}],
            "groupIdentifier": {"system": "urn:oid:2.16.156.10011.1.20", "value": "CF1"},
            "authoredOn": "2026-03-05T09:03:20+08:00",
            "medicationReference": {"reference": "Medication/drug"},
            "dosageInstruction": [dose],
        })  # fmt: skip
        return desk.append(Entry("prescription", event, line, (line,), "S1", 0))

    made: Entered = act(store, make)
    return made


def merged(store: Store, *pairs: tuple[str, str]) -> None:
    for retired, survivor in pairs:
        act(store, lambda desk, one=retired, other=survivor: desk.merge(one, other))


@pytest.mark.parametrize("before", [True, False])
def test_only_the_number_in_force_is_told(store: Store, told: Callable[[Entered], str], before: bool) -> None:
    """Also where the document had waited here when its patient was merged, twice."""
    act(store, lambda desk: [desk.write(patient(id_)) for id_ in NAMES])
    entry = prescribed(store, "p4") if before else None
    merged(store, ("p4", "p5"), ("p5", "p6"))
    text = told(entry or prescribed(store, "p6"))
    assert CARDS["p6"] in text
    assert ("6666" in text) is (told.form != "cda")  # type: ignore[attr-defined]  # WS/T 500.4 has no place for it
    assert not [
        one for one in (*CARDS.values(), *NAMES.values()) if one in text and one not in (CARDS["p6"], "6666")
    ]


def test_what_a_linked_record_has_is_not_the_patients(store: Store, told: Callable[[Entered], str]) -> None:
    other = {"reference": "Patient/p5"}
    act(
        store,
        lambda desk: [
            desk.write(patient("p5")),
            desk.write(patient("p6", link=[{"other": other, "type": "seealso"}])),
        ],
    )
    text = told(prescribed(store, "p6"))
    assert "5555" not in text
    assert CARDS["p5"] not in text


def test_whom_the_his_knows_by_no_number_any_more_is_an_exception(
    store: Store, told: Callable[[Entered], str]
) -> None:
    act(store, lambda desk: desk.write(patient("p5", "5555")))
    entry = prescribed(store, "p5")
    with pytest.raises(Rejected, match="has ended, and none is in force") as refused:
        told(entry)
    assert refused.value.code == "ended"
    assert "5555" not in str(refused.value)
    act(store, lambda desk: desk.write(patient("p5")))
    assert CARDS["p5"] in told(entry), "let it go when the HIS has said which number it is"


def test_whom_the_his_does_not_know_yet_goes_out_by_the_resident_id(
    store: Store, told: Callable[[Entered], str]
) -> None:
    body = patient("p5")
    act(store, lambda desk: desk.write({**body, "identifier": body["identifier"][1:]}))
    assert CARDS["p5"] in told(prescribed(store, "p5"))


def test_after_an_undone_merge_a_document_goes_to_whom_it_is_of_again(
    store: Store, told: Callable[[Entered], str]
) -> None:
    """It was entered while the two were one."""
    act(store, lambda desk: [desk.write(patient(id_)) for id_ in ("p4", "p5")])
    prescribed(store, "p4", "submitted")
    merged(store, ("p4", "p5"))
    entry = prescribed(store, "p5")
    assert CARDS["p5"] in told(entry)
    act(store, lambda desk: [desk.unmerge("p4"), None][1])
    text = told(entry)
    assert CARDS["p4"] in text and CARDS["p5"] not in text and NAMES["p5"] not in text
