"""Items: lines of a prescription and results of a report, told apart, and taken back when they vanish."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.source import SqlViews
from gateway.canonical import Envelope, Quarantined, Translation
from gateway.pipeline import steps
from gateway.wire.rows import written
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll
from tests.adapters.his.sql_view.test_same_ids import ADAPTERS, HIS, MSH, PATIENT, maps

VIEWS = "his/sql_view"
HEAD = {"rx_no": "CF1", "patient_no": "2000513", "visit_no": "MZ1", "visit_type": "O", "status": "SC"}
DRUG = {"item_no": "1", "drug_code": "Y1", "drug_name": "甲药片", "quantity": "12"}


def translated(adapter: str, raw: bytes) -> Translation | Quarantined:
    envelope = Envelope("0" * 32, "default", adapter, "", 1_772_845_200_000_000, "", "", raw)
    made = steps.translate(maps(), envelope, steps.read(ADAPTERS[adapter], maps(), envelope))
    assert isinstance(made, Translation | Quarantined), made
    return made


def made(type_: str, adapter: str, raw: bytes) -> list[dict[str, Any]]:
    found = translated(adapter, raw)
    assert isinstance(found, Translation), found
    return [one.body for one in found.drafts if one.type == type_]


def requests(rx_no: str, *items: dict[str, str]) -> dict[str, Any]:
    """Return id → quantity of what the rows of a prescription became."""
    raw = written("prescription", "HIS", [{"row": HEAD | {"rx_no": rx_no}, "items": list(items)}])
    found = made("MedicationRequest", VIEWS, raw)
    return {one["id"]: one["dispenseRequest"]["quantity"]["value"] for one in found}


@pytest.mark.parametrize("number", ["1", "001", "00001", "A1"])
def test_a_number_that_begins_anew_on_each_prescription_is_another_line(number: str) -> None:
    item = DRUG | {"item_no": number}
    assert requests("CF1", item).keys().isdisjoint(requests("CF2", item))


@pytest.mark.parametrize("number", ["CF1-1", "8840213"])
def test_a_number_of_the_whole_hospital_is_the_line_with_or_without_its_prescription(number: str) -> None:
    item = DRUG | {"item_no": number}
    order = f"ORC|NW|{number}\rRXE||Y1^甲药片|1||mg||||G|12|片\r"
    (one,) = made("MedicationRequest", HIS, (MSH.format("HIS", "RDE^O11^RDE_O11") + PATIENT + order).encode())
    assert requests("CF1", item).keys() == {one["id"]}


def test_lines_numbered_on_each_prescription_have_the_same_ids_by_message() -> None:
    text = MSH.format("HIS", "RDE^O11^RDE_O11") + PATIENT
    order = "ORC|NW|1^HIS||CF1^HIS\rRXE||Y1^甲药片|1||mg||||G|12|片\r"
    printed = "ORC|NW|1^HIS\rRXE||Y1^甲药片|1||mg||||G|12|片||||CF1\r"
    given = "ORC|RE|1^HIS||CF1^HIS\rRXD|1|Y1^甲药片|20260307|12|片||CF1\r"
    ids = [made("MedicationRequest", HIS, (text + one).encode())[0]["id"] for one in (order, printed)]
    ids.append(
        made("MedicationRequest", HIS, (MSH.format("HIS", "RDS^O13^RDS_O13") + PATIENT + given).encode())[0][
            "id"
        ]
    )
    assert {*ids} == requests("CF1", DRUG).keys()


@pytest.mark.parametrize("number", ["", "1", "CF1-1"])
def test_one_drug_twice_is_two_lines_unless_both_say_the_same(number: str) -> None:
    other = DRUG | {"item_no": number, "quantity": "6"}
    one = DRUG | {"item_no": number}
    both = requests("CF1", one, other)
    assert sorted(map(str, both.values())) == ["12", "6"]
    assert len(requests("CF1", one, one)) == 1
    assert requests("CF1", one).keys() < both.keys()


def test_two_names_under_one_code_are_two_lines() -> None:
    nameless = {"drug_code": "Y1", "quantity": "12"}
    assert len(requests("CF4", nameless | {"drug_name": "甲药片"}, nameless | {"drug_name": "乙药片"})) == 2


def test_an_order_that_cannot_be_told_waits_with_its_message() -> None:
    orders = "ORC|NW|A100001\rRXO|Y1^甲药片|1||mg\rORC|NW\rRXO|Y2^乙药片|1||mg\r"
    found = translated(HIS, (MSH.format("HIS", "ORM^O01^ORM_O01") + PATIENT + orders).encode())
    assert isinstance(found, Quarantined)
    assert found.reason == "no-order-number"


@pytest.mark.parametrize("row", [{"patient_no": None}, {"patient_no": "-"}, {}])
def test_a_person_without_a_number_waits(row: dict[str, str | None]) -> None:
    found = translated(VIEWS, written("patient", "HIS", [{"row": {"name": "孟秋禾"} | row}]))
    assert isinstance(found, Quarantined)
    assert found.reason == "no-patient"


RESULT = ("B1", "BR", "血常规", "LIS", "2000513", "O", "F")


@pytest.fixture
def laboratory(small: Hospital, opened: Opened) -> SqlViews:
    small.run(
        "CREATE TABLE qiao_result (report_no, report_code, report_name, source_system, patient_no,"
        " visit_type, status, changed_at)",
        "CREATE TABLE qiao_result_item (report_no, report_code, item_seq, item_code, item_name, value)",
        f"INSERT INTO qiao_result VALUES {(*RESULT, '2026-03-07 09:00:00')}",
        *(
            f"INSERT INTO qiao_result_item VALUES ('B1', 'BR', '{at}', '{code}', '{code}', '{at}')"
            for at, code in enumerate(("WBC", "HGB", "PLT"), start=1)
        ),
    )
    return opened(small, only="result")


def results(taker: Taker) -> tuple[dict[str, str], list[str]]:
    """Return code → status of what the last delivery says, and the codes that its report leads to."""
    last = taker.taken[-1]
    raw = written("result", "HIS", [{"row": last["row"], "items": last["items"]}])
    found = {one["id"]: one for one in made("Observation", VIEWS, raw)}
    (report,) = made("DiagnosticReport", VIEWS, raw)
    codes = {key: one["code"]["coding"][0]["code"] for key, one in found.items()}
    led = [codes[one["reference"].partition("/")[2]] for one in report.get("result", ())]
    return {codes[key]: one["status"] for key, one in found.items()}, led


def test_a_result_that_is_gone_is_taken_back_and_leaves_its_report(
    small: Hospital, laboratory: SqlViews, taker: Taker
) -> None:
    poll(laboratory)
    small.run(
        "DELETE FROM qiao_result_item WHERE item_code = 'HGB'",
        "UPDATE qiao_result_item SET item_seq = '2' WHERE item_code = 'PLT'",
        "UPDATE qiao_result SET status = 'C', changed_at = '2026-03-07 10:00:00'",
    )
    assert poll(laboratory) == 1
    said, led = results(taker)
    assert said == {"WBC": "corrected", "PLT": "corrected", "HGB": "entered-in-error"}
    assert led == ["WBC", "PLT"]
    assert laboratory.polls[0].counts.withdrawn == 1
    small.run("UPDATE qiao_result SET changed_at = '2026-03-07 11:00:00'")
    assert poll(laboratory) == 1
    assert "HGB" not in results(taker)[0]  # once is enough


def test_when_all_results_are_gone_the_report_leads_to_none(
    small: Hospital, laboratory: SqlViews, taker: Taker
) -> None:
    poll(laboratory)
    small.run("DELETE FROM qiao_result_item", "UPDATE qiao_result SET changed_at = '2026-03-07 10:00:00'")
    assert poll(laboratory) == 1
    assert {*results(taker)[0].values()} == {"entered-in-error"}
    last = taker.taken[-1]
    found = translated(VIEWS, written("result", "HIS", [{"row": last["row"], "items": last["items"]}]))
    assert isinstance(found, Translation)
    (report,) = (one for one in found.drafts if one.type == "DiagnosticReport")
    assert "result" in report.cleared


def test_details_that_are_gone_all_at_once_are_taken_back_by_nobody(
    small: Hospital, laboratory: SqlViews, taker: Taker
) -> None:
    """Whoever fills the tables behind a view anew empties them first."""
    several = ",".join(
        f"('C{at}', 'BR', '血常规', 'LIS', '2000513', 'O', 'F', '2026-03-07 09:00:00')" for at in range(30)
    )
    items = ",".join(f"('C{at}', 'BR', '1', 'WBC', 'WBC', '6')" for at in range(30))
    small.run(f"INSERT INTO qiao_result VALUES {several}", f"INSERT INTO qiao_result_item VALUES {items}")
    assert poll(laboratory) == 31
    small.run(
        "ALTER TABLE qiao_result_item RENAME TO kept",
        "CREATE TABLE qiao_result_item AS SELECT * FROM kept WHERE report_no = 'B1'",
        "UPDATE qiao_result SET status = 'C', changed_at = '2026-03-07 10:00:00'",
    )
    with pytest.raises(Unanswered, match="30 rows have lost all their details"):
        poll(laboratory)
    assert laboratory.polls[0].counts.withdrawn == 0
    small.run("DROP TABLE qiao_result_item", "ALTER TABLE kept RENAME TO qiao_result_item")
    assert poll(laboratory) == 31
    assert laboratory.polls[0].counts.withdrawn == 0


def test_items_are_joined_as_the_database_joins_them(mariadb: Any, opened: Opened, taker: Taker) -> None:
    """Its collation knows no case: the head says t001, its items T001."""
    root = Hospital(mariadb.url("mysql"))
    root.run("DROP DATABASE IF EXISTS his_case", "CREATE DATABASE his_case CHARACTER SET utf8mb4")
    root.close()
    found = Hospital(mariadb.url("his_case") + "?charset=utf8mb4")
    found.run(
        "CREATE TABLE qiao_prescription (rx_no VARCHAR(20), patient_no VARCHAR(20), visit_type VARCHAR(4),"
        " status VARCHAR(4), changed_at DATETIME(3))",
        "CREATE TABLE qiao_prescription_item (rx_no VARCHAR(20), item_no VARCHAR(20), drug_code VARCHAR(20),"
        " drug_name VARCHAR(40))",
        "INSERT INTO qiao_prescription VALUES ('t001', '2000513', 'O', 'SC', '2026-03-07 09:00:00')",
        "INSERT INTO qiao_prescription VALUES ('Té2', '2000513', 'O', 'SC', '2026-03-07 09:00:01')",
        "INSERT INTO qiao_prescription_item VALUES ('T001', '1', 'Y1', '甲药片'),"
        " ('T001 ', '2', 'Y2', '乙药片'), ('Te2', '3', 'Y3', '丙药片')",
    )
    door = opened(found, only="prescription")
    assert poll(door) == 2
    assert [[one["drug_code"] for one in row["items"]] for row in taker.taken] == [["Y1", "Y2"], []]
    assert door.status()["prescription.astray"] == 1  # nobody guesses which letters a collation ignores
    found.close()


def test_a_drug_that_is_replaced_is_taken_back(small: Hospital, opened: Opened, taker: Taker) -> None:
    small.run(
        "CREATE TABLE qiao_prescription (rx_no, patient_no, visit_type, status, changed_at)",
        "CREATE TABLE qiao_prescription_item (rx_no, item_no, drug_code, drug_name)",
        "INSERT INTO qiao_prescription VALUES ('CF1', '2000513', 'O', 'SC', '2026-03-07 09:00:00')",
        "INSERT INTO qiao_prescription_item VALUES ('CF1', '1', 'Y1', '甲药片'),"
        " ('CF1', '2', 'Y2', '乙药片')",
    )
    door = opened(small, only="prescription")
    poll(door)
    small.run(
        "UPDATE qiao_prescription_item SET drug_code = 'Y3', drug_name = '丙药片' WHERE item_no = '1'",
        "UPDATE qiao_prescription_item SET drug_name = '乙药片（新）' WHERE item_no = '2'",
        "UPDATE qiao_prescription SET changed_at = '2026-03-07 10:00:00'",
    )
    poll(door)
    items = {one["drug_code"]: one.get("item_status") for one in taker.taken[-1]["items"]}
    assert items == {"Y3": None, "Y2": None, "Y1": "ER"}


def test_a_view_that_cannot_be_read_does_not_keep_the_others(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    small.run(
        "CREATE TABLE qiao_department (code, changed_at)",  # its key is called otherwise
        "CREATE TABLE qiao_patient (patient_no, name, changed_at)",
        "INSERT INTO qiao_patient VALUES ('P1', '孟秋禾', '2026-03-07 09:00:00')",
    )
    door = opened(small, only="department,patient")
    asyncio.run(door.stop())
    with pytest.raises(Unanswered, match="qiao_department"):
        asyncio.run(door.backlog(taker, lambda *_: None))
    assert taker.column("patient_no") == ["P1"]
    assert "qiao_department" in str(door.status()["department.error"])
