"""The engine, on small maps of its own: what a row can say, and what is refused at load."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Maps, Tracer, load_maps
from gateway.wire import er7

CWE = """
map: "CWE[CodeableConcept]"
rows:
  - {from: CWE.1, to: "coding[1].code"}
  - {from: CWE.2, to: "coding[1].display"}
  - {from: CWE.3, to: "coding[1].system", as: coding_system}
"""
CX = """
map: "CX[Identifier]"
requires: [value]
rows:
  - {from: CX.1, to: value}
  - {from: CX.4, to: system, as: authority}
  - {from: CX.5, to: type, as: identifier_type}
"""
XCN = """
map: "XCN[Practitioner]"
key: {identifier: []}
rows:
  - {from: XCN.1, to: "identifier[1].value"}
  - {id: system, when: XCN.1 valued, value: staff, to: "identifier[1].system", as: identifier_system}
  - {from: XCN.2, to: "name[1]", as: han_name}
"""
PID = """
map: "PID[Patient]"
rows:
  - {from: PID-1, ignore: "set id"}
  - {from: PID-3, to: identifier, as: "CX[Identifier]"}
  - {from: PID-5, to: name, as: han_name}
  - {from: PID-7, to: birthDate}
  - {id: PID-7.time, from: PID-7, when: "PID-7 length > 8",
     to: "birthDate.extension(http://example.org/time).valueDateTime"}
  - {from: PID-8, to: gender, codes: sex}
  - {from: PID-24, to: multipleBirthBoolean}
"""
PV1 = """
map: "PV1[Encounter]"
rows:
  - {from: PV1-19, to: identifier, as: "CX[Identifier]"}
  - {from: PV1-7, to: participant.individual, as: "XCN[Practitioner]", with: {type: [{text: attending}]}}
  - {from: PV1-4, to: type, codes: sex}
  - {id: planned, value: unknown, to: status, fill: true}
  - {from: MSH-7, to: period.start}
"""
DG1 = """
map: "DG1[Condition]"
rows:
  - {from: DG1-3, to: code, as: "CWE[CodeableConcept]"}
"""
GENDER = "http://hl7.org/fhir/administrative-gender"
SEX = f"{{table: sex, target: '{GENDER}', codes: {{M: male, '2': [female, Female]}}}}"
MESSAGE = """
message: ADT_A01
events: [ADT^A01]
requires: {patient: no-patient}
event_at: [EVN-2, MSH-7]
rows:
  - {at: PID, map: "PID[Patient]", make: Patient, as: patient, key: {identifier: [MR]}}
  - {at: PV1, map: "PV1[Encounter]", make: Encounter, as: encounter,
     key: {any: [{identifier: []}, [patient, PV1-44]]}, link: {subject: patient}}
  - {at: DG1, map: "DG1[Condition]", make: Condition, as: condition, key: [encounter, DG1-3.1],
     link: {subject: patient, encounter: encounter}, append: encounter.diagnosis.condition}
  - {at: MSH, make: Provenance, as: provenance, key: {fixed: one}, link: {target: "*"}}
"""
MERGE = """
message: ADT_A39
events: [ADT^A40]
rows:
  - {at: PID, map: "PID[Patient]", make: Patient, as: patient, key: {identifier: [MR]}}
  - {at: MRG, merge: {type: Patient, from: MRG-1, as: "CX[Identifier]", into: patient}}
