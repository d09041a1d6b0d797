"""Every form of a row that docs/add-a-mapping.md offers, on the values that are easily got wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.mapping.shapes import MET
from gateway.wire import er7

CWE = """
map: "CWE[CodeableConcept]"
memo: true
rows:
  - {from: CWE.1, to: "coding[1].code"}
  - {from: CWE.2, to: "coding[1].display"}
"""
CX = """
map: "CX[Identifier]"
memo: true
requires: [value]
rows:
  - {from: [CX.2, CX.1], to: value}
  - {from: CX.4, to: assigner, as: "HD[Organization]"}
  - {from: CX.5, to: type.text}
"""
HD = """
map: "HD[Organization]"
memo: true
key: {identifier: []}
rows:
  - {from: HD.1, to: "identifier[1].value"}
  - {from: HD.1, to: name}
"""
HEAD = r"MSH|^~\&|HIS|H|||20260101080000||ADT^A01|1|P|2.5.1"
PID = "PID|1||P1||张三"
MESSAGE = """
message: ADT_A01
events: [ADT^A01]
rows:
  - {at: PID, map: "PID[Patient]", make: Patient, as: patient, key: {fixed: "p"}}
  - {at: DG1, map: "DG1[Condition]", make: Condition, as: condition, key: [DG1-1], link: {subject: patient}}
