"""The branch: a day in its database, calls and documents over real sockets, and a file that appears whole."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from conformance.simulators import campus

Heard = list[tuple[str, str, bytes]]


@pytest.fixture
def gateway() -> Iterator[tuple[Heard, str]]:
    """Whoever takes everything, but a document type."""
    heard: Heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.path, self.headers["Content-Type"], body))
            self.send_response(400 if b"DOCTYPE" in body else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield heard, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def played(tmp_path: Path, *arguments: str) -> list[str]:
    return ["--once", "--patients", "9", "--database", f"sqlite:///{tmp_path / 'his.db'}", *arguments]


def test_a_day_is_told_over_every_door(
    gateway: tuple[Heard, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heard, url = gateway
    drop = tmp_path / "drop"
    given = played(tmp_path, "--xml", f"{url}/x", "--cda", f"{url}/cda", "--folder", str(drop))
    assert campus.main(given) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (figures["messages"], figures["documents"], figures["files"]) == (10, 6, 1)
    assert (figures["refused"], figures["unanswered"]) == (1, 0)  # the document type that multiplies
    assert figures["rows"] > 100
    assert [path for path, _, _ in heard].count("/cda") == 6
    kinds = {kind.partition(";")[0] for path, kind, _ in heard if path == "/x"}
    assert kinds == {"application/xml", "text/xml", "application/soap+xml"}
    (file,) = drop.iterdir()
    assert len(file.read_bytes().decode("gb18030").splitlines()) == 5


def test_the_same_day_again_in_the_same_database_is_no_error(tmp_path: Path) -> None:
    assert campus.main(played(tmp_path)) == 0
    assert campus.main(played(tmp_path)) == 0
    engine = create_engine(f"sqlite:///{tmp_path / 'his.db'}")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM qiao_patient")).scalar() == 9
    engine.dispose()


def test_it_says_where_nobody_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert campus.main(["--once", "--patients", "9", "--cda", "http://127.0.0.1:9/cda"]) == 1
    assert json.loads(capsys.readouterr().out)["unanswered"] == 6


def test_what_a_gateway_writes_back_has_its_tables(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'told.db'}"
    assert campus.main(["--prepare", "--interface", url, "--folder", str(tmp_path / "drop")]) == 0
    engine = create_engine(url)
    assert set(inspect(engine).get_table_names()) == {
        "qiao_visit", "qiao_prescription", "qiao_prescription_item", "qiao_request",
    }  # fmt: skip
    assert inspect(engine).get_pk_constraint("qiao_prescription_item")["constrained_columns"] == [
        "msg_key",
        "item_no",
    ]
    engine.dispose()
    assert (tmp_path / "drop").is_dir()
