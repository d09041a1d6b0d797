"""Sources that are asked: a database file, PostgreSQL, an HTTP server; and those that do not answer."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from gateway.errors import Misconfigured, Rejected, Retry
from gateway.feed.alerting import tell
from gateway.feed.calendar import begin_us
from gateway.feed.obligations import Obligations
from gateway.feed.reconciliation import reconcile
from gateway.feed.reconciliation.asking import ask, ask_all
from gateway.feed.reconciliation.asking.period import Period
from gateway.settings import SourceSettings, SupervisionSettings, TenantSettings

DAY = Period.of("2026-03-02", "+08:00")
MADE = """CREATE TABLE orders (kind text, no text, made {type});
INSERT INTO orders VALUES ('prescription', 'RX1', '2026-03-02 00:00:00'),
('prescription', 'RX2', '2026-03-02 23:59:59'),
('prescription', 'RX3', '2026-03-03 00:00:00'), ('exam', 'E0', '2026-03-01 23:59:59')"""
COUNTS = "SELECT kind, COUNT(*) AS count FROM orders WHERE made >= :start AND made < :end GROUP BY kind"
NUMBERS = "SELECT kind, no AS number FROM orders WHERE made >= :start AND made < :end"
KINDS = ("prescription", "exam")


@pytest.fixture(params=["sqlite", "postgresql", "postgresql with zones"])
def his(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """URL of the database of a HIS, which has orders of three days."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(tmp_path / "his.db")) as connection:
            connection.executescript(MADE.format(type="text"))
        yield f"sqlite:///{tmp_path / 'his.db'}"
        return
    url = request.getfixturevalue("database")
    type_ = "timestamptz" if "zones" in request.param else "timestamp"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET TIME ZONE 'Asia/Shanghai'; DROP TABLE IF EXISTS orders")
        connection.execute(MADE.format(type=type_).encode())
    yield url


def said(settings: SourceSettings) -> dict[str, tuple[int, Any]]:
    return {one.kind: (one.n, one.numbers) for one in ask("his", settings, DAY)}


def test_a_database_counts_or_lists(his: str) -> None:
    assert said(SourceSettings(his, KINDS, COUNTS)) == {"prescription": (2, None), "exam": (0, None)}
    listed = said(SourceSettings(his, KINDS, NUMBERS))
    assert listed == {"prescription": (2, ("RX1", "RX2")), "exam": (0, None)}


def test_it_is_only_read(his: str) -> None:
    for sql in ("DELETE FROM orders", "INSERT INTO orders VALUES ('exam', 'x', '2026-03-02')"):
        with pytest.raises((Rejected, Retry)):
            ask("his", SourceSettings(his, KINDS, sql), DAY)
    assert said(SourceSettings(his, KINDS, COUNTS))["prescription"][0] == 2


def test_it_takes_no_longer_than_it_may(his: str) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
    endless = f"{numbers} SELECT 'exam' AS kind, max(i) AS count FROM n"
    with pytest.raises(Retry, match="does not answer"):
        ask("his", SourceSettings(his, KINDS, endless, timeout=1), DAY)


def test_what_is_no_count_is_refused(his: str) -> None:
    for sql, why in (
        ("SELECT 1 AS n", "kind and count"),
        ("SELECT 'Rezept' AS kind, 1 AS count", "does not speak for; its kinds: prescription, exam"),
        ("SELECT 'exam' AS kind, -1 AS count", "whole number"),
        ("SELECT 'exam' AS kind, 1 AS count UNION ALL SELECT 'exam', 2", "twice"),
    ):
        with pytest.raises(Rejected, match=why):
            ask("his", SourceSettings(his, KINDS, sql), DAY)


class Lab(HTTPServer):
    """Answers what it is told to."""

    status, answer, asked = 200, b"{}", ""


