"""Bad input: views that change shape, broken connections, GBK, odd dates: a clear status, nothing lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from adapters.his.sql_view import ADAPTER
from adapters.his.sql_view.database import Unanswered, open_database
from adapters.his.sql_view.source import SqlViews
from adapters.his.sql_view.values import before, packed, text_of, unpacked
from gateway import registry
from gateway.errors import Misconfigured
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll, reconcile, wall
from tests.adapters.his.sql_view.test_polling import START, add, fill, people


def test_a_column_that_vanishes_is_told_and_the_rest_goes_on(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(hospital, people(3))
    door = opened(hospital)
    poll(door)
    hospital.run("ALTER TABLE qiao_patient DROP COLUMN name")
    hospital.run("UPDATE qiao_patient SET birth_date = '1971-02-15' WHERE patient_no = 'P00001'")
    poll(door)
    assert door.status()["patient.lost"] == "name"
    assert taker.taken[-1]["row"].keys() == {"patient_no", "birth_date", "changed_at"}


@pytest.mark.parametrize("column", ["patient_no", "changed_at"])
def test_nothing_is_read_without_a_column_that_is_needed(
    hospital: Hospital, opened: Opened, taker: Taker, column: str
) -> None:
    fill(hospital, people(3))
    door = opened(hospital)
    poll(door)
    hospital.run(f"ALTER TABLE qiao_patient RENAME COLUMN {column} TO other")
    with pytest.raises(Unanswered, match=f"qiao_patient has no column {column}; nothing is read"):
        poll(door)
    hospital.run(f"ALTER TABLE qiao_patient RENAME COLUMN other TO {column}")
    add(hospital, [("NEW", "孟", START + timedelta(days=1))])
    assert poll(door) == 1


def test_a_time_that_becomes_text_is_read_anew_and_nothing_is_missed(
    postgresql: Any, opened: Opened, taker: Taker
) -> None:
    hospital = Hospital(postgresql.database())
    fill(hospital, people(5))
    door = opened(hospital)
    poll(door)
    hospital.run(
        "ALTER TABLE qiao_patient ALTER changed_at TYPE text "
        "USING to_char(changed_at, 'YYYY-MM-DD HH24:MI:SS')"
    )
    add(hospital, [("NEW", "孟", "2026-03-02 08:00:00")])
    poll(door)
    assert "NEW" in taker.column("patient_no")
    assert poll(door) == 0
    hospital.close()


def test_a_database_that_drops_the_connection_in_mid_batch_is_asked_again(
    postgresql: Any, opened: Opened, taker: Taker
) -> None:
    hospital = Hospital(postgresql.database())
    fill(hospital, people(200))
    door = opened(hospital, batch=20)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{hospital.url.rpartition('/')[2]}' AND pid <> pg_backend_pid()"
    )

    async def deliver(envelope: Any) -> bytes:
        if taker.asked == 70:
            await asyncio.to_thread(postgresql.execute, postgresql.url("postgres"), kill)
        return await taker.deliver(envelope)

    door.polls[0]._deliver = deliver
    for _ in range(3):
        with suppress(Unanswered):
            poll(door)
    assert sorted(map(str, taker.column("patient_no"))) == [f"P{at:05}" for at in range(200)]
    hospital.close()


def test_the_door_says_why_it_does_not_read_and_goes_on_when_it_can(
    small: Hospital, taker: Taker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    said = {"url": small.url, "state": f"sqlite:///{tmp_path / 's.db'}", "only": "patient", "interval": 0.05}
    small.run("CREATE TABLE other (n INTEGER)")
    door = SqlViews(registry.options(ADAPTER, said))

    async def until(fact: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not fact():  # noqa: ASYNC110 -- the door tells nobody
                await asyncio.sleep(0.01)

    async def go() -> None:
        await door.start(taker)
        await until(lambda: door.polls[0].counts.error != "")
        await asyncio.to_thread(fill, small, people(3))
        await until(lambda: len(taker.taken) == 3 and door.polls[0].counts.error == "")
        await door.stop()

    with caplog.at_level(logging.WARNING):
        asyncio.run(go())
    assert "patient is not read: qiao_patient: the database" in caplog.text
    assert "patient is read again" in caplog.text
    assert "孟" not in caplog.text


def test_dates_as_text_in_five_styles_are_read_by_hash_and_refused_as_a_time(
    small: Hospital, opened: Opened, taker: Taker, tmp_path: Path
) -> None:
    styles = ["2026-03-07 09:00:00", "2026/3/7 9:00", "20260307090000", "2026年3月7日", "07-MAR-26"]
    fill(small, [(f"P{at}", "孟", style) for at, style in enumerate(styles)])
    with pytest.raises(Unanswered, match="text that does not sort by time; set mode: hash"):
        poll(opened(small))
    assert taker.taken == []
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "patient.yaml").write_text("{table: patient, mode: hash}")
    assert poll(opened(small, views=str(tmp_path / "v"))) == 5
    assert taker.column("changed_at") == styles


def test_nothing_in_words_stays_for_the_maps_and_more_words_can_be_named(
    small: Hospital, opened: Opened, taker: Taker, tmp_path: Path
) -> None:
    fill(small, [("P1", "-", START), ("P2", "无", START), ("P3", "待查", START)])
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "patient.yaml").write_text("{table: patient, nulls: [待查]}")
    poll(opened(small, views=str(tmp_path / "v")))
    assert taker.column("name") == ["-", "无", None]


def test_gbk_is_read_whether_it_comes_as_bytes_or_as_latin_1(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(small, [("P1", "孟", START)])
    small.run("UPDATE qiao_patient SET name = CAST(X'C3CFC7EFBACC' AS TEXT)")
    poll(opened(small))
    assert taker.column("name") == ["孟秋禾"]
    assert text_of("ÃÏÇïºÌ", "gb18030") == "孟秋禾"
    assert text_of("孟秋禾", "gb18030") == "孟秋禾"


def test_gbk_of_a_mariadb_table(mariadb: Any, opened: Opened, taker: Taker) -> None:
    root = Hospital(mariadb.url("mysql"))
    root.run("DROP DATABASE IF EXISTS gbk", "CREATE DATABASE gbk CHARACTER SET gbk")
    root.close()
    hospital = Hospital(mariadb.url("gbk") + "?charset=utf8mb4")
    fill(hospital, [("P1", "孟秋禾", START)])
    poll(opened(hospital))
    assert taker.column("name") == ["孟秋禾"]
    hospital.close()


def test_the_hospitals_own_names(hospital: Hospital, opened: Opened, taker: Taker, tmp_path: Path) -> None:
    hospital.run(
        "CREATE TABLE V_CF (CFH VARCHAR(20), BRID INTEGER, LX VARCHAR(8), ZT VARCHAR(8), GXSJ VARCHAR(30))",
        "CREATE TABLE V_CFMX (CFH VARCHAR(20), XH INTEGER, YPDM VARCHAR(20), YPMC VARCHAR(50), "
        "JL DECIMAL(10,3))",
        "INSERT INTO V_CF VALUES ('C1', 7, 'O', 'SC', '2026-03-07 09:00:00'), "
        "('C2', 8, 'O', 'SC', '2026-03-07 09:00:01'), ('C3', 8, 'O', 'SC', '2020-01-01 00:00:00')",
        "INSERT INTO V_CFMX VALUES ('C1', 2, 'Y2', '乙药', 0.500), ('C1', 1, 'Y1', '甲药', 14)",
    )
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "V_CF.yaml").write_text(
        "table: prescription\nfrom: V_CF\n"
        "columns: {rx_no: CFH, patient_no: BRID, visit_type: LX, status: ZT}\n"
        "changed: GXSJ\nwhere: GXSJ > '2026'\n"
        "details: {items: {from: V_CFMX, join: {rx_no: CFH}, key: [XH], "
        "columns: {item_no: XH, drug_code: YPDM, drug_name: YPMC, dose: JL}}}\n"
    )
    door = opened(hospital, views=str(tmp_path / "v"), only="", batch=2)
    assert poll(door) == 2
    first, second = taker.taken
    assert first["row"]["rx_no"] == "C1"
    assert first["row"]["patient_no"] == "7"
    items = [(one["item_no"], one["drug_name"]) for one in first["items"]]
    assert items == [("1", "甲药"), ("2", "乙药")]
    if hospital.engine.dialect.name != "sqlite":  # which has no decimals
        assert [one["dose"] for one in first["items"]] == ["14.000", "0.500"]
    assert second["items"] == []
    hospital.run("DELETE FROM V_CF WHERE CFH = 'C1'")
    assert reconcile(door) == 1
    assert taker.taken[-1]["row"]["status"] == "ER"
    assert [one["item_status"] for one in taker.taken[-1]["items"]] == ["ER", "ER"]


def test_the_database_is_never_written(hospital: Hospital) -> None:
    fill(hospital, people(1))
    engine = open_database(hospital.url, "", timeout=10, connections=2)
    for statement in ("DELETE FROM qiao_patient", "CREATE TABLE x (n INTEGER)"):
        with pytest.raises(sqlalchemy.exc.DBAPIError), engine.begin() as connection:
            connection.execute(sqlalchemy.text(statement))
    engine.dispose()


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("{table: nothing}", "table is one of .*patient"),
        ("{table: patient, colums: {}}", "unknown key 'colums'"),
        ("{table: patient, columns: {names: XM}}", "the template has no column 'names'"),
        ("{table: patient, mode: often}", "mode is watermark"),
        ("{table: patient, between: 9-17}", "between is written"),
        ("{table: prescription, details: {lines: {}}}", "no detail is called 'lines'"),
        ("[1]", "a view is a mapping"),
        ("a: [", "cannot be read as YAML"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_what_may_stand_there(
    small: Hospital, opened: Opened, tmp_path: Path, file: str, said: str
) -> None:
    (tmp_path / "v").mkdir()
    (tmp_path / "v" / "wrong.yaml").write_text(file)
    with pytest.raises(Misconfigured, match=f"wrong.yaml: {said}"):
        opened(small, views=str(tmp_path / "v"), only="")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"url": ""}, "url names the database"),
        ({"url": "nonsense"}, "no database URL"),
        ({"url": "nobody://x/y"}, "no dialect of SQLAlchemy"),
        ({"url": "oracle+cx_oracle://u@h/x"}, "driver of this database is not installed"),
        ({"views": "/nowhere"}, "no such folder"),
        ({"only": "nothing"}, "no view is called 'nothing'"),
        ({"zone": "Asia"}, "zone is written"),
        ({"reconcile": "midnight"}, "reconcile is an hour"),
        ({"state": "sqlite:////nowhere/at/all.db"}, "there is no folder"),
        ({"password_file": "/nowhere"}, "password_file cannot be read"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    small: Hospital, opened: Opened, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(Misconfigured, match=said):
        opened(small, **settings)


def test_two_doors_do_not_share_a_state(small: Hospital, tmp_path: Path, taker: Taker) -> None:
    said = {"url": small.url, "state": f"sqlite:///{tmp_path / 's.db'}"}
    first, second = (SqlViews(registry.options(ADAPTER, said)) for _ in range(2))
    first.open(taker)
    with pytest.raises(Misconfigured, match="another process reads these views"):
        second.open(taker)
    asyncio.run(first.stop())
    asyncio.run(second.stop())


def test_the_password_is_never_shown(small: Hospital, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("geheim\n")
    said = {"url": "mysql://qiao:offen@127.0.0.1:1/his", "password_file": str(file)}
    door = SqlViews(registry.options(ADAPTER, said))
    assert door.status()["address"] == "mysql://qiao@127.0.0.1:1/his"
    assert door._password() == "geheim"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Decimal("5.60"), "5.60"),
        (Decimal("1E+2"), "100"),
        (True, "1"),
        (timedelta(hours=9, minutes=5), "09:05:00"),
        (wall(2026, 3, 7, 9), "2026-03-07 09:00:00"),
        ("孟".encode("gbk") * 4, "孟孟孟孟"),
        (b"abc", "abc"),
        (b"\x01", "1"),  # BIT(1) of MySQL
        (b"\x00", "0"),
        (1001.0, "1001"),  # DOUBLE
        (1.0, "1"),
        (-0.0, "0"),
        (0.00001, "0.00001"),
        (5.25, "5.25"),
    ],
)
def test_values_as_text(value: Any, said: str) -> None:
    assert text_of(value) == said


@pytest.mark.parametrize(
    ("mark", "earlier"),
    [
        (wall(2026, 3, 7, 9), wall(2026, 3, 7, 8, 59)),
        ("2026-03-07 09:00:00.123", "2026-03-07 08:59:00.000"),
        ("20260307090000", "20260307085900"),
        ("2026-03-07", "2026-03-06"),
        (100, 40),
        (Decimal(100), Decimal(40)),
        (bytes.fromhex("00000100"), bytes.fromhex("000000c4")),
    ],
)
def test_marks_go_back_in_their_own_style_and_are_kept_whole(mark: Any, earlier: Any) -> None:
    assert before(mark, 60) == earlier
    assert unpacked(packed(mark)) == mark


def test_a_view_in_a_yml_file_is_read(small: Hospital, opened: Opened, taker: Taker, tmp_path: Path) -> None:
    fill(small, people(2))
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "V_BR.yml").write_text("{table: patient, from: qiao_patient}")
    assert poll(opened(small, views=str(tmp_path / "views"), only="")) == 2
