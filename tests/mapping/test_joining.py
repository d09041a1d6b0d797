"""What messages say of identities: merges, links, changed and moved numbers, answers to orders."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

import pytest

from gateway.canonical import Draft, Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.registry import one_root
from gateway.wire import er7

FIRST = "PID|1||1^^^HIS^MR||陈^远航||19780512|M||||||||||A1^^^HIS^AN"
SECOND = "PID|2||2^^^HIS^MR||陈^远航||19780512|M"
VISIT = "PV1|1|I|||||||||||||||||V1^^^HIS^VN"


@cache
def maps() -> Maps:
    return load_maps()


def translate(event: str, *segments: str, app: str = "HIS") -> Translation:
    raw = "\r".join((rf"MSH|^~\&|{app}|H|||20260101080000||{event}|1|P|2.5.1", *segments)).encode()
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps().translate(parsed, envelope, maps().profile("his/hl7v2", "", parsed))


def one(made: Translation, type_: str) -> Draft:
    (draft,) = [draft for draft in made.drafts if draft.type == type_]
    return draft


@pytest.mark.parametrize(("event", "kind"), [("ADT^A24", "link"), ("ADT^A37", "unlink")])
def test_two_patients_of_one_message_are_told_apart(event: str, kind: str) -> None:
    made = translate(event, "EVN||20260101080000", FIRST, SECOND)
    first, second = [draft for draft in made.drafts if draft.type == "Patient"]
    assert [first.body["identifier"][0]["value"], second.body["identifier"][0]["value"]] == ["1", "2"]
    (merge,) = made.merges
    assert (merge.kind, merge.survivor, merge.retired) == (kind, first.id, second.id)


def test_a_patient_is_not_linked_with_itself() -> None:
    assert translate("ADT^A24", "EVN||20260101080000", FIRST, FIRST).merges == []


@pytest.mark.parametrize(
    ("event", "mrg", "expected"),
    [
        ("ADT^A34", "MRG|9^^^HIS^MR", [("merge", "Patient", "9")]),
        ("ADT^A35", "MRG|1^^^HIS^MR||A9^^^HIS^AN", [("merge", "Account", "A9")]),
        ("ADT^A36", "MRG|9^^^HIS^MR||A9^^^HIS^AN", [("merge", "Patient", "9"), ("merge", "Account", "A9")]),
        ("ADT^A41", "MRG|1^^^HIS^MR||A9^^^HIS^AN", [("merge", "Account", "A9")]),
        ("ADT^A42", "MRG|1^^^HIS^MR||||V9^^^HIS^VN", [("merge", "Encounter", "V9")]),
        ("ADT^A43", "MRG|9^^^HIS^MR", [("change", "Patient", "9")]),
        ("ADT^A47", "MRG|9^^^HIS^MR", [("change", "Patient", "9")]),
        ("ADT^A50", "MRG|1^^^HIS^MR||||V9^^^HIS^VN", [("change", "Encounter", "V9")]),
    ],
)
def test_each_event_joins_what_it_names(event: str, mrg: str, expected: list[tuple[str, str, str]]) -> None:
    made = translate(event, "EVN||20260101080000", FIRST, mrg, VISIT)
    assert [(merge.kind, merge.type, merge.key[1]) for merge in made.merges] == expected
    for merge in made.merges:
        assert merge.survivor in {draft.id for draft in made.drafts if draft.type == merge.type}


def test_a_number_that_moves_to_another_person_keeps_its_patient() -> None:
    pid = FIRST.replace("PID|1|", "PID|1|E2^^^HIS^PI")
    made = translate("ADT^A43", "EVN||20260101080000", pid, "MRG|1^^^HIS^MR|||E1^^^HIS^PI")
    assert made.merges == [], "the number stays"
    uses = {one["value"]: one.get("use") for one in one(made, "Patient").body["identifier"]}
    assert uses == {"1": None, "E2": None, "E1": "old"}


@pytest.mark.parametrize(("event", "registers"), [("ADT^A08", True), ("ADT^A23", False), ("ADT^A11", True)])
def test_a_record_that_is_deleted_brings_no_number_back(event: str, registers: bool) -> None:
    assert one(translate(event, "EVN||20260101080000", FIRST, VISIT), "Patient").registers is registers


def test_a_visit_that_moves_says_so() -> None:
    made = translate("ADT^A45", "EVN||20260101080000", FIRST, "MRG|1^^^HIS^MR||||V1^^^HIS^VN", VISIT)
    assert one(made, "Encounter").moves
    assert made.merges == [], "the number stays"


def test_the_filler_decides_what_becomes_of_an_order_and_nothing_else() -> None:
    made = translate("ORL^O22", "MSA|AA|7", "ORC|OC|P1|F1||CA", "OBR|1|P1|F1|BR^血常规", app="LIS1")
    order = one(made, "ServiceRequest")
    assert order.owns
    assert order.body["status"] == "revoked"
    assert {"code", "subject", "intent"} <= set(order.fills)
    assert not one(
        translate("ORU^R01", FIRST, "ORC|RE|P1|F1", "OBR|1|P1|F1|BR", app="LIS1"), "ServiceRequest"
    ).owns


def test_a_place_of_the_master_file_is_the_place_of_the_visits() -> None:
    file = translate("MFN^M05", "MFI|LOC||UPD", "MFE|MAD|1||W1^3^2^H", "LOC|W1^3^2^H|三床|B")
    visit = translate("ADT^A01", "EVN||20260101080000", FIRST, VISIT.replace("|I|", "|I|W1^3^2^H", 1))
    names = {draft.id: draft.body["name"] for draft in visit.drafts if draft.type == "Location"}
    made = next(draft for draft in file.drafts if draft.body.get("name") == "三床")
    assert names[made.id] == "2"


def test_a_question_is_read_and_writes_nothing() -> None:
    made = translate("QBP^Q11", "QPD|Q11^查询|1|1^^^HIS^MR", "RCP|I")
    assert made.drafts == []
    assert made.unmapped["QPD-3"] == 1


@pytest.mark.parametrize(
    "row",
    [
        '{at: "PID[3]", map: "PID[Patient]", make: Patient, as: patient}',
        "{at: PID, merge: {kind: part, type: Patient, other: a, into: b}}",
        "{at: PID, merge: {kind: link, type: Patient, other: nobody, into: nobody}}",
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, row: str) -> None:
    root = tmp_path / "mappings"
    shutil.copytree(one_root() / "mappings", root)
    path = root / "hl7v2/messages/ADT_A24.yaml"
    path.write_text(f"message: ADT_A24\nevents: [ADT^A24]\nrows:\n  - {row}\n", "utf-8")
    with pytest.raises(Misconfigured) as caught:
        load_maps(root)
    assert caught.value.where == "ADT_A24.yaml:4"
