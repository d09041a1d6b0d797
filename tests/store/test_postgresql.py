"""What only a server does: its sessions, restarts under a running store, locks, encodings, passwords."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from gateway.canonical import Draft
from gateway.errors import Misconfigured, Retry
from gateway.store import Change, Transact, direct, interaction, open_store
from gateway.store.engines import database_wide, facts, given_up, postgresql

Make = Callable[..., Draft]
pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


def shown(connection: Any, name: str) -> str:
    return str(direct.execute(connection, f"SHOW {name}").fetchone()[0])


def test_the_writer_commits_to_disk_and_readers_cannot_write(desk: Any) -> None:
    session = desk.store._session
    assert shown(session.writer, "synchronous_commit") == "on"
    with session.reading() as reader, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        direct.execute(reader, "DELETE FROM inbox")
    with session.reading() as reader:
        assert shown(reader, "statement_timeout") == "1min"
        assert shown(reader, "tcp_keepalives_idle") == "30", "a client behind a cut network is noticed"


def test_normal_is_less_than_that(desk: Any) -> None:
    other = open_store(desk.url, synchronous="NORMAL")
    assert shown(other._session.writer, "synchronous_commit") == "off"
    other.close()


def test_a_snapshot_sees_one_state(desk: Any, patient: Make) -> None:
    desk.stored(patient("p1", mrn="1"))
    with desk.store._session.snapshot() as reader:
        before = direct.execute(reader, "SELECT COUNT(*) FROM version").fetchone()
        desk.stored(patient("p2", mrn="2"))
        assert direct.execute(reader, "SELECT COUNT(*) FROM version").fetchone() == before
    assert desk.execute("SELECT COUNT(*) FROM version") == [(2,)]


def test_a_server_that_is_down_acknowledges_nothing_and_comes_back(
    desk: Any, patient: Make, postgresql: Any
) -> None:
    desk.stored(patient("p1", mrn="1"))
    envelope = desk.receive()
    postgresql.stop()
    try:
        for _ in range(2):
            with pytest.raises(Retry):
                desk.store.write([envelope])
            with pytest.raises(Retry):
                desk.store.read("default", "Patient", "p1")
        with pytest.raises(Retry, match="cannot be opened"):
            open_store(desk.url)
    finally:
        postgresql.start()
    assert desk.store.read("default", "Patient", "p1") is not None
    assert desk.store.write([envelope])[0].outcome is None
    assert desk.store.counts("default").inbox == {"received": 1, "stored": 1}


def test_a_restart_while_nothing_is_under_way_is_not_noticed(
    desk: Any, patient: Make, postgresql: Any
) -> None:
    desk.stored(patient("p1", mrn="1"))
    assert desk.store.read("default", "Patient", "p1") is not None
    postgresql.stop("fast")
    postgresql.start()
    assert desk.store.read("default", "Patient", "p1") is not None
    assert desk.stored(patient("p1", mrn="1", gender="male")) == ["Patient/p1/_history/2"]


def test_a_connection_lost_in_a_transaction_keeps_nothing(
    desk: Any, patient: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.stored(patient("p1", mrn="1"))
    pid = direct.execute(desk.store._session.writer, "SELECT pg_backend_pid()").fetchone()[0]

    def cut(connection: Any, sql: str, *more: Any) -> Any:
        if sql == "COMMIT":
            with psycopg.connect(desk.url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (pid,))
        return direct.execute(connection, sql, *more)

    with monkeypatch.context() as patch:
        patch.setattr(postgresql, "execute", cut)
        with pytest.raises(Retry):
            desk.stored(patient("p1", mrn="1", gender="male"))
    assert desk.store.counts("default").inbox == {"stored": 1}
    assert desk.stored(patient("p1", mrn="1", gender="male")) == ["Patient/p1/_history/2"]


def test_another_writer_that_does_not_end_says_retry(desk: Any) -> None:
    direct.execute(desk.store._session.writer, "SET lock_timeout = 1")
    with psycopg.connect(desk.url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (given_up.LOCK,))
        with pytest.raises(Retry, match="55P03"):
            desk.store.write([desk.receive()])
    assert desk.store.write([desk.receive()])[0].outcome is None


def test_a_table_altered_by_another_process_costs_one_commit_and_no_message(desk: Any, patient: Make) -> None:
    for number in range(3):  # until every statement is prepared
        desk.stored(patient("p1", mrn="1", name=f"{number}"))
    assert desk.store.read("default", "Patient", "p1") is not None
    for kind in ("numeric", "bigint"):
        with psycopg.connect(desk.url, autocommit=True) as other:
            other.execute(f"ALTER TABLE turn ALTER COLUMN n TYPE {kind}".encode())
        with pytest.raises(Retry, match="0A000"):
            desk.stored(patient("p1", mrn="1", name=kind))
        assert len(desk.stored(patient("p1", mrn="1", name=kind))) == 1
    assert set(desk.store.counts("default").inbox) == {"stored"}


def test_an_index_that_takes_no_longer_key_costs_only_its_message(desk: Any, patient: Make) -> None:
    """2704 bytes of an index row, after compression, is PostgreSQL's limit."""
    long = "".join(chr(random.Random(1).randrange(0x4E00, 0x9FFF)) for _ in range(1))
    long = "".join(chr(each) for each in random.Random(2).sample(range(0x4E00, 0x9FFF), 5000)) + long
    assert desk.put(patient("p1", mrn=long)).outcome.reason == "store-conflict"
    assert desk.stored(patient("p2", mrn="2")) == ["Patient/p2/_history/1"]