"""
BASE = {
    "hl7v2/datatypes/CWE-CodeableConcept.yaml": CWE,
    "hl7v2/datatypes/CX-Identifier.yaml": CX,
    "hl7v2/datatypes/HD-Organization.yaml": HD,
    "hl7v2/messages/ADT_A01.yaml": MESSAGE,
    "hl7v2/codes/none.yaml": "table: none\ncodes: {a: b}\n",
    "senders/default.yaml": "sender: default\n",
}
Build = Callable[..., Maps]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    def make(pid: str = "", dg1: str = "", **files: str) -> Maps:
        segments = {
            "hl7v2/segments/PID-Patient.yaml": f'map: "PID[Patient]"\nrows:\n{pid or NAME}',
            "hl7v2/segments/DG1-Condition.yaml": f'map: "DG1[Condition]"\nrows:\n{dg1 or CODE}',
        }
        for path, text in (BASE | segments | files).items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return load_maps(tmp_path)

    return make


NAME = "  - {from: PID-5, to: name, as: han_name}\n"
BIRTH = "  - {from: [PID-7, PID-29], to: birthDate}\n"
XTN = 'map: "XTN[ContactPoint]"\nrows:\n  - {from: XTN.1, to: value}\n'
CODE = '  - {from: DG1-3, to: code, as: "CWE[CodeableConcept]"}\n'


def translate(maps: Maps, *segments: str, charset: str = "") -> Translation:
    raw = "\r".join((HEAD + (f"||||||{charset}" if charset else ""), *segments)).encode()
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps.translate(message, envelope, maps.profiles["default"])


def first(translation: Translation, type_name: str) -> dict[str, Any]:
    return next(draft.body for draft in translation.drafts if draft.type == type_name)


def test_a_list_of_sources_looks_behind_a_null(build: Build) -> None:
    maps = build(pid=BIRTH + "  - {from: PID-3, to: identifier, as: 'CX[Identifier]'}\n")
    made = translate(maps, 'PID|1||P1^""|||||""' + "|" * 21 + "19900101")
    patient = first(made, "Patient")
    assert patient["identifier"] == [{"value": "P1"}]
    made = translate(maps, 'PID|1||P1||||""' + "|" * 22 + "19900101")
    assert first(made, "Patient")["birthDate"] == "1990-01-01"
    assert made.drafts[0].cleared == ()


def test_a_list_of_sources_deletes_where_a_null_is_all_there_is(build: Build) -> None:
    maps = build(pid=BIRTH)
    assert translate(maps, 'PID|1||||||""').drafts[0].cleared == ("birthDate",)


@pytest.mark.parametrize(
    "rows",
    [
        "  - {from: PID-3, to: 'identifier[a]', as: 'CX[Identifier]'}\n"
        "  - {from: PID-4, to: 'identifier[a].type.text'}\n",
        "  - {from: PID-10, to: maritalStatus, as: 'CWE[CodeableConcept]'}\n"
        "  - {from: PID-4, to: 'maritalStatus.coding[x].display'}\n",
        "  - {from: PID-10, to: maritalStatus, as: 'CWE[CodeableConcept]'}\n"
        "  - {from: PID-4, to: 'maritalStatus.text'}\n",
    ],
)
def test_what_one_message_adds_to_a_remembered_value_stays_its_own(build: Build, rows: str) -> None:
    maps = build(pid=rows)
    plain, more = "PID|1||P1^^^^MR|||||||M^x", "PID|1||P1^^^^MR|LEAK||||||M^x"
    before = first(translate(maps, plain), "Patient")
    assert "LEAK" in str(first(translate(maps, more), "Patient"))
    after = first(translate(maps, plain), "Patient")
    assert before == after
    assert "LEAK" not in str(after)


@pytest.mark.parametrize(
    "rows",
    [
        "  - {to: maritalStatus, value: {coding: [{code: M}]}}\n"
        "  - {from: PID-4, to: 'maritalStatus.text'}\n",
        "  - {to: maritalStatus, value: {coding: [{code: M}]}}\n"
        "  - {from: PID-4, to: 'maritalStatus.coding[x].display'}\n",
        "  - {to: 'identifier[a]', value: {type: {text: number}}}\n"
        "  - {from: PID-4, to: 'identifier[a].type.coding[x].code'}\n",
        "  - {to: identifier, value: {value: x, type: {text: number}}, with: {use: old}}\n"
        "  - {from: PID-4, to: 'identifier[a].value'}\n",
        "  - {from: PID-3, to: 'identifier[a].value', with: {type: {text: number}}}\n"
        "  - {from: PID-4, to: 'identifier[a].type.coding[x].code'}\n",
        "  - {from: PID-3, to: 'contact[a].name.text', with: {address: {text: here}}}\n"
        "  - {from: PID-4, to: 'contact[a].address.line'}\n",
        "  - {to: $this, value: {maritalStatus: {coding: [{code: M}]}}}\n"
        "  - {from: PID-4, to: 'maritalStatus.coding[x].display'}\n",
    ],
)
def test_what_one_message_adds_to_a_constant_stays_its_own(build: Build, rows: str) -> None:
    maps = build(pid=rows)
    plain, more = "PID|1||P1", "PID|1||P1|LEAK"
    before = first(translate(maps, plain), "Patient")
    for _ in range(2 * MET):  # row by row, then in short
        assert "LEAK" in str(first(translate(maps, more), "Patient"))
        assert first(translate(maps, plain), "Patient") == before
    assert "LEAK" not in str(before)


def test_a_resource_inside_a_remembered_one_is_made_every_time(build: Build) -> None:
    maps = build(pid="  - {from: PID-3, to: identifier, as: 'CX[Identifier]'}\n")
    translate(maps, "PID|1||A^^^ORG")
    translate(maps, "PID|1||B^^^ORG~C^^^ORG")
    made = translate(maps, "PID|1||C^^^ORG")
    assert {draft.type for draft in made.drafts} == {"Patient", "Organization"}


def test_a_value_that_comes_to_nothing_makes_no_resource(build: Build) -> None:
    maps = build(pid="  - {from: PID-3, to: identifier, as: 'CX[Identifier]'}\n")
    made = translate(maps, "PID|1||^^^ORG^MR")
    assert [draft.type for draft in made.drafts] == ["Patient"]


def test_an_escape_sequence_is_read_in_the_charset_of_its_own_message(build: Build) -> None:
    maps = build()
    texts = []
    for charset in ("GB18030", "UNICODE UTF-8"):
        made = translate(maps, "PID|1", "DG1|1||X^\\XE5BCA0E5BCA0\\", charset=charset)
        texts.append(first(made, "Condition")["code"]["coding"][0]["display"])
    assert texts[1] == "张张"
    assert texts[0] != texts[1]


def test_a_sub_component_is_not_taken_for_a_component(build: Build) -> None:
    maps = build(dg1=CODE + "  - {from: DG1-4.1, to: 'bodySite', as: 'CWE[CodeableConcept]'}\n")
    translate(maps, "PID|1", "DG1|1|||A&x")
    made = translate(maps, "PID|1", "DG1|1||&A&x")
    assert first(made, "Condition")["code"] == {"coding": [{"code": "&A&x"}]}


def test_a_repetition_by_number_is_that_one_or_none(build: Build) -> None:
    rows = '  - {from: ["PID-13[2]", PID-14], to: telecom, as: "XTN[ContactPoint]"}\n'
    maps = build(pid=rows, **{"hl7v2/datatypes/XTN-ContactPoint.yaml": XTN})
    one, two = "PID|1||||||||||||1|7", "PID|1||||||||||||1~2|7"
    assert first(translate(maps, one), "Patient")["telecom"] == [{"value": "7"}]
    assert first(translate(maps, two), "Patient")["telecom"] == [{"value": "2"}]


def test_a_keyed_element_inside_a_repetition_belongs_to_it(build: Build) -> None:
    maps = build(pid="  - {from: PID-13, to: 'telecom.extension(http://example.org/x).valueString'}\n")
    telecom = first(translate(maps, "PID|1||||||||||||1~2"), "Patient")["telecom"]
    assert [one["extension"][0]["valueString"] for one in telecom] == ["1", "2"]


def test_a_default_of_one_map_gives_way_whole_to_what_another_knows(build: Build) -> None:
    message = MESSAGE + '  - {at: DG1, map: "DG1[Condition-More]", into: condition}\n'
    rows = "  - {to: severity, value: {text: unknown}, fill: true}\n"
    more = 'map: "DG1[Condition-More]"\nrows:\n  - {from: DG1-3, to: severity, as: "CWE[CodeableConcept]"}\n'
    maps = build(dg1=CODE + rows, **{"hl7v2/messages/ADT_A01.yaml": message,
                                     "hl7v2/segments/DG1-Condition-More.yaml": more})  # fmt: skip
    made = translate(maps, "PID|1", "DG1|1||S^severe")
    assert first(made, "Condition")["severity"] == {"coding": [{"code": "S", "display": "severe"}]}
    assert made.drafts[1].fills == ()


def test_the_same_resource_twice_keeps_what_is_known_and_one_member_of_a_choice(build: Build) -> None:
    rows = """
  - {from: DG1-4, to: severity, as: concept_text}
  - {to: severity, value: {text: unknown}, fill: true}
  - {from: DG1-5, to: onsetDateTime}
  - {from: DG1-6, to: onsetString}
