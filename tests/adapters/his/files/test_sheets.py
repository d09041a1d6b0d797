"""Workbooks: what a cell shows is said, nothing is invented for it; what would burst is not unpacked."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds
from adapters.his.files.look import look
from adapters.his.files.pattern import Pattern
from adapters.his.files.reader import open_file
from adapters.his.files.view import View
from tests.adapters.his.files.conftest import Read
from tests.adapters.his.files.test_tables import faults, rows

HEADINGS = ["患者编号", "姓名", "出生日期", "居民身份证号", "变更时间", "医保个人编号"]


def book(*lines: list[Any], sheet: str = "患者") -> bytes:
    made = Workbook()
    made.active.title = "说明"  # type: ignore[union-attr]
    one = made.create_sheet(sheet, 0)
    for line in lines:
        one.append(line)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_cells_say_what_they_show(read: Read) -> None:
    row = [
        "P1",
        " 张三 ",
        dt.date(1990, 3, 7),
        "990101199003070018",
        dt.datetime(2026, 3, 1, 8, 5, tzinfo=dt.UTC).replace(tzinfo=None),
        12.50,
    ]
    found = read("patient.xlsx", book(HEADINGS, row))
    assert rows(found) == [
        {"patient_no": "P1", "name": "张三", "birth_date": "1990-03-07", "id_card": "990101199003070018",
         "changed_at": "2026-03-01 08:05:00", "insurance_no": "12.5"}
    ]  # fmt: skip


def test_a_number_that_excel_has_rounded_is_not_said(read: Read) -> None:
    found = read("patient.xlsx", book(HEADINGS, ["P1", "张三", None, 990101199003070018, None, 7]))
    assert "id_card" not in rows(found)[0]
    assert rows(found)[0]["insurance_no"] == "7"


def test_a_rounded_number_is_left_out_and_counted_unless_it_says_whose_row_it_is(
    tmp_path: Path, views: dict[str, View]
) -> None:
    path = tmp_path / "patient.xlsx"
    long = 990101199003070018
    path.write_bytes(book(HEADINGS, ["P1", "张三", None, long], [long, "李四"], ["P3", "王五", None, long]))
    opened = open_file(path, Pattern(view="patient"), look(path), views, Bounds())
    found = list(opened.items)
    assert faults(found) == [("shortened-number", 3)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P3"]
    assert opened.left_out == {"居民身份证号": 2}


def test_texts_are_read_as_in_other_tables(read: Read) -> None:
    lines = [["'007", "A", None, "'99010119900307001X"], ["2.02603E+15", "B"], ["合计", 2]]
    found = read("patient.xlsx", book(HEADINGS, *lines))
    assert (rows(found)[0]["patient_no"], rows(found)[0]["id_card"]) == ("007", "99010119900307001X")
    assert faults(found) == [("shortened-number", 3), ("sum-line", 4)]
    found = read("patient.xlsx", book(HEADINGS, *lines[::2]), view="patient", ignore=("合计*",))
    assert not faults(found)


def test_rows_that_are_none_are_told(read: Read) -> None:
    lines = [
        ["P1", "#REF!", None],
        [None, None, None],
        ["P2", "李四", None, None, None, None, "more"],
        ["P3", "王五"],
    ]
    found = read("patient.xlsx", book(HEADINGS, *lines))
    assert faults(found) == [("damaged-cell", 2), ("shifted-columns", 4)]
    assert [row["patient_no"] for row in rows(found)] == ["P3"]


def test_a_sheet_is_chosen_by_name_or_number(read: Read) -> None:
    raw = book(["title"], [None], HEADINGS, ["P1", "张三"], sheet="数据")
    for sheet in ("数据", 1):
        found = read("x.xlsx", raw, view="patient", sheet=sheet, skip=1)
        assert [row["name"] for row in rows(found)] == ["张三"]
    assert faults(read("x.xlsx", raw, view="patient", sheet="nothing")) == [("no-sheet", 0)]
    assert faults(read("x.xlsx", raw, view="patient", sheet=2)) == [("no-heading", 0)]


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book(HEADINGS))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, parts.get(name, old.read(name)))
        for name in set(parts) - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (packed({"xl/media/big": b"\0" * 3_000_000}), "xlsx-bomb"),
        (packed({"xl/sharedStrings.xml": b"<sst>" + b" " * 500_000 + b"</sst>"}), "xlsx-bomb"),
        (packed({"xl/worksheets/sheet1.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}), "has-doctype"),
        (packed({"xl/workbook.xml": b"<workbook"}), "not-xlsx"),
        (b"PK\x03\x04 nothing", "not-xlsx"),
        (b"patient_no,name\n1,2\n", "not-xlsx"),
    ],
    ids=("media", "strings", "doctype", "broken", "cut", "csv"),
)
def test_a_workbook_that_is_none_or_would_burst_fails(read: Read, raw: bytes, fault: str) -> None:
    assert faults(read("patient.xlsx", raw, Bounds(unpacked=2_000_000))) == [(fault, 0)]


def test_names_in_a_workbook_write_nowhere(read: Read, tmp_path: Any) -> None:
    found = read("patient.xlsx", packed({"../../../slip.txt": b"x"}))
    assert not faults(found)
    assert not list(tmp_path.parent.glob("**/slip.txt"))


def test_a_formula_whose_value_was_not_saved_is_told_and_an_empty_one_is_none(read: Read) -> None:
    raw = book(HEADINGS, ["P1", "=B9"], ["P2", "王五"], ["P3", '=IF(1,"","")'])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.namelist():
            part = old.read(one)
            if one.startswith("xl/worksheets/"):  # as Excel saves a formula that makes an empty text
                part = part.replace(b'<c r="B4">', b'<c r="B4" t="str">')
            new.writestr(one, part)
    found = read("patient.xlsx", out.getvalue())
    assert faults(found) == [("damaged-cell", 2)]
    assert [(one["patient_no"], one["name"]) for one in rows(found)] == [("P2", "王五"), ("P3", None)]


def test_a_workbook_has_no_charset(tmp_path: Path) -> None:
    path = tmp_path / "patient.xlsx"
    path.write_bytes(book(HEADINGS, ["P1", "张三"]))
    assert look(path).charset == ""


PRESCRIPTION = ["处方编号", "患者编号", "就诊类型", "状态", "明细号", "药品代码", "药品名称"]


def test_a_record_whose_number_is_merged_over_its_lines_waits_as_a_whole(read: Read) -> None:
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.append(PRESCRIPTION)
    sheet.append(["R1", "P1", "O", "SC", "I1", "Y1", "甲"])
    sheet.append([None, None, None, None, "I2", "Y2", "乙"])
    sheet.append(["R2", "P2", "O", "SC", "I3", "Y3", "丙"])
    for column in "ABCD":
        sheet.merge_cells(f"{column}2:{column}3")
    out = io.BytesIO()
    made.save(out)
    found = read("prescription.xlsx", out.getvalue())
    assert [row["rx_no"] for row in rows(found)] == ["R2"]
    assert faults(found) == [("no-group", 3), ("incomplete-group", 2)]


def test_a_part_of_a_number_that_is_left_blank_spoils_the_record_before(read: Read) -> None:
    heading = [
        "报告单号",
        "报告项目代码",
        "报告项目名称",
        "来源系统",
        "患者编号",
        "就诊类型",
        "状态",
        "结果项目代码",
    ]

    def line(number: str | None, code: str | None, item: str) -> list[str | None]:
        return [number, code, "血常规", "LIS", "P1", "O", "F", item]

    lines = [
        line("B1", "XCG", "WBC"),
        line(None, "XCG", "RBC"),
        line("B2", None, "WBC"),
        line("B2", None, "RBC"),
    ]
    found = read("result.xlsx", book(heading, *lines))
    assert faults(found) == [("no-group", 3), ("incomplete-group", 2)]
    (record,) = [one for one in found if isinstance(one, Record)]
    assert record.row["report_no"] == "B2"
    assert len(record.details["items"]) == 2


def test_the_rows_of_other_sheets_are_counted_unless_one_is_chosen(
    tmp_path: Path, views: dict[str, View]
) -> None:
    made = Workbook()
    for at, title in enumerate(("1月", "2月", "空")):
        sheet = made.create_sheet(title, at)
        if at < 2:
            sheet.append(HEADINGS)
            sheet.append([f"P{at}", "张三"])
    path = tmp_path / "patient.xlsx"
    made.save(path)
    for chosen, beside in (("", {"sheet 2": 2}), ("1月", {}), (2, {})):
        pattern = Pattern("patient*", "patient", sheet=chosen)
        opened = open_file(path, pattern, look(path, ""), views, Bounds())
        said = [one.row["patient_no"] for one in opened.items if isinstance(one, Record)]
        opened.close()
        assert said == ["P1" if chosen == 2 else "P0"]
        assert dict(opened.beside) == beside
