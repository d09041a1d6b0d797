"""delete over HTTP: tombstones, and deletes by search (R4 §3.1.0.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Call = Callable[..., Any]


def put(call: Call, id_: str, family: str = "张") -> None:
    body = {"resourceType": "Patient", "id": id_, "name": [{"family": family}]}
    assert call("PUT", f"/fhir/Patient/{id_}", body).status_code == 201


def test_a_deleted_resource_is_gone_and_its_history_stays(call: Call) -> None:
    put(call, "p1")
    gone = call("DELETE", "/fhir/Patient/p1")
    assert (gone.status_code, gone.content, gone.headers["etag"]) == (204, b"", 'W/"2"')
    read = call("GET", "/fhir/Patient/p1")
    assert (read.status_code, read.json()["issue"][0]["code"]) == (410, "deleted")
    assert "entry" not in call("GET", "/fhir/Patient").json()
    assert call("GET", "/fhir/Patient/p1/_history/1").status_code == 200
    assert call("GET", "/fhir/Patient/p1/_history/2").status_code == 410


def test_what_is_not_there_is_as_good_as_deleted(call: Call) -> None:
    assert call("DELETE", "/fhir/Patient/none").status_code == 204
    put(call, "p1")
    call("DELETE", "/fhir/Patient/p1")
    assert call("DELETE", "/fhir/Patient/p1").status_code == 204
    history = call("GET", "/fhir/Patient/p1/_history").json()
    assert len(history["entry"]) == 2


def test_who_wants_to_read_it_is_told(call: Call) -> None:
    put(call, "p1")
    told = call("DELETE", "/fhir/Patient/p1", prefer="return=OperationOutcome")
    assert told.status_code == 200
    assert told.json()["resourceType"] == "OperationOutcome"


def test_if_match(call: Call) -> None:
    put(call, "p1")
    assert call("DELETE", "/fhir/Patient/p1", if_match='W/"7"').status_code == 412
    assert call("DELETE", "/fhir/Patient/p1", if_match='W/"1"').status_code == 204


def test_if_none_match(call: Call) -> None:
    put(call, "p1")
    for tags in ("*", 'W/"1"', 'W/"1", W/"7"'):
        refused = call("DELETE", "/fhir/Patient/p1", if_none_match=tags)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (412, "conflict")
    assert call("DELETE", "/fhir/Patient?family=张", if_none_match='W/"1"').status_code == 412
    assert call("DELETE", "/fhir/Patient/p1", if_none_match="1").status_code == 400
    assert call("DELETE", "/fhir/Patient/p1", if_none_match='W/"7"').status_code == 204
    assert call("DELETE", "/fhir/Patient/p1", if_none_match="*").status_code == 204


def test_a_search_may_delete_many(call: Call) -> None:
    for number in range(3):
        put(call, f"a{number}", "甲")
    put(call, "b", "乙")
    told = call("DELETE", "/fhir/Patient?family=甲", prefer="return=OperationOutcome")
    assert "3" in told.json()["issue"][0]["diagnostics"]
    assert [one["resource"]["id"] for one in call("GET", "/fhir/Patient").json()["entry"]] == ["b"]
    assert call("DELETE", "/fhir/Patient?family=甲").status_code == 204
    assert call("DELETE", "/fhir/Patient").status_code == 400
    assert call("DELETE", "/fhir/Patient?foo=1").status_code == 400
    assert call("DELETE", "/fhir/Patient?_count=1").status_code == 400
    assert call("GET", "/fhir/Patient/b").status_code == 200