"""
FILES = {
    "hl7v2/datatypes/CWE-CodeableConcept.yaml": CWE,
    "hl7v2/datatypes/CX-Identifier.yaml": CX,
    "hl7v2/datatypes/XCN-Practitioner.yaml": XCN,
    "hl7v2/segments/PID-Patient.yaml": PID,
    "hl7v2/segments/PV1-Encounter.yaml": PV1,
    "hl7v2/segments/DG1-Condition.yaml": DG1,
    "hl7v2/codes/sex.yaml": SEX,
    "hl7v2/messages/ADT_A01.yaml": MESSAGE,
    "hl7v2/messages/ADT_A39.yaml": MERGE,
    "senders/default.yaml": "{sender: default, systems: {staff: 'urn:oid:1.2.3'}}",
    "senders/lis.yaml": "{sender: lis, match: {MSH-3: 'LIS*'}, owns: [Observation], zone: '+09:00'}",
}

Load = Callable[..., Maps]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def make(**changed: str) -> Maps:
        files = FILES | {path.replace("__", "/"): text for path, text in changed.items()}
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return load_maps(tmp_path)

    return make


def message(*segments: str, header: str = r"MSH|^~\&|HIS|H|||20260101080000||ADT^A01|1|P|2.5.1") -> bytes:
    return "\r".join((header, *segments)).encode()


def translate(maps: Maps, raw: bytes) -> Translation:
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps.translate(parsed, envelope, maps.profile("his/hl7v2", "", parsed))


def bodies(translation: Translation, type_name: str) -> list[dict[str, Any]]:
    return [draft.body for draft in translation.drafts if draft.type == type_name]


PID_FILE = "hl7v2/segments/PID-Patient.yaml"
CX_FILE = "hl7v2/datatypes/CX-Identifier.yaml"
A01_FILE = "hl7v2/messages/ADT_A01.yaml"
PID_LINE = "PID|1||P1^^^HIS^MR~990101199003071239^^^^NNCHN||张三||19900307|M"
PV1_LINE = "PV1|1||||||D1^李四~D2^王五||||||||||||V1^^^HIS"


def test_a_message_becomes_tied_resources(load: Load) -> None:
    made = translate(load(), message("EVN|A01|20260101075900", PID_LINE, PV1_LINE, "DG1|1||I10^高血压^I10"))
    (patient,), (encounter,), (condition,) = (bodies(made, t) for t in ("Patient", "Encounter", "Condition"))
    assert patient["name"] == [{"text": "张三"}]
    assert patient["gender"] == "male"
    assert [one["value"] for one in patient["identifier"]] == ["P1", "990101199003071239"]
    assert encounter["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert [one["type"] for one in encounter["participant"]] == [[{"text": "attending"}]] * 2
    assert [one["individual"]["display"] for one in encounter["participant"]] == ["李四", "王五"]
    assert encounter["diagnosis"] == [{"condition": {"reference": f"Condition/{condition['id']}"}}]
    assert len(bodies(made, "Practitioner")) == 2
    assert made.event_at == 1767225540000000
    targets = {one["reference"] for one in made.drafts[-1].body["target"]}
    assert targets == {f"{draft.type}/{draft.id}" for draft in made.drafts[:-1]}


def test_the_same_message_makes_the_same_ids_and_another_tenant_other_ones(load: Load) -> None:
    maps, raw = load(), message(PID_LINE, PV1_LINE)
    first, again = translate(maps, raw), translate(maps, raw)
    assert [d.id for d in first.drafts] == [d.id for d in again.drafts]
    parsed = er7.parse(raw)
    other = Envelope("0" * 32, "elsewhere", "his/hl7v2", "", 0, "", "", raw)
    foreign = maps.translate(parsed, other, maps.profile("his/hl7v2", "", parsed))
    assert not {d.id for d in first.drafts} & {d.id for d in foreign.drafts}


def test_other_separators_mean_the_same(load: Load) -> None:
    maps = load()
    plain = translate(maps, message(PID_LINE.replace("张三", r"A\S\B"), PV1_LINE))
    odd = message(
        PID_LINE.translate(str.maketrans("|^~", "#*%")).replace("张三", "A^B"),
        PV1_LINE.translate(str.maketrans("|^~", "#*%")),
        header="MSH#*%!@#HIS#H###20260101080000##ADT*A01#1#P#2.5.1",
    )  # fmt: skip
    assert [d.body for d in translate(maps, odd).drafts] == [d.body for d in plain.drafts]
    assert bodies(plain, "Patient")[0]["name"] == [{"text": "A^B"}]


def test_a_bad_field_costs_the_field_and_says_so(load: Load) -> None:
    made = translate(load(), message(PID_LINE.replace("19900307", "19900231")))
    assert "birthDate" not in bodies(made, "Patient")[0]
    (issue,) = [one for one in made.issues if one.rule == "PID[Patient]/PID-7"]
    assert "19900231" not in issue.text + issue.text_zh + issue.where


def test_a_code_without_a_map_is_left_out_and_counted(load: Load) -> None:
    made = translate(load(), message(PID_LINE.replace("|M", "|X"), PV1_LINE.replace("|1|||", "|1|||C^中")))
    assert "gender" not in bodies(made, "Patient")[0]
    assert bodies(made, "Encounter")[0]["type"] == [{"coding": [{"code": "C", "display": "中"}]}]
    assert made.gaps == {("sex", "X"): 1, ("sex", "C"): 1}


def test_a_mapped_concept_keeps_its_original_coding(load: Load) -> None:
    made = translate(load(), message(PID_LINE, PV1_LINE.replace("|1|||", "|1|||2^女")))
    assert bodies(made, "Encounter")[0]["type"] == [
        {
            "coding": [
                {"code": "2", "display": "女"},
                {"system": GENDER, "code": "female", "display": "Female"},
            ]
        }
    ]


def test_the_v2_null_deletes_and_an_empty_field_does_not(load: Load) -> None:
    made = translate(load(), message('PID|1||P1^^^HIS^MR||张三||""|'))
    patient = next(draft for draft in made.drafts if draft.type == "Patient")
    assert patient.cleared == ("birthDate",)


def test_a_row_can_delete_a_part_of_an_element_unless_the_message_says_it_anew(load: Load) -> None:
    rows = (
        PV1
        + """
  - {id: end, when: "PV1-2 = I", to: period.end, clear: always}
  - {id: start, when: "PV1-2 = I", to: period.start, clear: always}
  - {id: type, when: "PV1-2 = O", to: type, clear: always}
