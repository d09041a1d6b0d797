"""Volleys: statements that wait for each other and go to a server together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection

from gateway.store import Change
from gateway.store.direct import execute, execute_many, pipelined, posted, send
from gateway.store.volley import Volley

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

PUT = "INSERT INTO gap VALUES (?, 's', 't', 'c', 1)"


@pytest.fixture
def connection(desk: Any) -> Iterator[Connection]:
    """One that writes, outside of any transaction."""
    with desk.store._session.write_lock:
        yield desk.store._session.writer


def tenants(desk: Any) -> list[str]:
    return sorted(tenant for (tenant,) in desk.execute("SELECT tenant FROM gap"))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bigint", -(1 << 62)),
        ("bigint", True),
        ("float8", 0.1),
        ("text", "张三 '%?"),
        ("bytea", b"\0\xff"),
        ("text", None),
        ("bigint[]", "{1,NULL,3}"),
        ("text[]", ["", None, "北京"]),
        ("bytea[]", [b"\0", None, b""]),
        ("bytea[]", [None, None]),
    ],
)
def test_values_arrive_as_they_are(connection: Connection, kind: str, value: object) -> None:
    with pipelined(connection):
        found = execute(connection, f"SELECT CAST(? AS {kind}), '?%'", (value,))
    assert found.fetchone() == ([1, None, 3] if kind == "bigint[]" else value, "?%")


def test_what_is_posted_goes_before_the_next_statement(desk: Any, connection: Connection) -> None:
    with posted(connection):
        execute(connection, PUT, ("a",))
        execute_many(connection, PUT, [("b",), ("c",)])
    assert tenants(desk) == []
    assert execute(connection, "SELECT COUNT(*) FROM gap").fetchone() == (3,)


def test_who_asks_sends_what_was_posted(connection: Connection) -> None:
    with posted(connection):
        execute(connection, PUT, ("a",))
        found = execute(connection, "SELECT tenant FROM gap")
    assert found.fetchall() == [("a",)]
    assert list(found) == [("a",)]


def test_after_an_error_nothing_more_is_run(desk: Any, connection: Connection) -> None:
    with posted(connection):
        execute(connection, "BEGIN")
        execute(connection, PUT, ("a",))
        execute(connection, "COMMIT")
        execute(connection, "BEGIN")
        execute(connection, PUT, ("b",))
        execute(connection, PUT, ("a",))
        execute(connection, "COMMIT")
    with pytest.raises(psycopg.errors.UniqueViolation):
        send(connection)
    execute(connection, "ROLLBACK")
    assert tenants(desk) == ["a"]


def test_a_value_without_a_text_drops_what_was_posted(desk: Any, connection: Connection) -> None:
    def post(*tenants: str) -> None:
        with posted(connection):
            execute_many(connection, PUT, [(tenant,) for tenant in tenants])

    with pytest.raises(psycopg.DataError):
        post("a", "\0")
    send(connection)
    assert tenants(desk) == []


def test_an_undone_transaction_leaves_the_prepared_statements(desk: Any, connection: Connection) -> None:
    for tenant in ("a", "b", "c", "d"):
        with posted(connection):
            execute(connection, "BEGIN")
            execute(connection, PUT, (tenant,))
        execute(connection, "SELECT COUNT(*) FROM gap")
        execute(connection, "ROLLBACK" if tenant < "c" else "COMMIT")
    assert tenants(desk) == ["c", "d"]


def test_statements_that_were_deallocated_are_prepared_anew(desk: Any, connection: Connection) -> None:
    with pipelined(connection):
        execute(connection, PUT, ("a",))
    execute(connection, "DEALLOCATE ALL")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName), pipelined(connection):
        execute(connection, PUT, ("b",))
    with pipelined(connection):
        execute(connection, PUT, ("c",))
    assert tenants(desk) == ["a", "c"]


def test_much_in_both_directions_at_once(connection: Connection) -> None:
    much = b"\1" * 3_000_000
    with pipelined(connection):
        found = [execute(connection, "SELECT CAST(? AS bytea)", (much,)) for _ in range(8)]
    assert all(one.fetchone() == (much,) for one in found)


def test_a_lost_connection_is_said(desk: Any, connection: Connection) -> None:
    with posted(connection):
        execute(connection, "SELECT pg_terminate_backend(pg_backend_pid())")
        execute(connection, PUT, ("a",))
    with pytest.raises(psycopg.OperationalError):
        send(connection)
    assert not desk.store._session.engine.usable(connection)
    assert tenants(desk) == []


def test_creates_take_two_round_trips_and_nobody_is_asked_twice(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(number: int) -> Change:
        body = {"resourceType": "Patient", "identifier": [{"system": "urn:x", "value": f"{number}"}]}
        return Change("create", "Patient", body=body)

    for number in range(3):
        assert desk.transact(make(number)).error is None
    sent, fire = [], Volley.fire

    def count(self: Volley) -> None:
        sent.extend([self] if self._waiting else [])
        fire(self)

    monkeypatch.setattr(Volley, "fire", count)
    monkeypatch.setattr(
        psycopg.Connection, "execute", lambda *_, **__: pytest.fail("a round trip of its own")
    )
    assert desk.transact(make(3)).error is None
    assert len(sent) == 2
