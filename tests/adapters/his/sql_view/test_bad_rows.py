"""Bad input in the rows: mixed charsets, huge texts, dates in five styles, clocks that step, histories."""

from __future__ import annotations

import asyncio
import gc
import sys
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from adapters.his.sql_view import reader
from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.limits import wall_clock
from adapters.his.sql_view.pages import Pages
from adapters.his.sql_view.reader import Head
from adapters.his.sql_view.views import View
from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.wire.rows import enclosed, parse, written
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll, wall
from tests.adapters.his.sql_view.test_polling import START, add, fill, people

FIVE = ["2026-03-07", "2026/3/7", "20260307", "2026年3月7日", "07-MAR-26"]


@cache
def maps() -> Maps:
    return load_maps()


def patient(row: dict[str, str | None]) -> dict[str, Any]:
    raw = written("patient", "HIS", [{"row": {"patient_no": "P1", "changed_at": str(START), **row}}])
    envelope = Envelope("0" * 32, "default", "his/sql_view", "", 1_772_845_200_000_000, "", "", raw)
    made = steps.translate(maps(), envelope, steps.read(registry.find()["his/sql_view"], maps(), envelope))
    assert isinstance(made, Translation)
    (found,) = [one.body for one in made.drafts if one.type == "Patient"]
    return dict(found)


@pytest.mark.parametrize("style", FIVE)
def test_a_date_is_the_same_in_five_styles(style: str) -> None:
    assert patient({"name": "孟秋禾", "birth_date": style})["birthDate"] == "2026-03-07"


def test_a_date_that_can_be_read_in_two_ways_is_none() -> None:
    found = patient({"name": "孟秋禾", "birth_date": "03/04/05"})
    assert "birthDate" not in found
    assert found["name"][0]["text"] == "孟秋禾"


@pytest.mark.parametrize("nothing", ["-", "无", "NULL", "/", ""])
def test_what_people_write_for_nothing_is_no_value(nothing: str) -> None:
    found = patient({"name": "孟秋禾", "phone": nothing, "address": nothing})
    assert "telecom" not in found
    assert "address" not in found


def test_utf_8_and_gbk_in_one_column(small: Hospital, opened: Opened, taker: Taker) -> None:
    fill(small, [("P1", "孟秋禾", START), ("P2", "x", START), ("P3", "x", START)])
    small.run("UPDATE qiao_patient SET name = CAST(X'C3CFC7EFBACC' AS TEXT) WHERE patient_no = 'P2'")
    small.run("UPDATE qiao_patient SET name = X'E5AD9FE7A78BE7A6BE' WHERE patient_no = 'P3'")
    poll(opened(small))
    assert taker.column("name") == ["孟秋禾"] * 3


