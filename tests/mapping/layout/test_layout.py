"""Layout: what a record says is mapped as a message that says the same, whatever stands in it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

import mappings
from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7, rows, xml

SHIPPED = Path(mappings.__path__[0])
LAYOUT = """
rows: stay
head: {time: changed_at, control: "stay_no ^ changed_at"}
columns:
  born: {type: date}
  changed_at: {type: datetime}
segments:
  - PID: {3: "patient_no ^ ^ ^ ^ 'MR'", 5: name, 7: born, 8: sex, 13: phone}
places:
  items:
    segments:
      - DG1: {3: "code ^ text ^ 'I10'"}
steps:
  - {include: patient}
  - at: head
    when: "stay_no valued and kind in (I, O)"
    make: Encounter
    as: encounter
    key: [patient, stay_no]
    link: {subject: patient}
    rows:
      - {from: stay_no, to: identifier.value}
      - {value: finished, to: status, when: "kind = I"}
      - {from: "ward ^ ward_name", to: reasonCode, as: "CWE[CodeableConcept]"}
  - at: items.DG1
    map: "DG1[Condition]"
    make: Condition
    as: diagnosis
    key: [encounter, code]
    link: {subject: patient, encounter: encounter}
  - at: items
    into: diagnosis
    rows: [{from: head.note, to: note.text}, {from: remark, when: 'remark != "x"', to: note.text}]
requires: {patient: no-patient}
"""
DOCUMENT = """
xml: Visit
match: "/v:Visit"
namespaces: {v: "urn:example:visit"}
head: {control: "v:Id"}
segments:
  - PID: {3: "v:Patient/v:Number => . ^ ^ ^ ^ @kind", 5: "v:Patient/v:Name"}
places:
  finding:
    at: "v:Findings/v:Finding"
    places: {part: {at: "v:Part"}}
steps:
  - {include: patient}
  - {at: finding, make: Observation, as: finding, key: [patient, "@code"], link: {subject: patient},
     rows: [{from: "@code", to: code.text}, {from: "v:Value", when: "{v:Value} != '无'", to: valueString}]}
  - {at: part, make: Observation, as: part, key: [finding, "@n"], append: {finding.hasMember: part},
     rows: [{from: ".", to: valueString}]}