"""
    message = MESSAGE.replace("key: [DG1-1]", "key: [DG1-3]")
    maps = build(dg1=CODE + rows, **{"hl7v2/messages/ADT_A01.yaml": message})
    made = translate(maps, "PID|1", "DG1|1||I10||20260101", "DG1|2||I10|severe||childhood")
    [condition] = [draft for draft in made.drafts if draft.type == "Condition"]
    assert condition.body["severity"] == {"text": "severe"}
    assert condition.fills == ()
    assert ("onsetDateTime" in condition.body) != ("onsetString" in condition.body)


HD_FILE, A01_FILE = "hl7v2/datatypes/HD-Organization.yaml", "hl7v2/messages/ADT_A01.yaml"


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        (HD_FILE, HD.replace("HD.1, to: name", "$control, to: name"), "every message"),
        (HD_FILE, HD.replace("identifier[1]", "identifier[@1]"), "whole resource"),
        (HD_FILE, HD.replace("to: name", "to: name, as: date"), "makes a date"),
        (HD_FILE, HD.replace("to: name", "to: name, value: {a: b}"), "no value for a string"),
        (HD_FILE, HD.replace("to: name", "to: name, with: {uze: x}"), "no element 'uze'"),
        (HD_FILE, HD.replace("to: name", "to: name, with: foo"), "'with' takes"),
        (HD_FILE, HD.replace("to: name", "to: name, clear: alway"), "clear is one of"),
        (HD_FILE, HD.replace("to: name", "to: name, fill: maybe"), "fill is one of"),
        (HD_FILE, HD.replace("to: name", "to: telecom.value, fill: true"), "whole elements"),
        (HD_FILE, HD.replace("HD.1, to: name", "HD.0, to: name"), "not a source path"),
        (HD_FILE, HD.replace("from: HD.1, to: name", "from: [], to: name"), "names nothing"),
        (HD_FILE, HD.replace("key:", "requires: [valeu]\nkey:"), "no element 'valeu'"),
        (HD_FILE, HD[: HD.index("rows")] + "rows: foo\n", "rows"),
        (HD_FILE, HD + "  - foo\n", "rows"),
        (A01_FILE, MESSAGE.replace('key: {fixed: "p"}', "again: new, key: {identifier: []}"), "another key"),
        (A01_FILE, MESSAGE.replace("as: patient", "as: patient, only: stubb"), "only is one of"),
        (A01_FILE, MESSAGE.replace("rows:", "requires: {patiant: x}\nrows:"), "patiant"),
        ("senders/default.yaml", "sender: default\nowns: [Pateint]\n", "Pateint"),
        ("senders/default.yaml", "sender: default\nscope: {Specimen: century}\n", "century"),
    ],
)
def test_what_cannot_work_is_refused_at_load(build: Build, path: str, text: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        build(**{path: text})


def test_a_constant_is_what_its_element_takes(build: Build) -> None:
    maps = build(pid=NAME + '  - {to: active, value: "true"}\n  - {to: language, value: "true"}\n')
    patient = first(translate(maps, PID), "Patient")
    assert (patient["active"], patient["language"]) == (True, "true")


def test_a_default_in_a_datatype_map_is_a_default(build: Build) -> None:
    cwe = CWE + "  - {from: CWE.3, to: text}\n  - {to: text, value: none, fill: true}\n"
    maps = build(**{"hl7v2/datatypes/CWE-CodeableConcept.yaml": cwe})
    assert first(translate(maps, "PID|1", "DG1|1||A^^t"), "Condition")["code"]["text"] == "t"
    assert first(translate(maps, "PID|1", "DG1|1||A"), "Condition")["code"]["text"] == "none"


SUBJECT = "http://example.org/subject"


def test_a_reference_is_appended_into_an_extension(build: Build) -> None:
    step = f'append: {{"patient.extension({SUBJECT}).valueReference": condition}}'
    message = MESSAGE.replace("link: {subject: patient}", f"link: {{subject: patient}}, {step}")
    maps = build(**{"hl7v2/messages/ADT_A01.yaml": message})
    made = translate(maps, PID, "DG1|1||A^a", "DG1|2||B^b", "DG1|1||A^a")
    conditions = {draft.id for draft in made.drafts if draft.type == "Condition"}
    found = first(made, "Patient")["extension"]
    assert [set(one) for one in found] == [{"url", "valueReference"}] * 2
    assert {one["url"] for one in found} == {SUBJECT}
    assert {one["valueReference"]["reference"] for one in found} == {f"Condition/{id_}" for id_ in conditions}


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (f'link: {{"extension({SUBJECT}).valueReference": patient}}', "takes 'append'"),
        (f'append: {{"patient.extension({SUBJECT}).valueString": condition}}', "not a Reference"),
        (
            f'append: {{"patient.extension({SUBJECT}).valueReference": condition}}, element: "X"',
            "stands alone",
        ),
        (
            f'append: {{"patient.extension({SUBJECT}).valueReference": condition, '
            "patient.generalPractitioner: condition}",
            "stands alone",
        ),
        ('append: {"patient.contact[x].organization": condition}', "no use for the key"),
        (
            f'append: {{"patient.extension(urn:a).extension({SUBJECT}).valueReference": condition}}',
            "no use for the key",
        ),
    ],
)
def test_a_reference_that_cannot_be_written_is_refused(build: Build, step: str, said: str) -> None:
    message = MESSAGE.replace("link: {subject: patient}", step)
    with pytest.raises(Misconfigured, match=said):
        build(**{"hl7v2/messages/ADT_A01.yaml": message})
