"""Polling: no row is missed and none comes twice, whatever the times, the keys and the database do."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.reader import Reader
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll, reconcile, wall

TABLE = """CREATE TABLE qiao_patient (patient_no VARCHAR(20), name VARCHAR(50), birth_date VARCHAR(20),
 changed_at {time})"""
START = wall(2026, 3, 1, 8)


def fill(hospital: Hospital, rows: list[tuple[str, str, Any]], time: str = "TIMESTAMP(3) NULL") -> None:
    if hospital.engine.dialect.name == "sqlite":
        time = "TEXT"
    hospital.run(TABLE.format(time=time))
    add(hospital, rows)


def add(hospital: Hospital, rows: list[tuple[str, str, Any]]) -> None:
    plain = hospital.engine.dialect.name == "sqlite"
    hospital.run(
        "INSERT INTO qiao_patient VALUES (:no, :name, NULL, :at)",
        rows=[
            {"no": no, "name": name, "at": str(at) if plain and isinstance(at, datetime) else at}
            for no, name, at in rows
        ],
    )


def people(count: int, step: float = 1.0) -> list[tuple[str, str, Any]]:
    return [(f"P{at:05}", f"孟{at}", START + timedelta(seconds=at * step)) for at in range(count)]


def test_every_row_comes_once_in_its_order(hospital: Hospital, opened: Opened, taker: Taker) -> None:
    fill(hospital, people(250))
    door = opened(hospital, batch=40, in_flight=16)
    assert poll(door) == 250
    assert taker.column("patient_no") == [f"P{at:05}" for at in range(250)]
    assert taker.taken[3]["row"]["name"] == "孟3"
    assert taker.taken[3]["row"]["birth_date"] is None
    assert poll(door) == 0


def test_late_and_equal_times_are_not_missed(hospital: Hospital, opened: Opened, taker: Taker) -> None:
    fill(hospital, [(f"P{at}", "孟", START) for at in range(90)])
    door = opened(hospital, batch=20, overlap=60.0)
    assert poll(door) == 90
    add(hospital, [("EQUAL", "孟", START), ("LATE", "孟", START - timedelta(seconds=30))])
    door.polls[0].whole_at = 0.0
    assert poll(door) == 2
    assert {*taker.column("patient_no")[-2:]} == {"EQUAL", "LATE"}
    assert max(Counter(taker.column("patient_no")).values()) == 1


def test_a_change_comes_again_and_what_comes_back_is_no_repeat(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(hospital, people(3))
    door = opened(hospital)
    poll(door)
    numbers = {taker.taken[1]["control"]}
    for name in ("乙", "孟1", "乙"):  # without a word about when
        hospital.run(f"UPDATE qiao_patient SET name = '{name}' WHERE patient_no = 'P00001'")
        assert poll(door) == 1
        assert taker.taken[-1]["row"]["name"] == name
        numbers.add(taker.taken[-1]["control"])
    assert len(numbers) == 4


def test_a_time_in_the_future_hides_nothing(hospital: Hospital, opened: Opened, taker: Taker) -> None:
    fill(hospital, [*people(3), ("AHEAD", "孟", wall(2037, 1, 1))])
    door = opened(hospital)
    assert poll(door) == 4
    add(hospital, [("NOW", "孟", datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=8))])
    assert poll(door) == 1
    assert poll(door) == 0


def test_rows_without_a_time_are_found_by_their_keys(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(hospital, [*people(3), ("NEVER", "孟", None), (None, "孟", START)])  # type: ignore[list-item]
    door = opened(hospital)
    poll(door)
    assert "NEVER" not in taker.column("patient_no")
    assert reconcile(door) == 1
    assert door.status()["patient.late"] == 1
    assert door.status()["patient.keyless"] == 1
    hospital.run("UPDATE qiao_patient SET name = '乙' WHERE patient_no = 'NEVER'")
    assert reconcile(door) == 1
    assert reconcile(door) == 0


def test_a_key_that_is_there_twice_is_delivered_and_told(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    same = [("TWICE", name, START) for name in "甲乙丙丁甲"]
    fill(small, [*people(3), *same, ("Z", "孟", START)])
    door = opened(small, batch=2)
    assert poll(door) == 8
    assert Counter(taker.column("name"))["甲"] == 1
    assert door.status()["patient.duplicates"] >= 4
    assert poll(door) == 0


def test_more_rows_at_one_position_than_a_page_can_hold_are_told(small: Hospital, opened: Opened) -> None:
    fill(small, [("TWICE", f"孟{at}", START) for at in range(700)])
    door = opened(small, batch=2)
    with pytest.raises(Unanswered, match="rows with one key, or at one time"):
        poll(door)


def test_a_row_that_was_before_does_not_come_after(small: Hospital, opened: Opened, taker: Taker) -> None:
    fill(small, [("P", "甲", START), ("P", "乙", START + timedelta(seconds=5))])
    door = opened(small, overlap=60.0)
    assert poll(door) == 2
    door.polls[0].whole_at = 0.0
    assert poll(door) == 0
    assert taker.column("name") == ["甲", "乙"]


def test_without_a_time_hashes_find_what_changed(
    hospital: Hospital, opened: Opened, taker: Taker, tmp_path: Path
) -> None:
    fill(hospital, people(120))
    views = tmp_path / "views"
    views.mkdir()
    (views / "patients.yaml").write_text("{table: patient, mode: hash}")
    door = opened(hospital, views=str(views), only="", batch=25)
    assert poll(door) == 120
    assert poll(door) == 0
    hospital.run("UPDATE qiao_patient SET name = '乙' WHERE patient_no = 'P00077'")
    hospital.run("DELETE FROM qiao_patient WHERE patient_no = 'P00010'")
    assert poll(door) == 2
    assert taker.taken[-2]["row"]["name"] == "乙"
    assert taker.taken[-1]["row"]["active"] == "0"
    assert poll(door) == 0


def test_what_vanishes_is_taken_back_and_may_come_again(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(hospital, people(60))
    door = opened(hospital, batch=25)
    poll(door)
    first = taker.taken[5]["control"]
    hospital.run("DELETE FROM qiao_patient WHERE patient_no = 'P00005'")
    assert reconcile(door) == 1
    last = taker.taken[-1]
    assert last["row"].keys() == {"patient_no", "active", "changed_at"}
    assert (last["row"]["patient_no"], last["row"]["active"]) == ("P00005", "0")
    assert reconcile(door) == 0
    add(hospital, [("P00005", "孟5", START + timedelta(seconds=5))])
    assert reconcile(door) == 1
    assert taker.taken[-1]["row"]["name"] == "孟5"
    assert taker.taken[-1]["control"] != first


def test_a_key_of_type_double_is_the_number_as_people_write_it(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    """1.0 is patient 1, in the row, in what takes it back, and in what is known of it."""
    kind = "REAL" if hospital.engine.dialect.name == "sqlite" else "DOUBLE PRECISION"
    hospital.run(TABLE.format(time="TIMESTAMP(3) NULL").replace("VARCHAR(20),", f"{kind},", 1))
    add(hospital, [(at, "孟", START + timedelta(seconds=at)) for at in range(1, 31)])  # type: ignore[misc]
    door = opened(hospital, batch=10)
    assert poll(door) == 30
    assert taker.column("patient_no") == [str(at) for at in range(1, 31)]
    hospital.run("DELETE FROM qiao_patient WHERE patient_no = 7")
    assert reconcile(door) == 1
    assert taker.taken[-1]["row"]["patient_no"] == "7"
    door = opened(hospital, batch=10)
    assert (poll(door), reconcile(door)) == (0, 0)


def test_what_comes_back_as_it_was_holds_from_now_on(small: Hospital, opened: Opened, taker: Taker) -> None:
    rows = people(60)
    fill(small, rows)
    door = opened(small)
    poll(door)
    small.run("DELETE FROM qiao_patient WHERE patient_no = 'P00005'")
    assert reconcile(door) == 1
    gone = taker.taken[-1]["row"]
    add(small, [rows[5]])  # a view that is rebuilt at night: the same row with the same time
    assert reconcile(door) == 1
    back = taker.taken[-1]["row"]
    assert back["changed_at"] >= gone["changed_at"] > str(START)
    assert (back["name"], back["active"]) == ("孟5", "1")
    assert reconcile(door) == 0
    assert poll(door) == 0


def test_an_empty_view_takes_nothing_back(small: Hospital, opened: Opened, taker: Taker) -> None:
    fill(small, people(15))
    door = opened(small)
    poll(door)
    small.run("DELETE FROM qiao_patient")
    assert reconcile(door) == 0
    assert len(taker.taken) == 15
    assert door.status()["patient.withheld"] == 15
    add(small, people(14))
    assert reconcile(door) == 1
    assert taker.taken[-1]["row"]["active"] == "0"


def test_a_time_that_goes_back_is_found_by_the_key(small: Hospital, opened: Opened, taker: Taker) -> None:
    fill(small, [*people(3), ("TYPO", "甲", wall(2062, 3, 7))])
    door = opened(small)
    assert poll(door) == 4
    small.run(f"UPDATE qiao_patient SET name = '乙', changed_at = '{START}' WHERE patient_no = 'TYPO'")
    poll(door)
    assert reconcile(door) == 1
    found = taker.taken[-1]["row"]
    assert found["name"] == "乙"
    assert found["changed_at"] > str(START)  # the store would else hold it for older than what it has
    assert reconcile(door) == 0
    assert poll(door) == 0


def test_a_view_that_keeps_what_was_before_is_compared_by_what_holds(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(small, [("P", "甲", START), ("P", "乙", START + timedelta(seconds=5))])
    door = opened(small)
    assert poll(door) == 2
    assert reconcile(door) == 0
    assert taker.column("name") == ["甲", "乙"]


def test_a_view_that_is_being_rebuilt_takes_nothing_back(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(small, people(100))
    door = opened(small)
    poll(door)
    taker.clear()
    small.run("DELETE FROM qiao_patient")
    assert reconcile(door) == 0
    assert taker.taken == []
    assert door.status()["patient.withheld"] == 100


@pytest.mark.parametrize("seed", range(3))
def test_back_pressure_delivers_all_and_nothing_twice(
    small: Hospital, opened: Opened, taker: Taker, seed: int
) -> None:
    fill(small, people(100))
    taker.refuse = lambda asked: asked % (seed + 2) == 0
    door = opened(small, batch=30, in_flight=7)
    assert poll(door) == 100
    assert sorted(map(str, taker.column("patient_no"))) == [f"P{at:05}" for at in range(100)]
    assert int(door.status()["patient.retried"]) > 0


def test_what_was_not_acknowledged_comes_again_with_the_same_number(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(hospital, people(100))
    door = opened(hospital, batch=20, in_flight=20)

    async def gone(asked: int) -> None:
        if asked == 50:
            raise KeyError("the process is gone")

    taker.before = gone
    with pytest.raises(KeyError):
        poll(door)
    again = opened(hospital, batch=20)
    poll(again)
    assert {*taker.column("patient_no")} == {f"P{at:05}" for at in range(100)}
    numbers = {one["control"] for one in taker.taken}
    assert len(numbers) == 100
    assert len(taker.taken) < 130


REPORTS = (
    "CREATE TABLE qiao_result (report_no VARCHAR(20), report_code VARCHAR(20), patient_no VARCHAR(20),"
    " status VARCHAR(9), changed_at TIMESTAMP(3) NULL)",
    "CREATE TABLE qiao_result_item (report_no VARCHAR(20), report_code VARCHAR(20), item_seq VARCHAR(9))",
)


@pytest.mark.parametrize("mode", ["watermark", "hash"])
def test_a_key_of_which_a_part_is_null_stops_nothing_and_is_told(
    hospital: Hospital, opened: Opened, taker: Taker, tmp_path: Path, mode: str
) -> None:
    hospital.run(*REPORTS)
    hospital.run(
        "INSERT INTO qiao_result VALUES (:no, :code, 'P1', 'F', :at)",
        rows=[{"no": f"R{n:02}", "code": "C1" if n % 2 else None, "at": str(START)} for n in range(40)],
    )
    views = tmp_path / "views"
    views.mkdir()
    (views / "result.yaml").write_text(f"table: result\nfrom: qiao_result\nmode: {mode}\n", "utf-8")
    door = opened(hospital, batch=10, views=str(views), only="result")
    asyncio.run(door.stop())
    asyncio.run(door.backlog(taker, lambda *_: None))
    assert sorted(map(str, taker.column("report_no"))) == [f"R{n:02}" for n in range(1, 40, 2)]
    assert door.status()["result.keyless"] == 20


def test_a_first_reading_that_gains_nothing_ends_though_it_meets_rows_again(
    small: Hospital, opened: Opened, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(small, people(60))
    monkeypatch.setattr(sys.modules["adapters.his.sql_view.source"], "_longer", lambda _: 0.01)
    door = opened(small, batch=10)
    asyncio.run(door.stop())
    page, asked = Reader.page, Counter[str]()

    def broken(self: Reader, position: Any, limit: int, **how: Any) -> Any:
        asked["pages"] += 1
        assert asked["pages"] < 100
        if how["by_key"] and position is not None and position[1] >= ("P00030",):
            raise Unanswered("it breaks off here, always")
        return page(self, position, limit, **how)

    monkeypatch.setattr(Reader, "page", broken)
    with pytest.raises(Unanswered, match="always"):
        asyncio.run(door.backlog(taker, lambda *_: None))
    assert len(taker.taken) == 60
