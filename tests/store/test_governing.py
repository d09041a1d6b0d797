"""The governor: what it is shown, what its refusal costs, and what it writes itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import orjson
import pytest

from gateway.canonical import Draft, Issue, Merge, Refused, Stored, Translation
from gateway.canonical.json import dumps, loads
from gateway.errors import Ground, Refusal
from gateway.store import Change, Desk, Entry, Made, Occasion, Settle, Transact

MRN = "urn:oid:2.16.156.990101.1"
Make = Callable[..., Draft]
RULE = Ground("cn.rule", "not without a diagnosis", "须有诊断", "NAT-1", "第一条", "Observation.code")


class Governor:
    """Writes down what it is shown; does what a test wants."""

    def __init__(self) -> None:
        self.types = frozenset({"Observation", "MedicationRequest"})
        self.shown: list[tuple[str, ...]] = []
        self.occasions: list[Occasion] = []
        self.bodies: list[tuple[Any, Any]] = []
        self.does: Callable[[Desk, Sequence[Made]], object] = lambda _desk, _made: None

    def govern(self, desk: Desk, made: Sequence[Made], occasion: Occasion) -> None:
        self.shown += [(one.type, one.id, one.method, one.why) for one in made]
        self.bodies += [(one.before, one.after) for one in made]
        self.occasions.append(occasion)
        self.does(desk, made)


def refuse(_desk: Desk, _made: Sequence[Made]) -> object:
    raise Refusal([RULE])


def enter(desk: Desk, made: Sequence[Made]) -> object:
    for one in made:
        version = desk.version(one.type, one.id)
        assert version is not None
        desk.append(Entry("record", "submitted", version))
    return None


@pytest.fixture
def governor(desk: Any) -> Governor:
    found = Governor()
    desk.store.govern(found)
    return found


def put(id_: str, type_: str = "Observation", **elements: Any) -> Change:
    return Change("update", type_, id_, {"resourceType": type_, "id": id_, **elements})


def test_it_is_shown_what_the_api_makes_of_its_types(desk: Any, governor: Governor) -> None:
    desk.transact(put("o1"), put("p1", "Patient"))
    desk.transact(put("o1"))
    desk.transact(Change("patch", "Observation", "o1", patch=lambda body: {**body, "status": "final"}))
    desk.transact(Change("delete", "Observation", "o1"))
    desk.transact(put("p1", "Patient", active=True))
    assert governor.shown == [
        ("Observation", "o1", "create", "written"),
        ("Observation", "o1", "update", "written"),
        ("Observation", "o1", "delete", "written"),
    ]
    assert [tuple(body and body.get("status", "none") for body in pair) for pair in governor.bodies] == [
        (None, "none"), ("none", "final"), ("final", None),
    ]  # fmt: skip
    assert [(one.door, one.source, one.rehearsed) for one in governor.occasions] == [
        ("api", "request-1", False)
    ] * 3


def test_what_a_conditional_delete_takes_is_shown_all(desk: Any, governor: Governor) -> None:
    desk.transact(put("o1", status="final"), put("o2", status="final"))
    governor.shown.clear()
    change = Change("delete", "Observation", condition=(("status", "final"),), many=True)
    desk.transact(change)
    assert sorted(one[1] for one in governor.shown) == ["o1", "o2"]


def test_a_refusal_costs_its_transact_alone(desk: Any, governor: Governor) -> None:
    def some(_desk: Desk, made: Sequence[Made]) -> object:
        return refuse(_desk, made) if made[0].id == "bad" else None

    governor.does = some
    done = desk.store.write(
        [Transact("default", "r", [put(id_), put("p" + id_, "Patient")]) for id_ in ("a", "bad", "b")]
    )
    assert [one.error and one.error.code for one in done] == [None, "business-rule", None]
    assert isinstance(done[1].error, Refusal)
    assert done[1].error.issues == (RULE,)
    assert desk.store.read("default", "Patient", "pbad") is None
    assert desk.store.read("default", "Patient", "pb") is not None


def test_what_a_transact_searched_first_is_undone_too(desk: Any, governor: Governor) -> None:
    governor.does = refuse
    body = {"resourceType": "Observation", "subject": {"reference": "Patient?identifier=urn:n|1"}}
    patient = {"resourceType": "Patient", "identifier": [{"system": "urn:n", "value": "1"}]}
    condition = (("identifier", "urn:n|1"),)
    changes = [
        Change("create", "Patient", body=patient, condition=condition),
        Change("create", "Observation", body=body),
    ]
    (done,) = desk.store.write([Transact("default", "r", changes)])
    assert isinstance(done.error, Refusal)
    assert desk.store.counts("default").resources == {}
    assert desk.store.newest("default") & 0xFFFFFFFFFF == 0


def test_it_writes_more_and_is_not_asked_about_that(desk: Any, governor: Governor) -> None:
    def flag(inside: Desk, made: Sequence[Made]) -> object:
        inside.write({"resourceType": "DetectedIssue", "id": f"flag-{made[0].id}", "status": "final"})
        inside.write({"resourceType": "Observation", "id": f"more-{made[0].id}"})
        return enter(inside, made)

    governor.does = flag
    desk.transact(put("o1"))
    assert [one[1] for one in governor.shown] == ["o1"]
    assert desk.store.read("default", "DetectedIssue", "flag-o1") is not None
    assert desk.store.read("default", "Observation", "more-o1") is not None
    assert [one.reference for one in desk.store.ledger.entries("default")] == ["Observation/o1/_history/1"]


def test_it_is_shown_what_a_message_makes(
    desk: Any, governor: Governor, patient: Make, observation: Make
) -> None:
    governor.does = enter
    refs = desk.stored(patient("p1"), observation("o1"))
    assert refs == ["Patient/p1/_history/1", "Observation/o1/_history/1"]
    assert governor.shown == [("Observation", "o1", "create", "written")]
    (occasion,) = governor.occasions
    assert (occasion.door, occasion.sender) == ("message", "his")
    assert desk.store.inbox_show(occasion.source).row.state == "stored"
    assert len(desk.store.ledger.entries("default")) == 1
    assert desk.store.ledger.verify("default").ok


@pytest.mark.parametrize("door", ["api", "message"])
def test_what_it_is_shown_is_what_is_stored(
    desk: Any, governor: Governor, observation: Make, door: str
) -> None:
    """It is not read back for that; nothing of it may be missing, or otherwise."""
    value = {"value": Decimal("1.50"), "unit": "g/L"}
    said = {"meta": {"source": "urn:x", "tag": [{"code": "t"}], "versionId": "9"}, "valueQuantity": value}
    if door == "api":
        desk.transact(put("o1", **said))
        desk.transact(put("o1", **said, status="final"))
    else:
        desk.stored(observation("o1", **said))
        desk.stored(observation("o1", **said, status="amended"))
    stored = [loads(one.body) for one in desk.store.history("default", "Observation", "o1", count=9).versions]
    (_, first), (before, second) = governor.bodies
    assert [second, first] == stored
    assert [*second] == [*stored[0]], "in the same order, too"
    assert before == first
    assert dumps(second["valueQuantity"]) == b'{"value":1.50,"unit":"g/L"}'


def test_a_refused_message_leaves_nothing_and_says_why(
    desk: Any, governor: Governor, patient: Make, observation: Make
) -> None:
    governor.does = refuse
    written = desk.put(patient("p1"), observation("o1"), issues=[Issue("warning", "value", "PID-7", "", "x")])
    assert isinstance(written.outcome, Refused)
    assert [(one.rule, one.code, one.text, one.text_zh) for one in written.outcome.issues] == [
        ("cn.rule", "business-rule", "not without a diagnosis (第一条)", "须有诊断 (第一条)"),
        ("", "value", "x", ""),
    ]
    assert written.answer == desk.ack(written.outcome)
    assert desk.store.read("default", "Patient", "p1") is None
    assert desk.store.counts("default").inbox == {"refused": 1}
    assert desk.store.newest("default") & 0xFFFFFFFFFF == 0
    governor.does = enter
    assert isinstance(desk.put(patient("p1"), observation("o1")).outcome, Stored)


def test_a_fault_of_the_governor_quarantines(desk: Any, governor: Governor, observation: Make) -> None:
    def broken(_desk: Desk, _made: Sequence[Made]) -> object:
        raise KeyError("x")

    governor.does = broken
    assert desk.put(observation("o1")).outcome.reason == "store-conflict"
    assert desk.store.read("default", "Observation", "o1") is None


def test_a_replay_with_other_maps_says_so(desk: Any, governor: Governor, observation: Make) -> None:
    governor.does = enter
    envelope = desk.envelope()
    first = Settle(envelope, Translation([observation("o1")]), desk.ack)
    desk.store.write([desk.receive(envelope), first])
    again = Settle(envelope, Translation([observation("o1", code="x")]), desk.ack, keeps=True)
    assert [one.rehearsed for one in governor.occasions] == [False]
    desk.store.rehearse([again])
    assert governor.occasions[-1].rehearsed
    assert len(desk.store.ledger.entries("default")) == 1, "nothing of a rehearsal is kept"
    desk.store.write([again])
    assert [one[3] for one in governor.shown] == ["written", "remapped", "remapped"]
    assert [one.ver for one in desk.store.ledger.entries("default")] == [1, 2]
    governor.does = refuse
    more = Settle(envelope, Translation([observation("o1", code="y")]), desk.ack, keeps=True)
    desk.store.write([more])
    assert desk.store.inbox_show(envelope.id).row.state == "stored", "what is stored stays so"
    assert desk.store.read("default", "Observation", "o1").ver == 2


def test_what_a_merge_takes_along_is_shown(
    desk: Any, governor: Governor, patient: Make, observation: Make
) -> None:
    governor.does = enter
    desk.stored(patient("p1", mrn="1"), observation("o1", subject="p1"))
    desk.stored(patient("p2", mrn="2"), observation("o2", subject="p2"))
    desk.transact(put("o3", subject={"reference": "Patient/p2"}))
    governor.shown.clear()
    governor.bodies.clear()
    desk.stored(
        patient("p1", mrn="1"), observation("o4", subject="p2"),
        merges=[Merge("Patient", (MRN, "2"), "p2", "p1")],
    )  # fmt: skip
    assert sorted(governor.shown) == [
        ("Observation", "o2", "update", "merged"),
        ("Observation", "o3", "update", "merged"),
        ("Observation", "o4", "create", "written"),
    ]
    moved = [(before["subject"], after["subject"]) for before, after in governor.bodies if before]
    assert moved == [({"reference": "Patient/p2"}, {"reference": "Patient/p1"})] * 2
    entries = desk.store.ledger.entries("default")
    assert sorted((one.id, one.ver) for one in entries[3:]) == [("o2", 2), ("o3", 2), ("o4", 1)]
    for one in entries:
        (version,) = desk.store.ledger.members(one)
        assert orjson.loads(version.body)["id"] == one.id
    assert desk.store.ledger.verify("default").ok


def test_a_refused_merge_moves_nothing(
    desk: Any, governor: Governor, patient: Make, observation: Make
) -> None:
    desk.stored(patient("p1", mrn="1"))
    desk.stored(patient("p2", mrn="2"), observation("o2", subject="p2"))
    governor.does = refuse
    merge = Merge("Patient", (MRN, "2"), "p2", "p1")
    assert isinstance(desk.put(patient("p1", mrn="1"), merges=[merge]).outcome, Refused)
    found = orjson.loads(desk.store.read("default", "Observation", "o2").body)
    assert found["subject"] == {"reference": "Patient/p2"}
    assert desk.store.read("default", "Patient", "p2").ver == 1


def test_it_is_told_who_asks(desk: Any, governor: Governor) -> None:
    desk.store.write([Transact("default", "r", [put("o1")], caller="somebody")])
    assert governor.occasions[0].caller == "somebody"


def test_an_act_is_not_governed(desk: Any, governor: Governor) -> None:
    def act(inside: Desk) -> object:
        return inside.write({"resourceType": "Observation", "id": "o1"}).ver

    assert desk.store.write([Transact("default", "r", [], act=act)])[0].answer == 1
    desk.transact(put("p1", "Patient"))
    assert governor.shown == []