def test_bytes_that_are_no_text_cost_neither_the_row_nor_the_view(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    fill(small, people(3))
    small.run("UPDATE qiao_patient SET name = X'FFFEFF00FF' WHERE patient_no = 'P00001'")
    poll(opened(small))
    assert taker.column("patient_no") == ["P00000", "P00001", "P00002"]
    assert taker.column("name") == ["孟0", None, "孟2"]
    assert taker.taken[1]["row"]["name#bytes"] == "fffeff00ff"
    assert "name" not in taker.taken[1]["row"]


def test_huge_texts_make_pages_short_and_are_delivered_whole(
    hospital: Hospital, opened: Opened, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "HEAVY", 2_000_000)
    large = "LONGTEXT" if hospital.engine.dialect.name == "mysql" else "TEXT"
    hospital.run(f"CREATE TABLE qiao_patient (patient_no VARCHAR(20), name {large}, changed_at VARCHAR(20))")
    texts = {f"P{at:02}": "孟" * 400_000 + str(at) for at in range(25)}
    for no, text in texts.items():
        hospital.run("INSERT INTO qiao_patient VALUES (:no, :name, '2026-03-01 08:00:00')",
                     rows=[{"no": no, "name": text}])  # fmt: skip
    door = opened(hospital)
    pages = []
    asked = door.polls[0]._reader.page
    monkeypatch.setattr(
        door.polls[0]._reader, "page", lambda *a, **k: pages.append(len((made := asked(*a, **k))[0])) or made
    )
    assert poll(door) == 25
    assert dict(zip(taker.column("patient_no"), taker.column("name"), strict=True)) == texts
    assert max(pages) <= 20
    assert len(pages) >= 2


def test_a_clock_that_steps_back_loses_nothing(hospital: Hospital, opened: Opened, taker: Taker) -> None:
    now = datetime.now(wall_clock("+08:00")).replace(tzinfo=None, microsecond=0)
    fill(hospital, [("P1", "孟", now)])
    door = opened(hospital)
    door.polls[0]._now = lambda: (now - timedelta(hours=5)).replace(tzinfo=wall_clock("+08:00"))  # type: ignore[method-assign]
    assert poll(door) == 1
    add(hospital, [("P2", "温", now - timedelta(hours=4)), ("P3", "石", now + timedelta(seconds=1))])
    assert poll(door) == 2
    assert poll(door) == 0


def test_a_view_that_keeps_what_was_before_tells_it_in_its_order(
    small: Hospital, opened: Opened, taker: Taker
) -> None:
    rows = [(f"P{at % 3}", f"孟{at}", START + timedelta(seconds=at)) for at in range(30)]
    fill(small, rows)
    door = opened(small, batch=4)
    assert poll(door) == 30
    assert taker.column("name") == [f"孟{at}" for at in range(30)]
    assert len({one["control"] for one in taker.taken}) == 30
    door.polls[0].whole_at = 0.0
    assert poll(door) == 0


def test_a_column_that_is_renamed_while_it_is_read(hospital: Hospital, opened: Opened, taker: Taker) -> None:
    fill(hospital, people(60))
    door = opened(hospital, batch=10)

    async def before(asked: int) -> None:
        if asked == 25:
            await asyncio.to_thread(hospital.run, "ALTER TABLE qiao_patient RENAME COLUMN name TO xm")

    taker.before = before
    with pytest.raises(Unanswered, match="qiao_patient: the database"):
        poll(door)
    assert 25 <= len(taker.taken) < 60
    poll(door)
    assert {*taker.column("patient_no")} == {f"P{at:05}" for at in range(60)}
    assert door.status()["patient.lost"] == "name"


def test_a_column_whose_type_changes_goes_on_as_text(
    hospital: Hospital, opened: Opened, taker: Taker
) -> None:
    hospital.run(
        "CREATE TABLE qiao_patient (patient_no VARCHAR(20), sex INTEGER, changed_at VARCHAR(20))",
        "INSERT INTO qiao_patient VALUES ('P1', 1, '2026-03-01 08:00:00')",
    )
    door = opened(hospital)
    assert poll(door) == 1
    hospital.run("ALTER TABLE qiao_patient DROP COLUMN sex", "ALTER TABLE qiao_patient ADD sex VARCHAR(8)")
    hospital.run("UPDATE qiao_patient SET sex = '男', changed_at = '2026-03-01 08:00:01'")
    assert poll(door) == 1
    assert taker.column("sex") == ["1", "男"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_first_reading_goes_on_where_the_connection_is_dropped(
    postgresql: Any, opened: Opened, taker: Taker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hospital = Hospital(postgresql.database())
    fill(hospital, people(300))
    door = opened(hospital, batch=20)
    asyncio.run(door.stop())
    monkeypatch.setattr(sys.modules["adapters.his.sql_view.source"], "_longer", lambda _: 0.01)
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{hospital.url.rpartition('/')[2]}' AND pid <> pg_backend_pid()"
    )

    async def before(asked: int) -> None:
        if asked in (70, 150):
            await asyncio.to_thread(postgresql.execute, postgresql.url("postgres"), kill)

    taker.before = before
    told: list[tuple[str, int, int]] = []
    asyncio.run(door.backlog(taker, lambda *said: told.append(said)))
    assert sorted(map(str, taker.column("patient_no"))) == [f"P{at:05}" for at in range(300)]
    assert told[0] == ("patient", 0, 300)
    assert told[-1] == ("patient: keys", 300, 300)
    hospital.close()
    gc.collect()  # cursors of a server that is gone


class Finer:
    """A view whose times are finer than its driver hands them over: all behind one are handed over again."""

    asked = 0

    def page(self, position: Any, limit: int, **_: Any) -> tuple[list[Head], bool]:
        self.asked += 1
        assert self.asked < 100
        return [Head(wall(2026, 3, 1), (at,), {}, {}) for at in range(min(limit, 500))], limit <= 500


def test_times_that_are_finer_than_the_driver_do_not_go_round_for_ever() -> None:
    view = View("v", "v", "v", {}, ("n",), "t", "watermark")
    pages = Pages(view, Finer(), None, 50, by_key=False, bare=False)  # type: ignore[arg-type]
    met: set[Any] = set()
    while groups := pages.next():
        met |= {one.heads[0].key for one in groups}
    assert met == {(at,) for at in range(500)}


def test_a_row_is_enclosed_as_it_is_written() -> None:
    raw = enclosed("patient", "HIS", b'{"row":{"name":"\xe5\xad\x9f"}}', "n1")
    assert raw == written("patient", "HIS", [{"row": {"name": "孟"}}], "n1")
    assert parse(raw).records[0].row == {"name": "孟"}
