"""Tables as exports write them: every line is a record, or a fault with its number; nothing is shifted."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds
from gateway.cli.words.ends import REASONS
from gateway.wire.rows import Faulty
from gateway.wire.rows.faulty import SENTENCES
from tests.adapters.his.files.conftest import Read

PEOPLE = (
    "患者编号,姓名,性别,出生日期,联系电话\r\nP1,张三,1,1990-03-07,10012345678\r\nP2,李 四,2,1985/1/2,-\r\n"
)
PRESCRIPTIONS = (
    "处方编号,患者编号,就诊类型,状态,处方明细号,药品代码,药品名称,单次剂量,备注\n"
    'R1,P1,O,SC,I1,A1,"阿莫西林, 胶囊",0.50,饭后\nR1,P1,O,SC,I2,B1,布洛芬,1,\n'
    "R2,P2,O,SC,I3,C1,二甲双胍,0.50,\n"
)


def rows(found: list[object]) -> list[dict[str, str | None]]:
    return [one.row for one in found if isinstance(one, Record)]


def faults(found: list[object]) -> list[tuple[str, int]]:
    return [(one.fault, one.line) for one in found if isinstance(one, Faulty)]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_chinese_headings_are_the_columns_of_the_layout(read: Read, charset: str) -> None:
    found = read("patient_1.csv", PEOPLE.encode(charset))
    assert rows(found)[0] == {
        "patient_no": "P1", "name": "张三", "sex": "1", "birth_date": "1990-03-07", "phone": "10012345678",
    }  # fmt: skip
    assert rows(found)[1]["name"] == "李 四"


def test_a_file_is_known_by_its_headings_alone(read: Read) -> None:
    assert len(rows(read("export20260301.csv", PEOPLE.encode()))) == 2
    assert faults(read("export20260301.csv", b"a,b,c\n1,2,3\n")) == [("unknown-file", 0)]


@pytest.mark.parametrize(
    ("delimiter", "name"), [("\t", "p.tsv"), ("\t", "p.csv"), ("|", "p.txt"), (";", "p.csv"), ("^", "p.txt")]
)
def test_what_parts_the_cells_is_seen_in_the_heading(read: Read, delimiter: str, name: str) -> None:
    raw = PEOPLE.replace(",", delimiter).encode("gb18030")
    assert [row["patient_no"] for row in rows(read(name, raw))] == ["P1", "P2"]


def test_lines_with_the_same_number_are_one_record(read: Read) -> None:
    first, second = (
        one for one in read("prescription.csv", PRESCRIPTIONS.encode()) if isinstance(one, Record)
    )
    assert first.row == {"rx_no": "R1", "patient_no": "P1", "visit_type": "O", "status": "SC"}
    assert [one["drug_name"] for one in first.details["items"]] == ["阿莫西林, 胶囊", "布洛芬"]
    assert first.details["items"][0]["备注"] == "饭后"  # nobody knows it, and it is not lost
    assert (first.details["items"][0]["dose"], second.details["items"][0]["dose"]) == ("0.50", "0.50")


def test_lines_of_one_record_that_stand_apart_come_together(read: Read) -> None:
    lines = PRESCRIPTIONS.splitlines()
    found = read("prescription.csv", "\n".join([lines[0], lines[1], lines[3], lines[2]]).encode())
    assert {one.row["rx_no"]: len(one.details["items"]) for one in found if isinstance(one, Record)} == {
        "R1": 2, "R2": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("P3,王,五,1,1990-01-01,1", "shifted-columns"),
        ("P3,王五,1", "shifted-columns"),
        ('P3,"王五,1,1990-01-01,1', "unclosed-quote"),
        ('P3,"王五"x,1,1990-01-01,1', "unclosed-quote"),
    ],
)
@pytest.mark.parametrize("last", [False, True])
def test_a_line_that_is_no_row_is_told_and_not_mapped(read: Read, line: str, fault: str, last: bool) -> None:
    lines = PEOPLE.splitlines()
    at = len(lines) if last else 2
    found = read("patient.csv", "\r\n".join([*lines[:at], line, *lines[at:]]).encode())
    assert faults(found) == [(fault, at + 1)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2"]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("P3,F,1990-01-01,13800000000,", "出生日期"),  # the name is missing
        ("P3,王,五,1,1990-01-01", "出生日期"),  # a comma in the name, and nothing for the telephone
        ("P3,1,19900101,13800000000,", "出生日期"),
    ],
)
def test_a_shifted_row_of_the_right_width_is_told_by_its_dates(read: Read, line: str, column: str) -> None:
    found = read("patient.csv", (PEOPLE + line + "\r\n").encode())
    assert faults(found) == [("shifted-values", 4)]
    assert column in found[-1].reason  # type: ignore[union-attr]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2"]


@pytest.mark.parametrize("date", ["-", "不详", "1990", "07-MAR-90", "32874", "", "九零年"])
def test_a_date_that_cannot_be_read_costs_no_row(read: Read, date: str) -> None:
    found = read("patient.csv", (PEOPLE + f"P3,王五,1,{date},10012345678\r\n").encode())
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2", "P3"]


def test_a_comma_more_is_not_hidden_by_an_empty_last_cell(read: Read) -> None:
    raw = "患者编号,姓名,性别,现住址,联系电话\nP1,张三,1,石桥路,\nP2,李,四,2,渡口路,\nP3,王五,1,x,1\n"
    found = read("patient.csv", raw.encode())
    assert faults(found) == [("shifted-columns", 3)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P3"]


@pytest.mark.parametrize("heading", ["", ","])
@pytest.mark.parametrize("ending", ["", ",", ",,"])
def test_rows_may_all_end_with_delimiters(read: Read, heading: str, ending: str) -> None:
    lines = ["P1,张三,1", "P2,李四,2", "P3,王,五,1", "P4,2", "P5,赵六,1"]
    raw = "\n".join([f"患者编号,姓名,性别{heading}", *(one + ending for one in lines)])
    found = read("patient.csv", raw.encode())
    assert faults(found) == [("shifted-columns", 4), ("shifted-columns", 5)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2", "P5"]


def test_a_zero_byte_costs_its_line(read: Read) -> None:
    found = read("patient.csv", (PEOPLE + "P3,王\0五,1,,\r\nP4,赵六,1,,\r\n").encode())
    assert faults(found) == [("zero-byte", 4)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2", "P4"]


def test_records_apart_are_found_in_a_long_file_without_holding_it(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.his.files.group._PART", 7)
    lines = [f"R{at % 90},P1,O,SC,I{at},A1,甲,1," for at in range(100)]
    found = read("prescription.csv", "\n".join([PRESCRIPTIONS.splitlines()[0], *lines]).encode())
    items = {one.row["rx_no"]: len(one.details["items"]) for one in found if isinstance(one, Record)}
    assert items == {f"R{at}": 2 if at < 10 else 1 for at in range(90)}


@pytest.mark.parametrize("line", ["R1,P1,O,SC,I9,Z", "R2,P2,O,SC,I9,Z1,药,品,1,1,1"])
def test_a_record_of_which_a_line_cannot_be_read_waits_as_a_whole(read: Read, line: str) -> None:
    lines = PRESCRIPTIONS.splitlines()
    found = read("prescription.csv", "\n".join([*lines[:3], line, *lines[3:]]).encode())
    whole = [row["rx_no"] for row in rows(found)]
    assert whole == (["R2"] if line.startswith("R1") else ["R1"])
    assert {fault for fault, _ in faults(found)} == {"shifted-columns", "incomplete-group"}


def test_a_cell_in_quotation_marks_goes_over_lines(read: Read) -> None:
    found = read("patient.csv", '患者编号,姓名,现住址\nP1,张三,"石桥路\n1号,2室"\nP2,李四,x\n'.encode())
    assert [row["address"] for row in rows(found)] == ["石桥路\n1号,2室", "x"]


def test_rows_that_contradict_each_other_are_no_record(read: Read) -> None:
    found = read("prescription.csv", PRESCRIPTIONS.replace("R1,P1,O,SC,I2", "R1,P9,O,SC,I2").encode())
    assert faults(found) == [("contradicting-rows", 3)]
    assert [row["rx_no"] for row in rows(found)] == ["R2"]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "empty-file"),
        ("患者编号,姓名,姓名\n1,2,3\n".encode(), "duplicate-heading"),
        ("患者编号,姓名,患者编号\n1,2,3\n".encode(), "duplicate-heading"),
        ("患者编号,性别\n1,2\n".encode(), "missing-columns"),
        (b"\n\n", "no-heading"),
        (b"patient_no,name\x00,\x00\n", "not-text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "not-text"),
        ((",".join(map(str, range(2000))) + "\n").encode(), "too-many-columns"),
    ],
)
def test_a_file_that_is_no_table_fails_as_a_whole(read: Read, raw: bytes, fault: str) -> None:
    found = read("patient.csv", raw)
    assert faults(found) == [(fault, 0)]
    assert found[0].reason_zh != found[0].reason  # type: ignore[union-attr]


def test_a_heading_alone_is_no_fault(read: Read) -> None:
    assert read("patient.csv", "患者编号,姓名\r\n".encode()) == []


def test_the_declaration_is_not_believed_where_the_bytes_say_otherwise(read: Read) -> None:
    for declared, real in (("utf-8", "gb18030"), ("gb18030", "utf-8"), ("gbk", "utf-8-sig")):
        found = read("p.csv", PEOPLE.encode(real), view="patient", charset=declared)
        assert rows(found)[0]["name"] == "张三"


def test_one_character_of_gb18030_that_is_also_utf_8_stays_chinese(read: Read) -> None:
    found = read("patient.csv", "patient_no,name,sex\nP1,A,女\n".encode("gb18030"))
    assert rows(found)[0]["sex"] == "女"


def test_lines_in_two_charsets_are_each_read_in_theirs(read: Read) -> None:
    names = ["张三", "欧阳建国", "李四", "诸葛孔明", "王五"]
    for most, other in (("gb18030", "utf-8"), ("utf-8", "gb18030")):
        raw = "患者编号,姓名\n".encode(most)
        raw += b"".join(f"P{at},{name}\n".encode(other if at == 2 else most) for at, name in enumerate(names))
        assert [row["name"] for row in rows(read("patient.csv", raw))] == names


def test_a_line_in_no_charset_is_told(read: Read) -> None:
    raw = "患者编号,姓名\nP1,张三\n".encode() + b"P2,\xff\xfe\xff\n" + "P3,李四\n".encode()
    found = read("patient.csv", raw)
    assert faults(found) == [("undecodable", 3)]
    assert [row["name"] for row in rows(found)] == ["张三", "李四"]


def test_a_line_without_end_is_passed_over_in_bounded_memory(read: Read) -> None:
    raw = b"patient_no,name\nP1," + b"x" * 50_000 + b"\nP2,B\n"
    found = read("patient.csv", raw, Bounds(line=10_000))
    assert faults(found) == [("line-too-long", 2)]
    assert len(found[0].text) <= 1000  # type: ignore[union-attr]
    assert [row["patient_no"] for row in rows(found)] == ["P2"]


def test_what_exports_do_to_keep_numbers_from_excel_is_undone(read: Read) -> None:
    found = read("patient.csv", b'patient_no,name,id_card\n="007",A,\'99010119900307001X\t\n')
    assert rows(found) == [{"patient_no": "007", "name": "A", "id_card": "99010119900307001X"}]


@pytest.mark.parametrize("number", ["2.02603E+15", "2.02603e+15", "1E+12"])
def test_a_number_that_excel_has_shortened_is_nobodys(read: Read, number: str) -> None:
    raw = f"患者编号,姓名,居民身份证号,备注\n{number},张三丰,,\nP2,李四,{number},\nP3,王五,,{number}\n"
    found = read("patient.csv", raw.encode())
    assert faults(found) == [("shortened-number", 2), ("shortened-number", 3)]
    assert "居民身份证号" in found[1].reason_zh  # type: ignore[union-attr]
    assert rows(found) == [{"patient_no": "P3", "name": "王五", "id_card": None, "备注": number}]


def test_a_shortened_number_of_an_item_spoils_its_record_and_an_amount_does_not(read: Read) -> None:
    raw = PRESCRIPTIONS.replace("I2,B1", "I2,1.23E+15").replace("C1,二甲双胍,0.50", "C1,二甲双胍,1.5E+02")
    found = read("prescription.csv", raw.encode())
    assert {fault for fault, _ in faults(found)} == {"shortened-number", "incomplete-group"}
    assert [row["rx_no"] for row in rows(found)] == ["R2"]
    one = {"rx_no": "R1", "patient_no": "P1", "visit_type": "O", "status": "SC"}
    item = {"item_no": "1", "drug_code": "1.23E+15", "drug_name": "A"}
    for said in ({"items": [item]}, {"order_no": "1.23E+15", "items": [item | {"drug_code": "A"}]}):
        found = read("prescription.ndjson", json.dumps(one | said).encode())
        assert faults(found) == ([("shortened-number", 1)] if "order_no" not in said else [])


@pytest.mark.parametrize(
    "line", ["合计,7,", "总计：7人,,", ",合 计,", "小计(元),x,", "9,合计,", "本页小计,1,1"]
)
def test_a_line_of_sums_is_no_patient(read: Read, line: str) -> None:
    found = read("patient.csv", f"患者编号,姓名,性别\nP1,计合,1\n{line}\nP2,小计量,2\n".encode())
    assert faults(found) == [("sum-line", 3)]
    assert [row["patient_no"] for row in rows(found)] == ["P1", "P2"]


@pytest.mark.parametrize(
    ("one", "other", "last"),
    [
        ("2026-3-7 9:05", "2026-3-7 10:05", "2026-3-7 10:05"),
        ("2026/12/1", "2026/3/1", "2026/12/1"),
        ("20260307090500", "2026-03-07 10:05", "2026-03-07 10:05"),
        ("2026-03-07 下午 1:05", "2026-03-07 上午 11:05", "2026-03-07 下午 1:05"),
        ("", "2026-3-7", "2026-3-7"),
    ],
)
def test_a_record_changed_when_the_last_of_its_lines_did(read: Read, one: str, other: str, last: str) -> None:
    head = "处方编号,患者编号,就诊类型,状态,变更时间,处方明细号,药品代码,药品名称\n"
    for first, second in ((one, other), (other, one)):
        raw = head + f"R1,P1,O,SC,{first},I1,A,甲\nR1,P1,O,SC,{second},I2,B,乙\n"
        assert [row["changed_at"] for row in rows(read("prescription.csv", raw.encode()))] == [last]


def test_a_pattern_says_what_a_file_without_heading_is(read: Read) -> None:
    raw = "导出 2026\nP1@@张三@@1\n合计@@1\n".encode("gb18030")
    columns = {"patient_no": "", "name": "", "sex": ""}
    found = read("x.dat", raw, view="patient", format="table", delimiter="@@", heading=0, skip=1,
                 columns=columns, ignore=("合计*",))  # fmt: skip
    assert rows(found) == [{"patient_no": "P1", "name": "张三", "sex": "1"}]


def test_a_pattern_names_the_headings_of_a_his(read: Read) -> None:
    raw = "BRID,XM,XB\nP1,张三,1\n".encode()
    found = read("BRDA.csv", raw, view="patient", columns={"patient_no": "BRID", "name": "XM", "sex": "XB"})
    assert rows(found) == [{"patient_no": "P1", "name": "张三", "sex": "1"}]


CELLS = st.text(
    st.characters(blacklist_characters="\x00\r\n", blacklist_categories=("Cs", "Cc")), max_size=12
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6), st.sampled_from([",", "\t", ";", "|"]))
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_csv_writer_wrote_is_read_again(
    read: Read, cells: list[tuple[str, str, str]], delimiter: str
) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow(["患者编号", "姓名", "现住址"])
    writer.writerows((f"p{at}", "n" + one[1], one[2]) for at, one in enumerate(cells))
    found = read("patient.csv", out.getvalue().encode())
    assert not faults(found)
    assert [row["name"] for row in rows(found)] == [("n" + one[1]).strip() for one in cells]


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_it_raise_or_invent_a_column(read: Read, noise: bytes) -> None:
    found = read("patient.csv", b"patient_no,name\n" + noise)
    assert all(isinstance(one, Faulty) or set(one.row) <= {"patient_no", "name"} for one in found)  # type: ignore[union-attr]


def test_a_json_file_is_read_as_a_whole_or_not_at_all(read: Read) -> None:
    found = read("patient.json", b'[{"patient_no": "P1", "name": "A"}]', Bounds(whole=20))
    assert faults(found) == [("json-too-large", 0)]
    assert ".ndjson" in found[0].reason  # type: ignore[union-attr]


def test_every_fault_is_told_in_chinese() -> None:
    assert SENTENCES.keys() <= REASONS.keys()
    assert all(Faulty(fault).reason_zh != Faulty(fault).reason for fault in SENTENCES)


def test_json_lines_keep_digits_and_details(read: Read) -> None:
    one = {"处方编号": "R1", "患者编号": "P1", "就诊类型": "O", "状态": "SC",
           "明细": [{"处方明细号": "I1", "药品代码": "A", "药品名称": "甲", "单次剂量": 1}]}  # fmt: skip
    raw = json.dumps(one, ensure_ascii=False).replace(": 1}", ": 0.50}").encode("gb18030")
    found = read("prescription.ndjson", raw + b'\n[1]\n{"a":1,"a":2}\n{"a":\n')
    record = found[0]
    assert isinstance(record, Record)
    assert record.details["items"][0]["dose"] == "0.50"
    assert faults(found) == [("not-an-object", 2), ("duplicate-name", 3), ("not-an-object", 4)]


def test_json_has_its_records_at_a_path(read: Read) -> None:
    raw = json.dumps(
        {"code": 0, "data": {"list": [{"patient_no": "P1", "name": {"text": "张三"}}, 7]}}
    ).encode()
    found = read("x.json", raw, view="patient", records="data.list", columns={"name": "name.text"})
    assert rows(found) == [{"patient_no": "P1", "name": "张三"}]
    assert faults(found) == [("not-an-object", 2)]
    assert faults(read("x.json", raw, view="patient", records="data.rows")) == [("no-records", 0)]
    for wrong in (b"{", b"[" * 100_000, b'{"a": NaN}', b""):
        assert faults(read("patient.json", wrong))[0][0] in ("not-json", "empty-file")


def test_xml_records_come_one_by_one(read: Read) -> None:
    raw = """<?xml version="1.0" encoding="gb2312"?><DATA><ROW><处方编号>R1</处方编号><患者编号>P1</患者编号>
    <就诊类型>O</就诊类型><状态>SC</状态><items><item><处方明细号>I1</处方明细号><药品名称>甲</药品名称></item>
    <item><处方明细号>I2</处方明细号><药品名称>乙</药品名称></item></items></ROW>
    <ROW 处方编号="R2" 患者编号="P2" 就诊类型="O" 状态="SC"/></DATA>""".encode("gb18030")
    found = read("prescription.xml", raw)
    assert [row["rx_no"] for row in rows(found)] == ["R1", "R2"]
    assert [one["drug_name"] for one in found[0].details["items"]] == ["甲", "乙"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"<D><R><patient_no>1</patient_no></D>", "not-xml"),
        (b'<!DOCTYPE D [<!ENTITY x SYSTEM "file:///etc/passwd">]><D><R>&x;</R></D>', "has-doctype"),
        (b"<D/>", "no-records"),
        (b"{}", "not-xml"),
    ],
)
def test_xml_that_is_none_or_has_entities_is_not_taken(read: Read, raw: bytes, fault: str) -> None:
    assert faults(read("x.xml", raw, view="patient", records="/D/R"))[-1][0] == fault


def test_a_number_has_the_other_names_of_its_title_as_headings(read: Read) -> None:
    assert rows(read("patient.csv", "病案号,姓名\nP1,孟秋禾\n".encode()))[0]["patient_no"] == "P1"


def test_what_is_missing_is_told_beside_what_was_found(read: Read) -> None:
    (fault,) = read("patient.csv", "孟秋禾,姓名,性别\n1,2,1\n".encode())
    assert isinstance(fault, Faulty)
    assert fault.reason == (
        "columns that the layout needs are missing: patient_no; "
        "it has 姓名, 性别, and 1 headings that are not known"
    )
    assert "孟秋禾" not in fault.reason_zh
    assert "姓名, 性别" in fault.reason_zh
