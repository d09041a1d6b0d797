"""read and vread: bytes as stored, conditional requests, tenants, what is not there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.api import negotiation, vread
from gateway.store import Store

Ask = Callable[..., Any]
Put = Callable[..., None]

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"text": "张三"}], "gender": "male"}


def test_read_answers_the_stored_bytes(ask: Ask, put: Put, store: Store) -> None:
    put(PATIENT)
    answer = ask("GET", "/fhir/Patient/p1")
    stored = store.read("default", "Patient", "p1")
    assert stored is not None
    assert (answer.status_code, answer.content) == (200, stored.body)
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.headers["etag"] == 'W/"1"'
    assert (
        int(parsedate_to_datetime(answer.headers["last-modified"]).timestamp()) == stored.ts_us // 1_000_000
    )
    get_fhir_model_class("Patient").model_validate_json(answer.content)


def test_vread_answers_each_version(ask: Ask, put: Put) -> None:
    put(PATIENT)
    put({**PATIENT, "gender": "female"})
    first, second = (ask("GET", f"/fhir/Patient/p1/_history/{n}") for n in (1, 2))
    assert (first.json()["gender"], first.headers["etag"]) == ("male", 'W/"1"')
    assert (second.json()["gender"], second.headers["etag"]) == ("female", 'W/"2"')
    assert ask("GET", "/fhir/Patient/p1").content == second.content


def test_old_versions_are_looked_for_in_a_thread(
    ask: Ask, put: Put, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way back to them is long, and others must not wait for it."""
    for n in range(5):
        put({**PATIENT, "name": [{"text": f"v{n}"}]})
    threads: list[threading.Thread] = []
    found = store.vread

    def looked(*asked: Any) -> Any:
        threads.append(threading.current_thread())
        return found(*asked)

    monkeypatch.setattr(type(store), "vread", staticmethod(looked))
    monkeypatch.setattr(vread, "NEAR", 2)
    assert [ask("GET", f"/fhir/Patient/p1/_history/{n}").json()["name"] for n in (1, 3, 5)] == [
        [{"text": "v0"}],
        [{"text": "v2"}],
        [{"text": "v4"}],
    ]
    far, near = threads
    assert far is not threading.main_thread()
    assert near is threading.main_thread()


@pytest.mark.parametrize(
    ("condition", "status"),
    [('W/"1"', 304), ('"1"', 304), ("*", 304), ('W/"0", W/"1"', 304), ('W/"2"', 200), ("1", 200), ("", 200)],
)
def test_if_none_match(ask: Ask, put: Put, condition: str, status: int) -> None:
    put(PATIENT)
    answer = ask("GET", "/fhir/Patient/p1", headers={"If-None-Match": condition})
    assert answer.status_code == status
    assert answer.headers["etag"] == 'W/"1"'
    assert bool(answer.content) is (status == 200)


@pytest.mark.parametrize(
    "path",
    [
        "Patient/none",
        "Patient/p1/_history/2",
        "Patient/p1/_history/0",
        "Patient/p1/_history/x",
        "Patient/p1/_history/-1",
        "Patient/p1/_history/99999999999999999999",
        "Encounter/p1",
        "Nothing/p1",
        "patient/p1",
        "Patient/%00",
        "Patient/p1%20",
        "Patient/..%2f..%2fetc",
        "Patient/" + "x" * 500,
    ],
)
def test_what_is_not_there_is_404(ask: Ask, put: Put, path: str) -> None:
    put(PATIENT)
    answer = ask("GET", f"/fhir/{path}")
    assert answer.status_code == 404
    assert answer.json()["resourceType"] == "OperationOutcome"


def test_a_deleted_resource_is_410(ask: Ask, put: Put, store: Store) -> None:
    put(PATIENT)
    with store._session.transaction() as connection:
        connection.exec_driver_sql("UPDATE version SET method = 1, body = x''")
    answer = ask("GET", "/fhir/Patient/p1")
    assert answer.status_code == 410
    assert answer.json()["issue"][0]["code"] == "deleted"


def test_a_resource_of_another_tenant_is_404(ask: Ask, put: Put) -> None:
    put(PATIENT)
    put({**PATIENT, "id": "p2"}, tenant="second")
    assert ask("GET", "/t/second/fhir/Patient/p2").status_code == 200
    assert ask("GET", "/t/default/fhir/Patient/p1").status_code == 200
    assert ask("GET", "/t/second/fhir/Patient/p1").status_code == 404
    assert ask("GET", "/fhir/Patient/p2").status_code == 404
    assert ask("GET", "/t/third/fhir/Patient/p1").status_code == 404
    assert ask("GET", "/t/third/fhir/metadata").status_code == 404


def test_head_has_the_headers_and_no_body(ask: Ask, put: Put) -> None:
    put(PATIENT)
    get, head = ask("GET", "/fhir/Patient/p1"), ask("HEAD", "/fhir/Patient/p1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]
    assert head.headers["etag"] == get.headers["etag"]
    assert ask("HEAD", "/fhir/Patient").status_code == 200
    assert ask("HEAD", "/fhir/metadata").status_code == 200


def test_pretty_changes_blanks_only(ask: Ask, put: Put) -> None:
    body = {**PATIENT, "extension": [], "name": [{"text": 'a "quoted": {text}, [x]\\'}], "contact": [{}]}
    put(body)
    plain, pretty = ask("GET", "/fhir/Patient/p1"), ask("GET", "/fhir/Patient/p1?_pretty=true")
    assert pretty.json() == plain.json()
    assert len(pretty.text.splitlines()) > 10
    assert b'"extension": []' in pretty.content


@pytest.mark.parametrize("size", [10, 20_000])
def test_what_is_long_is_indented_in_a_thread(
    ask: Ask, put: Put, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    threads: list[threading.Thread] = []
    indent = negotiation.indent

    def told(body: bytes) -> bytes:
        threads.append(threading.current_thread())
        return indent(body)

    monkeypatch.setattr(negotiation, "indent", told)
    put({**PATIENT, "name": [{"text": "x" * size}]})
    for path in ("Patient/p1", "Patient", "Patient/_history", "Patient/p1/_history/1"):
        answer = ask("GET", f"/fhir/{path}?_pretty=true")
        assert answer.json()
        assert b'\n  "resourceType"' in answer.content
    assert [one is threading.main_thread() for one in threads] == [size < 1000] * 4


def test_what_would_become_too_long_is_not_indented(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = b'{"a":' * 500 + b"[" + b"1," * 5000 + b"1]" + b"}" * 500
    assert len(negotiation.indent(deep)) > 100 * len(deep)
    monkeypatch.setattr(negotiation, "WIDEST", 1_000_000)
    assert negotiation.indent(deep) == deep


def test_if_modified_since(ask: Ask, put: Put) -> None:
    put({"resourceType": "Patient", "id": "p1"})
    moment = ask("GET", "/fhir/Patient/p1").headers["last-modified"]

    def status(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        found: int = ask("GET", "/fhir/Patient/p1", headers=named).status_code
        return found

    assert status(if_modified_since=moment) == 304
    assert status(if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT") == 200
    assert status(if_modified_since="whenever") == 200
    assert status(if_modified_since=moment, if_none_match='W/"9"') == 200
    assert status(if_modified_since="Mon, 01 Jan 2001 00:00:00 GMT", if_none_match='W/"1"') == 304