"""
    )
    maps = load(**{"hl7v2__segments__PV1-Encounter.yaml": rows})
    for kind, cleared in (("I", ("period.end",)), ("O", ("type",)), ("E", ())):
        made = translate(maps, message(PID_LINE, PV1_LINE.replace("PV1|1||", f"PV1|1|{kind}|", 1)))
        assert next(draft for draft in made.drafts if draft.type == "Encounter").cleared == cleared


def test_a_code_that_names_no_system_takes_the_one_of_its_table(load: Load) -> None:
    maps = load(**{"hl7v2__codes__sex.yaml": SEX.replace("codes:", "source_system: urn:s, codes:")})
    for raw, named in (("C", True), ("2", True), ("女", False), ("C^^HL70007", False)):
        made = translate(maps, message(PID_LINE, PV1_LINE.replace("|1|||", f"|1|||{raw}")))
        coding = bodies(made, "Encounter")[0]["type"][0]["coding"][0]
        assert (coding.get("system") == "urn:s") is named, raw


def test_a_filled_element_is_marked(load: Load) -> None:
    made = translate(load(), message(PID_LINE, PV1_LINE))
    encounter = next(draft for draft in made.drafts if draft.type == "Encounter")
    assert encounter.fills == ("status",) and encounter.body["status"] == "unknown"


def test_a_primitive_can_carry_an_extension(load: Load) -> None:
    patient = bodies(translate(load(), message(PID_LINE.replace("19900307", "199003071230"))), "Patient")[0]
    assert patient["birthDate"] == "1990-03-07"
    assert patient["_birthDate"] == {
        "extension": [{"url": "http://example.org/time", "valueDateTime": "1990-03-07T12:30:00+08:00"}]
    }


def test_without_a_patient_the_message_is_rejected_with_the_reason(load: Load) -> None:
    maps = load()
    for pid in ("PV1|1", "PID|1||^^^HIS^MR||张三"):
        with pytest.raises(Rejected) as caught:
            translate(maps, message(pid))
        assert caught.value.code == "no-patient"


def test_an_unknown_type_is_rejected(load: Load) -> None:
    with pytest.raises(Rejected) as caught:
        translate(load(), message(PID_LINE, header=r"MSH|^~\&|HIS|H|||20260101||ZZZ^Z99|1|P|2.5.1"))
    assert caught.value.code == "unknown-type"


def test_a_merge_names_both_identities(load: Load) -> None:
    header = r"MSH|^~\&|HIS|H|||20260101080000||ADT^A40|1|P|2.5.1"
    made = translate(load(), message("EVN|A40", PID_LINE, "MRG|P9^^^HIS^MR", header=header))
    (merge,) = made.merges
    assert merge.key == ("urn:qiao:default:authority:HIS", "P9")
    assert merge.survivor == next(d.id for d in made.drafts if d.type == "Patient")


def test_what_no_row_reads_is_counted(load: Load) -> None:
    made = translate(load(), message(PID_LINE + "|||地址", "ZPI|1|x|y", "ZPI|2"))
    assert made.unmapped["PID-11"] == 1
    assert made.unmapped["ZPI-1"] == 2
    assert "PID-1" not in made.unmapped


def test_the_lineage_names_row_and_parts_of_every_element(load: Load) -> None:
    maps = load()
    made = translate(maps, message(PID_LINE.replace("19900307", "19900231"), PV1_LINE))
    lines = list(Tracer(maps).trace(made))
    identifiers = [line for line in lines if line["rule"] == "PID[Patient]/PID-3"]
    assert identifiers[0]["parts"] == [f"CX[Identifier]/CX.{at}" for at in (1, 4, 5)]
    assert identifiers[0]["segment"] == 1
    assert identifiers[0]["target"].startswith("Patient/") and identifiers[0]["target"].endswith(
        "#identifier"
    )
    assert [line["written"] for line in lines if line["rule"] == "PID[Patient]/PID-7"] == [False]


def test_a_sender_is_chosen_by_its_header(load: Load) -> None:
    maps = load()
    raw = message(PID_LINE, header=r"MSH|^~\&|LIS1|H|||20260101080000||ADT^A01|1|P|2.5.1")
    made = translate(maps, raw)
    assert not next(draft for draft in made.drafts if draft.type == "Patient").owns
    assert made.event_at == 1767222000000000  # read in the sender's own zone


def test_the_door_decides_where_no_header_does(load: Load) -> None:
    senders = {
        "senders__lis.yaml": "{sender: lis, match: {MSH-3: 'LIS*'}, adapters: ['lis/*']}",
    }
    maps = load(**senders)
    parsed = er7.parse(message(PID_LINE, header=r"MSH|^~\&||H|||20260101||ADT^A01|1|P|2.5.1"))
    assert maps.profile("lis/hl7v2", "", parsed).id == "lis"
    assert maps.profile("his/hl7v2", "", parsed).id == "default"


def test_one_authority_is_one_register_whoever_names_it(load: Load) -> None:
    maps = load()
    ids = set()
    for facility in ("H", "LAB", "HIS"):
        header = rf"MSH|^~\&|X|{facility}|||20260101080000||ADT^A01|1|P|2.5.1"
        made = translate(maps, message(PID_LINE, header=header))
        ids.add(next(draft.id for draft in made.drafts if draft.type == "Patient"))
    assert len(ids) == 1


def test_a_sender_that_does_not_own_patients_merges_none(load: Load) -> None:
    header = r"MSH|^~\&|LIS1|HIS|||20260101080000||ADT^A40|1|P|2.5.1"
    with pytest.raises(Rejected) as caught:
        translate(load(), message("EVN|A40", PID_LINE, "MRG|P9^^^HIS^MR", header=header))
    assert caught.value.code == "not-the-owner"


def test_a_day_alone_does_not_make_an_event_older(load: Load) -> None:
    made = translate(load(), message("EVN|A01|20260101", PID_LINE))
    assert made.event_at == 1767225600000000  # MSH-7, which knows the hour


def test_a_time_in_the_future_is_not_believed(load: Load) -> None:
    maps = load()
    raw = message("EVN|A01|20990101080000", PID_LINE)
    parsed = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 1767225600000000, "", "", raw)
    made = maps.translate(parsed, envelope, maps.profile("his/hl7v2", "", parsed))
    assert made.event_at == 1767225600000000
    assert any(issue.rule == "event_at" for issue in made.issues)


@pytest.mark.parametrize(("again", "count"), [("same", 1), ("new", 2)])
def test_the_map_says_what_the_same_key_twice_means(load: Load, again: str, count: int) -> None:
    text = MESSAGE.replace("{at: DG1,", f"{{at: DG1, again: {again},")
    maps = load(**{A01_FILE: text})
    made = translate(maps, message(PID_LINE, PV1_LINE, "DG1|1||I10", "DG1|2||I10"))
    assert len({body["id"] for body in bodies(made, "Condition")}) == count


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (PID_FILE, PID.replace("birthDate}", "birthdate}"), "no element 'birthdate'"),
        (PID_FILE, PID.replace("as: han_name", "as: magic"), "unknown map or function"),
        (PID_FILE, PID.replace("codes: sex", "codes: sexes"), "unknown code table"),
        (PID_FILE, PID + "  - {from: PID-8, id: PID-8, to: gender}\n", "duplicate row id"),
        (PID_FILE, PID.replace("length > 8", "lenght > 8"), "unknown test"),
        (PID_FILE, PID.replace("from: PID-3", "from: PID3"), "not a source path"),
        (PID_FILE, PID + '  - {id: x, to: "born[x]", clear: always}\n', "no element"),
        (PID_FILE, PID + "  - {id: x, to: name.family, clear: always}\n", "cannot be deleted"),
        (PID_FILE, PID.replace("ignore:", "ignored:"), "unknown key"),
        (PID_FILE, PID.replace("to: name, as: han_name", "to: name"), "needs 'as'"),
        (CX_FILE, CX.replace("as: authority", 'as: "CX[Identifier]"'), "cyclic include"),
        (A01_FILE, MESSAGE.replace("subject: patient,", "subject: pacient,"), "no row makes"),
        (A01_FILE, MESSAGE.replace("at: DG1", "at: GROUP.DG1"), "no place"),
        (A01_FILE, MESSAGE.replace("make: Patient", "make: Person1"), "Person1"),
        (A01_FILE, MESSAGE.replace("message: ADT_A01", "message: ADT_X99"), "ADT_X99"),
        ("hl7v2/codes/sex.yaml", "{table: sex, codes: {M: }}", "without a target"),
        ("senders/lis.yaml", "{sender: lis, zone: Shanghai}", "zone must look like"),
        ("senders/lis.yaml", "sender: lis\nzone: Shanghai", "lis.yaml:2: zone must look like"),
        ("senders/lis.yaml", 'sender: lis\nadapters: "lis/*"', "lis.yaml:2: adapters takes a list"),
        ("senders/lis.yaml", "sender: lis\nowns: Patient", "lis.yaml:2: owns takes a list"),
        ("senders/lis.yaml", "sender: lis\nmatch: LIS", "lis.yaml:2: match takes names"),
        ("senders/lis.yaml", "sender: lis\nnamespaces: [X]", "lis.yaml:2: namespaces takes names"),
        ("senders/lis.yaml", "sender: lis\nrepeat_window: a week", "lis.yaml:2: repeat_window takes whole"),
        ("hl7v2/codes/sex.yaml", "{table: sex, codes: {M: a, M: b}}", "duplicate key"),
        ("hl7v2/codes/sex.yaml", "{table: [", "not YAML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_load_with_its_file(
    load: Load, path: str, text: str, expected: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        load(**{path.replace("/", "__"): text})
    assert expected in str(caught.value)
    assert Path(path).name in str(caught.value)


def test_a_map_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    from gateway.mapping.marked import read

    path = tmp_path / "PID-Patient.yaml"
    path.write_bytes('map: "PID[Patient]"\nnote: 患者\n'.encode("gb18030"))
    with pytest.raises(Misconfigured, match=r"PID-Patient\.yaml:2: not UTF-8"):
        read(path)


def test_maps_that_call_one_another_in_a_circle_are_refused_with_the_line(load: Load) -> None:
    with pytest.raises(Misconfigured, match=r"CX-Identifier\.yaml:\d+: cyclic include"):
        load(**{CX_FILE.replace("/", "__"): CX.replace("as: authority", 'as: "CX[Identifier]"')})


def test_two_profiles_for_the_same_senders_are_refused(load: Load) -> None:
    one, other = "{sender: one, match: {MSH-3: X}}", "{sender: other, match: {MSH-3: X}}"
    with pytest.raises(Misconfigured, match=r"other\.yaml: sender 'one' has the same match"):
        load(**{"senders__one.yaml": one, "senders__other.yaml": other})


def test_decimals_keep_their_digits(load: Load) -> None:
    from gateway.canonical.json import dumps, loads

    assert dumps(loads(b'{"value":5.60}')) == b'{"value":5.60}'
    assert dumps({"value": Decimal("0.00000001")}) == b'{"value":0.00000001}'
