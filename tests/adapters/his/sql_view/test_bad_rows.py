"""Bad input in the rows: mixed charsets, huge texts, dates in five styles, clocks that step, histories."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from adapters.his.sql_view import reader
from adapters.his.sql_view.database import Unanswered
from adapters.his.sql_view.head import Head
from adapters.his.sql_view.limits import wall_clock
from adapters.his.sql_view.pages import Pages
from adapters.his.sql_view.views import View
from gateway import registry
from gateway.canonical import Envelope, Quarantined, Translation
from gateway.mapping import Maps, load_maps
from gateway.pipeline import steps
from gateway.wire.rows import CONTENT_TYPE, enclosed, parse, written
from tests.adapters.his.sql_view.conftest import Hospital, Opened, Taker, poll, wall
from tests.adapters.his.sql_view.test_polling import START, add, fill, people

FIVE = ["2026-03-07", "2026/3/7", "20260307", "2026年3月7日", "07-MAR-26"]


@cache
def maps() -> Maps:
    return load_maps()


def translated(view: str, row: dict[str, str | None], **details: list[dict[str, str | None]]) -> steps.Result:
    raw = written(view, "HIS", [{"row": row, **details}])
    envelope = Envelope("0" * 32, "default", "his/sql_view", "", 1_772_845_200_000_000, "", "", raw)
    return steps.translate(maps(), envelope, steps.read(registry.find()["his/sql_view"], maps(), envelope))


def bodies(type_: str, result: steps.Result) -> list[dict[str, Any]]:
    assert isinstance(result, Translation), result
    return [dict(one.body) for one in result.drafts if one.type == type_]


def patient(row: dict[str, str | None]) -> dict[str, Any]:
    result = translated("patient", {"patient_no": "P1", "changed_at": str(START), **row})
    (found,) = bodies("Patient", result)
    return found


@pytest.mark.parametrize("style", FIVE)
def test_a_date_is_the_same_in_five_styles(style: str) -> None:
    assert patient({"name": "孟秋禾", "birth_date": style})["birthDate"] == "2026-03-07"


def test_a_date_that_can_be_read_in_two_ways_is_none() -> None:
    found = patient({"name": "孟秋禾", "birth_date": "03/04/05"})
    assert "birthDate" not in found
    assert found["name"][0]["text"] == "孟秋禾"


NONE = [
    "0001-01-01 00:00:00", "1753-01-01", "1899-12-30 00:00:00", "1900-01-01 00:00:00.000", "1900/1/1",
    "9999-12-31T23:59:59", "2999-12-31", "0000-00-00 00:00:00", "18991231", "/Date(-62135596800000)/",
]  # fmt: skip
"""What systems write into a date that nobody has given."""


def told(result: steps.Result) -> list[tuple[str, str]]:
    assert isinstance(result, Translation), result
    return [(one.where, one.text) for one in result.issues]


@pytest.mark.parametrize("none", NONE)
def test_a_date_that_stands_for_none_kills_nobody_and_is_told(none: str) -> None:
    result = translated(
        "patient",
        {
            "patient_no": "P1",
            "name": "孟秋禾",
            "birth_date": none,
            "deceased_at": none,
            "changed_at": str(START),
        },
    )
    (found,) = bodies("Patient", result)
    assert not [name for name in found if name.startswith(("deceased", "birthDate"))]
    stands = "is a date that stands for none; it was left out"
    assert told(result) == [(one, f"{one} {stands}") for one in ("birth_date", "deceased_at")]
    assert isinstance(result, Translation)
    assert result.unmapped == {"birth_date": 1, "deceased_at": 1}
    assert all("占位日期" in one.text_zh for one in result.issues)


def test_a_death_that_is_taken_back_by_a_placeholder_is_deleted() -> None:
    row = {"patient_no": "P1", "name": "孟秋禾", "changed_at": str(START)}
    null = translated("patient", {**row, "deceased_at": None})
    none = translated("patient", {**row, "deceased_at": "1900-01-01 00:00:00"})
    assert isinstance(null, Translation)
    assert isinstance(none, Translation)
    assert [one.cleared for one in none.drafts] == [one.cleared for one in null.drafts]
    assert any("deceasedDateTime" in (one.cleared or ()) for one in none.drafts)


@pytest.mark.parametrize("none", NONE)
def test_a_visit_without_an_end_is_not_finished_by_a_placeholder(none: str) -> None:
    found = bodies("Encounter", translated("visit", {**VISIT, "status": "没有的词", "end_at": none}))[0]
    plain = bodies("Encounter", translated("visit", {**VISIT, "status": "没有的词", "end_at": None}))[0]
    assert found == plain
    assert found["status"] != "finished"


@pytest.mark.parametrize("digits", ["800506", "121212", "200506", "1701011234", "8.0506E5", "33000"])
def test_digits_that_are_no_date_invent_none(digits: str) -> None:
    result = translated("patient", {"patient_no": "P1", "name": "孟秋禾", "birth_date": digits})
    (found,) = bodies("Patient", result)
    assert "birthDate" not in found
    assert [text for _, text in told(result)] == ["birth_date is malformed; the element was left out"]


def test_a_number_with_an_exponent_is_a_quantity() -> None:
    row: dict[str, str | None] = {
        "report_no": "B1",
        "report_code": "BR",
        "patient_no": "P1",
        "visit_type": "O",
        "status": "F",
    }
    items: list[dict[str, str | None]] = [
        {"item_seq": "1", "item_code": "TSH", "item_name": "促甲状腺素", "value": "1.2E-2", "unit": "mIU/L"},
        {"item_seq": "2", "item_code": "CFU", "item_name": "菌落计数", "value": "1e5", "unit": "CFU/mL"},
    ]
    made = bodies("Observation", translated("result", row, items=items))
    assert [float(one["valueQuantity"]["value"]) for one in made] == [0.012, 100000]


@pytest.mark.parametrize("nothing", ["-", "无", "NULL", "/", ""])
def test_what_people_write_for_nothing_is_no_value(nothing: str) -> None:
    found = patient({"name": "孟秋禾", "phone": nothing, "address": nothing})
    assert "telecom" not in found
    assert "address" not in found


VISIT: dict[str, str | None] = {
    "visit_no": "V1",
    "patient_no": "P1",
    "visit_type": "O",
    "changed_at": str(START),
}
REPORT = VISIT | {"report_no": "R1", "report_code": "NCG", "report_name": "尿常规", "source_system": "LIS"}


@pytest.mark.parametrize("nothing", ["不详", "暂无", "N/A"])
def test_a_person_whose_number_is_a_placeholder_waits(nothing: str) -> None:
    result = translated("patient", {"patient_no": nothing, "name": "孟秋禾", "id_card": "不详"})
    assert isinstance(result, Quarantined)
    assert result.reason == "no-patient"


@pytest.mark.parametrize("value", ["-", "/", "无", "—"])
def test_a_result_is_told_as_it_stands(value: str) -> None:
    items: list[dict[str, str | None]] = [{"item_seq": "1", "item_code": "PRO", "value": value, "range": "-"}]
    (found,) = bodies("Observation", translated("result", REPORT | {"status": "F"}, items=items))
    assert found["valueString"] == value
    assert "referenceRange" not in found


def test_findings_are_told_as_they_stand() -> None:
    found = bodies(
        "Observation", translated("result", REPORT | {"status": "F", "findings": "无", "conclusion": "-"})
    )
    assert [one["valueString"] for one in found] == ["无", "-"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("F", "final"),
        ("已审核", "final"),
        ("初步", "preliminary"),
        ("X", "cancelled"),
        ("作废", "entered-in-error"),
    ],
)
def test_a_result_has_the_status_of_its_report(status: str, said: str) -> None:
    items: list[dict[str, str | None]] = [
        {"item_seq": "1", "item_code": "PRO", "value": "+", "item_status": None}
    ]
    result = translated("result", REPORT | {"status": status}, items=items)
    assert [one["status"] for one in bodies("Observation", result)] == [said]
    assert [one["status"] for one in bodies("DiagnosticReport", result)] == [said]


CHINA = "urn:oid:2.16.156.10011.2.3.3.11"
ICD, TCM = "http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.156.10011.2.3.3.14"


@pytest.mark.parametrize(
    ("code", "system", "said"),
    [
        ("J20.900", None, ICD),
        ("Z98.800x001", None, ICD),
        ("I10.x00", None, ICD),
        ("K29500", None, ICD),
        ("I10X00", None, ICD),
        ("Z98800x001", None, ICD),
        ("M80000/3", None, CHINA),
        ("A001", None, None),  # a number of the hospital's own, as well as A00.1
        ("BNP050", None, TCM),
        ("A17.01.01", None, TCM),
        ("A17.01", "GB/T15657", TCM),
        ("XYZ", None, None),
    ],
)
@pytest.mark.parametrize("view", ["diagnosis", "visit", "prescription"])
def test_a_diagnosis_of_tcm_is_not_of_icd_10(
    view: str, code: str, system: str | None, said: str | None
) -> None:
    told = {"diagnosis_code": code, "diagnosis_name": "咳嗽病", "diagnosis_system": system}
    if view == "visit":
        result = translated(view, VISIT | {"status": "finished"}, diagnoses=[told])
    elif view == "prescription":
        item: dict[str, str | None] = {"item_no": "1", "drug_code": "Y1", "drug_name": "甲药片"}
        result = translated(view, VISIT | {"rx_no": "CF1", "status": "SC"} | told, items=[item])
    else:
        result = translated(view, VISIT | {"diagnosis_no": "1"} | told)
    (found,) = bodies("Condition", result)
    assert found["code"]["coding"][0].get("system") == said
    assert found["code"]["coding"][0]["code"] == code


def test_a_diagnosis_that_is_there_again_is_no_error_any_more() -> None:
    told = VISIT | {"diagnosis_no": "1", "diagnosis_code": "J20.900", "diagnosis_name": "急性支气管炎"}
    for state in ("A", None):
        result = translated("diagnosis", told | {"state": state})
        assert isinstance(result, Translation)
        (draft,) = (one for one in result.drafts if one.type == "Condition")
        assert "verificationStatus" in draft.cleared


@pytest.mark.parametrize("word", ["1", "OP", "门急诊", None])
def test_a_number_of_a_visit_in_no_known_register_waits(word: str | None) -> None:
    result = translated("visit", VISIT | {"visit_type": word, "status": "finished"})
    assert isinstance(result, Quarantined)
    assert result.reason == "unknown-word"
    assert any("visit_type tells which register" in one.text for one in result.issues)


@pytest.mark.parametrize(
    ("words", "class_", "register"),
    [
        (("O", "o", "AMB", "outpatient", "门诊"), "AMB", "1.11"),
        (("E", "emer", "Emergency"), "EMER", "1.11"),
        (("OBSENC", "留观"), "OBSENC", "1.11"),
        (("I", "i", "imp", "Inpatient", "INPATIENT", "住院"), "IMP", "1.12"),
        (("ACUTE", "acute"), "ACUTE", "1.12"),
        (("NONAC",), "NONAC", "1.12"),
        (("SS", "ss", "日间手术"), "SS", "1.12"),
        (("HH", "家庭病床"), "HH", "1.12"),
        (("P", "prenc"), "PRENC", "1.12"),
    ],
)
def test_a_visit_has_one_id_whichever_word_of_a_standard_says_its_kind(
    words: Sequence[str], class_: str, register: str
) -> None:
    found = [bodies("Encounter", translated("visit", VISIT | {"visit_type": word, "status": "finished"}))[0]
             for word in words]  # fmt: skip
    assert {one["class"]["code"] for one in found} == {class_}
    assert {one["identifier"][0]["system"] for one in found} == {f"urn:oid:2.16.156.10011.{register}"}


@pytest.mark.parametrize("adapter", ["his/files", "his/xml_http"])
def test_it_waits_at_every_door_that_takes_rows(adapter: str) -> None:
    """A polled service goes on behind it: who was told that it is not kept would never send it again."""
    raw = written("visit", "HIS", [{"row": VISIT | {"visit_type": "OP", "status": "finished"}}])
    envelope = Envelope("0" * 32, "default", adapter, "", 1_772_845_200_000_000, CONTENT_TYPE, "", raw)
    result = steps.translate(maps(), envelope, steps.read(registry.find()[adapter], maps(), envelope))
    assert isinstance(result, Quarantined)


def test_a_dose_in_words_keeps_its_unit_and_a_quantity_that_is_none_is_told() -> None:
    item: dict[str, str | None] = {"item_no": "1", "drug_code": "Y1", "drug_name": "甲药片", "dose": "0.5-1",
                                   "dose_unit": "g", "quantity": "2盒", "quantity_unit": "盒"}  # fmt: skip
    result = translated("prescription", VISIT | {"rx_no": "CF1", "status": "SC"}, items=[item])
    (found,) = bodies("MedicationRequest", result)
    assert found["dosageInstruction"] == [{"text": "0.5-1 g"}]
    assert "dispenseRequest" not in found
    assert isinstance(result, Translation)
    assert any(issue.text.startswith("items.quantity is malformed") for issue in result.issues)


@pytest.mark.parametrize(
    ("word", "drug", "order"),
    [
        ("作废", "entered-in-error", "entered-in-error"),
        ("取消", "cancelled", "revoked"),
        ("已完成", "completed", "completed"),
    ],
)
def test_the_status_of_orders_in_words(word: str, drug: str, order: str) -> None:
    item: dict[str, str | None] = {"item_no": "1", "drug_code": "Y1", "drug_name": "甲药片"}
    result = translated("prescription", VISIT | {"rx_no": "CF1", "status": word}, items=[item])
    assert [one["status"] for one in bodies("MedicationRequest", result)] == [drug]
    said = VISIT | {"order_no": "S1", "item_code": "CT", "item_name": "胸部平扫", "status": word}
    assert [one["status"] for one in bodies("ServiceRequest", translated("order", said))] == [order]


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


@pytest.mark.parametrize("time", ["timestamp(3)", "timestamptz(3)"])
def test_a_moment_without_end_costs_its_column_and_not_the_view(
    postgresql: Any, opened: Opened, taker: Taker, time: str
) -> None:
    found = Hospital(postgresql.database())
    fill(found, people(5))
    found.run(
        f"ALTER TABLE qiao_patient ALTER changed_at TYPE {time}",
        "ALTER TABLE qiao_patient ALTER birth_date TYPE date USING NULL",
        "UPDATE qiao_patient SET birth_date = 'infinity' WHERE patient_no = 'P00001'",
        "UPDATE qiao_patient SET birth_date = '0044-03-15 BC' WHERE patient_no = 'P00002'",
        "UPDATE qiao_patient SET changed_at = 'infinity' WHERE patient_no = 'P00003'",
    )
    door = opened(found, batch=2)
    assert poll(door) == 5
    assert poll(door) == 0
    add(found, [("NOW", "孟", datetime.now(wall_clock("+08:00")).replace(tzinfo=None, microsecond=0))])
    assert poll(door) == 1
    assert [one["row"]["birth_date"] for one in taker.taken[1:3]] == ["infinity", "0044-03-15 BC"]
    found.close()
