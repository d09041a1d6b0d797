"""Write-back into interface tables and by HTTP: once, whole, and refused with the reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gateway.settings import WritebackSettings
from gateway.store import Entry, Store

V2 = "http://terminology.hl7.org/CodeSystem/v2-0203"
MR, PLAC = ({"coding": [{"system": V2, "code": code}]} for code in ("MR", "PLAC"))
TABLES = (
    "CREATE TABLE qiao_prescription (msg_key VARCHAR(20) PRIMARY KEY, event VARCHAR(20), told_at CHAR(14), "
    "patient_no VARCHAR(64), patient_name VARCHAR(64), resident_id CHAR(18), sex CHAR(1), birth_date DATE, "
    "phone VARCHAR(32), visit_no VARCHAR(64), rx_no VARCHAR(64), serial_no VARCHAR(64), issued_at TIMESTAMP, "
    "doctor_no VARCHAR(32), doctor_name VARCHAR(64), icd_code VARCHAR(32), icd_name VARCHAR(128))",
    "CREATE TABLE qiao_prescription_item (msg_key VARCHAR(20), item_no VARCHAR(64), drug_code VARCHAR(32), "
    "drug_name VARCHAR({0}), dose NUMERIC(10,3), dose_unit VARCHAR(16), route VARCHAR(32), "
    "frequency VARCHAR(32), quantity NUMERIC(10,2), quantity_unit VARCHAR(16), instruction VARCHAR(255), "
    "dose_high NUMERIC(10,3), as_needed CHAR(1), repeats INTEGER, note VARCHAR(1000), "
    "PRIMARY KEY (msg_key, item_no))",
)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def tables(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of a HIS, without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'his.db'}"
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb")
        with create_engine(server.url("mysql"), poolclass=NullPool).begin() as connection:
            connection.execute(text("CREATE DATABASE IF NOT EXISTS writeback CHARACTER SET utf8mb4"))
        return f"{server.url('writeback')}?charset=utf8mb4"
    return str(request.getfixturevalue("database")).replace("postgresql://", "postgresql+psycopg://")


def make(url: str, width: int = 64) -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for table in ("qiao_prescription_item", "qiao_prescription"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        for table in TABLES:
            connection.execute(text(table.format(width)))


def rows(url: str, sql: str) -> list[tuple[Any, ...]]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(sql))]
    engine.dispose()
    return found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    from gateway.store import open_store

    with closing(open_store(f"sqlite:///{tmp_path / 'qiao.db'}")) as opened:
        yield opened


def test_a_prescription_is_rows_of_header_and_details(store: Store, ward: Any, tables: str) -> None:
    make(tables)
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.run()
    assert bench.states() == {1: "acknowledged"}
    wanted = "SELECT event, patient_no, patient_name, sex, rx_no, doctor_name FROM qiao_prescription"
    assert rows(tables, wanted) == [
        ("effective", "MRp1", "林知夏", "2", "CF1", "温如玉")
    ]  # fmt: skip
    found = rows(
        tables, "SELECT item_no, drug_name, CAST(dose AS INTEGER), dose_unit FROM qiao_prescription_item"
    )
    assert found == [("CF1-1", "氨氯地平片", 5, "mg")]


def test_a_date_that_no_column_can_hold_is_empty_and_stops_no_order(
    store: Store, ward: Any, tables: str
) -> None:
    make(tables)
    ward.enter(store, ward.prescription(1, birth="1991-04"))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.run()
    assert bench.states() == {1: "acknowledged"}, bench.reason(1)
    assert rows(tables, "SELECT birth_date FROM qiao_prescription") == [(None,)]


@pytest.mark.parametrize(("text_", "state"), [("effective", "refused"), ("1", "acknowledged")])
def test_a_column_that_takes_no_such_value_refuses_at_once(
    store: Store, ward: Any, tmp_path: Path, text_: str, state: str
) -> None:
    url = f"sqlite:///{tmp_path / 'his.db'}"
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(text("CREATE TABLE told (msg_key TEXT PRIMARY KEY, flag BOOLEAN, blob_ BLOB)"))
    own = tmp_path / "own.yaml"
    own.write_text(
        "outbound: own\nkinds: {prescription: {effective: mine}}\nmaps:\n"
        "  - outbound: mine\n    form: rows\n    says: [note]\n"
        f"    tables: [{{table: told, key: msg_key, columns: {{msg_key: $key, flag: \"'{text_}'\"}}}}]\n"
    )
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map=str(own), begin="beginning"))
    bench.run(turns=3)
    assert bench.states() == {1: state}


def test_the_same_event_again_inserts_nothing(store: Store, ward: Any, tables: str) -> None:
    """The gateway may die between the insert and writing it down."""
    make(tables)
    ward.enter(store, ward.prescription(1))
    said = WritebackSettings(tables, map="his-tables", begin="beginning")
    ward.Bench(store, said).run()
    other = ward.Bench(store, said)
    other.name = "writeback:again"  # somebody who does not know that it was told
    other.run()
    assert other.states() == {1: "acknowledged"}
    assert rows(tables, "SELECT COUNT(*) FROM qiao_prescription") == [(1,)]
    assert rows(tables, "SELECT COUNT(*) FROM qiao_prescription_item") == [(1,)]


def test_a_row_that_the_table_does_not_take_leaves_no_half_prescription(
    store: Store, ward: Any, tables: str
) -> None:
    make(tables, width=3)
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.run()
    assert bench.states() == {1: "refused"}
    assert "qiao_prescription_item.drug_name" in bench.reason(1) and "氨氯地平片" not in bench.reason(1)
    assert rows(tables, "SELECT COUNT(*) FROM qiao_prescription") == [(0,)]


@pytest.mark.parametrize(("value", "told"), [(0.0625, "more decimals"), (12345678, "more digits")])
def test_a_dose_that_its_column_would_round_is_refused(
    store: Store, ward: Any, tables: str, value: float, told: str
) -> None:
    make(tables)
    dose = [{"doseAndRate": [{"doseQuantity": {"value": value, "unit": "mg"}}]}]
    ward.enter(store, ward.prescription(1, dosageInstruction=dose))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.run()
    assert bench.states() == {1: "refused"}
    assert told in bench.reason(1) and "qiao_prescription_item.dose" in bench.reason(1)


def test_a_column_that_was_widened_takes_what_was_refused(store: Store, ward: Any, tables: str) -> None:
    make(tables, width=3)
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.exchange = bench.opened()  # one for all the time, as of a gateway that is not started anew
    bench.run()
    assert bench.states() == {1: "refused"}
    make(tables, width=30)
    store.deliveries.retry(bench.receiver, None, bench.clock.us)
    bench.run()
    assert bench.states() == {1: "acknowledged"}, bench.reason(1)
    with create_engine(tables, poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP TABLE qiao_prescription_item"))
    ward.enter(store, ward.prescription(2))
    bench.run(turns=4)
    assert bench.states()[2] in ("waiting", "sent"), bench.reason(2)
    make(tables, width=30)
    bench.run()
    assert bench.states()[2] == "acknowledged"
    asyncio.run(bench.exchange.close())


def test_each_correction_of_a_version_is_told(store: Store, ward: Any, tmp_path: Path) -> None:
    """Only the diagnosis has changed: the document is of the same version."""
    url = f"sqlite:///{tmp_path / 'his.db'}"
    make(url)

    def event(name: str, diagnosis: str) -> Callable[[Any], Any]:
        def act(desk: Any) -> Any:
            of = {"subject": {"reference": "Patient/p1"}, "status": "active", "intent": "order"}
            desk.write({"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}],
                        "identifier": [{"type": MR, "value": "MR1"}]})  # fmt: skip
            dx = desk.write({"resourceType": "Condition", "id": "c1", "subject": of["subject"],
                             "code": {"text": diagnosis}})  # fmt: skip
            group = desk.write({"resourceType": "RequestGroup", "id": "g1", **of})
            line = desk.write({
                "resourceType": "MedicationRequest", "id": "m1", **of, "groupIdentifier": {"value": "CF1"},
                "identifier": [{"type": PLAC, "value": "CF1-1"}], "authoredOn": "2026-03-05T09:03:20+08:00",
                "medicationCodeableConcept": {"text": "二甲双胍"},
                "reasonReference": [{"reference": "Condition/c1"}],
            })  # fmt: skip
            return desk.append(Entry("prescription", name, group, (group, line, dx), "S1", 0))

        return act

    ward.enter(store, event("effective", "甲"), event("corrected", "乙"), event("corrected", "丙"))
    bench = ward.Bench(store, WritebackSettings(url, map="his-tables", begin="beginning"))
    bench.run()
    assert rows(url, "SELECT event, icd_name FROM qiao_prescription ORDER BY told_at, icd_name") == [
        ("corrected", "丙"), ("corrected", "乙"), ("effective", "甲"),
    ]  # fmt: skip


def test_tables_that_are_not_there_are_waited_for(store: Store, ward: Any, tables: str) -> None:
    ward.enter(store, ward.prescription(1))
    with create_engine(tables, poolclass=NullPool).begin() as connection:
        for table in ("qiao_prescription_item", "qiao_prescription"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
    bench = ward.Bench(store, WritebackSettings(tables, map="his-tables", begin="beginning"))
    bench.run(turns=4)
    assert bench.states() == {1: "waiting"} and "qiao_prescription" in bench.receiver.error
    make(tables)
    bench.run()
    assert bench.states() == {1: "acknowledged"}


def test_a_table_that_somebody_locks_is_waited_for(store: Store, ward: Any, tables: str) -> None:
    make(tables)
    ward.enter(store, ward.prescription(1))
    said = WritebackSettings(tables, map="his-tables", begin="beginning", timeout=1)
    lock = {
        "sqlite": "BEGIN EXCLUSIVE", "mysql": "LOCK TABLES qiao_prescription WRITE",
        "postgresql": "LOCK TABLE qiao_prescription IN ACCESS EXCLUSIVE MODE",
    }  # fmt: skip
    engine = create_engine(tables, poolclass=NullPool)
    bench = ward.Bench(store, said)
    with engine.connect() as other:
        other.exec_driver_sql(lock[engine.dialect.name])
        bench.run(turns=1)
        assert bench.states() == {1: "sent"}
    bench.run()
    assert bench.states() == {1: "acknowledged"}
    assert rows(tables, "SELECT COUNT(*) FROM qiao_prescription_item") == [(1,)]


def test_a_database_that_hangs_is_waited_for(store: Store, ward: Any, postgresql: Any) -> None:
    url = postgresql.database().replace("postgresql://", "postgresql+psycopg://")
    make(url)
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map="his-tables", begin="beginning", timeout=1))
    with postgresql.hanging():
        bench.run(turns=1)
        assert bench.states() == {1: "sent"}
    bench.run()
    assert bench.states() == {1: "acknowledged"}
    assert rows(url, "SELECT COUNT(*) FROM qiao_prescription") == [(1,)]


def test_a_prescription_is_posted_with_a_key_that_stays(
    store: Store, ward: Any, web: Callable[..., Any]
) -> None:
    ward.enter(store, ward.prescription(1))
    his = web((503, b""))
    said = WritebackSettings(his.url, map="his-json", begin="beginning", token="t0ken")
    bench = ward.Bench(store, said)
    bench.run()
    assert bench.states() == {1: "acknowledged"} and len(his.came) == 2
    assert len({headers["idempotency-key"] for headers, _ in his.came}) == 1
    headers, body = his.came[0]
    assert headers["authorization"] == "Bearer t0ken"
    assert body["patient_name"] == "林知夏" and body["rx_no"] == "CF1"
    (item,) = body["items"]
    assert item.pop("note").startswith("effective ")
    assert item == {"item_no": "CF1-1", "drug_name": "氨氯地平片", "dose": "5", "dose_unit": "mg"}


def test_what_an_answer_says_decides_where_the_map_says_where_to_look(
    store: Store, ward: Any, web: Callable[..., Any], tmp_path: Path
) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "outbound: own\nanswer: {code: code, ok: ['0'], again: ['9'], reason: text, receipt: no}\n"
        "kinds: {prescription: {effective: json-prescription}}\n"
    )
    ward.enter(store, ward.prescription(1, patient="a"), ward.prescription(2, patient="b"))
    his = web((200, b'{"code": "9"}'), (200, '{"code": "5", "text": "停药"}'.encode()))
    bench = ward.Bench(
        store, WritebackSettings(his.url, map=str(own), begin="beginning", user="u", password="p")
    )
    bench.run()
    assert sorted(bench.states().values()) == ["acknowledged", "refused"]
    refused = next(n for n, state in bench.states().items() if state == "refused")
    assert bench.reason(refused) == "5: 停药"
    assert his.came[0][0]["authorization"].startswith("Basic ")


@pytest.mark.parametrize(("kind", "charset"), [
    ("application/json;charset=GBK", "gbk"), ("application/json", "gbk"),
    ("text/plain; charset=utf-8", "utf-8"), ("text/plain; charset=ISO-8859-1", "utf-8"),
    ("application/json;charset=iso-8859-1", "gbk"), ("text/plain; charset=GBK", "utf-8-sig"),
    ("text/plain; charset=utf-8", "utf-16"),
])  # fmt: skip
def test_an_answer_is_read_in_its_charset(
    store: Store, ward: Any, web: Callable[..., Any], kind: str, charset: str
) -> None:
    ward.enter(store, ward.prescription(1))
    his = web((200, '{"code":0,"message":"成功","data":{"no":"处1"}}'.encode(charset)))
    his.kind = kind
    bench = ward.Bench(store, WritebackSettings(his.url, map="his-json", begin="beginning"))
    bench.run(turns=3)
    assert bench.states() == {1: "acknowledged"} and len(his.came) == 1
    found = store.deliveries.delivery("default", bench.receiver, 1)
    assert found is not None and found.receipt == "处1"


def test_a_column_with_a_zone_has_the_moment_that_was_meant(store: Store, ward: Any, database: str) -> None:
    url = database.replace("postgresql://", "postgresql+psycopg://")
    make(url)
    with create_engine(url, poolclass=NullPool).begin() as connection:
        connection.execute(
            text("ALTER TABLE qiao_prescription ALTER COLUMN issued_at TYPE TIMESTAMP WITH TIME ZONE")
        )
    ward.enter(store, ward.prescription(1))
    bench = ward.Bench(store, WritebackSettings(url, map="his-tables", begin="beginning"))
    bench.run()
    assert bench.states() == {1: "acknowledged"}
    wanted = "SELECT to_char(issued_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI') FROM qiao_prescription"
    assert rows(url, wanted) == [("09:03",)]
