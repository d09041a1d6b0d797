"""A patient reads the own record and nothing beside it, whichever way it is asked for."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api.front import protect
from gateway.errors import Misconfigured
from gateway.security import Clients, clients_file
from gateway.security.client import Client, digest, parse_clients

Tell = Callable[..., httpx.Response]
ANNA, BO = "Patient/anna", "Patient/bo"


def made(type_: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": type_, "id": id_, **more}


def of(patient: str) -> dict[str, Any]:
    return {"reference": patient}


STORED = (
    made("Patient", "anna", name=[{"text": "苏晚晴"}]),
    made("Patient", "bo", name=[{"text": "何佳宁"}], link=[{"other": of(ANNA), "type": "seealso"}]),
    made("Practitioner", "w1", identifier=[{"system": "urn:id", "value": "7"}]),
    made(
        "Observation", "sugar", status="final", code={"text": "血糖"}, subject=of(ANNA),
        performer=[{"reference": "Practitioner/w1"}],
    ),
    made("Observation", "salt", status="final", code={"text": "血钠"}, subject=of(BO)),
    # Of Bo; Anna, her mother, measured it: it is in both compartments.
    made("Observation", "pulse", status="final", code={"text": "脉搏"}, subject=of(BO), performer=[of(ANNA)]),
    made("Group", "both", type="person", actual=True, member=[{"entity": of(ANNA)}, {"entity": of(BO)}]),
    made(
        "AuditEvent", "seen", type={"code": "rest"}, recorded="2026-01-01T00:00:00Z",
        agent=[{"requestor": True}], source={"observer": {"display": "x"}}, entity=[{"what": of(ANNA)}],
    ),
)  # fmt: skip


@pytest.fixture
def tell(server: FastAPI, put: Callable[..., None], tmp_path: Path) -> Tell:
    put(*STORED)
    put({**STORED[0], "active": True})
    file = tmp_path / "clients.toml"
    clients_file.add(file, Client("anna", digest(b"anna"), "patient", patient=ANNA))
    clients_file.add(file, Client("portal", digest(b"portal"), "patient", asserts=True))
    clients_file.add(file, Client("boss", digest(b"boss"), "operator"))
    app = protect(server, Clients(file))

    def ask(
        path: str, token: str = "anna", method: str = "GET", body: Any = None, **headers: str
    ) -> httpx.Response:
        async def run() -> httpx.Response:
            named = {"authorization": f"Bearer {token}", "content-type": "application/fhir+json"}
            named |= {name.replace("_", "-"): value for name, value in headers.items()}
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                sent = None if body is None else json.dumps(body)
                return await client.request(method, path, headers=named, content=sent)

        return asyncio.run(run())

    return ask


def names(answer: httpx.Response) -> set[str]:
    found = [one["resource"] for one in answer.json().get("entry", [])]
    return {f"{one['resourceType']}/{one['id']}" for one in found}


@pytest.mark.parametrize("path", ["/fhir/Patient/anna", "/fhir/Observation/sugar", "/fhir/metadata"])
def test_the_own_record_is_read(tell: Tell, path: str) -> None:
    assert tell(path).status_code == 200


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Observation", {"Observation/sugar"}),
        ("Observation?status=final&_sort=-date&_count=5", {"Observation/sugar"}),
        ("Observation?patient=Patient/bo", set()),
        ("$everything", {"Patient/anna", "Observation/sugar"}),
        ("$everything?_type=Observation,Group,AuditEvent", {"Observation/sugar"}),
    ],
)
def test_the_own_record_is_searched_and_no_more(tell: Tell, path: str, found: set[str]) -> None:
    answer = tell(f"/fhir/Patient/anna/{path}")
    assert answer.status_code == 200
    assert names(answer) == found
    assert b'"total"' not in answer.content
    assert BO.encode() not in answer.content.replace(b"patient=Patient/bo", b"")


NOT_THERE = [
    "/fhir/Patient/bo",
    "/fhir/Observation/salt",
    "/fhir/Observation/pulse",
    "/fhir/Observation/nobody",
    "/fhir/Group/both",
    "/fhir/AuditEvent/seen",
    "/fhir/Practitioner/w1",
    "/fhir/Patient/anna/_history/1",
    "/fhir/Patient/bo/_history/1",
    "/fhir/Patient/bo/Observation",
    "/fhir/Patient/bo/$everything",
    "/fhir/Patient/anna/*",
    "/fhir/Patient/anna/Group",
    "/fhir/Patient/anna/AuditEvent",
    "/fhir/Patient/anna/Observation?_include=*",
    "/fhir/Patient/anna/Observation?_include=Observation:performer",
    "/fhir/Patient/anna/Observation?_revinclude=Provenance:target",
    "/fhir/Patient/anna/Observation?_has:Provenance:target:agent=x",
    "/fhir/Patient/anna/Observation?performer.identifier=7",
    "/fhir/Patient/anna/Observation?performer:Practitioner.identifier=7",
    "/fhir/Patient/anna/Observation?_filter=x",
    "/fhir/Patient/anna/Observation?_list=x",
    "/fhir/Patient/anna/$everything?_include=*",
    "/fhir/Patient/anna?_include=*",
    "/fhir/Encounter/e/$everything",
    "/fhir/Observation",
    "/fhir/Observation?patient=Patient/anna",
    "/fhir/Patient?_id=anna",
    "/fhir/?_type=Patient",
    "/fhir",
    "/fhir/Observation/$lastn?patient=Patient/anna",
    "/fhir/Practitioner/w1/Observation",
    "/fhir/Organization/o/$readiness",
    "/fhir/$policy",
]


@pytest.mark.parametrize("path", NOT_THERE)
def test_anything_else_is_not_there(tell: Tell, path: str) -> None:
    answer = tell(path)
    assert answer.status_code == 404, answer.text
    assert "何佳宁" not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/fhir/Patient/anna/_history"),
        ("GET", "/fhir/Observation/_history"),
        ("GET", "/fhir/_history"),
        ("GET", "/fhir/$export"),
        ("GET", "/fhir/Patient/$export"),
        ("GET", "/fhir/$export-status/1"),
        ("GET", "/fhir/Subscription"),
        ("GET", "/fhir/$feed"),
        ("GET", "/feed/default"),
        ("POST", "/fhir"),
        ("POST", "/fhir/Observation"),
        ("POST", "/fhir/Observation/_search"),
        ("POST", "/fhir/Patient/anna/Observation/_search"),
        ("POST", "/fhir/Patient/anna/$everything"),
        ("POST", "/fhir/Patient/$match"),
        ("POST", "/fhir/$graphql"),
        ("PUT", "/fhir/Patient/anna"),
        ("PATCH", "/fhir/Patient/anna"),
        ("DELETE", "/fhir/Patient/anna"),
        ("PUT", "/fhir/Patient?_id=anna"),
    ],
)
def test_nothing_is_written_exported_or_subscribed_to(tell: Tell, method: str, path: str) -> None:
    answer = tell(path, method=method, body=None if method in ("GET", "DELETE") else STORED[0])
    assert answer.status_code in (403, 404), answer.text
    assert "苏晚晴" not in answer.text


@pytest.mark.parametrize("tenant", ["second", "nobody"])
def test_another_hospital_is_not_there(tell: Tell, tenant: str) -> None:
    assert tell(f"/t/{tenant}/fhir/Patient/anna").status_code == 404


@pytest.mark.parametrize(
    "other",
    [
        {"focus": [of("http://localhost:8080/fhir/Patient/bo")]},
        {"focus": [of("https://elsewhere.example/fhir/Patient/anna")]},
        {
            "focus": [
                {"type": "Patient", "identifier": {"system": "urn:id", "value": "9"}, "display": "何佳宁"}
            ]
        },
        {"focus": [of("#p")], "contained": [made("Patient", "p", name=[{"text": "何佳宁"}])]},
        {"focus": [of("Patient/bo/_history/1")]},
    ],
)
def test_what_names_another_patient_in_any_way_is_not_there(
    tell: Tell, put: Callable[..., None], other: dict[str, Any]
) -> None:
    put(made("Observation", "mixed", status="final", code={"text": "脉搏"}, subject=of(ANNA), **other))
    assert tell("/fhir/Observation/mixed").status_code == 404
    assert names(tell("/fhir/Patient/anna/Observation")) == {"Observation/sugar"}


def test_who_was_merged_still_reads_the_own_record(tell: Tell, put: Callable[..., None]) -> None:
    put({**STORED[0], "link": [{"other": of(BO), "type": "replaces"}]})
    assert tell("/fhir/Patient/anna").status_code == 200
    assert "Patient/anna" in names(tell("/fhir/Patient/anna/$everything"))


def measured(id_: str, whose: str, day: int) -> dict[str, Any]:
    """Anna measured it, so that it is in her compartment."""
    return made(
        "Observation", id_, status="final", code={"text": "脉搏"}, subject=of(whose), performer=[of(ANNA)],
        effectiveDateTime=f"2026-01-{day:02}",
    )  # fmt: skip


@pytest.mark.parametrize("more", ["", "&_total=accurate", "&_summary=count", "&_sort=date", "&_sort=-date"])
def test_a_page_tells_nothing_of_those_that_are_left_out(
    tell: Tell, put: Callable[..., None], more: str
) -> None:
    put(*(measured(f"h{day}", BO, day) for day in range(1, 6)))
    said = tell(f"/fhir/Patient/anna/Observation?performer=Patient/anna&_count=1{more}").json()
    assert said.get("entry", []) == []
    assert [one["relation"] for one in said["link"]] == ["self", "first"]


@pytest.mark.parametrize("count", [1, 2, 3, 50])
@pytest.mark.parametrize("order", ["date", "-date"])
def test_every_page_ends_with_what_is_shown_and_all_comes_once(
    tell: Tell, put: Callable[..., None], count: int, order: str
) -> None:
    put(*(measured(f"o{day:02}", ANNA if day % 4 == 1 else BO, day) for day in range(1, 16)))
    url = f"/fhir/Patient/anna/Observation?performer=Patient/anna&_count={count}&_sort={order}"
    found: list[str] = []
    while url:
        said = tell(url).json()
        found += (page := [one["resource"]["id"] for one in said["entry"]])
        assert 0 < len(page) <= count
        url = next((one["url"] for one in said["link"] if one["relation"] == "next"), "")
    assert sorted(found) == ["o01", "o05", "o09", "o13"]
    assert found == sorted(found, reverse=order == "-date")


def test_a_cursor_has_no_total(tell: Tell, put: Callable[..., None]) -> None:
    put(*(measured(f"o{day:02}", ANNA, day) for day in range(1, 4)))
    put(*(measured(f"o{day:02}", BO, day) for day in range(4, 7)))
    said = tell("/fhir/Patient/anna/Observation?performer=Patient/anna&_count=2&_total=accurate").json()
    (onward,) = [one["url"] for one in said["link"] if one["relation"] == "next"]
    packed = onward.rpartition("_cursor=")[2]
    _, total, *_ = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))[16:])
    assert total == -1


def test_a_portal_says_who_is_signed_in(tell: Tell) -> None:
    assert tell("/fhir/Patient/anna", "portal", x_qiao_patient=ANNA).status_code == 200
    assert tell("/fhir/Patient/anna", "portal", x_qiao_patient=BO).status_code == 404
    assert names(tell("/fhir/Patient/bo/Observation", "portal", x_qiao_patient=BO)) == {"Observation/salt"}


@pytest.mark.parametrize("said", ["", "anna", "Patient/", "Patient/anna,Patient/bo", "Practitioner/w1"])
def test_a_portal_that_names_nobody_sees_nothing(tell: Tell, said: str) -> None:
    assert tell("/fhir/Patient/anna", "portal", x_qiao_patient=said).status_code == 403


def test_who_is_one_patient_cannot_say_to_be_another(tell: Tell) -> None:
    assert tell("/fhir/Patient/bo", x_qiao_patient=BO).status_code == 403
    assert tell("/fhir/Patient/anna", x_qiao_patient=ANNA).status_code == 200


def test_nobody_else_is_bound_by_the_header(tell: Tell) -> None:
    assert tell("/fhir/Patient/bo", "boss", x_qiao_patient=ANNA).status_code == 200


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('role = "patient"', "needs patient, or asserts"),
        ('role = "patient"\npatient = "anna"', "must be Patient/ID"),
        ('role = "read"\npatient = "Patient/anna"', "only a client with the role patient"),
    ],
)
def test_a_row_says_whose_record_it_is(row: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=told):
        parse_clients(f'[clients.x]\ntoken = "sha256:{"0" * 64}"\n{row}\n', "clients.toml")
