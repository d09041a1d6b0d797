"""The checks of a HIS without HL7 v2: our gateway passes each; who has no such doors passes none of them."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance.harness.check import Check
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made, read
from conformance.harness.verdict import Verdict
from conformance.runner.trial import tried

PROTOCOLS = {"doors.sql", "doors.soap", "doors.cda", "doors.files", "doors.interface"}


@cache
def own() -> tuple[Check, ...]:
    """The checks of these doors."""
    parts = ("polled", "services", "shared_documents", "dropped", "told_back")
    return tuple(
        one
        for one in load().checks
        if one.suite == "exchange_his" and one.body.__module__.rpartition(".")[2] in parts
    )


def test_each_door_has_checks_and_a_check_names_its_doors() -> None:
    assert len(own()) >= 40
    assert {door for one in own() for door in one.needs} == PROTOCOLS
    assert {one.requirement for one in own()} == {"CQ49-3.4b"}


def test_who_declares_no_such_door_is_skipped_by_its_name() -> None:
    said = {"fhir": "http://127.0.0.1:9/fhir", "doors": {"his": {"port": 9}}, "settings": {"wait": 0.0}}
    session = Session(made(said), "r0a1b2c", 7, date(2026, 11, 22))
    found = [tried(one, session) for one in own()]
    session.close()
    assert {one.verdict for one in found} == {Verdict.SKIP}
    assert all(one.reason is not None and "doors." in one.reason.en for one in found)


@pytest.mark.parametrize("gone", ["sql", "files"])
def test_a_database_or_folder_that_cannot_be_written_is_no_fault_of_the_target(
    gone: str, tmp_path: Path
) -> None:
    (tmp_path / "drop").mkdir()
    (tmp_path / "his.db").write_bytes(b"no database")
    doors = {
        "sql": {"protocol": "sql", "url": f"sqlite:///{tmp_path / 'his.db'}"},
        "files": {"protocol": "files", "folder": str(tmp_path / "drop")},
    }
    said = {"fhir": "http://127.0.0.1:9/fhir", "doors": {"his": doors[gone]}, "settings": {"wait": 0.0}}
    session = Session(made(said), "r0a1b2c", 7, date(2026, 11, 22))
    (tmp_path / "drop").rmdir()
    name = {"sql": "exchange_his.view_patient", "files": "exchange_his.file_arrives"}[gone]
    (check,) = (one for one in own() if one.id == name)
    found = tried(check, session)
    session.close()
    assert found.verdict is Verdict.SKIP
    assert found.reason is not None
    assert "door his cannot be written" in found.reason.en


def test_a_database_of_a_hospital_is_left_as_it_is(tmp_path: Path) -> None:
    """Its views have the names that our template prescribes."""
    with closing(sqlite3.connect(tmp_path / "his.db")) as there:
        there.execute("CREATE TABLE CFZB (RX_NO)")
        there.execute("CREATE VIEW qiao_patient AS SELECT RX_NO patient_no FROM CFZB")
        there.execute("INSERT INTO CFZB VALUES ('theirs')")
        there.commit()
    doors = {"his_views": {"protocol": "sql", "url": f"sqlite:///{tmp_path / 'his.db'}"}}
    said = {"fhir": "http://127.0.0.1:9/fhir", "doors": doors, "settings": {"wait": 0.0}}
    session = Session(made(said), "r0a1b2c", 7, date(2026, 11, 22))
    found = [tried(one, session) for one in own() if one.needs == ("doors.sql",)]
    session.close()
    assert {one.verdict for one in found} == {Verdict.SKIP}
    reasons = {one.reason.en for one in found if one.reason is not None}
    assert any("cfzb, qiao_patient" in one and "Give an empty database" in one for one in reasons)
    with closing(sqlite3.connect(tmp_path / "his.db")) as there:
        assert there.execute("SELECT * FROM qiao_patient").fetchall() == [("theirs",)]


@pytest.mark.serial
def test_our_gateway_passes_each_of_them(standing: Any) -> None:
    session = Session(read(standing.target), "rbr4nch", 7, date.today())  # noqa: DTZ011 -- where the target is
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda one: tried(one, session), own()))
    session.close()
    wrong = {one.id: one.reason.en if one.reason else "" for one in found if one.verdict is not Verdict.PASS}
    assert wrong == {}
    with sqlite3.connect(standing.folder / "branch.db") as there:  # what was put in stays as it was
        assert there.execute("SELECT COUNT(*) FROM BRDA").fetchone()[0] > 10
