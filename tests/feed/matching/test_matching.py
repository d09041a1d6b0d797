"""Matching at work: through two doors, what is proposed, linked, decided and remembered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from benchmarks.matching import fill, judged, population
from gateway.canonical import Draft, Envelope, Merge, Translation, new_envelope_id, now_us
from gateway.canonical.json import loads
from gateway.feed.matching import MatchingWorker, decide, find, undo
from gateway.feed.matching.proposal import id_of, outcome_of
from gateway.matching import load_rules
from gateway.settings import MatchingSettings
from gateway.store import Receive, Settle, Store, Transact, open_store
from gateway.store.model import Change, Transacted

RULES = load_rules()
RESIDENT, MEDICAL = "urn:oid:2.16.156.10011.1.3", "urn:oid:2.16.156.10011.1.13"
CARD = "990101198005060011"


def check(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(a * int(b) for a, b in zip(weights, body, strict=True)) % 11]


CARD = check(CARD[:17])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    yield opened
    opened.close()


def patient(id_: str, number: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": MEDICAL, "value": number}],
        "name": [{"text": "林一"}],
        "birthDate": "1980-05-06",
        "gender": "male",
    }
    if card := more.pop("card", ""):
        made["identifier"].append({"system": RESIDENT, "value": card})
    if phone := more.pop("phone", ""):
        made["telecom"] = [{"system": "phone", "value": phone}]
    return {**made, **more}


def by_message(store: Store, *bodies: dict[str, Any]) -> None:
    """Store resources as a message of a HIS, each Patient under its number."""
    at = now_us()
    drafts = [
        Draft(body["resourceType"], body["id"], body, key=(MEDICAL, body["identifier"][0]["value"]))
        if body["resourceType"] == "Patient"
        else Draft(body["resourceType"], body["id"], body)
        for body in bodies
    ]
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|")
    settle = Settle(envelope, Translation(drafts, event_at=at), lambda _outcome: b"")
    store.write([Receive(envelope, "", b"", 0), settle])


def by_api(store: Store, body: dict[str, Any]) -> None:
    (done,) = store.write(
        [Transact("default", "api", [Change("update", body["resourceType"], body["id"], body)])]
    )
    assert done.error is None


def look(store: Store, **settings: Any) -> None:
    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    asyncio.run(MatchingWorker(store, RULES, MatchingSettings(**settings), write).settle())


def say(store: Store, decision: str, **more: str) -> Transacted:
    act = lambda desk: decide(desk, id_of(("a", "b")), decision, **more)  # noqa: E731
    return store.write([Transact("default", "test", [], act=act, joins=True)])[0]


def read(store: Store, type_: str, id_: str) -> dict[str, Any]:
    version = store.read("default", type_, id_)
    assert version is not None
    found: dict[str, Any] = loads(version.body)
    return found


def task(store: Store) -> dict[str, Any] | None:
    return (
        None
        if store.read("default", "Task", id_of(("a", "b"))) is None
        else read(store, "Task", id_of(("a", "b")))
    )


def test_who_is_probably_one_person_is_proposed_over_two_doors(store: Store) -> None:
    by_message(store, patient("a", "1", phone="13900010002"))
    by_api(store, patient("b", "2", phone="+86 13900010002"))
    look(store)
    said = task(store)
    assert said is not None
    assert said["status"] == "requested"
    assert [one["value"] for one in said["identifier"]] == ["a", "b"]
    told = str(said)
    assert "same telephone / 联系电话相同" in told
    assert "1390001" not in told
    assert "林一" not in told
    before = store.newest("default")
    look(store)
    assert store.newest("default") == before


def test_nobody_is_linked_unless_the_settings_say_so(store: Store) -> None:
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD))
    look(store)
    assert "link" not in read(store, "Patient", "a")
    assert task(store)["priority"] == "urgent"  # type: ignore[index]
    look(store, propose=False)
    assert "link" not in read(store, "Patient", "a")


def test_who_certainly_is_one_person_is_linked_where_the_settings_say_so(store: Store) -> None:
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD))
    look(store, link=True)
    for one, other in ("ab", "ba"):
        assert read(store, "Patient", one)["link"] == [
            {"other": {"reference": f"Patient/{other}"}, "type": "seealso"}
        ]
    (found,) = store.search("default", "Provenance", [("target", "Patient/a")]).matches
    assert b"same resident ID" in found.body
    assert say(store, "reject").error is None
    assert "link" not in read(store, "Patient", "a")
    by_api(store, patient("b", "2", card=CARD, active=True))
    look(store, link=True)
    assert "link" not in read(store, "Patient", "a")


def test_a_contradiction_is_never_linked(store: Store) -> None:
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD, birthDate="2010-01-01"))
    look(store, link=True)
    assert "link" not in read(store, "Patient", "a")
    assert "居民身份证号相同" in str(task(store))
    assert "出生日期不同" in str(task(store))


def test_what_was_rejected_is_proposed_again_only_for_a_new_reason(store: Store) -> None:
    by_message(store, patient("a", "1", phone="13900010002"))
    by_message(store, patient("b", "2", phone="13900010002"))
    look(store)
    assert say(store, "reject", by="records office", reason="brothers").error is None
    by_api(store, patient("b", "2", phone="13900010002", active=True))
    look(store)
    assert task(store)["status"] == "rejected"  # type: ignore[index]
    by_api(store, patient("a", "1", phone="13900010002", card=CARD))
    by_api(store, patient("b", "2", phone="13900010002", card=CARD))
    look(store)
    assert task(store)["status"] == "requested"  # type: ignore[index]


def test_a_proposal_ends_when_nothing_speaks_for_it(store: Store) -> None:
    by_api(store, patient("a", "1", phone="13900010002"))
    by_api(store, patient("b", "2", phone="13900010002"))
    look(store)
    by_api(store, patient("b", "2", phone="13900010002", birthDate="1990-01-01"))
    look(store)
    assert task(store)["status"] == "cancelled"  # type: ignore[index]


def test_a_merge_moves_what_refers_to_who_ends_and_new_messages_follow(store: Store) -> None:
    subject = {"reference": "Patient/a"}
    visit = {"resourceType": "Encounter", "id": "e", "status": "finished", "class": {"code": "AMB"}}
    order = {"resourceType": "MedicationRequest", "id": "m", "status": "active", "intent": "order"}
    report = {"resourceType": "DiagnosticReport", "id": "r", "status": "final", "code": {"text": "x"}}
    by_message(
        store, patient("a", "1", card=CARD), *({**one, "subject": subject} for one in (visit, order, report))
    )
    by_message(store, patient("b", "2", card=CARD))
    look(store)
    done = say(store, "merge", survivor="Patient/b", by="records office")
    assert done.error is None
    assert done.answer.moved >= 3  # type: ignore[attr-defined]
    for type_, id_ in (("Encounter", "e"), ("MedicationRequest", "m"), ("DiagnosticReport", "r")):
        assert read(store, type_, id_)["subject"] == {"reference": "Patient/b"}
    assert read(store, "Patient", "a")["active"] is False
    assert outcome_of(task(store)) == "merge"  # type: ignore[arg-type]
    everything = {f"{one.type}/{one.id}" for one in store.everything("default", "Patient", "b", []).matches}
    assert {"Patient/b", "Encounter/e", "MedicationRequest/m", "DiagnosticReport/r"} <= everything
    by_message(store, patient("a", "1", gender="male", maritalStatus={"text": "x"}))
    assert read(store, "Patient", "b").get("maritalStatus") == {"text": "x"}
    assert say(store, "merge", survivor="b").error is None
    other = say(store, "merge", survivor="Patient/a").error
    assert getattr(other, "code", "") == "conflict", "the other way round is not what was done"
    assert "Patient/b goes on" in str(other)
    assert say(store, "reject").error.code == "conflict"  # type: ignore[union-attr]


@pytest.mark.parametrize("word", ["unmerge", "split"])
def test_a_human_takes_a_merge_back_and_is_told_what_to_look_at(store: Store, word: str) -> None:
    visit = {"resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"}}
    subject = {"subject": {"reference": "Patient/a"}}
    by_message(store, patient("a", "1", card=CARD), {**visit, "id": "e", **subject})
    by_message(store, patient("b", "2", card=CARD))
    look(store)
    assert say(store, "unmerge").error.code == "conflict"  # type: ignore[union-attr]
    assert say(store, "merge", survivor="b").error is None
    by_message(store, patient("a", "1", card=CARD), {**visit, "id": "later", **subject})
    done = say(store, word, by="records office", reason="两人同卡")
    assert done.error is None, done.error
    answer: Any = done.answer
    assert answer.moved == 1
    assert "Encounter/later" in answer.left
    assert read(store, "Encounter", "e")["subject"] == {"reference": "Patient/a"}
    assert "link" not in read(store, "Patient", "a")
    left = task(store)
    assert left is not None
    assert (left["status"], outcome_of(left)) == ("rejected", "unmerge")
    assert {"type": {"text": "left"}, "valueReference": {"reference": "Encounter/later"}} in left["output"]
    get_fhir_model_class("Task").model_validate(left)
    assert say(store, word).answer.moved == 0  # type: ignore[union-attr]
    look(store, link=True)
    assert outcome_of(task(store)) == "unmerge", "they are not proposed or linked again"  # type: ignore[arg-type]
    by_message(store, patient("a", "1", card=CARD, gender="female"))
    assert (read(store, "Patient", "a")["gender"], read(store, "Patient", "b")["gender"]) == (
        "female",
        "male",
    )
    assert say(store, "merge", survivor="a").error is None, "or the other way round"
    assert read(store, "Patient", "b")["active"] is False


def test_a_merge_of_the_his_is_taken_back_without_a_proposal(store: Store) -> None:
    by_message(store, patient("a", "1", card=CARD), patient("b", "2", card=CARD))
    envelope = Envelope(new_envelope_id(now_us()), "default", "his/hl7v2", "his", 0, "", "", b"MSH|")
    body = patient("b", "2", card=CARD)
    merge = Merge("Patient", (MEDICAL, "1"), "a", "b")
    told = Translation([Draft("Patient", "b", body, key=(MEDICAL, "2"))], [merge], event_at=now_us())
    store.write([Receive(envelope, "", b"", 0), Settle(envelope, told, lambda _outcome: b"")])
    assert read(store, "Patient", "a")["active"] is False

    def undone(id_: str) -> Transacted:
        act = lambda desk: undo(desk, RULES, id_, by="records office")  # noqa: E731
        return store.write([Transact("default", "test", [], act=act, joins=True)])[0]

    assert undone("b").error.code == "conflict"  # type: ignore[union-attr]
    assert undone("nobody").error.code == "not-found"  # type: ignore[union-attr]
    assert undone("a").error is None
    assert "link" not in read(store, "Patient", "a")
    look(store, link=True)
    assert outcome_of(task(store)) == "unmerge", "they are not linked by the same card"  # type: ignore[arg-type]


def test_a_link_does_not_make_the_senders_next_event_late(store: Store) -> None:
    at = now_us()
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD))
    look(store, link=True)
    later = patient("a", "1", card=CARD, address=[{"text": "渡桥市渡口路 1 号"}], gender="female")
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "his", at, "", "", b"MSH|2")
    drafts = [Draft("Patient", "a", later, key=(MEDICAL, "1"))]
    event = store.read("default", "Patient", "a").ts_us - 1  # type: ignore[union-attr]
    settle = Settle(envelope, Translation(drafts, event_at=event), lambda _outcome: b"")
    store.write([Receive(envelope, "", b"", 0), settle])
    assert read(store, "Patient", "a")["gender"] == "female"
    assert read(store, "Patient", "a")["link"]


def test_a_search_by_an_old_number_finds_who_goes_on(store: Store) -> None:
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD))
    look(store)
    say(store, "merge", survivor="b")
    asked = {"resourceType": "Patient", "identifier": [{"system": MEDICAL, "value": "1"}]}
    (found,) = find(store, "default", RULES, asked)
    assert (found.patient.id, found.match.grade) == ("b", "certain")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        (("买买提·艾力", "139 1234 5678"), ("买买提艾力", "+86 139-1234-5678")),
        (("买买提艾力", "+86 139-1234-5678"), ("买买提·艾力", "13912345678")),
        (("Lin-Yi", "139-1234-5678"), ("LINYI", "86 13912345678")),
        (("林一", "(021)62345678"), ("林 一", "021 62345678")),
    ],
)
def test_who_is_written_in_another_way_is_found(
    store: Store, stored: tuple[str, str], asked: tuple[str, str]
) -> None:
    made = [patient(id_, id_, birthDate="1990-02-03", name=[{"text": name}], phone=phone)
            for id_, (name, phone) in zip("ab", (stored, asked), strict=True)]  # fmt: skip
    by_api(store, made[0])
    for phone in (True, False):  # or by name and day alone
        given = made[1] if phone else {**made[1], "telecom": made[0]["telecom"]}
        given = given if phone else {key: value for key, value in given.items() if key != "telecom"}
        (found,) = find(store, "default", RULES, given)
        assert (found.match.grade, found.match.score) == (("probable", 0.8) if phone else ("possible", 0.6))


def test_by_the_day_alone_where_the_name_begins_otherwise(store: Store) -> None:
    by_api(store, patient("a", "1", card=CARD))
    wrong = CARD[:16] + str((int(CARD[16]) + 1) % 10) + CARD[17:]
    (found,) = find(store, "default", RULES, patient("b", "2", card=wrong, name=[{"text": "Lin Yi"}]))
    assert found.match.grade == "probable"


def test_a_number_in_wide_letters_is_found(store: Store) -> None:
    by_api(store, patient("a", "ＭＲ１２"))
    asked = {"resourceType": "Patient", "identifier": [{"system": MEDICAL, "value": "mr12"}]}
    (found,) = find(store, "default", RULES, asked)
    assert found.match.grade == "certain"


@pytest.mark.parametrize(
    ("decision", "more", "code"),
    [("merge", {}, "value"), ("merge", {"survivor": "c"}, "value"), ("perhaps", {}, "value")],
)
def test_a_wrong_decision_is_told(store: Store, decision: str, more: dict[str, str], code: str) -> None:
    by_message(store, patient("a", "1", card=CARD))
    by_message(store, patient("b", "2", card=CARD))
    look(store)
    assert say(store, decision, **more).error.code == code  # type: ignore[union-attr]


def test_a_patient_with_an_impossible_day_holds_up_nobody(store: Store) -> None:
    for id_, number in (("a", "1"), ("b", "2")):
        by_api(store, patient(id_, number, phone="13900010002", birthDate="1980-02-30"))
    look(store)
    assert task(store) is not None  # by the telephone: no search takes the day


def test_the_worker_rests_long_while_others_write(store: Store) -> None:
    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    worker = MatchingWorker(store, RULES, MatchingSettings(), write)
    idle = worker.rest_after(1.0)
    by_api(store, patient("a", "1"))
    assert worker.rest_after(1.0) >= 40 > idle


def test_how_good_it_is_where_the_truth_is_known(store: Store) -> None:
    """A small one of ``benchmarks.matching``: nobody is wrongly certain, few are wrongly proposed."""
    people = population(1500)
    fill(store, people)
    found = judged(store, people, 150)
    assert found.certain[1] == 0
    right, wrong = found.likely
    assert right / (right + wrong) > 0.98
    recall = {change: counts[1] / counts[2] for change, counts in found.found.items()}
    assert all(recall[change] > 0.9 for change in ("card", "phone", "address", "date", "typed"))
    assert recall["name"] > 0.5  # of two characters one wrong is as likely somebody else
    assert recall["bare"] == 0  # name, day and sex alone: shown when asked, proposed to nobody
    assert found.found["bare"][0] == found.found["bare"][2]


def test_who_is_no_proposal_cannot_be_decided(store: Store) -> None:
    by_api(store, patient("a", "1"))
    assert say(store, "link").error.code == "not-found"  # type: ignore[union-attr]
