"""``qiao cda write --from URL``: all that belongs to a document is read from its server, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.canonical.json import dumps
from gateway.cli import cda_write
from gateway.cli.cda_write import _fetched
from gateway.errors import Rejected

CODE = "12990101MB0000000X"
Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A FHIR server of some resources, one of a search on each page."""
    servers = []

    def started(*resources: dict[str, Any]) -> str:
        named = {f"{one['resourceType']}/{one['id']}": one for one in resources}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path.removeprefix("/fhir/"))
                body = named.get(parts.path) if not parts.query else page(parts.path, parse_qs(parts.query))
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write(dumps(body or {}))

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        def page(type_: str, asked: dict[str, list[str]]) -> dict[str, Any]:
            found = [one for one in resources if one["resourceType"] == type_ and fits(one, asked)]
            at = int(asked.get("at", ["0"])[0])
            who = asked.get("patient", [""])[0]
            link = [{"relation": "next", "url": f"{base}/{type_}?patient={who}&at={at + 1}"}]
            return {"resourceType": "Bundle", "link": link if at + 1 < len(found) else [],
                    "entry": [{"resource": one} for one in found[at : at + 1]]}  # fmt: skip

        def fits(one: dict[str, Any], asked: dict[str, list[str]]) -> bool:
            if "patient" in asked:
                return bool(one["subject"]["reference"].endswith(f"Patient/{asked['patient'][0]}"))
            return any(number["value"] == asked["identifier"][0] for number in one.get("identifier", ()))

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        base = f"http://127.0.0.1:{server.server_port}/fhir"
        Thread(target=server.serve_forever, args=(0.01,)).start()
        return base

    yield started
    for server in servers:
        server.shutdown()
        server.server_close()


def line(id_: str, number: str, **said: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "id": id_, "subject": {"reference": "Patient/p1"},
            "groupIdentifier": {"value": number}, **said}  # fmt: skip


def ids(found: list[Any], type_: str) -> list[str]:
    return sorted(one["id"] for one in found if one["resourceType"] == type_)


def test_the_other_lines_of_a_prescription_come_with_one(serve: Serve) -> None:
    group = {"resourceType": "RequestGroup", "id": "g", "subject": {"reference": "Patient/p1"},
             "action": [{"resource": {"reference": "MedicationRequest/x1"}}]}  # fmt: skip
    hospital = {"resourceType": "Organization", "id": "h", "identifier": [{"value": CODE}]}
    renewed = line("x1", "CF1", priorPrescription={"reference": "MedicationRequest/old"})
    base = serve(renewed, line("x2", "CF1"), line("x3", "CF1"), line("old", "CF0"), group, hospital)
    found = _fetched(f"{base}/MedicationRequest/x1", None, CODE)
    assert ids(found, "MedicationRequest") == ["x1", "x2", "x3"], "and not the one that it renews"
    assert ids(found, "RequestGroup") == ["g"] and ids(found, "Organization") == ["h"]


def test_absolute_references_of_the_server_are_followed_and_links_of_a_patient_are_not(serve: Serve) -> None:
    patient = {"resourceType": "Patient", "id": "p1", "link": [{"other": {"reference": "Patient/old"}}]}
    report = {"resourceType": "DiagnosticReport", "id": "r1"}
    base = serve(patient, {"resourceType": "Patient", "id": "old"}, report)
    report["subject"] = {"reference": f"{base}/Patient/p1"}  # type: ignore[assignment]
    found = _fetched(f"{base}/DiagnosticReport/r1", None, "")
    assert ids(found, "Patient") == ["p1"]


def test_too_many_resources_are_told_and_not_cut_off(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    results = [{"resourceType": "Observation", "id": f"o{at}"} for at in range(5)]
    report = {"resourceType": "DiagnosticReport", "id": "r1",
              "result": [{"reference": f"Observation/o{at}"} for at in range(5)]}  # fmt: skip
    base = serve(report, *results)
    assert len(_fetched(f"{base}/DiagnosticReport/r1", None, "")) == 6
    monkeypatch.setattr(cda_write, "MOST", 5)
    with pytest.raises(Rejected, match="more than 5 resources"):
        _fetched(f"{base}/DiagnosticReport/r1", None, "")


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "C0004.xml"
    out.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="No space left"):
        cda_write._write(out, b"new")
    assert out.read_bytes() == b"old" and list(tmp_path.iterdir()) == [out]
