"""The suite fhir_api skips what is not claimed, only reads where that is all, and believes no yes-sayer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from conformance.harness.check import Check
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made
from conformance.harness.verdict import Skipped, Verdict
from conformance.runner.trial import Trial, tried
from conformance.simulators.exact import Number, dumps
from conformance.suites.fhir.cases import filled, read
from conformance.suites.fhir.claims import Claims
from conformance.suites.fhir.population import Population
from conformance.suites.fhir.ways import WAYS, through

_NUMBERS = tuple(f"p{place}" for place in range(5))
STATEMENT = {
    "resourceType": "CapabilityStatement", "status": "active", "date": "2025-03-06", "kind": "instance",
    "fhirVersion": "4.0.1", "format": ["json"], "patchFormat": ["application/json-patch+json"],
    "rest": [
        {"mode": "client"},
        {"mode": "server", "searchParam": [{"name": "_id", "type": "token"}],
         "interaction": [{"code": "batch"}],
         "operation": [{"name": "$export", "definition": "urn:x"}],
         "resource": [{"type": "Patient", "interaction": [{"code": "read"}, {"code": "search-type"}],
                       "searchParam": [{"name": "family", "type": "string"}]}]},
    ],
}  # fmt: skip


class _ReadOnly(BaseHTTPRequestHandler):
    """A server with five patients that are read, searched by id or family, and paged."""

    server: Any

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        parts = [one for one in path.split("/") if one][1:]
        asked = dict(one.partition("=")[::2] for one in query.split("&") if one)
        self.server.asked.append((self.command, "/".join(parts)))
        if parts == ["metadata"]:
            return self._say(200, STATEMENT)
        if parts == ["Patient"]:
            return self._found(asked)
        if len(parts) == 2 and parts[0] == "Patient" and parts[1] in _NUMBERS:
            return self._say(200, _patient(parts[1]))
        return self._refuse(404, "not-found")

    def do_POST(self) -> None:
        self.server.asked.append((self.command, self.path))
        self._refuse(405, "not-supported")

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815

    def _found(self, asked: dict[str, str]) -> None:
        if set(asked) - {"_id", "family", "_count", "_at"}:
            return self._refuse(400, "not-supported")
        begin, size = int(asked.get("_at", 0)), int(asked.get("_count", 50))
        listed = [one for one in _NUMBERS if asked.get("_id", one) == one]
        entries = [{"resource": _patient(one), "fullUrl": f"urn:x:{one}", "search": {"mode": "match"}}
                   for one in listed[begin : begin + size]]  # fmt: skip
        links = [{"relation": "self", "url": self.path}]
        if begin + size < len(listed):
            links.append(
                {"relation": "next", "url": f"{self.server.base}/Patient?_count={size}&_at={begin + size}"}
            )
        bundle = {"resourceType": "Bundle", "type": "searchset", "total": len(listed), "link": links}
        return self._say(200, {**bundle, "entry": entries} if entries else bundle)

    def _refuse(self, status: int, code: str) -> None:
        self._say(
            status, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": code}]}
        )

    def _say(self, status: int, body: dict[str, Any]) -> None:
        raw = b"" if self.command == "HEAD" else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None: ...


def _patient(id_: str) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id_, "name": [{"family": "单"}]}


@pytest.fixture
def reader() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _ReadOnly)
    server.daemon_threads, server.asked = True, []
    server.base = f"http://127.0.0.1:{server.server_address[1]}/fhir"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _all(base: str, **settings: Any) -> dict[str, Trial]:
    target = made({"extends": "fhir", "fhir": base, "settings": {"wait": 0.1, **settings}})
    session = Session(target, "t1", 7, date(2025, 3, 6))
    try:
        return {one.id: tried(one, session) for one in _checks()}
    finally:
        session.close()


def _checks() -> tuple[Check, ...]:
    loaded = load()
    assert "fhir_api" in loaded.suites, loaded.unreadable
    return loaded.of(["fhir_api"])


def test_a_server_that_only_reads_is_read_and_nothing_else(reader: Any) -> None:
    found = _all(reader.base)
    changes = [one for one in reader.asked if one[0] not in ("GET", "HEAD") and "_search" not in one[1]]
    assert changes == []
    passed = {name.partition(".")[2] for name, one in found.items() if one.verdict is Verdict.PASS}
    assert passed >= {
        "statement",
        "searches",
        "reads",
        "read",
        "absent",
        "head",
        "pages_of_any",
        "error.absent",
    }
    unasked = {
        name: one.reason for name, one in found.items() if one.verdict in (Verdict.FAIL, Verdict.ERROR)
    }
    assert unasked == {}


def test_what_is_skipped_is_named(reader: Any) -> None:
    found = _all(reader.base)
    reasons = {name: one.reason.en for name, one in found.items() if one.reason}
    assert reasons["fhir_api.create"] == "the target's CapabilityStatement does not claim create of Patient"
    assert "transaction" in reasons["fhir_api.transaction_nothing"]
    assert "search parameter gender" in reasons["fhir_api.sort"]


def test_who_says_yes_to_everything_passes_next_to_nothing(bad_server: Any) -> None:
    for kind, most in (("always-200", 0), ("always-200-echo", 1)):
        with bad_server(kind) as base:
            found = _all(base)
        assert sum(one.verdict is Verdict.PASS for one in found.values()) <= most, kind
        assert not any(one.verdict is Verdict.ERROR for one in found.values()), kind


def test_claims_are_those_of_the_server_and_hold_for_all_types() -> None:
    claims = Claims.read(STATEMENT)
    assert claims.can("Patient", "read", "search-type")
    assert not claims.can("Patient", "read", "create")
    assert claims.parameters("Patient") == {"_id": "token", "family": "string"}
    assert claims.operation("export", "Patient") == "urn:x"
    assert claims.patches("application/json-patch+json")
    assert not claims.patches("application/fhir+json")
    with pytest.raises(Skipped, match="create of Patient"):
        claims.need("Patient", "read", "create")
    with pytest.raises(Skipped, match="whole system"):
        claims.need_system("batch", "transaction")


def test_cases_keep_the_digits_and_take_no_date_for_one() -> None:
    kept = {one["name"]: one["body"] for one in read("fhir_api", "kept")}
    assert isinstance(kept["decimals"]["valueQuantity"]["value"], Number)
    assert '"value":5.400' in dumps(kept["decimals"])
    assert kept["patient"]["birthDate"] == "1990-03"
    assert kept["times"]["effectivePeriod"]["start"] == "2025"


def test_cases_of_searches_name_whom_there_is() -> None:
    there = Population("n1", {name: name for name in (*"abc", "p1", "p2", "p3", "p4")})
    letters = {
        f"{kind}{place}"
        for kind, most in (("p", 4), ("o", 6), ("r", 3), ("q", 3))
        for place in range(1, most + 1)
    }
    for one in read("fhir_api", "searches"):
        assert set(str(one["finds"]).split()) <= letters, one["name"]
        assert "{" not in filled(one["query"], **there.given("http://x")), one["name"]
        used = {name.partition(":")[0].partition(".")[0] for name in
                (part.partition("=")[0] for part in one["query"].split("&"))}  # fmt: skip
        assert used - set(one["params"]) <= {"_has"}, one["name"]


def test_a_way_is_through_only_where_the_patient_is_shown() -> None:
    from conformance.harness.client import Answer

    body = {"resourceType": "Patient", "id": "a1", "identifier": [{"value": "n1"}]}
    shown = Answer(200, {}, dumps({"entry": [{"resource": body}]}).encode(), 1)
    other = Answer(
        200, {}, dumps({"entry": [{"resource": {**body, "id": "a11", "identifier": []}}]}).encode(), 1
    )
    assert through(shown, body)
    assert not through(other, body)
    assert not through(Answer(403, {}, shown.raw, 1), body)
    assert {"read", "search", "delete", "export"} <= set(WAYS)
