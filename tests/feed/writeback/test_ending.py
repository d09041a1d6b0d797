"""A prescription that was told can be taken back at the HIS, whatever became of its content since."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gateway.settings import WritebackSettings
from gateway.store import Store

Told = Callable[..., Any]
MONTHS = {
    "dosageInstruction": [
        {
            "doseAndRate": [{"doseQuantity": {"value": 5.12345, "unit": "mg"}}],
            "timing": {"repeat": {"boundsDuration": {"value": 3, "code": "mo", "unit": "月"}}},
        }
    ]
}
"""A dose with more decimals than its column, and a course that has no column."""


def test_the_end_of_a_prescription_reaches_a_his_of_an_old_version_and_charset(
    store: Store, ward: Any, told: Told
) -> None:
    odd = {**MONTHS, "drug": "𠮷片", "note": [{"text": "𠮷"}]}
    ward.enter(store, ward.prescription(1), ward.prescription(1, "cancelled", **odd))
    his = ward.His()
    bench = told(his, version="2.4", charset="GBK")
    assert list(bench.states().values()) == ["acknowledged"] * 2, bench.reason(2)
    assert his.controls() == ["NW CF1", "CA CF1"]
    assert his.came[-1].get("ORC-2.1") == "CF1-1" and his.came[-1].get("PID-3.1") == "MRp1"


@pytest.mark.parametrize("map_", ["his-json", "his-soap"])
def test_the_end_of_a_prescription_is_posted(store: Store, ward: Any, web: Any, map_: str) -> None:
    ward.enter(store, ward.prescription(1), ward.prescription(1, "cancelled", **MONTHS, doNotPerform=True))
    his = web()
    if map_ == "his-soap":
        answer = "&lt;a&gt;&lt;ResultCode&gt;0&lt;/ResultCode&gt;&lt;/a&gt;"
        his.otherwise = (200, f"<r><HIPMessageServerResult>{answer}</HIPMessageServerResult></r>".encode())
    bench = ward.Bench(store, WritebackSettings(his.url, map=map_, begin="beginning"))
    bench.run()
    assert list(bench.states().values()) == ["acknowledged"] * 2, bench.reason(2)
    (_, body) = his.came[-1]
    said = repr(body) if map_ == "his-json" else body.decode()
    assert "cancelled" in said and "CF1-1" in said and "月" not in said


TABLES = (
    "CREATE TABLE qiao_prescription (msg_key VARCHAR(20) PRIMARY KEY, event VARCHAR(20), told_at CHAR(14), "
    "patient_no VARCHAR(64), patient_name VARCHAR(64), sex CHAR(1), rx_no VARCHAR(64), "
    "serial_no VARCHAR(64), issued_at TIMESTAMP, doctor_no VARCHAR(32), doctor_name VARCHAR(64))",
    "CREATE TABLE qiao_prescription_item (msg_key VARCHAR(20), item_no VARCHAR(64), drug_name VARCHAR(8), "
    "dose NUMERIC(10,3), dose_unit VARCHAR(16), note VARCHAR(64), PRIMARY KEY (msg_key, item_no))",
)


def his_of(path: Path, *tables: str) -> str:
    url = f"sqlite:///{path / 'his.db'}"
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for table in tables:
            connection.execute(text(table))
    return url


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_the_end_of_a_prescription_is_rows_of_its_own_and_leaves_the_first_as_they_are(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    """No value that does not fit, and no column that is not there, keeps an order alive."""
    url = his_of(tmp_path, *TABLES)
    long = ward.prescription(
        1, "cancelled", drug="名称比它的列要长得多的药品片", route={"text": "口服"}, **MONTHS
    )
    ward.enter(store, ward.prescription(1), long)
    bench = ward.Bench(store, WritebackSettings(url, map="his-tables", begin="beginning"))
    bench.run()
    assert list(bench.states().values()) == ["acknowledged"] * 2, bench.reason(2)
    found = rows(
        url,
        "SELECT event, rx_no, item_no, drug_name, dose, dose_unit FROM qiao_prescription "
        "JOIN qiao_prescription_item USING (msg_key) ORDER BY event DESC",
    )
    assert found == [
        ("effective", "CF1", "CF1-1", "氨氯地平片", 5, "mg"), ("cancelled", "CF1", "CF1-1", None, None, "mg"),
    ]  # fmt: skip


def test_an_end_that_the_table_cannot_tell_from_an_order_is_refused(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    url = his_of(tmp_path, TABLES[0].replace("event VARCHAR(20), ", ""), TABLES[1])
    ward.enter(store, ward.prescription(1), ward.prescription(1, "cancelled"))
    bench = ward.Bench(store, WritebackSettings(url, map="his-tables", begin="beginning"))
    bench.run()
    assert "event" in bench.reason(1)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("ALTER TABLE qiao_prescription ADD COLUMN event VARCHAR(3)"))
    store.deliveries.drop(bench.receiver, [1], "by hand", bench.clock())
    bench.run()
    assert bench.states()[2] == "refused" and "event" in bench.reason(2)


def test_an_end_does_not_wait_for_a_correction_that_was_refused(store: Store, ward: Any, told: Told) -> None:
    """What changed the order could not be said; that it is over must be."""
    twice = {"dosageInstruction": [{"text": "首日两片"}, {"text": "以后一片"}]}
    changed = ward.prescription(1, "corrected", **twice)
    ward.enter(store, ward.prescription(1), changed, ward.prescription(1, "cancelled", **twice))
    his = ward.His()
    bench = told(his)
    assert list(bench.states().values()) == ["acknowledged", "given-up", "acknowledged"], bench.reason(3)
    assert his.controls() == ["NW CF1", "CA CF1"]
    assert "ended by entry 3" in bench.reason(2) and "dosageInstruction[1]" in bench.reason(2)


def test_an_end_waits_for_an_order_that_was_refused_itself(store: Store, ward: Any, told: Told) -> None:
    """Whether the HIS has it, somebody must say; the next order of that patient waits, too."""
    ward.enter(store, ward.prescription(1, doNotPerform=True), ward.prescription(1, "cancelled"))
    his = ward.His()
    bench = told(his)
    assert list(bench.states().values()) == ["refused", "held"] and his.came == []


def test_an_end_without_its_number_is_refused_also_where_it_stands_beside_others(
    store: Store, ward: Any, tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "outbound: own\nmaps:\n  - outbound: one\n    form: rows\n    about: MedicationRequest\n"
        "    says: [note]\n    tables:\n      - table: his_order\n        key: k\n"
        "        columns: {k: $key, event: $happened, +line: {path: MedicationRequest, "
        "fields: {line_no: {path: .id, required: true}, "
        "drug: {path: .medicationCodeableConcept, as: name}}}}\n"
        "kinds: {prescription: {effective: one, cancelled: one}}\n"
    )
    columns = "k VARCHAR(20) PRIMARY KEY, event VARCHAR(20), line_no VARCHAR(1), drug VARCHAR(20)"
    url = his_of(tmp_path, f"CREATE TABLE his_order ({columns})")
    ward.enter(store, ward.prescription(1), ward.prescription(1, "cancelled"))
    bench = ward.Bench(store, WritebackSettings(url, map=str(own), begin="beginning"))
    bench.run()
    store.deliveries.drop(bench.receiver, [1], "by hand", bench.clock())
    bench.run()
    assert bench.states()[2] == "refused" and "his_order.line_no" in bench.reason(2)