def test_a_row_that_the_database_refuses_costs_its_transaction_and_names_no_other_change(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interaction, "LONGEST_KEY", 1 << 20)
    long = "".join(chr(each) for each in random.Random(2).sample(range(0x4E00, 0x9FFF), 5000))
    bodies = [
        {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": value}]}
        for value in ("1", "2", long)
    ]
    one, first, second = (Change("create", "Patient", body=body) for body in bodies)
    other, bad = desk.store.write(
        [Transact("default", "urn:app", [one]), Transact("default", "urn:app", [first, second])]
    )
    assert other.error is None
    assert (bad.error.code, bad.at) == ("exception", -1)
    assert desk.execute("SELECT COUNT(*) FROM version") == [(1,)]


def test_nul_is_no_character_of_sql(desk: Any, patient: Make) -> None:
    assert desk.put(patient("p1", mrn="a\0b")).outcome.reason == "store-conflict"
    written = desk.store.write([desk.receive(control_id="1\0")])
    assert written[0].outcome is None
    assert desk.store.find_repeat("default", "his", 1, "1\0", b"digest", 0) is not None


def test_a_database_in_another_encoding_is_refused(desk: Any, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgresql").database(encoding="LATIN1")
    with pytest.raises(Misconfigured, match="ENCODING 'UTF8'"):
        open_store(url)


def test_a_password_is_never_repeated(desk: Any) -> None:
    host = desk.url.partition("@")[2]
    wrong = desk.url.replace("qiao@", "qiao:ge:h@eim@").replace(host.split("/")[1], "nothing-here")
    for url in (
        wrong,
        "postgresql://qiao:geheim@127.0.0.1:1/x",
        "postgresql://qiao@127.0.0.1:1/x?password=geheim&sslmode=disable",
        "postgresql://qiao:geheim@127.0.0.1:port/x",
        "mysql://qiao:geheim@127.0.0.1/x",
        "postgresql://qiao:geheim@127.0.0.1",
    ):
        with pytest.raises((Misconfigured, Retry)) as raised:
            open_store(url)
        assert "geheim" not in str(raised.value) and "h@eim" not in str(raised.value)
        with pytest.raises((Misconfigured, Retry)) as raised:
            facts(url)
        assert "geheim" not in str(raised.value) and "h@eim" not in str(raised.value)


def test_the_password_may_come_from_the_environment(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "not asked for by this server, but taken by libpq")
    open_store(desk.url).close()


def test_what_the_server_says_of_itself(desk: Any) -> None:
    found = facts(desk.url)
    assert found["fsync"] == "off", "as the tests have set it"
    assert (found["server_encoding"], found["synchronous_commit"]) == ("UTF8", "on")
    assert found["PostgreSQL"]


@pytest.mark.parametrize(
    ("error", "wide"),
    [
        (psycopg.errors.DiskFull(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.LockNotAvailable(), True),
        (psycopg.errors.SerializationFailure(), True),
        (psycopg.errors.ReadOnlySqlTransaction(), True),
        (psycopg.errors.InsufficientPrivilege(), True),
        (psycopg.OperationalError("the connection is lost"), True),
        (psycopg.errors.UniqueViolation(), False),
        (psycopg.errors.NumericValueOutOfRange(), False),
        (psycopg.errors.ProgramLimitExceeded(), False),
        (psycopg.errors.InFailedSqlTransaction(), False),
        (psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes"), False),
        (ValueError(), False),
    ],
)
def test_whose_fault_an_error_is(engine: str, error: Exception, wide: bool) -> None:
    assert database_wide(error) is wide


def test_a_server_that_dies_under_the_writer_loses_nothing_acknowledged(
    desk: Any, patient: Make, postgresql: Any
) -> None:
    told: list[str] = []
    more, stop = threading.Semaphore(0), threading.Event()

    def write() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            try:
                told.extend(desk.stored(patient(f"p{n}", mrn=str(n)), patient(f"q{n}", mrn=f"q{n}")))
            except Retry:
                continue
            more.release()

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(3):
        for _ in range(20):
            assert more.acquire(timeout=60)
        postgresql.stop()
        postgresql.start()
    assert more.acquire(timeout=60)
    stop.set()
    writer.join()
    found = {f"Patient/{id_}/_history/{ver}" for id_, ver in desk.execute("SELECT fhir_id, ver FROM version")}
    assert set(told) <= found
    assert len(told) == len(set(told))
    seqs = [seq for (seq,) in desk.execute("SELECT seq FROM version ORDER BY seq")]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert len(found) == len(seqs)
