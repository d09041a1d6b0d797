"""Stores of earlier schema versions: opening one says what to do, ``upgrade`` does it, on both engines."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.canonical import Draft
from gateway.errors import Misconfigured, Retry
from gateway.store import Change, Desk, Entry, Transact, direct, migrations, open_store, tables
from gateway.store.deliveries import STATES, Settled
from gateway.store.method import METHODS
from gateway.store.migrations import copy, reindex, standing, upgrade
from gateway.store.session import Session

Make = Callable[..., Draft]
FIRST = Path(__file__).with_name("schema1.sql")
"""A store of schema version 1 as its program left it: five patients, four messages without a translation."""

only_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
NEW = {table.name for table in tables.TABLES} - {
    "store_meta", "feed_clock", "version", "superseded", "current", "sx", "sx_range", "ident",
    "inbox", "inbox_raw", "gap", "tally",
}  # fmt: skip


def silent(_step: str, _done: int, _of: int) -> None:
    """Nobody looks."""


@pytest.fixture
def old(url: str) -> Iterator[str]:
    """URL of a store of schema version 1."""
    text = FIRST.read_text("utf-8")
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.executescript(text)
    else:  # there was none on a server; its rows in tables of today, without what is new
        open_store(url).close()
        rows = [line for line in text.splitlines() if line.startswith("INSERT INTO") and '"sx' not in line]
        with psycopg.connect(url, autocommit=True) as server:
            for name in NEW:
                server.execute(f"DROP TABLE {name}")
            server.execute("ALTER TABLE version RENAME COLUMN method TO deleted")
            server.execute("DELETE FROM store_meta")
            server.execute("\n".join(rows).replace("X'", r"'\x"))
    yield url
    if not url.startswith("sqlite"):
        with psycopg.connect(url, autocommit=True) as server:
            server.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


def refused(url: str) -> str:
    with pytest.raises(Misconfigured) as raised:
        open_store(url)
    return f"{raised.value.code}: {raised.value}"


def test_an_older_store_is_opened_by_nobody_before_its_upgrade(old: str) -> None:
    for _ in range(2):
        assert "store-too-old" in refused(old)
        assert "stop the gateway, then run qiao db upgrade" in refused(old)
        found = standing(old)
        assert (found.version, found.newest, found.due, found.resources) == (
            1,
            tables.SCHEMA_VERSION,
            True,
            5,
        )


def test_an_upgrade_keeps_everything_and_finds_it(old: str) -> None:
    told: list[tuple[str, int, int]] = []
    done = upgrade(old, progress=lambda *step: told.append(step))
    assert (done.before, done.version, done.resources) == (1, tables.SCHEMA_VERSION, 5)
    assert [step for step, done, of in told if done == of][-2:] == ["schema", "reindex"]
    assert not standing(old).due
    with closing(open_store(old)) as store:
        counts = store.counts("default")
        assert counts.inbox == {"stored": 6, "rejected": 2, "refused": 1, "quarantined": 1}
        assert (counts.quarantine, counts.resources) == ({"no-patient": 1}, {"Patient": 5})
        rows = {(row.state, row.reason) for row in store.inbox_list()}
        assert rows >= {("rejected", "no-control-id"), ("rejected", "unknown-type"), ("refused", "")}
        version = store.read("default", "Patient", "p1")
        assert version is not None and version.ver == 2
        for asked, expected in (
            ([("identifier", "urn:oid:2.16.156.990101.1|1")], ["p1"]),
            ([("gender", "male"), ("birthdate", "ge1992")], ["p2", "p3", "p4"]),
            ([("gender", "female")], ["p1"]),
        ):
            assert sorted(match.id for match in store.search("default", "Patient", asked).matches) == expected
    assert upgrade(old, progress=silent).before == tables.SCHEMA_VERSION, "and again: nothing to do"


def test_older_versions_say_by_which_interaction_they_were_made(old: str) -> None:
    """The form of an id tells what was created: its moment is that of the first version."""
    ms, seq = 1_767_225_601_000, 1 << 41
    ours = f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7000-8000-0123456789ab"
    rows = [
        (ours, 1, 0, ms, "create"),
        (ours, 2, 0, ms, "update"),
        (ours, 3, 1, ms, "delete"),
        (ours[:-1] + "c", 1, 0, ms + 86_400_000, "update"),
        ("0c1f7a52-1a2b-5c3d-8e4f-0123456789ab", 1, 0, ms, "update"),
        ("p9", 1, 0, ms, "update"),
    ]
    session = Session(old, "FULL", check=False)
    with session.transaction() as connection:
        for n, (id_, ver, deleted, at, _) in enumerate(rows):
            direct.execute(
                connection,
                "INSERT INTO version (seq, type, fhir_id, ver, ts_us, deleted, source, sha, body) "
                "VALUES (?, 103, ?, ?, ?, ?, '', ?, ?)",
                (seq + n, id_, ver, at * 1000, deleted, b"", b'{"resourceType":"Patient","meta":{}}'),
            )
    session.close()
    upgrade(old, progress=silent)
    session = Session(old, "FULL")
    try:
        found = direct.execute(session.writer, "SELECT seq, method FROM version ORDER BY seq").fetchall()
    finally:
        session.close()
    told = {at: METHODS[number] for at, number in found}
    assert [told[seq + n] for n in range(len(rows))] == [row[-1] for row in rows]
    assert {made for at, made in told.items() if at < seq} == {"update"}


def test_lanes_are_named_by_what_their_documents_began_with(desk: Any) -> None:
    """Version 4 named a lane by the serial, else by the id alone; what is open waits for the right one."""

    def enter(type_: str, event: str, serial: str = "", back: int = 0) -> None:
        def act(inside: Desk) -> None:
            version = inside.write({"resourceType": type_, "id": "1001", "code": {"text": event}})
            inside.append(Entry("exam", event, version, (), serial, back))

        (done,) = desk.store.write([Transact("default", "t", [], act=act)])
        assert done.error is None

    enter("Basic", "submitted")
    enter("Basic", "numbered", "P1", 1)
    enter("Observation", "effective")
    receiver = desk.store.deliveries.enrol("default", "province")
    desk.store.deliveries.fill(receiver)
    desk.store.close()
    session = Session(desk.url, "FULL", check=False)
    with session.transaction() as connection:
        direct.execute(connection, "UPDATE delivery SET doc = '1001' WHERE n <> 2")
        direct.execute(connection, "UPDATE delivery SET doc = 'P1' WHERE n = 2")
        direct.execute(connection, "DROP TABLE awaited")
        direct.execute(connection, "UPDATE store_meta SET value = '4' WHERE name = 'schema_version'")
    session.close()
    assert upgrade(desk.url, progress=silent).before == 4
    desk.store = open_store(desk.url)
    found = desk.store.deliveries.due("default", receiver, receiver.upto, 1, 100)
    assert [one.entry.n for one in found] == [1, 3]
    desk.store.deliveries.settle(receiver, [Settled(1, "refused")], 10)
    stand = desk.store.deliveries.find("default", receiver, STATES)
    assert [one.state for one in stand] == ["refused", "held", "waiting"]


COLUMNS = (
    "SELECT table_name, column_name, data_type, is_nullable, collation_name FROM information_schema.columns "
    "WHERE table_schema = 'public' AND table_name <> 'alembic_version' ORDER BY 1, ordinal_position"
)
INDEXES = (
    "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version' "
    "ORDER BY 1"
)
DECLARED = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%' ORDER BY name"


def declared(url: str) -> list[Any]:
    session = Session(url, "FULL")
    try:
        texts = (DECLARED,) if session.engine.file else (COLUMNS, INDEXES)
        return [direct.execute(session.writer, text).fetchall() for text in texts]
    finally:
        session.close()


def test_what_was_upgraded_is_what_is_made_anew(
    old: str, engine: str, tmp_path: Path, postgresql: Any
) -> None:
    """Where this fails ``tables`` have changed: it needs a schema version and a step of its own."""
    upgrade(old, progress=silent)
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}" if engine == "sqlite" else postgresql.database()
    assert declared(old) == declared(fresh)


def test_an_interrupted_upgrade_goes_on_where_it_was(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(Exception):
        pass

    def interrupted(step: str, done: int, of: int) -> None:
        if step == "reindex" and done == 4:
            raise Killed

    monkeypatch.setattr(reindex, "CHUNK", 2)
    with pytest.raises(Killed):
        upgrade(old, progress=interrupted)
    assert "run qiao db upgrade again" in refused(old)
    assert standing(old).unfinished
    other = Session(old, "FULL", check=False)
    direct.execute(other.writer, "SELECT * FROM store_meta").fetchall()
    with pytest.raises(Misconfigured, match="open elsewhere"):
        upgrade(old, progress=silent)
    other.close()
    told: list[tuple[str, int, int]] = []
    assert upgrade(old, progress=lambda *step: told.append(step)).resources == 5
    assert told[0] == ("reindex", 4, 5)
    with closing(open_store(old)) as store:
        assert len(store.search("default", "Patient", [("gender", "male")]).matches) == 4


def test_a_step_that_fails_changes_nothing(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise ValueError("disk")

    monkeypatch.setattr(reindex, "begin", full)
    with pytest.raises(ValueError, match="disk"):
        upgrade(old, progress=silent)
    assert standing(old).version == 1
    monkeypatch.undo()
    assert upgrade(old, progress=silent).before == 1


def test_another_zone_is_another_index(old: str) -> None:
    def born(url: str, zone: str) -> list[str]:
        with closing(open_store(url, zone=zone)) as store:
            asked = [("_lastUpdated", "gt2020"), ("death-date", "2026-01-31T20:00:00Z")]
            return [match.id for match in store.search("default", "Patient", asked).matches]

    upgrade(old, progress=silent)
    with closing(open_store(old)) as store:
        body = {"resourceType": "Patient", "deceasedDateTime": "2026-02-01T04:00:00"}
        store.write([Transact("default", "test", [Change("create", "Patient", body=body)])])
    assert len(born(old, "+08:00")) == 1
    with pytest.raises(Misconfigured, match=r"indexed for zone \+08:00") as raised:
        open_store(old, zone="Z")
    assert raised.value.code == "store-zone"
    assert standing(old, zone="Z").due and not standing(old).due
    assert upgrade(old, zone="Z", progress=silent).resources == 6
    assert born(old, "Z") == []
    assert upgrade(old, progress=silent).resources == 6, "and back again"
    assert len(born(old, "+08:00")) == 1


def test_nobody_else_may_have_it_open(old: str) -> None:
    other = Session(old, "FULL", check=False)
    direct.execute(other.writer, "SELECT * FROM store_meta").fetchall()
    with pytest.raises(Misconfigured, match="open elsewhere"):
        upgrade(old, progress=silent)
    other.close()
    assert upgrade(old, progress=silent).before == 1


@only_sqlite
def test_a_file_is_copied_first(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(old.removeprefix("sqlite:///"))
    done = upgrade(old, progress=silent)
    assert done.copy == f"{path}.schema-1"
    with closing(sqlite3.connect(done.copy)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM inbox").fetchone() == (10,)
    assert standing(f"sqlite:///{done.copy}").version == 1


@only_sqlite
def test_a_copy_of_before_stands_for_nothing_that_came_later(old: str) -> None:
    """Somebody went back to the copy, wrote to it, and upgrades again."""
    path = Path(old.removeprefix("sqlite:///"))
    first = upgrade(old, progress=silent).copy
    path.write_bytes(Path(first).read_bytes())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM inbox")
        connection.commit()
    second = upgrade(old, progress=silent).copy
    assert second == f"{path}.schema-1-2"
    for copied, messages in ((first, 10), (second, 0)):
        with closing(sqlite3.connect(copied)) as connection:
            assert connection.execute("SELECT COUNT(*) FROM inbox").fetchone() == (messages,)


@only_sqlite
def test_without_room_for_the_copy_nothing_begins(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copy, "_SPARE", 1 << 62)
    with pytest.raises(Misconfigured, match="--no-copy"):
        upgrade(old, progress=silent)
    assert standing(old).version == 1
    assert upgrade(old, keep=False, progress=silent).copy == ""


@pytest.mark.parametrize(
    ("version", "code", "advice"), [("0", "old", "restore a backup"), ("99", "new", "newer")]
)
def test_a_version_that_nobody_knows_is_left_alone(desk: Any, version: str, code: str, advice: str) -> None:
    with desk.store._session.transaction() as connection:
        direct.execute(
            connection, "UPDATE store_meta SET value = ? WHERE name = 'schema_version'", (version,)
        )
    try:
        assert f"store-too-{code}" in refused(desk.url) and advice in refused(desk.url)
        with pytest.raises(Misconfigured, match=advice):
            upgrade(desk.url, progress=silent)
    finally:
        with desk.store._session.transaction() as connection:
            value = str(tables.SCHEMA_VERSION)
            direct.execute(
                connection, "UPDATE store_meta SET value = ? WHERE name = 'schema_version'", (value,)
            )


def test_an_empty_database_has_nothing_to_upgrade(url: str, engine: str, postgresql: Any) -> None:
    empty = postgresql.database() if engine == "postgresql" else url
    assert standing(empty).version == 0
    assert not standing(empty).due
    with pytest.raises(Misconfigured, match="no store"):
        upgrade(empty, progress=silent)


def test_a_server_that_is_gone_says_try_again(engine: str) -> None:
    gone = "postgresql://qiao@127.0.0.1:1/x" if engine == "postgresql" else "sqlite:////no/such/folder/x.db"
    with pytest.raises(Retry):
        standing(gone)
    assert migrations.__doc__
