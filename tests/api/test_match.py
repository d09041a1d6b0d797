"""Patient/$match and Task/$decide-match over HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

from gateway.api import Context, create_app
from gateway.feed.matching import MatchingWorker
from gateway.matching import load_rules
from gateway.settings import MatchingSettings
from gateway.store import Change, Store, Transact, Transacted

MEDICAL = "urn:oid:2.16.156.10011.1.13"
GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
LIN = {
    "resourceType": "Patient",
    "name": [{"text": "林一"}],
    "birthDate": "1980-05-06",
    "telecom": [{"system": "phone", "value": "13900010002"}],
}
Call = Callable[..., httpx.Response]


@pytest.fixture
def call(store: Store, writes: Callable[[Transact], Awaitable[Transacted]]) -> Call:
    app = create_app(Context(store, write=writes, matching=load_rules()), "1.2.3")

    def request(url: str, body: Any = None, **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                if body is None:
                    return await client.get(url, headers=headers)
                given = {"content-type": "application/fhir+json", **headers}
                return await client.post(url, content=json.dumps(body).encode(), headers=given)

        return asyncio.run(run())

    return request


def parameters(**given: Any) -> dict[str, Any]:
    kinds = {bool: "valueBoolean", int: "valueInteger", str: "valueString", dict: "resource"}
    each = [{"name": name, kinds[type(value)]: value} for name, value in given.items()]
    return {"resourceType": "Parameters", "parameter": each}


def test_the_likeliest_come_first_with_grade_score_and_reasons(call: Call, put: Callable[..., None]) -> None:
    put(
        {**LIN, "id": "probable"},
        {"resourceType": "Patient", "id": "certain", "identifier": [{"system": MEDICAL, "value": "7"}]},
        {"resourceType": "Patient", "id": "another", "name": [{"text": "陈二"}]},
    )
    wanted = {**LIN, "identifier": [{"system": MEDICAL, "value": "7"}]}
    answer = call("/fhir/Patient/$match", parameters(resource=wanted), **{"accept-language": "zh"})
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == ["certain", "probable"]
    search = [entry["search"] for entry in bundle["entry"]]
    assert [one["mode"] for one in search] == ["match", "match"]
    assert search[0]["score"] == 1
    assert search[1]["score"] == 0.75
    assert search[0]["extension"][0] == {"url": GRADE, "valueCode": "certain"}
    assert "同一登记系统的病案号相同" in str(search[0])
    only = call("/fhir/Patient/$match", parameters(resource=wanted, onlyCertainMatches=True)).json()
    assert [entry["resource"]["id"] for entry in only["entry"]] == ["certain"]
    assert len(call("/fhir/Patient/$match", parameters(resource=wanted, count=1)).json()["entry"]) == 1


def test_of_several_who_are_certain_nobody_is(call: Call, put: Callable[..., None]) -> None:
    """R4: where there are several, they are not returned to whoever asks for certain matches only."""
    number = {"resourceType": "Patient", "identifier": [{"system": MEDICAL, "value": "7"}]}
    put({**number, "id": "a"}, {**number, "id": "b"})
    both = call("/fhir/Patient/$match", parameters(resource=number)).json()
    assert [entry["search"]["score"] for entry in both["entry"]] == [1, 1]
    only = call("/fhir/Patient/$match", parameters(resource=number, onlyCertainMatches=True)).json()
    assert (only["total"], "entry" in only) == (0, False)


def test_nobody_is_no_error(call: Call) -> None:
    bundle = call("/fhir/Patient/$match", parameters(resource=LIN)).json()
    assert (bundle["type"], bundle["total"], "entry" in bundle) == ("searchset", 0, False)


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Parameters"},
        parameters(resource={"resourceType": "Observation"}),
        parameters(resource={"resourceType": "Patient", "active": True}),
        parameters(resource=LIN, count="x"),
        parameters(resource=LIN, count=-1),
        parameters(resource=LIN, onlyCertainMatches="yes"),
        {"resourceType": "Parameters", "parameter": [{"name": "resource", "resource": LIN}] * 2},
        {**LIN},
        [],
        parameters(resource=LIN, least=1),
    ],
)
def test_what_cannot_be_matched_is_told(call: Call, body: dict[str, Any]) -> None:
    assert call("/fhir/Patient/$match", body).status_code in (400, 422)


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"name": "林一"}, "Patient.name"),
        ({"name": ["林一"]}, "Patient.name"),
        ({"name": [{"text": 5}]}, "Patient.name.text"),
        ({"name": [{"given": "一"}]}, "Patient.name.given"),
        ({"birthDate": 5}, "Patient.birthDate"),
        ({"birthDate": "1970-13-41"}, "Patient.birthDate"),
        ({"birthDate": "1970-02-30"}, "Patient.birthDate"),
        ({"telecom": {"value": "13900010002"}}, "Patient.telecom"),
        ({"identifier": [{"value": {}}]}, "Patient.identifier.value"),
        ({"identifier": [{"type": {"coding": [{"code": []}]}}]}, "Patient.identifier.type.coding.code"),
        ({"gender": ["male"]}, "Patient.gender"),
    ],
)  # fmt: skip
def test_a_patient_of_another_form_is_refused(call: Call, said: dict[str, Any], where: str) -> None:
    answer = call("/fhir/Patient/$match", parameters(resource={**LIN, **said}))
    assert answer.status_code == 400
    assert where in answer.text


def test_of_count_0_only_the_number_is_told(call: Call, put: Callable[..., None]) -> None:
    put({**LIN, "id": "a"})
    bundle = call("/fhir/Patient/$match", parameters(resource=LIN, count=0)).json()
    assert (bundle["total"], "entry" in bundle) == (1, False)


def test_a_human_decides(call: Call, put: Callable[..., None], store: Store) -> None:
    put({**LIN, "id": "a"}, {**LIN, "id": "b"})

    async def write(transact: Transact) -> Transacted:
        return store.write([transact])[0]

    asyncio.run(MatchingWorker(store, load_rules(), MatchingSettings(), write).settle())
    waiting = call("/fhir/Task?code=urn:qiao:codes:task-code|patient-match&status=requested").json()
    (entry,) = waiting["entry"]
    get_fhir_model_class("Task").model_validate(entry["resource"])
    url = f"/fhir/Task/{entry['resource']['id']}/$decide-match"
    assert call(url, parameters(decision="merge")).status_code in (400, 422)
    answer = call(url, parameters(decision="merge", survivor="Patient/b", reason="same card"))
    assert answer.status_code == 200, answer.text
    assert {"name": "decision", "valueCode": "merge"} in answer.json()["parameter"]
    assert call("/fhir/Patient/a").json()["link"][0]["type"] == "replaced-by"
    assert call(url, parameters(decision="link")).status_code == 409
    late = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    about = Change("update", "Observation", "o", {**late, "subject": {"reference": "Patient/a"}})
    assert store.write([Transact("default", "api", [about])])[0].error is None
    assert call("/fhir/Observation/o").json()["subject"] == {"reference": "Patient/b"}
    told = call(url, parameters(decision="unmerge", reason="two cards")).json()["parameter"]
    assert {"name": "decision", "valueCode": "unmerge"} in told
    assert {"name": "left", "valueReference": {"reference": "Observation/o"}} in told
    assert "link" not in call("/fhir/Patient/a").json()
    assert call("/fhir/Task/nobody/$decide-match", parameters(decision="link")).status_code == 404


def test_it_is_said_what_is_served(call: Call) -> None:
    stated = call("/fhir/metadata").json()["rest"][0]["resource"]
    patient = next(one for one in stated if one["type"] == "Patient")
    assert {"match"} <= {one["name"] for one in patient["operation"]}
    definition = call("/fhir/OperationDefinition/qiao-decide-match").json()
    assert definition["url"] == "urn:qiao:operation:decide-match"


def test_an_identifier_of_no_register_is_told(call: Call, put: Callable[..., None]) -> None:
    put({"resourceType": "Patient", "id": "certain", "identifier": [{"system": MEDICAL, "value": "7"}]})
    wanted = {"resourceType": "Patient", "identifier": [{"value": "7"}]}
    answer = call("/fhir/Patient/$match", parameters(resource=wanted), **{"accept-language": "zh"})
    get_fhir_model_class("Bundle").model_validate_json(answer.content)
    assert answer.json()["total"] == 0
    (told,) = answer.json()["entry"]
    assert told["search"] == {"mode": "outcome"}
    assert "没有 system 的标识不参与比对" in told["resource"]["issue"][0]["diagnostics"]
