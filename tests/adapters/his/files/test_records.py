"""Records in JSON and XML: all that stands in one is said, and what is not one is not taken for one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds
from adapters.his.files.look import look
from adapters.his.files.pattern import Pattern, pattern_of
from adapters.his.files.reader import open_file
from adapters.his.files.view import View
from gateway.wire.rows import Faulty
from tests.adapters.his.files.conftest import Read
from tests.adapters.his.files.test_tables import faults, rows

ITEM = {"item_no": "1", "drug_code": "D", "drug_name": "阿莫西林"}
HEAD = {"rx_no": "R1", "patient_no": "P1", "visit_type": "O", "status": "SC"}
HEAD_XML = "<rx_no>R1</rx_no><patient_no>P1</patient_no><visit_type>O</visit_type><status>SC</status>"


def prescription(read: Read, **said: Any) -> Record:
    (found,) = read("prescription.json", json.dumps(HEAD | said).encode())
    assert isinstance(found, Record)
    return found


def prescription_xml(read: Read, inside: str) -> Record:
    (found,) = read("prescription.xml", f"<D><R>{HEAD_XML}{inside}</R></D>".encode())
    assert isinstance(found, Record)
    return found


def test_an_element_with_an_attribute_keeps_its_text(read: Read) -> None:
    inside = (
        "<items><item><item_no>1</item_no><drug_code>D</drug_code>"
        '<drug_name lang="zh">阿莫西林</drug_name><dose unit="g">0.5</dose></item></items>'
    )
    assert prescription_xml(read, inside).details["items"] == [
        {**ITEM, "drug_name.lang": "zh", "dose": "0.5", "dose_unit": "g"}
    ]


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ('<tel use="home">1</tel><tel use="work">2</tel>', {"tel": "1; 2", "tel.use": "home; work"}),
        ('<tel use="home">1</tel><tel>2</tel>', {"tel": "1; 2", "tel.use": "home; "}),
        ("<at>甲 <b>乙</b> 丙</at>", {"at": "甲 丙", "at.b": "乙"}),
        ('<at xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>', {"at": None}),
        ("<visits><visit><no>1</no></visit><visit><at>x</at></visit></visits>",
         {"visits.no": "1; ", "visits.at": "; x"}),
        ('<visits n="2"><visit no="1"/><visit no="2"/></visits>',
         {"visits.n": "2", "visits.visit.no": "1; 2"}),
    ],
)  # fmt: skip
def test_nothing_of_an_element_is_lost(read: Read, inside: str, said: dict[str, str | None]) -> None:
    raw = f"<D><R><patient_no>P1</patient_no><name>A</name>{inside}</R></D>"
    (row,) = rows(read("patient.xml", raw.encode()))
    got = {name: text for name, text in row.items() if name not in ("patient_no", "name")}
    assert got == said


def test_a_list_inside_a_detail_stands_in_its_row(read: Read) -> None:
    notes = [{"text": "孕妇禁用", "by": "张"}, {"text": "饭后"}]
    items = [ITEM | {"notes": notes, "tags": [{"a": 1}, "重要", ["过敏", {"a": 2}]]}]
    assert prescription(read, items=items).details["items"] == [
        {**ITEM, "notes.text": "孕妇禁用; 饭后", "notes.by": "张; ", "tags.a": "1; 2", "tags": "重要; 过敏"}
    ]
    inside = (
        "<items><item><item_no>1</item_no><drug_code>D</drug_code><drug_name>阿莫西林</drug_name>"
        "<notes><note><text>孕妇禁用</text></note><note><text>饭后</text></note></notes></item></items>"
    )
    assert prescription_xml(read, inside).details["items"] == [{**ITEM, "notes.text": "孕妇禁用; 饭后"}]


@pytest.mark.parametrize("around", ["%s", "<items>%s</items>", '<items count="1">%s</items>'])
def test_a_list_of_one_is_a_list(read: Read, around: str) -> None:
    item = "<item><item_no>1</item_no><drug_code>D</drug_code><drug_name>阿莫西林</drug_name>%s</item>"
    made = prescription_xml(read, around % (item % ""))
    assert made.details["items"] == [ITEM]
    made = prescription_xml(read, around % (item % "<by><no>7</no></by>"))
    assert made.details["items"] == [{**ITEM, "by.no": "7"}]
    number = read(
        "prescription.xml",
        f"<D><R>{HEAD_XML}{around % (item % '')}</R></D>".replace(">D<", ">1.2E+15<").encode(),
    )
    assert faults(number) == [("shortened-number", 1)]


def test_two_elements_that_may_be_items_are_none(read: Read) -> None:
    inside = "<a><drug_code>1</drug_code><drug_name>x</drug_name></a>"
    made = prescription_xml(read, inside + inside.replace("a>", "b>"))
    assert (made.details, made.row["a.drug_code"]) == ({}, "1")


def test_a_list_that_is_no_detail_of_the_layout_adds_no_item(read: Read) -> None:
    made = prescription(read, items=[ITEM], tags=[{"a": "急"}], history=[{"drug_code": "X"}])
    assert made.details == {"items": [ITEM]}
    assert (made.row["tags.a"], made.row["history.drug_code"]) == ("急", "X")
    made = prescription(read, 明细列表=[ITEM], tags=[{"a": "急"}])  # known by its columns
    assert (made.details, made.row["tags.a"]) == ({"items": [ITEM]}, "急")


def test_what_the_row_says_of_itself_is_no_item(read: Read) -> None:
    """Details repeat the columns that join them: these alone make no item of the head."""
    head = {"report_no": "R1", "report_code": "CT", "report_name": "胸部CT", "status": "F"}
    raw = json.dumps({"report": head, "patient_no": "P1"}).encode()
    (made,) = read("r.json", raw, view="result", columns={name: f"report.{name}" for name in head})
    assert isinstance(made, Record)
    assert (made.details, made.row["report_no"], made.row["report_code"]) == ({}, "R1", "CT")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("patient.json", '{"patient_no": "P1", "name": "甲", "患者编号": "P2"}'),
        ("patient.json", '{"patient_no": "P1", "name": "甲", "a": {"b": 1}, "a.b": 2}'),
        ("patient.xml", '<D><R patient_no="P1"><patient_no>P2</patient_no><name>甲</name></R></D>'),
    ],
)
def test_what_is_said_in_two_ways_is_told(read: Read, name: str, raw: str) -> None:
    assert faults(read(name, raw.encode())) == [("duplicate-name", 1)]
    assert rows(read(name, raw.replace("2", "1").replace("a.b", "c").encode()))[0]["patient_no"] == "P1"


TWO = "<PATIENT><patient_no>1</patient_no><name>甲</name></PATIENT>" * 2


@pytest.mark.parametrize(
    "raw",
    [
        f"<ROOT><HEAD><n>2</n></HEAD>{TWO}</ROOT>",
        f"<ROOT>{TWO}<ERROR no='1'>x</ERROR></ROOT>",
        f"<ROOT>{TWO}<note>a</note><note>b</note></ROOT>",
    ],
)
def test_elements_of_several_kinds_are_not_guessed_at(read: Read, raw: str) -> None:
    (fault,) = read("patient.xml", raw.encode())
    assert fault.fault == "several-kinds"  # type: ignore[union-attr]
    assert "/ROOT/PATIENT (2)" in fault.reason  # type: ignore[union-attr]
    assert "records:" in fault.reason_zh  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("raw", "beside"),
    [
        (f"<ROOT>{TWO}<count>2</count></ROOT>", {"ROOT/count": 1}),
        (f"<ROOT><total>2</total><HEAD/>{TWO}</ROOT>", {"ROOT/total": 1, "ROOT/HEAD": 1}),
        (f"<ROOT>{TWO[: len(TWO) // 2]}<count>1</count></ROOT>", {"ROOT/count": 1}),
        (f"<!-- no <!DOCTYPE --><ROOT>{TWO}<!-- <!DOCTYPE x> --></ROOT>", {}),
    ],
)
def test_a_lone_text_beside_the_records_is_no_kind_of_record(
    tmp_path: Path, views: dict[str, View], raw: str, beside: dict[str, int]
) -> None:
    path = tmp_path / "patient.xml"
    path.write_text(raw)
    pattern = pattern_of(path.name, [], views)
    assert pattern is not None
    opened = open_file(path, pattern, look(path), views, Bounds())
    assert {one.row["patient_no"] for one in opened.items if isinstance(one, Record)} == {"1"}
    assert opened.beside == beside


def test_a_document_type_before_the_records_is_refused(read: Read) -> None:
    raw = f'<?xml version="1.0"?>\n<!-- a --><!DOCTYPE ROOT [<!ENTITY x "y">]><ROOT>{TWO}</ROOT>'
    for said in ({}, {"format": "xml", "view": "patient", "records": "/ROOT/PATIENT"}):
        assert faults(read("patient.xml", raw.encode(), **said)) == [("has-doctype", 0)]


def test_who_says_two_things_by_one_name_waits_alone(read: Read) -> None:
    """The others of the file are read; what waits keeps both, and its reason names the name."""
    twice = '{"patient_no": "P2", "name": "甲", "name": "乙"}'
    found = read("patient.json", f'[{{"patient_no": "P1", "name": "甲"}}, {twice}]'.encode())
    assert [one.row["patient_no"] for one in found if isinstance(one, Record)] == ["P1"]
    (fault,) = [one for one in found if isinstance(one, Faulty)]
    assert (fault.fault, fault.line, fault.text) == ("duplicate-name", 2, twice)
    assert "by the name name" in fault.reason
    assert "“name”" in fault.reason_zh


def test_two_lists_of_records_by_one_name_are_refused(read: Read) -> None:
    raw = '{"rows": [{"patient_no": "1"}], "rows": [{"patient_no": "2"}]}'
    (fault,) = read("p.json", raw.encode(), view="patient", records="rows")
    assert isinstance(fault, Faulty)
    assert (fault.fault, fault.said) == ("duplicate-name", {"name": "rows"})


@pytest.mark.parametrize(
    ("name", "raw", "records", "beside"),
    [
        ("p.xml", f"<ROOT><HEAD><n>2</n></HEAD>{TWO}<LOG/><LOG/></ROOT>", "/ROOT/PATIENT",
         {"ROOT/HEAD": 1, "ROOT/LOG": 2}),
        ("p.xml", f"<ROOT><HEAD/><L>{TWO}</L></ROOT>", "/ROOT/L/PATIENT", {"ROOT/HEAD": 1}),
        ("p.json", '{"code": 0, "d": {"total": 2, "rows": [{"patient_no": "1"}, {"patient_no": "1"}]}}',
         "d.rows", {"code": 1, "d.total": 1}),
    ],
)  # fmt: skip
def test_what_stands_beside_the_records_is_counted(
    tmp_path: Path, views: dict[str, View], name: str, raw: str, records: str, beside: dict[str, int]
) -> None:
    path = tmp_path / name
    path.write_text(raw, "utf-8")
    opened = open_file(path, Pattern(view="patient", records=records), look(path), views, Bounds())
    assert len(list(opened.items)) == 2
    assert opened.beside == Counter(beside)


def test_more_elements_beside_the_records_than_one_may_have_are_passed_over(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.wire.xml.stream.records.__defaults__", (20, None))
    raw = "<ROOT>" + "<LOG/>" * 30 + TWO + "</ROOT>"
    assert len(rows(read("p.xml", raw.encode(), view="patient", records="/ROOT/PATIENT"))) == 2


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("patient.json", '{"code": 0, "data": [{"patient_no": "1", "name": "甲"}]}'),
        ("patient.ndjson", '{"code": 0}\n{"code": 1}\n'),
        ("patient.xml", f"<ROOT><LIST>{TWO}</LIST></ROOT>"),
    ],
)
def test_records_without_any_column_that_a_row_must_have_are_none(read: Read, name: str, raw: str) -> None:
    (fault,) = read(name, raw.encode())
    assert (fault.fault, fault.line) == ("not-the-records", 0)  # type: ignore[union-attr]
    assert "patient_no, name" in fault.reason  # type: ignore[union-attr]


def test_one_record_without_them_costs_only_itself(read: Read) -> None:
    raw = b'{"code": 0}\n{"patient_no": "P1", "name": "A"}\n[]\n'
    assert len(rows(read("patient.ndjson", raw))) == 2  # the pipeline says what is missing in the first
    assert rows(read("patient.json", b"[]")) == []
