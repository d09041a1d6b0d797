"""batch over HTTP: each entry by itself (R4 §3.1.0.11)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.api import batch as batches
from gateway.store import Store

Call = Callable[..., Any]
Json = dict[str, Any]


def entry(method: str, url: str, resource: Json | None = None, **conditions: str) -> Json:
    made: Json = {"request": {"method": method, "url": url, **conditions}}
    return made if resource is None else {**made, "resource": resource}


def batch(*entries: Any) -> Json:
    return {"resourceType": "Bundle", "type": "batch", "entry": list(entries)}


def statuses(answer: Any) -> list[str]:
    return [one["response"]["status"][:3] for one in answer.json()["entry"]]


PATIENT = {"resourceType": "Patient", "id": "p1", "identifier": [{"system": "urn:mrn", "value": "张"}]}


def test_each_entry_by_itself(call: Call) -> None:
    answer = call(
        "POST",
        "/fhir",
        batch(
            entry("GET", "Patient/p1"),
            entry("PUT", "Patient/p1", PATIENT),
            entry("POST", "Patient", {"resourceType": "Patient", "gender": "M"}),
            entry("POST", "Patient", PATIENT, ifNoneExist="identifier=urn:mrn|张"),
            entry("GET", "Patient/none"),
            entry("GET", "Nothing/1"),
            entry("GET", "/Patient?identifier=urn:mrn|张&_format=xml"),
            entry("DELETE", "Patient/none"),
            entry("GET", "metadata"),
            entry("POST", "Patient/$validate", PATIENT),
            entry("GET", "http://elsewhere.example/Patient"),
            entry("GET", "http://localhost:8080/fhir/Patient/p1"),
            entry("POST", "", batch()),
            entry("GET", "../../healthz"),
            entry("GET", "Patient/p1", ifNoneMatch='W/"1"'),
            {"resource": PATIENT},
            7,
            entry("SHOUT", "Patient/p1"),
        ),
    )
    assert answer.status_code == 200
    made = answer.json()
    assert made["type"] == "batch-response"
    assert " ".join(statuses(answer)) == (
        "200 201 422 201 404 404 200 204 200 200 400 200 400 404 304 400 400 400"
    )
    assert made["entry"][0]["resource"]["id"] == "p1"
    assert made["entry"][1]["response"]["location"].endswith("/Patient/p1/_history/1")
    assert "Patient.gender" in str(made["entry"][2]["response"]["outcome"])
    assert made["entry"][6]["resource"]["resourceType"] == "Bundle"
    assert made["entry"][9]["resource"]["resourceType"] == "OperationOutcome"


def test_the_answer_is_a_valid_bundle(call: Call) -> None:
    answer = call("POST", "/fhir", batch(entry("PUT", "Patient/p1", PATIENT), entry("GET", "Patient/none")))
    get_fhir_model_class("Bundle").model_validate_json(answer.content)


def test_a_batch_writes_in_the_order_of_a_transaction(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", PATIENT)
    answer = call(
        "POST",
        "/fhir",
        batch(
            entry("PUT", "Patient/p1", {**PATIENT, "active": True}),
            entry("DELETE", "Patient/p1"),
        ),
    )
    assert statuses(answer) == ["201", "204"]
    assert call("GET", "/fhir/Patient/p1").headers["etag"] == 'W/"3"'


def test_each_answer_says_when_its_version_was_made(call: Call) -> None:
    """R4 Bundle.entry.response.lastModified: the same moment as meta.lastUpdated, to the microsecond."""
    made = call("POST", "/fhir", batch(entry("PUT", "Patient/p1", PATIENT))).json()["entry"][0]
    moment = call("GET", "/fhir/Patient/p1").json()["meta"]["lastUpdated"]
    assert made["response"]["lastModified"] == moment
    read = [
        entry("GET", "Patient/p1"),
        entry("GET", "Patient/p1", ifNoneMatch='W/"1"'),
        entry("GET", "Patient/p1/_history/1"),
        entry("GET", "Patient"),
        entry("GET", "Patient/none"),
    ]
    for kind in ("batch", "transaction"):
        told = call("POST", "/fhir", {**batch(*read), "type": kind}).json()["entry"]
        assert [one["response"].get("lastModified") for one in told] == [moment] * 3 + [None] * 2
    deleted = call("POST", "/fhir", batch(entry("DELETE", "Patient/p1"))).json()["entry"][0]["response"]
    gone = call("GET", "/fhir/Patient/p1/_history?_count=1").json()["entry"][0]["response"]
    assert deleted["lastModified"] == gone["lastModified"] > moment


def test_prefer_holds_for_each(call: Call) -> None:
    one = batch(entry("PUT", "Patient/p1", PATIENT), entry("GET", "Patient/p1"))
    assert "resource" not in call("POST", "/fhir", one).json()["entry"][0]
    whole = call("POST", "/fhir", one, prefer="return=representation").json()
    assert whole["entry"][0]["resource"]["id"] == "p1"
    told = call("POST", "/fhir", one, prefer="return=OperationOutcome").json()
    assert told["entry"][0]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert told["entry"][1]["resource"]["id"] == "p1"


def test_a_tenant_cannot_reach_another(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", PATIENT)
    answer = call(
        "POST", "/t/second/fhir", batch(entry("GET", "Patient/p1"), entry("GET", "/fhir/Patient/p1"))
    )
    assert statuses(answer) == ["404", "404"]


LONG = {"resourceType": "Basic", "id": "b", "code": {"text": "x" * 3000}}


def test_answers_together_are_bounded(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    call("PUT", "/fhir/Basic/b", LONG)
    monkeypatch.setattr(batches, "LARGEST", 10_000)
    answer = call("POST", "/fhir", batch(*(entry("GET", "Basic?_id=b") for _ in range(20))))
    assert len(answer.content) < 10_000 + 20 * 300
    assert sorted(statuses(answer)) == ["200"] * 2 + ["400"] * 18
    assert answer.json()["entry"][-1]["response"]["outcome"]["issue"][0]["code"] == "too-costly"


def test_what_was_written_is_told_without_room_for_it(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "LARGEST", 1000)
    for kind in ("batch", "transaction"):
        asked = batch(entry("PUT", f"Basic/{kind}", {**LONG, "id": kind})) | {"type": kind}
        answer = call("POST", "/fhir", asked, prefer="return=representation")
        assert statuses(answer) == ["201"]
        assert "resource" not in answer.json()["entry"][0]
        assert call("GET", f"/fhir/Basic/{kind}").status_code == 200


def test_few_long_answers_are_made_at_once(call: Call, store: Store) -> None:
    """Each is there as a whole before its length is known."""
    call("PUT", "/fhir/Basic/b", LONG)
    lock, under_way, most = threading.Lock(), 0, 0
    search = store.search

    def counted(*asked: Any, **more: Any) -> Any:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        try:
            return search(*asked, **more)
        finally:
            with lock:
                under_way -= 1

    with patch.object(type(store), "search", staticmethod(counted)):
        answer = call("POST", "/fhir", batch(*(entry("GET", "Basic?_id=b") for _ in range(40))))
    assert statuses(answer) == ["200"] * 40
    assert most <= 2


def test_a_binary_that_is_no_base64_costs_its_entry(call: Call) -> None:
    odd = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": "é"}
    answer = call(
        "POST", "/fhir", batch(entry("PATCH", "Patient/p1", odd), entry("PUT", "Patient/p1", PATIENT))
    )
    assert statuses(answer) == ["400", "201"]
