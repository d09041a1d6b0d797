"""Task/[id]/$acknowledge over HTTP, of a critical value that came by a message."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.api import Context, create_app
from gateway.canonical import now_us
from gateway.feed.critical import CriticalValues, load_rules
from gateway.feed.obligations import Obligations
from gateway.settings import SupervisionSettings, TenantSettings
from gateway.store import Store, Transact, Transacted
from gateway.store.clock import instant

Call = Callable[..., httpx.Response]


@pytest.fixture
def call(store: Store, writes: Callable[[Transact], Awaitable[Transacted]]) -> Call:
    store.govern(CriticalValues(load_rules()))
    obligations = Obligations(store, lambda _: TenantSettings(), lambda _: SupervisionSettings())
    app = create_app(Context(store, write=writes, obligations=obligations), "1.2.3")

    def request(method: str, url: str, body: Any = None) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                given = {"content-type": "application/fhir+json"}
                content = None if body is None else json.dumps(body).encode()
                return await client.request(method, url, content=content, headers=given)

        return asyncio.run(run())

    return request


def test_a_result_by_the_api_calls_somebody_who_answers_by_the_api(call: Call) -> None:
    body = {
        "resourceType": "Observation", "id": "o1", "status": "final", "effectiveDateTime": instant(now_us()),
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "valueQuantity": {"value": 2.1, "unit": "mmol/L", "code": "mmol/L"},
    }  # fmt: skip
    assert call("PUT", "/fhir/Observation/o1", body).status_code == 201
    found = call("GET", "/fhir/Task?code=urn:qiao:codes:task-code|critical-value&status=requested").json()
    (task,) = [one["resource"] for one in found["entry"]]
    listed = call("GET", "/fhir/Task/$critical-values").json()
    assert [one["resource"]["id"] for one in listed["entry"]] == [task["id"]]
    assert call("GET", "/fhir/Task/$critical-values?overdue=true").json()["total"] == 0
    assert task["description"] == "危急值：血钾 2.1 mmol/L ≤2.8"
    words = {"by": "李护士", "reported-by": "检验科 王敏", "read-back": "血钾 2.1", "treatment": "补钾"}
    said = [{"name": name, "valueString": text} for name, text in words.items()]
    answer = call(
        "POST", f"/fhir/Task/{task['id']}/$acknowledge", {"resourceType": "Parameters", "parameter": said}
    )
    assert answer.status_code == 200, answer.text
    told = {one["name"]: one for one in answer.json()["parameter"]}
    assert (told["status"]["valueCode"], told["state"]["valueCode"]) == ("completed", "acknowledged")
    assert call("GET", "/fhir/Task/$critical-values").json()["total"] == 0
    (notice,) = [one["resource"] for one in call("GET", "/fhir/Communication").json()["entry"]]
    assert (notice["status"], notice["note"][0]["authorString"]) == ("completed", "李护士")
    assert (notice["sender"], notice["note"][0]["text"]) == (
        {"display": "检验科 王敏"},
        "复述：血钾 2.1；处置：补钾",
    )
    assert call("GET", "/fhir/Task/$critical-values?unread=true").json()["total"] == 0


def potassium(id_: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation", "id": id_, "status": "final", "effectiveDateTime": instant(now_us()),
        "code": {"coding": [{"system": "http://loinc.org", "code": "2823-3"}]},
        "valueQuantity": {"value": 2.1, "unit": "mmol/L", "code": "mmol/L"},
    }  # fmt: skip


def test_who_is_named_is_on_file_and_the_client_is_written_down(call: Call) -> None:
    assert call("PUT", "/fhir/Observation/o1", potassium("o1")).status_code == 201
    (entry,) = call("GET", "/fhir/Task/$critical-values").json()["entry"]
    url = f"/fhir/Task/{entry['resource']['id']}/$acknowledge"

    def take(**said: str) -> httpx.Response:
        made = [{"name": name.replace("_", "-"), "valueString": text} for name, text in said.items()]
        return call("POST", url, {"resourceType": "Parameters", "parameter": made})

    for said in ({"by": "Practitioner/nobody"}, {"by": "李护士", "reported_by": "PractitionerRole/nobody"}):
        answer = take(**said)
        assert (answer.status_code, "on file" in answer.text) == (400, True), answer.text
    person = {"resourceType": "Practitioner", "id": "d1"}
    assert call("PUT", "/fhir/Practitioner/d1", person).status_code == 201
    assert take(by="Practitioner/d1").status_code == 200
    done = call("GET", f"/fhir/Task/{entry['resource']['id']}").json()
    told = {one["type"]["text"]: one.get("valueString") or one["valueReference"] for one in done["output"]}
    assert told == {"acknowledged-by": {"reference": "Practitioner/d1"}, "client": "local"}


def test_of_more_than_are_shown_no_total_is_told(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(4):
        assert call("PUT", f"/fhir/Observation/o{at}", potassium(f"o{at}")).status_code == 201
    whole = call("GET", "/fhir/Task/$critical-values").json()
    assert (whole["total"], len(whole["entry"])) == (4, 4)
    monkeypatch.setattr("gateway.api.critical.MOST", 3)
    part = call("GET", "/fhir/Task/$critical-values").json()
    assert "total" not in part
    assert [one["search"]["mode"] for one in part["entry"]] == ["match"] * 3 + ["outcome"]
    monkeypatch.setattr("gateway.api.critical.MOST", 4)
    assert call("GET", "/fhir/Task/$critical-values").json()["total"] == 4


def test_another_task_is_none(call: Call) -> None:
    said = {"resourceType": "Parameters", "parameter": [{"name": "by", "valueString": "李护士"}]}
    assert call("POST", "/fhir/Task/none/$acknowledge", said).status_code == 404


def test_the_operation_says_what_it_takes(call: Call) -> None:
    made = call("GET", "/fhir/OperationDefinition/qiao-acknowledge").json()
    assert {one["name"] for one in made["parameter"]} >= {"by", "text", "status", "state", "task"}
