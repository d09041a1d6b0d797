"""transaction over HTTP: all or nothing (R4 §3.1.0.11)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

Call = Callable[..., Any]
Json = dict[str, Any]
NEW = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"


def entry(method: str, url: str, resource: Json | None = None, full_url: str = "", **conditions: str) -> Json:
    made: Json = {"request": {"method": method, "url": url, **conditions}}
    if resource is not None:
        made["resource"] = resource
    if full_url:
        made["fullUrl"] = full_url
    return made


def bundle(*entries: Json, kind: str = "transaction") -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def patient(id_: str = "", mrn: str = "1") -> Json:
    made: Json = {"resourceType": "Patient", "identifier": [{"system": "urn:mrn", "value": mrn}]}
    return {**made, "id": id_} if id_ else made


def observation(subject: str, status: str = "final") -> Json:
    return {
        "resourceType": "Observation",
        "status": status,
        "code": {"text": "x"},
        "subject": {"reference": subject},
    }


def statuses(answer: Any) -> list[str]:
    return [one["response"]["status"][:3] for one in answer.json()["entry"]]


def test_references_inside_become_real_ones(call: Call) -> None:
    answer = call(
        "POST",
        "/fhir",
        bundle(
            entry("POST", "Observation", observation(NEW)),
            entry("POST", "Patient", patient(), NEW),
        ),
    )
    assert answer.status_code == 200, answer.text
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    made = answer.json()
    assert made["type"] == "transaction-response"
    assert statuses(answer) == ["201", "201"]
    locations = [one["response"]["location"] for one in made["entry"]]
    assert "/Observation/" in locations[0]
    assert "/Patient/" in locations[1]
    stored = call("GET", locations[0]).json()
    assert stored["subject"]["reference"] == "/".join(locations[1].split("/")[-4:-2])
    assert "resource" not in made["entry"][0]


def test_order_of_processing_and_of_the_answer(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    call("PUT", "/fhir/Patient/p2", patient("p2", "2"))
    answer = call(
        "POST",
        "/fhir/",
        bundle(
            entry("GET", "Patient/p1"),
            entry("GET", "Patient?identifier=urn:mrn|3"),
            entry("PUT", "Patient/p1", {**patient("p1"), "active": True}, ifMatch='W/"1"'),
            entry("POST", "Patient", patient(mrn="3")),
            entry("DELETE", "Patient/p2"),
            entry("GET", "Patient/p2"),
            entry("GET", "Patient/p1/_history/1"),
            entry("GET", "Patient/p1/_history"),
        ),
    )
    assert answer.status_code == 200, answer.text
    assert statuses(answer) == ["200", "200", "200", "201", "204", "410", "200", "200"]
    made = answer.json()["entry"]
    assert made[0]["resource"]["active"] is True
    assert len(made[1]["resource"]["entry"]) == 1
    assert made[5]["response"]["outcome"]["issue"][0]["code"] == "deleted"
    assert made[7]["resource"]["type"] == "history"


def test_conditional_entries(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    answer = call(
        "POST",
        "/fhir",
        bundle(
            entry("POST", "Patient", patient(), NEW, ifNoneExist="identifier=urn:mrn|1"),
            entry("POST", "Observation", observation(NEW)),
            entry("POST", "Observation", observation("Patient?identifier=urn:mrn|1")),
            entry("PUT", "Patient?identifier=urn:mrn|2", patient(mrn="2")),
            entry("DELETE", "Observation?status=amended"),
        ),
    )
    assert answer.status_code == 200, answer.text
    assert statuses(answer) == ["200", "201", "201", "201", "204"]
    for at in (1, 2):
        stored = call("GET", answer.json()["entry"][at]["response"]["location"]).json()
        assert stored["subject"]["reference"] == "Patient/p1"


def test_patches_inside(call: Call) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    operations = [{"op": "add", "path": "/active", "value": True}]
    binary = {
        "resourceType": "Binary",
        "contentType": "application/json-patch+json",
        "data": base64.b64encode(json.dumps(operations).encode()).decode(),
    }
    part = [
        {"name": "type", "valueCode": "add"},
        {"name": "path", "valueString": "Patient"},
        {"name": "name", "valueString": "gender"},
        {"name": "value", "valueCode": "male"},
    ]
    parameters = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": part}]}
    assert statuses(call("POST", "/fhir", bundle(entry("PATCH", "Patient/p1", binary)))) == ["200"]
    assert statuses(call("POST", "/fhir", bundle(entry("PATCH", "Patient/p1", parameters)))) == ["200"]
    stored = call("GET", "/fhir/Patient/p1").json()
    assert (stored["active"], stored["gender"]) == (True, "male")


def test_a_text_that_is_no_text_is_named_by_its_entry(call: Call) -> None:
    sent = json.dumps(
        bundle(entry("POST", "Patient", patient()), entry("POST", "Patient", patient(mrn="\ud800")))
    )
    answer = call("POST", "/fhir", sent.encode())
    assert answer.status_code == 400
    assert answer.json()["issue"][0]["expression"] == ["Bundle.entry[1]"]
    assert call("GET", "/fhir/Patient").json()["total"] == 0


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        (entry("PUT", "Patient/p9", {**patient("p9"), "gender": "M"}), 422),
        (entry("PUT", "Patient/p1", patient("p1"), ifMatch='W/"9"'), 412),
        (entry("PUT", "Patient/p9", patient("p8")), 422),
        (entry("PUT", "Patient/p9", patient()), 400),
        (entry("POST", "Person", patient()), 422),
        (entry("PATCH", "Patient/none", {"resourceType": "Parameters"}), 404),
        (entry("DELETE", "Patient"), 400),
        (entry("DELETE", "Patient?foo=1"), 400),
        (entry("POST", "Patient", patient(), ifNoneExist="foo=1"), 400),
        (entry("POST", "Observation", observation("Patient?identifier=urn:mrn|none")), 422),
        (entry("GET", "http://elsewhere.example/Patient/1"), 400),
        (entry("PUT", "../../Patient/p1", patient("p1")), 404),
        (
            entry(
                "POST",
                "CodeSystem",
                {"resourceType": "CodeSystem", "status": "active", "content": "complete"},
            ),
            404,
        ),
        ({"resource": patient()}, 422),
    ],
)
def test_one_bad_entry_and_nothing_is_stored(call: Call, bad: Json, status: int) -> None:
    call("PUT", "/fhir/Patient/p1", patient("p1"))
    good = [entry("POST", "Organization", {"resourceType": "Organization", "name": "x"}) for _ in range(3)]
    answer = call("POST", "/fhir", bundle(*good, bad))
    assert answer.status_code == status, answer.text
    told = [place for issue in answer.json()["issue"] for place in issue.get("expression", [])]
    assert any(place.startswith("Bundle.entry[3]") for place in told), answer.text
    assert "entry" not in call("GET", "/fhir/Organization").json()


def test_of_five_thousand_one_is_bad(call: Call) -> None:
    many = [entry("POST", "Patient", patient(mrn=str(n))) for n in range(4999)]
    many.insert(3210, entry("POST", "Patient", {"resourceType": "Patient", "gender": "M"}))
    answer = call("POST", "/fhir", bundle(*many))
    assert answer.status_code == 422
    first, *rest = answer.json()["issue"]
    assert (first["severity"], first["expression"][0].split(".")[1]) == ("error", "entry[3210]")
    assert len(rest) < 200, "thousands of warnings hide what is wrong"
    assert "entry" not in call("GET", "/fhir/Patient").json()


def test_too_many_entries(call: Call) -> None:
    many = [entry("DELETE", f"Patient/{n}") for n in range(10_001)]
    assert call("POST", "/fhir", bundle(*many)).status_code == 413


@pytest.mark.parametrize("kind", ["history", "collection", "x", ""])
def test_a_bundle_that_asks_for_nothing(call: Call, kind: str) -> None:
    assert call("POST", "/fhir", bundle(kind=kind)).status_code == 400


def test_what_is_no_bundle(call: Call) -> None:
    assert call("POST", "/fhir", patient()).status_code == 400
    assert call("POST", "/fhir", b"{").status_code == 400
    assert call(
        "POST", "/fhir", {"resourceType": "Bundle", "type": "transaction", "entry": 7}
    ).status_code in (
        400,
        422,
    )
    assert call("POST", "/fhir", {"resourceType": "Bundle", "type": "transaction"}).status_code == 200


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_list_of_no_entries(call: Call, kind: str) -> None:
    """R4 JSON has no empty lists, but clients send them."""
    answer = call("POST", "/fhir", {"resourceType": "Bundle", "type": kind, "entry": []})
    assert (answer.status_code, answer.json()["type"]) == (200, f"{kind}-response")


def test_prefer(call: Call) -> None:
    one = bundle(entry("POST", "Patient", patient()))
    whole = call("POST", "/fhir", one, prefer="return=representation").json()["entry"][0]
    assert whole["resource"]["identifier"] == patient()["identifier"]
    told = call("POST", "/fhir", one, prefer="return=OperationOutcome").json()["entry"][0]
    assert told["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert "resource" not in call("POST", "/fhir", one, prefer="return=minimal").json()["entry"][0]


def test_xml(call: Call) -> None:
    text = f"""<Bundle xmlns="http://hl7.org/fhir"><type value="transaction"/><entry><fullUrl value="{NEW}"/>
    <resource><Patient><active value="true"/></Patient></resource>
    <request><method value="POST"/><url value="Patient"/></request></entry></Bundle>"""
    xml = "application/fhir+xml"
    answer = call("POST", "/fhir", text.encode(), content_type=xml, accept=xml)
    assert (answer.status_code, answer.headers["content-type"]) == (200, xml)
    assert 'value="201 Created"' in answer.text


def test_a_tenant_has_its_own(call: Call) -> None:
    answer = call(
        "POST",
        "/t/second/fhir",
        bundle(entry("PUT", "Patient/p1", patient("p1")), entry("GET", "Patient/p1")),
    )
    assert statuses(answer) == ["201", "200"]
    assert call("GET", "/fhir/Patient/p1").status_code == 404
