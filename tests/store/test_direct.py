"""One SQL text for both engines: what is translated, and that both answer alike."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store import direct
from gateway.store.insert import Insert


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT a FROM t WHERE b = ? AND c IN (?,?)", "SELECT a FROM t WHERE b = %s AND c IN (%s,%s)"),
        ("SELECT 'what?' || ? || '100%'", "SELECT 'what?' || %s || '100%%'"),
        ("SELECT 'it''s?', ? % 2", "SELECT 'it''s?', %s %% 2"),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_placeholders_become_those_of_the_driver(sql: str, expected: str) -> None:
    assert direct.for_postgresql(sql) == expected
    assert direct.for_sqlite(sql) == sql


def test_both_engines_answer_alike(desk: Any) -> None:
    desk.store.write([desk.receive(desk.envelope(raw=b"\x00\xff%?"), control_id="100%?")])
    with desk.store._session.reading() as connection:
        cursor = direct.execute(
            connection, "SELECT control_id, n, digest, answer FROM inbox WHERE n > ?", (0,)
        )
        row = cursor.fetchone()
        assert row == ("100%?", 1, b"digest", None)
        assert (type(row), type(row[2])) == (tuple, bytes)
        assert cursor.fetchone() is None
        assert list(direct.execute(connection, "SELECT raw FROM inbox_raw")) == [(b"\x00\xff%?",)]
        assert direct.execute(
            connection, "SELECT control_id FROM inbox WHERE control_id LIKE '100%'"
        ).fetchall()


def test_a_set_of_numbers_is_one_parameter(desk: Any) -> None:
    with desk.store._session.reading() as connection:
        big = 1 << 52
        found = direct.execute(
            connection, "SELECT q.value + ? FROM EACH(?) q ORDER BY q.value DESC", (1, f"[3,{big},1]")
        )
        assert found.fetchall() == [(big + 1,), (4,), (2,)]


def test_text_is_compared_by_bytes(desk: Any) -> None:
    names = ["a", "B", "ä", "张", "A b", "Ab"]
    with desk.store._session.transaction() as connection:
        rows = [("t", "s", "x", name, 1) for name in names]
        Insert("INTO gap (tenant, sender, tbl, code, n)", "(?,?,?,?,?)").run(connection, rows)
    found = [code for (code,) in desk.execute("SELECT code FROM gap ORDER BY code")]
    assert found == sorted(names, key=str.encode)


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_rows_are_inserted_whatever_their_number(desk: Any, count: int) -> None:
    rows = [(n, f"id{n}", None if n % 3 else n, bytes([n % 256, 0])) for n in range(count)]
    insert = Insert(
        "INTO version (seq, type, fhir_id, ver, ts_us, event_us, method, source, sha, body)",
        "(?,5,?,1,9,?,0,'',?,?)",
        "ON CONFLICT DO NOTHING",
    )
    with desk.store._session.transaction() as connection:
        insert.run(connection, [(*row, b"{}") for row in rows])
        insert.run(connection, [(*row, b"again") for row in rows[:3]])
    found = desk.execute("SELECT seq, fhir_id, event_us, sha, body, type FROM version ORDER BY seq")
    assert found == [(*row, b"{}", 5) for row in rows]


def test_an_error_in_a_pipeline_is_raised_at_its_end_and_undone_by_its_savepoint(desk: Any) -> None:
    def put(connection: Any, *tenants: str) -> None:
        with direct.pipelined(connection):
            for tenant in tenants:
                direct.execute(connection, "INSERT INTO gap VALUES (?, 's', 't', 'c', 1)", (tenant,))

    with desk.store._session.transaction() as connection:
        put(connection, "a")
        direct.execute(connection, "SAVEPOINT one")
        with pytest.raises(Exception, match=r"(?i)unique"):
            put(connection, "b", "a", "c")
        direct.execute(connection, "ROLLBACK TO one")
    assert desk.execute("SELECT tenant FROM gap") == [("a",)]
