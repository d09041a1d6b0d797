"""Removal: nothing that stays refers to what is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from conformance.harness.session import Session
from conformance.harness.target_file import of_url
from conformance.runner.removal import remove


class _Keeping(BaseHTTPRequestHandler):
    """A server that takes batches of deletions, and keeps what it must keep."""

    gone: set[str]
    keeps: set[str]
    batches = True

    def do_POST(self) -> None:
        entries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["entry"]
        if not type(self).batches:
            self._answer(404, {})
            return
        statuses = [self._deleted(one["request"]["url"]) for one in entries]
        self._answer(
            200, {"resourceType": "Bundle", "entry": [{"response": {"status": one}} for one in statuses]}
        )

    def do_DELETE(self) -> None:
        self._answer(int(self._deleted(self.path.removeprefix("/fhir/"))), {})

    def _deleted(self, name: str) -> str:
        if name in type(self).keeps:
            return "409"
        type(self).gone.add(name)
        return "204"

    def _answer(self, status: int, body: object) -> None:
        data = json.dumps(body).encode() if status != 204 else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def keeping() -> Iterator[tuple[type[_Keeping], Session]]:
    own = type("Own", (_Keeping,), {"gone": set(), "keeps": set(), "batches": True})
    server = ThreadingHTTPServer(("127.0.0.1", 0), own)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    session = Session(of_url(f"http://127.0.0.1:{server.server_address[1]}/fhir"), "r1", 7, date(2026, 3, 6))
    yield own, session
    session.close()
    server.shutdown()
    server.server_close()


def _written(session: Session) -> None:
    session.wrote("Patient/a", "operator")
    session.wrote("Encounter/a", "operator", ["Patient/a"])
    session.wrote("MedicationRequest/a", "operator", ["Patient/a", "Encounter/a"])
    session.wrote("Patient/b", "operator")
    session.wrote("Encounter/b", "operator", ["Patient/b"])


@pytest.mark.parametrize("batches", [True, False])
def test_what_stays_keeps_what_it_refers_to(keeping: tuple[type[_Keeping], Session], batches: bool) -> None:
    server, session = keeping
    server.keeps, server.batches = {"MedicationRequest/a"}, batches
    _written(session)
    assert set(remove(session, 2, lambda *_: None)) == {"MedicationRequest/a", "Encounter/a", "Patient/a"}
    assert server.gone == {"Patient/b", "Encounter/b"}


def test_everything_goes_where_the_target_lets_it_even_in_a_circle(
    keeping: tuple[type[_Keeping], Session],
) -> None:
    server, session = keeping
    _written(session)
    session.wrote("Patient/a", "operator", ["Patient/b"])
    session.wrote("Patient/b", "operator", ["Patient/a"])
    told: list[tuple[int, int]] = []
    assert remove(session, 2, lambda *far: told.append(far)) == []
    assert len(server.gone) == 5
    assert told[-1] == (5, 5)
