"""Feedback, counts, evidence and measures over HTTP, by role."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest

from gateway.api import Context, Options, create_app
from gateway.feed.feedback import Feedback
from gateway.feed.obligations import Obligations
from gateway.security.caller import CALLER, Caller
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Desk, Entry, Store, Transact, Transacted, open_store

Call = Callable[..., httpx.Response]
CALLERS = {
    "regulator": Caller("commission", "default", "regulator"),
    "his": Caller("his", "default", "write"),
}


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store on each engine."""
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def call(store: Store, writes: Callable[[Transact], Awaitable[Transacted]]) -> Call:
    obligations = Obligations(
        store,
        lambda _name: TenantSettings(organization="990101", jurisdiction=("cn-sichuan",)),
        lambda _name: SupervisionSettings(owner="Organization/quality"),
    )
    store.govern(Feedback(obligations.duties))
    options = Options(tenants=frozenset({"default"}), validate="off")
    app = create_app(Context(store, options, write=writes, obligations=obligations))

    def request(who: str, method: str, url: str, body: Any = None, media: str = "") -> httpx.Response:
        async def as_caller(scope: Any, receive: Any, send: Any) -> None:
            await app({**scope, CALLER: CALLERS[who]}, receive, send)

        async def run() -> httpx.Response:
            content = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body)
            headers = {"content-type": media or "application/fhir+json"} if body is not None else {}
            transport = httpx.ASGITransport(as_caller)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, url, content=content, headers=headers)

        return asyncio.run(run())

    return request


def parameters(**said: Any) -> dict[str, Any]:
    kinds = {str: "valueString", bool: "valueBoolean", int: "valueInteger"}
    made = [
        {"name": name, **({kinds[type(value)]: value} if type(value) in kinds else value)}
        for name, value in said.items()
    ]
    return {"resourceType": "Parameters", "parameter": made}


def told(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {
        one["name"]: next(value for key, value in one.items() if key != "name")
        for one in answer.json()["parameter"]
    }


def order(store: Store) -> str:
    def act(desk: Desk) -> str:
        about = desk.write(
            {"resourceType": "RequestGroup", "id": "g1", "status": "active", "intent": "order"}
        )
        found = desk.mint("prescription", "990101", "RX1").value
        desk.append(Entry("prescription", "submitted", about, (about,), found))
        return found

    (done,) = store.write([Transact("default", "x", [], act=act)])
    assert isinstance(done.answer, str)
    return done.answer


EVIDENCE = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": {}}]}


def test_a_finding_goes_from_the_regulator_to_the_hospital_and_back(call: Call, store: Store) -> None:
    said = parameters(detail="未见签名", serial=order(store), number={"valueIdentifier": {"value": "F1"}})
    opened = told(call("regulator", "POST", "/fhir/$finding", said))
    assert (opened["status"], opened["about"]) == ("open", {"reference": "RequestGroup/g1"})
    assert told(call("regulator", "POST", "/fhir/$finding", said))["entry"] == opened["entry"]
    task = f"/fhir/{opened['task']['reference']}"
    assert told(call("his", "POST", f"{task}/$accept"))["status"] == "accepted"
    assert call("regulator", "POST", f"{task}/$close").status_code == 409
    without = call("his", "POST", f"{task}/$answer", parameters(text="done"))
    assert without.status_code == 422
    assert "SC-42" in without.text
    answered = call(
        "his", "POST", f"{task}/$answer", parameters(text="已补签", evidence={"resource": EVIDENCE})
    )
    assert told(answered)["status"] == "answered"
    assert call("his", "POST", f"{task}/$close").status_code == 403
    assert told(call("regulator", "POST", f"{task}/$close"))["status"] == "closed"
    assert call("his", "PUT", task, {**call("his", "GET", task).json(), "status": "draft"}).status_code == 409


def test_a_bundle_is_a_finding_too(call: Call, store: Store) -> None:
    task = {
        "resourceType": "Task", "status": "requested", "intent": "order", "priority": "asap",
        "identifier": [{"system": "urn:r", "value": "F7"}],
        "code": {"coding": [{"system": "urn:qiao:codes:task-code", "code": "feedback"}]},
        "focus": {"identifier": {"system": "urn:qiao:id:serial", "value": order(store)}},
    }  # fmt: skip
    issue = {"resourceType": "DetectedIssue", "status": "final", "severity": "high", "detail": "审方缺失"}
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"resource": task}, {"resource": issue}],
    }
    opened = told(call("regulator", "POST", "/fhir/$finding", bundle))
    found = call("his", "GET", f"/fhir/{opened['task']['reference']}").json()
    assert (found["description"], found["priority"]) == ("审方缺失", "asap")
    bundle["entry"] = []
    assert call("regulator", "POST", "/fhir/$finding", bundle).status_code == 400


def test_who_may_not_and_what_is_not_there(call: Call) -> None:
    said = parameters(detail="x", serial="CQ404")
    assert call("regulator", "POST", "/fhir/$finding", said).status_code == 404
    assert call("his", "POST", "/fhir/$finding", parameters(detail="x")).status_code == 403
    assert call("regulator", "POST", "/fhir/$breach", parameters(detail="x")).status_code == 403
    assert call("his", "POST", "/fhir/Task/none/$accept").status_code == 404
    assert call("regulator", "POST", "/fhir/$finding", parameters(detail=" ")).status_code == 422
    assert (
        call("regulator", "POST", "/fhir/$finding", parameters(detail="x", severity="bad")).status_code == 400
    )