"""


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Maps:
    root = tmp_path_factory.mktemp("maps") / "mappings"
    copytree(SHIPPED, root)
    (root / "rows" / "stay.yaml").write_text(LAYOUT)
    (root / "xml").mkdir(exist_ok=True)
    (root / "xml" / "Visit.yaml").write_text(DOCUMENT)
    return load_maps(root)


def envelope(raw: bytes) -> Envelope:
    return Envelope("0" * 32, "default", "his/any", "", 1_772_845_200_000_000, "", "", raw)


def worked(maps: Maps, record: Any, raw: bytes) -> Translation:
    at = envelope(raw)
    laid = record if isinstance(record, er7.Message) else maps.lay(record, at)
    return maps.translate(laid, at, maps.profile(at.adapter, "", laid))


def stay(
    maps: Maps, row: dict[str, str | None], items: list[dict[str, str | None]] | None = None
) -> Translation:
    raw = rows.written("stay", "HIS", [{"row": row, "items": items or []}])
    return worked(maps, rows.parse(raw), raw)


def made(translation: Translation, type_: str) -> list[dict[str, Any]]:
    return [draft.body for draft in translation.drafts if draft.type == type_]


WHOLE = {
    "patient_no": "2000513",
    "name": "孟秋禾",
    "born": "1971年2月15日",
    "sex": "2",
    "stay_no": "Z7",
    "kind": "I",
    "ward": "0301",
    "ward_name": "心内|一病区",
    "note": "复查",
    "changed_at": "2026-3-7 9:05",
}


def test_a_row_becomes_what_a_message_that_says_the_same_becomes(maps: Maps) -> None:
    said = (
        "MSH|^~\\&|HIS|DQRM|||20260307090500||ADT^A08|1|P|2.4\rPID|||2000513^^^^MR||孟秋禾||19710215|2\r"
    ).encode()
    [theirs] = made(worked(maps, er7.parse(said), said), "Patient")
    [ours] = made(stay(maps, WHOLE), "Patient")
    assert ours == theirs


def test_own_rows_conditions_and_compositions(maps: Maps) -> None:
    [visit] = made(stay(maps, WHOLE), "Encounter")
    assert visit["status"] == "finished"
    [coding] = visit["reasonCode"][0]["coding"]
    assert (coding["code"], coding["display"]) == ("0301", "心内|一病区"), (
        "a separator in a name stays in the name"
    )
    assert made(stay(maps, WHOLE | {"kind": "X"}), "Encounter") == []


def test_details_become_groups_and_read_what_stands_around_them(maps: Maps) -> None:
    items: list[dict[str, str | None]] = [
        {"code": "I10.x02", "text": "高血压"},
        {"code": "E11.9", "remark": "x"},
    ]
    conditions = made(stay(maps, WHOLE, items), "Condition")
    assert [one["code"]["coding"][0]["code"] for one in conditions] == ["I10.x02", "E11.9"]
    assert all(one["note"] == [{"text": "复查"}] for one in conditions)
    assert len({one["id"] for one in conditions}) == 2


@pytest.mark.parametrize("nothing", [None, "", " ", "-", "无", "NULL"])
def test_a_column_without_a_value_deletes_and_one_that_is_not_there_says_nothing(
    maps: Maps, nothing: str | None
) -> None:
    [draft] = [one for one in stay(maps, WHOLE | {"phone": nothing}).drafts if one.type == "Patient"]
    assert draft.cleared == ("telecom",)
    assert "telecom" not in draft.body
    [draft] = [one for one in stay(maps, WHOLE).drafts if one.type == "Patient"]
    assert draft.cleared == ()


def test_details_that_the_layout_does_not_know_are_counted(maps: Maps) -> None:
    raw = rows.written("stay", "HIS", [{"row": WHOLE, "drugs": [{"a": "1"}, {"a": "2"}]}])
    assert worked(maps, rows.parse(raw), raw).unmapped["drugs"] == 2


def test_what_nobody_reads_and_what_is_wrong_is_told_by_its_own_name(maps: Maps) -> None:
    told = stay(maps, WHOLE | {"born": "31/31/2026", "new_column": "5"}, [{"code": "I10", "odd": "1"}])
    assert told.unmapped == {"new_column": 1, "items.odd": 1}
    [issue] = told.issues
    assert "born" in issue.where
    assert "31/31" not in issue.text, "no value of a patient is told"
    assert "birthDate" not in made(told, "Patient")[0]


def test_a_row_without_a_patient_is_set_aside(maps: Maps) -> None:
    with pytest.raises(Rejected) as caught:
        stay(maps, {"name": "孟秋禾", "stay_no": "Z7", "kind": "I"})
    assert caught.value.code == "no-patient"


XML = """<?xml version="1.0" encoding="GBK"?><Visit xmlns="urn:example:visit"><Id>77</Id><Patient>
<Number kind="MR">2000513</Number><Number kind="PI">8</Number><Name>孟秋禾</Name></Patient><Findings>
<Finding code="a"><Value>轻 &amp; 重</Value><Part n="1">左</Part><Part n="2">右</Part></Finding>
<Finding code="b" unit="kg"><Value>无</Value></Finding></Findings></Visit>"""


def test_a_document_is_laid_out_by_xpath(maps: Maps) -> None:
    raw = XML.encode("gbk")
    found = worked(maps, xml.parse(raw), raw)
    [patient] = made(found, "Patient")
    assert [(one["value"], one["type"]["coding"][0]["code"]) for one in patient["identifier"]] == [
        ("2000513", "MR"),
        ("8", "PI"),
    ]
    whole, first, second, nothing = made(found, "Observation")
    assert whole["valueString"] == "轻 & 重"
    assert [one["reference"] for one in whole["hasMember"]] == [
        f"Observation/{one['id']}" for one in (first, second)
    ]
    assert "valueString" not in nothing
    assert found.unmapped == {"Visit/Findings/Finding/@unit": 1}
    assert patient["id"] == made(stay(maps, WHOLE), "Patient")[0]["id"], (
        "the same patient whichever way he came"
    )


def test_what_no_layout_knows_is_unknown(maps: Maps) -> None:
    for record, raw in (
        (rows.parse(one := rows.written("nobody", "", [{"row": {}}])), one),
        (xml.parse(b"<a/>"), b"<a/>"),
    ):
        with pytest.raises(Rejected) as caught:
            worked(maps, record, raw)
        assert caught.value.code == "unknown-type"


@cache
def _patient_layout() -> str:
    return (SHIPPED / "rows" / "patient.yaml").read_text()


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("rows/x.yaml", "rows: x\nsegment: []", "unknown key 'segment'"),
        ("rows/x.yaml", "title: x", "begins with rows, xml, cda or astm"),
        ("rows/x.yaml", "rows: x\nas: ADT^Z99", "no message map is for ADT\\^Z99"),
        ("rows/x.yaml", "rows: x\nsegments: [{PID: {five: name}}]", "numbers of fields"),
        ("rows/x.yaml", 'rows: x\nsegments: [{PID: {5: "name ^ \'x"}}]', "not closed"),
        ("rows/x.yaml", "rows: x\nplaces: {Items: {}}", "no name of a place"),
        ("rows/x.yaml", "rows: x\nsteps: [{at: head, rows: [{from: a, to: b}]}]", "'make' or 'into'"),
        (
            "rows/x.yaml",
            "rows: x\nsteps: [{at: head, make: Patient, as: p, rows: [{from: a, to: nane}]}]",
            "no element 'nane'",
        ),
        ("rows/x.yaml", "rows: patient", "patient is also in patient.yaml"),
        ("xml/x.yaml", "xml: x\nmatch: '//a['", "not an XPath"),
        ("xml/x.yaml", "xml: x\nsegments: [{PID: {5: 'zz:name'}}]", "not an XPath"),
    ],
)
def test_a_layout_that_is_wrong_is_refused_with_its_file(
    tmp_path: Path, file: str, text: str, words: str
) -> None:
    root = tmp_path / "mappings"
    copytree(SHIPPED, root)
    (root / "xml").mkdir(exist_ok=True)
    (root / file).write_text(text)
    with pytest.raises(Misconfigured, match=words) as caught:
        load_maps(root)
    assert "x.yaml" in caught.value.where or "x.yaml" in str(caught.value)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("drug_code ^ drug_name", "drug_cod ^ drug_name"),
        ("head.rx_no", "head.rxno"),
        ("item_status valued", "state valued"),
    ],
)
def test_a_column_that_no_view_has_is_refused(tmp_path: Path, before: str, after: str) -> None:
    folder = tmp_path / "mappings"
    copytree(SHIPPED, folder)
    path = folder / "rows" / "prescription.yaml"
    said = path.read_text("utf-8")
    assert before in said
    path.write_text(said.replace(before, after), "utf-8")
    with pytest.raises(Misconfigured, match="there is no column") as raised:
        load_maps(folder)
    assert "drug_code" in str(raised.value)
    assert "__line__" not in str(raised.value)