class _Handler(BaseHTTPRequestHandler):
    server: Lab

    def do_GET(self) -> None:
        self.server.asked = f"{self.headers.get('Authorization', '')} {self.path}"
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def lab() -> Iterator[Lab]:
    server = Lab(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def web(server: Lab, path: str, **more: Any) -> SourceSettings:
    return SourceSettings(f"http://127.0.0.1:{server.server_port}/{path}", ("lab",), **more)


def test_a_fhir_server_counts(lab: Lab, tmp_path: Path) -> None:
    lab.answer = json.dumps({"resourceType": "Bundle", "type": "searchset", "total": 17}).encode()
    (tmp_path / "token").write_text("geheim\n", "utf-8")
    path = "ServiceRequest?authored=ge{start}&authored=lt{end}&_summary=count"
    asked = web(lab, path, token=f"file:{tmp_path / 'token'}")
    (one,) = ask("lis", asked, DAY)
    assert (one.day, one.kind, one.party, one.name, one.n) == ("2026-03-02", "lab", "source", "lis", 17)
    token, _, url = lab.asked.rpartition(" ")
    assert token == "Bearer geheim"
    bounds = ["ge2026-03-02T00:00:00+08:00", "lt2026-03-03T00:00:00+08:00"]
    assert parse_qs(urlsplit(url).query)["authored"] == bounds


def test_json_counts_where_the_path_leads(lab: Lab) -> None:
    lab.answer = b'{"data": {"n": 3}}'
    assert ask("lis", web(lab, "counts?on={day}", count="data.n"), DAY)[0].n == 3
    assert lab.asked.endswith("/counts?on=2026-03-02")


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (503, b"{}", "status 503"),
        (302, b"", "status 302"),
        (200, b"<html>", "not JSON"),
        (200, b"{}", "no whole number at total"),
        (200, b'{"total": null}', "no whole number"),
        (200, b'{"total": true}', "no whole number"),
        (200, b'{"total": -1}', "no whole number"),
        (200, b" " * 1_100_000, "too long"),
    ],
)
def test_an_answer_of_no_use_is_no_zero(lab: Lab, books: Any, status: int, answer: bytes, why: str) -> None:
    lab.status, lab.answer = status, answer
    sources = {"lis": web(lab, "counts")}
    (trouble,) = ask_all(books.store, "default", sources, ["2026-03-02"])
    assert why in trouble.reason
    assert books.store.reconciliation.stated("default", "2026-03-02", "2026-03-02") == []
    days = reconcile(books.store, "default", date(2026, 3, 2), date(2026, 3, 2), sources=sources).days
    (found,) = days[0].differences
    assert (found.kind, found.what, found.name) == ("lab", "unanswered", "lis")
    (line,) = days[0].lines
    assert (line.kind, line.total) == ("lab", None)


def test_where_one_is_silent_nothing_is_counted_up(books: Any) -> None:
    books.order("RX1")
    books.order("RX2")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    sources = {"old-his": SourceSettings(f"http://127.0.0.1:{port}/", ("prescription",))}
    assert "ConnectError" in ask_all(books.store, "default", sources, ["2026-03-02"])[0].reason
    state(books, "his", 1)
    found = reconcile(books.store, "default", date(2026, 3, 2), date(2026, 3, 2), sources=sources)
    assert [one.what for one in found.days[0].differences] == ["unanswered"], "1 of 2: the other may have it"
    state(books, "old-his", 1)
    assert reconcile(books.store, "default", date(2026, 3, 2), date(2026, 3, 2), sources=sources).ok


def state(books: Any, name: str, n: int) -> None:
    from gateway.feed.reconciliation import of_json

    said = of_json([{"day": "2026-03-02", "kind": "prescription", "source": name, "count": n}])
    books.store.reconciliation.state("default", said)


def test_a_source_of_what_there_is_not_stops_the_start(books: Any) -> None:
    settings = SupervisionSettings(sources={"his": SourceSettings("https://his.example/", ("recipe",))})
    obligations = Obligations(books.store, lambda _: TenantSettings(), lambda _: settings)
    with pytest.raises(Misconfigured, match="is one of visit, consent"):
        obligations.duties("default")


def test_a_running_gateway_asks_when_it_is_time_and_goes_on_asking(lab: Lab, books: Any) -> None:
    settings = SupervisionSettings(sources={"lis": web(lab, "counts", at="00:30")})
    obligations = Obligations(books.store, lambda _: TenantSettings(), lambda _: settings)
    midnight = begin_us("2026-03-03", books.store.zone)
    lab.answer = b'{"total": 0}'
    watch(obligations, midnight + 29 * 60_000_000)
    assert (lab.asked, alerts(books)) == ("", set()), "it is not its time yet"
    lab.status = 500
    watch(obligations, midnight + 31 * 60_000_000)
    assert alerts(books) == {("source:lis", "no-answer"), ("reconciliation:2026-03-02", "differences")}
    lab.status = 200
    watch(obligations, midnight + 36 * 60_000_000)
    assert alerts(books) == set()
    (stated,) = books.store.reconciliation.stated("default", "2026-03-02", "2026-03-02")
    assert (stated.kind, stated.n) == ("lab", 0)
    lab.asked = ""
    watch(obligations, midnight + 41 * 60_000_000)
    assert lab.asked == "", "who has answered is left alone"


def watch(obligations: Obligations, at_us: int) -> None:
    tell(obligations, "default", at_us)


def alerts(books: Any) -> set[tuple[str, str]]:
    found = books.store.alerts.find(tenant="default")
    return {(one.subject, one.kind) for one in found if not one.subject.startswith("evidence")}
