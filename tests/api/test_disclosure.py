"""The public reads which institutions, services and physicians there are, nothing else (CQ49 art. 3(3))."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import bootstrap
from gateway.api import Context, Options, create_app
from gateway.api.front import protect
from gateway.security import Clients, clients_file
from gateway.security.client import Client, digest
from gateway.settings import ApiSettings, Settings, StoreSettings, TenantSettings
from gateway.store import Store

Put = Callable[..., None]
RESIDENT_ID = "990101199003071237"
LEVEL = "urn:qiao:extension:hospital-level"
INSTITUTION = {"system": "urn:oid:2.16.156.10011.1.5", "value": "990101001"}
CERTIFICATE = {"system": "urn:qiao:id:practice-certificate", "value": "110990101000017"}
DOCTOR = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/practitioner-role", "code": "doctor"}]}
SUBJECT = {
    "coding": [{"system": "urn:qiao:codes:clinical-subjects", "code": "03.04", "display": "心血管内科专业"}]
}


def role(id_: str, who: str, where: str = "o1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "PractitionerRole",
        "id": id_,
        "active": True,
        "code": [DOCTOR],
        "specialty": [SUBJECT],
        "practitioner": {"reference": f"Practitioner/{who}"},
        "telecom": [{"system": "phone", "value": "10000012345"}],
        "organization": {"reference": f"Organization/{where}"},
        **more,
    }


def person(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Practitioner", "id": id_, "name": [{"text": "温如玉"}], **more}


PHYSICIAN = person(
    "w1",
    identifier=[
        CERTIFICATE,
        {"system": "urn:oid:2.16.156.10011.1.3", "value": RESIDENT_ID},
        {"system": CERTIFICATE["system"], "value": RESIDENT_ID},
    ],
    telecom=[{"system": "phone", "value": "10000012345"}],
    birthDate="1990-03-07",
    qualification=[
        {
            "identifier": [{"value": f"201499110{RESIDENT_ID}"}],
            "code": {"text": "执业医师：内科专业"},
        },
        {"code": {"text": f"资格 {RESIDENT_ID}"}},
    ],
    text={"status": "generated", "div": f"<div>{RESIDENT_ID}</div>"},
)
ON_FILE: list[dict[str, Any]] = [
    {
        "resourceType": "Organization",
        "id": "o1",
        "active": True,
        "name": "渡桥市人民医院互联网医院",
        "identifier": [INSTITUTION, {"system": "urn:secret", "value": "x"}],
        "extension": [{"url": LEVEL, "valueCode": "3"}, {"url": "urn:other", "valueString": "x"}],
        "partOf": {"reference": "Organization/p1"},
        "contact": [{"name": {"text": "谢长林"}}],
    },
    {"resourceType": "Organization", "id": "pharma", "active": True, "name": "渡桥医药配送有限公司"},
    {
        "resourceType": "HealthcareService",
        "id": "s1",
        "active": True,
        "specialty": [SUBJECT],
        "providedBy": {"reference": "Organization/o1"},
        "telecom": [{"system": "phone", "value": "10000012345"}],
    },
    {
        "resourceType": "HealthcareService",
        "id": "s2",
        "active": False,
        "providedBy": {"reference": "Organization/o1"},
    },
    PHYSICIAN,
    role("w1", "w1"),
    person("nurse"),
    role("nurse", "nurse", code=[{"text": "护士"}]),
    person("gone"),
    role("gone", "gone", active=False),
    person("ward"),
    role("ward", "ward", where="pharma"),
    person("left", active=False),
    role("left", "left"),
    {"resourceType": "Patient", "id": "p1", "name": [{"text": "林知夏"}]},
]


@pytest.fixture
def tell(store: Store, put: Put, tmp_path: Path) -> Callable[..., httpx.Response]:
    """``tell("/public/default/Organization/o1")`` → the answer to somebody without a token."""
    put(*ON_FILE)
    put(*ON_FILE, tenant="east")
    file = tmp_path / "clients.toml"
    clients_file.add(file, Client("e", digest(b"e"), "read", "east"))

    def ask(url: str, method: str = "GET", public: str = "default", **headers: str) -> httpx.Response:
        app = create_app(Context(store, Options(public=frozenset({public} - {""}))))
        guarded = protect(app, Clients(file))

        async def run() -> httpx.Response:
            transport = httpx.ASGITransport(guarded)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, url, headers=headers)

        return asyncio.run(run())

    return ask


def test_an_institution_tells_its_name_grade_and_licence(tell: Callable[..., httpx.Response]) -> None:
    assert tell("/public/default/Organization/o1").json() == {
        "resourceType": "Organization",
        "id": "o1",
        "active": True,
        "name": "渡桥市人民医院互联网医院",
        "extension": [{"url": LEVEL, "valueCode": "3"}],
        "identifier": [INSTITUTION],
        "partOf": {"reference": "Organization/p1"},
    }


def test_a_physician_tells_name_scope_and_certificate_and_no_number_else(
    tell: Callable[..., httpx.Response],
) -> None:
    answer = tell("/public/default/Practitioner/w1")
    assert answer.json() == {
        "resourceType": "Practitioner",
        "id": "w1",
        "active": True,
        "name": [{"text": "温如玉"}],
        "identifier": [CERTIFICATE],
        "qualification": [{"code": {"text": "执业医师：内科专业"}}],
    }
    assert tell("/public/default/PractitionerRole/w1").json() == {
        "resourceType": "PractitionerRole",
        "id": "w1",
        "active": True,
        "code": [DOCTOR],
        "specialty": [SUBJECT],
        "practitioner": {"reference": "Practitioner/w1"},
        "organization": {"reference": "Organization/o1"},
    }


def test_services_and_physicians_of_an_institution_are_listed(tell: Callable[..., httpx.Response]) -> None:
    services = tell("/public/default/HealthcareService?organization=Organization/o1").json()
    assert [one["resource"]["id"] for one in services["entry"]] == ["s1"]
    assert services["entry"][0]["fullUrl"] == "http://localhost:8080/public/default/HealthcareService/s1"
    roles = tell("/public/default/PractitionerRole").json()
    assert sorted(one["resource"]["practitioner"]["reference"] for one in roles["entry"]) == [
        "Practitioner/left",
        "Practitioner/w1",
    ]
    assert "10000012345" not in json.dumps([services, roles])


def test_a_listing_goes_on_by_its_link(store: Store, put: Put, tell: Callable[..., httpx.Response]) -> None:
    put(*(role(f"more{n}", "w1") for n in range(3)))
    url, seen = "/public/default/PractitionerRole?_count=2", []
    while url:
        page = tell(url).json()
        seen += [one["resource"]["id"] for one in page.get("entry", [])]
        url = next((one["url"] for one in page["link"] if one["relation"] == "next"), "")
    assert sorted(seen) == ["left", "more0", "more1", "more2", "w1"]


@pytest.mark.parametrize(
    "url",
    [
        "Organization/pharma",
        "Organization/none",
        "HealthcareService/s2",
        "Practitioner/nurse",
        "Practitioner/gone",
        "Practitioner/ward",
        "Practitioner/left",
        "PractitionerRole/nurse",
        "Patient/p1",
        "Patient",
        "Practitioner",
        "Organization",
        "Practitioner?identifier=" + RESIDENT_ID,
        "Practitioner/w1/_history",
        "metadata",
        "$export",
    ],
)
def test_nothing_else_is_there(tell: Callable[..., httpx.Response], url: str) -> None:
    answer = tell(f"/public/default/{url}")
    assert answer.status_code == 404
    assert RESIDENT_ID not in answer.text


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("PractitionerRole?practitioner.identifier=" + RESIDENT_ID, 400),
        ("PractitionerRole?_include=PractitionerRole:practitioner", 400),
        ("PractitionerRole?_count=x", 400),
        ("Practitioner/w1?_elements=birthDate", 400),
    ],
)
def test_what_may_be_asked_is_closed(tell: Callable[..., httpx.Response], url: str, status: int) -> None:
    assert tell(f"/public/default/{url}").status_code == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_the_public_only_reads(tell: Callable[..., httpx.Response], method: str) -> None:
    assert tell("/public/default/Organization/o1", method).status_code == 401


def test_only_tenants_that_say_so_are_public(tell: Callable[..., httpx.Response]) -> None:
    unknown = tell("/public/nobody/Organization/o1")
    assert unknown.status_code == 404
    assert tell("/public/east/Organization/o1").json() == unknown.json()
    assert tell("/public/east/Organization/o1", public="east").status_code == 200
    assert tell("/public/default/Organization/o1", public="").status_code == 401
    assert tell("/fhir/Organization/o1").status_code == 401
    assert tell("/public/../fhir/Patient/p1").status_code in (401, 404)
    assert tell("/public/default/Organization/o1", Authorization="Bearer e").status_code == 200


@pytest.mark.parametrize(
    ("api", "status"),
    [
        (ApiSettings(port=0), 421),
        (ApiSettings(port=0, public_url="https://fhir.example"), 200),
        (ApiSettings(port=0, behind_proxy=True), 200),
    ],
)
def test_a_gateway_is_public_and_called_as_its_settings_say(
    tmp_path: Path, api: ApiSettings, status: int
) -> None:
    """As `qiao serve` wires it; a foreign name comes into no address, the public URL comes into all."""
    clients_file.add(tmp_path / "clients.toml", Client("o", digest(b"o"), "operator"))
    closed: dict[str, dict[str, Any]] = {
        name: {"enabled": False} for name in ("his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2")
    }
    settings = Settings(
        store=StoreSettings(url=f"sqlite:///{tmp_path / 'qiao.db'}"),
        api=api,
        adapters=closed,
        tenants={"default": TenantSettings(public=True)},
    )
    built = bootstrap.build(settings)
    try:
        app = built.server.config.app

        async def run(host: str) -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=host) as client:  # type: ignore[arg-type]
                return await client.get("/public/default/HealthcareService")

        assert asyncio.run(run("http://localhost:8080")).json()["resourceType"] == "Bundle"
        foreign = asyncio.run(run("http://evil.example"))
        assert foreign.status_code == status
        assert ("evil.example" in foreign.text) == api.behind_proxy
        assert ("https://fhir.example/public/default" in foreign.text) == bool(api.public_url)
    finally:
        built.listening.close()
        built.store.close()