def test_a_breach_and_a_stopped_service(call: Call) -> None:
    assert (
        told(call("his", "POST", "/fhir/$breach", parameters(detail="演练", drill=True)))["status"] == "open"
    )
    assert call("his", "POST", "/fhir/$stop-service").status_code == 422
    assert told(call("his", "POST", "/fhir/$stop-service", parameters(reason="停电")))["status"] == "stopped"
    visit = {"resourceType": "Encounter", "id": "v1", "status": "planned", "class": {"code": "VR"}}
    assert call("his", "PUT", "/fhir/Encounter/v1", visit).status_code == 409
    assert (
        told(call("his", "POST", "/fhir/$resume-service", parameters(reason="恢复")))["status"] == "running"
    )
    assert call("his", "PUT", "/fhir/Encounter/v1", visit).status_code == 201


def test_counts_are_stated_and_reconciled(call: Call, store: Store) -> None:
    order(store)
    day = store.ledger.days("default")[-1].day
    csv = f"day,kind,source,number\n{day},prescription,his,RX1\n{day},prescription,his,RX2\n"
    assert call("his", "POST", "/feed/default/counts", csv, "text/csv").status_code == 200
    found = call("regulator", "GET", f"/feed/default/reconciliation?day={day}").json()
    assert (found["ok"], found["days"][0]["lines"][0]["stated"]) == (False, 2)
    assert [one["number"] for one in found["days"][0]["differences"]] == ["RX2"]
    said = {"counts": [{"day": day, "kind": "prescription", "source": "his", "count": 1}]}
    assert call("his", "POST", "/fhir/$feed-counts", said, "application/json").status_code == 200
    assert call("his", "GET", f"/fhir/$feed-reconciliation?from={day}&to={day}").json()["ok"] is True
    assert call("his", "GET", "/feed/default/reconciliation").status_code == 400
    assert call("his", "GET", "/feed/default/reconciliation?day=yesterday").status_code == 400
    assert call("his", "POST", "/feed/default/counts", "{", "application/json").status_code == 400
    assert call("regulator", "POST", "/$feed-counts", said, "application/json").status_code == 404
    assert call("regulator", "POST", "/fhir/$feed-counts", said, "application/json").status_code == 403


def test_evidence_is_red_until_it_is_there(call: Call) -> None:
    def state(kind: str) -> str:
        found = call("regulator", "GET", "/feed/default/evidence").json()
        assert found["ready"] is False
        return next(one["state"] for one in found["evidence"] if one["kind"] == kind)

    assert state("mlps-certificate") == "red"
    coding = [{"system": "urn:qiao:codes:evidence-kind", "code": "mlps-certificate"}]
    body = {**EVIDENCE, "type": {"coding": coding}, "context": {"period": {"end": "2999-12-31"}}}
    assert call("his", "POST", "/fhir/DocumentReference", body).status_code == 201
    assert state("mlps-certificate") == "green"


def test_measures_are_served_and_evaluated(call: Call, store: Store) -> None:
    order(store)
    found = call("regulator", "GET", "/fhir/Measure").json()
    assert found["total"] >= 10
    assert call("regulator", "GET", "/fhir/Measure/qiao-prescriptions").json()["resourceType"] == "Measure"
    assert call("regulator", "GET", "/fhir/Measure/none").status_code == 404
    year = store.ledger.days("default")[-1].day[:4]
    query = f"periodStart={year}-01-01&periodEnd={year}-12-31"
    report = call("regulator", "GET", f"/fhir/Measure/qiao-prescriptions/$evaluate-measure?{query}").json()
    assert report["group"][0]["population"][0]["count"] == 1
    assert report["reporter"]["identifier"]["value"] == "990101"
    by_name = f"/fhir/Measure/$evaluate-measure?measure=urn:qiao:measure:prescriptions&{query}"
    again = call("regulator", "GET", by_name).json()
    assert {**again, "date": ""} == {**report, "date": ""}
    for wrong in ("periodStart=2026-01-01", f"{query}&reportType=subject-list", f"{query}&size=99"):
        answer = call("regulator", "GET", f"/fhir/Measure/qiao-prescriptions/$evaluate-measure?{wrong}")
        assert answer.status_code in (400, 404)


def test_the_operations_are_published(call: Call) -> None:
    found = call("his", "GET", "/fhir/OperationDefinition/qiao-finding").json()
    assert {"detail", "serial", "number"} <= {one["name"] for one in found["parameter"]}
    assert found["system"] is True
    assert call("his", "GET", "/fhir/OperationDefinition/qiao-close").json()["resource"] == ["Task"]


def test_the_count_of_a_receiver_that_is_none_is_refused(call: Call, store: Store) -> None:
    order(store)
    day = store.ledger.days("default")[-1].day
    said = {"counts": [{"day": day, "kind": "prescription", "receiver": "nosuch", "count": 1}]}
    refused = call("his", "POST", "/feed/default/counts", said, "application/json")
    assert refused.status_code == 400 and "there is no such receiver" in refused.text
    store.deliveries.enrol("default", "province")
    refused = call("his", "POST", "/feed/default/counts", said, "application/json")
    assert refused.status_code == 400 and "is one of province" in refused.text
    refused = call("his", "GET", f"/feed/default/reconciliation?day={day}&receiver=nosuch")
    assert refused.status_code == 400, "nobody agrees with everything"
    said["counts"][0]["receiver"] = "province"
    assert call("his", "POST", "/feed/default/counts", said, "application/json").status_code == 200
    said["counts"][0]["receiver"] = "commission"
    assert call("regulator", "POST", "/fhir/$feed-counts", said, "application/json").status_code == 200, (
        "itself"
    )
