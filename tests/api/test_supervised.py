"""What a regulator sees: the supervised business and nothing of the wards, on whatever route it asks."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway import bootstrap
from gateway.api.routes import Node, Routes
from gateway.security import clients_file
from gateway.security.client import Client, digest
from gateway.settings import ApiSettings, Settings, StoreSettings
from gateway.settings.regulator import TenantSettings
from gateway.store import Desk, Entry, Transact

WARD = "WARD"
"""Stands in whatever the regulator must not see."""
Tell = Callable[..., httpx.Response]


def ref(name: str) -> dict[str, str]:
    return {"reference": name}


def note(text: str) -> list[dict[str, str]]:
    return [{"text": text}]


VISIT: list[dict[str, Any]] = [
    {"resourceType": "Practitioner", "id": "doctor", "name": [{"family": "温"}]},
    {"resourceType": "PractitionerRole", "id": "role", "practitioner": ref("Practitioner/pharmacist")},
    {"resourceType": "Practitioner", "id": "pharmacist", "name": [{"family": "方"}]},
    {"resourceType": "Patient", "id": "online", "name": [{"family": "张"}], "gender": "male"},
    {"resourceType": "Condition", "id": "diagnosis", "subject": ref("Patient/online")},
    {"resourceType": "Encounter", "id": "visit", "class": {"code": "VR"}, "subject": ref("Patient/online"),
     "participant": [{"individual": ref("Practitioner/doctor")},
                     {"individual": ref("PractitionerRole/role")}],
     "diagnosis": [{"condition": ref("Condition/diagnosis")}]},
]  # fmt: skip
WARDS: list[dict[str, Any]] = [
    {"resourceType": "Practitioner", "id": "nurse", "name": [{"family": WARD}]},
    {"resourceType": "Patient", "id": "inpatient", "name": [{"family": WARD}], "gender": "male"},
    {"resourceType": "Encounter", "id": "stay", "subject": ref("Patient/online"), "class": {"display": WARD}},
    {"resourceType": "Observation", "id": "lab", "subject": ref("Patient/online"), "note": note(WARD),
     "encounter": ref("Encounter/stay"), "performer": [ref("Practitioner/nurse")], "code": {"text": WARD}},
    {"resourceType": "Observation", "id": "other", "subject": ref("Patient/inpatient"), "note": note(WARD),
     "code": {"text": WARD}},
    {"resourceType": "List", "id": "list", "note": note(WARD),
     "entry": [{"item": ref("Patient/online")}, {"item": ref("Patient/inpatient")}]},
    {"resourceType": "Group", "id": "group", "name": WARD, "member": [{"entity": ref("Patient/inpatient")}]},
    {"resourceType": "Binary", "id": "picture", "contentType": "text/plain", "data": "V0FSRA=="},
]  # fmt: skip


def entered(desk: Desk) -> None:
    for one in VISIT:
        version = desk.write(one)
    desk.append(Entry("visit", "effective", version))


def written(desk: Desk) -> None:
    for one in WARDS:
        desk.write(one)
    desk.delete("Observation", "other")
    desk.write(WARDS[4])


def made(folder: Path, **tenant: Any) -> bootstrap.Gateway:
    """Return a gateway as `qiao serve` wires it, with a visit and what is on the wards."""
    file = folder / "clients.toml"
    for name, role in (("commission", "regulator"), ("boss", "operator"), ("ward", "write")):
        clients_file.add(file, Client(name, digest(name.encode()), role))  # type: ignore[arg-type]
    store = StoreSettings(url=f"sqlite:///{folder / 'qiao.db'}")
    doors: dict[str, dict[str, Any]] = {
        name: {"enabled": False} for name in ("his/hl7v2", "lis/hl7v2", "pacs/ris_hl7v2")
    }
    tenants = {"default": TenantSettings(**tenant)}
    built = bootstrap.build(Settings(store=store, api=ApiSettings(port=0), adapters=doors, tenants=tenants))
    for act in (written, entered):
        assert not built.store.write([Transact("default", "t", [], act=act)])[0].error
    return built


def closed(gateway: bootstrap.Gateway) -> None:
    gateway.listening.close()
    gateway.store.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bootstrap.Gateway]:
    """One for all tests that only read."""
    built = made(tmp_path_factory.mktemp("store"))
    yield built
    closed(built)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[bootstrap.Gateway]:
    built = made(tmp_path)
    yield built
    closed(built)


def teller(gateway: bootstrap.Gateway) -> Tell:
    app = gateway.server.config.app

    def tell(token: str, method: str, url: str, body: Any = None, **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            given = {"authorization": f"Bearer {token}", **headers}
            content = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            if content is not None:
                given.setdefault("content-type", "application/fhir+json")
            transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, url, content=content, headers=given)

        return asyncio.run(run())

    return tell


@pytest.fixture
def tell(gateway: bootstrap.Gateway) -> Tell:
    return teller(gateway)


def paths(gateway: bootstrap.Gateway) -> Iterator[tuple[str, str]]:
    """Every (method, address) that is served, with all that there is in the place of its parameters."""
    app: Any = gateway.server.config.app
    tree = next(one for one in app.app.app.routes if isinstance(one, Routes))

    def walk(node: Node, path: str) -> Iterator[tuple[str, str]]:
        for method in node.methods:
            yield method, path
        for part, below in node.named.items():
            yield from walk(below, f"{path}/{part}")
        if node.any is not None:
            yield from walk(node.any, f"{path}/{{}}")

    types = ("Patient", "Encounter", "Observation", "Binary", "List")
    ids = ("inpatient", "online", "stay", "lab", "picture", "list")
    for method, path in walk(tree._root, ""):
        if not path.startswith("/fhir"):
            continue
        places = path.count("{}")
        words = [types, ids, ("Observation", "*", "1"), ("1",)][:places]
        for chosen in itertools.product(*words):
            each = iter(chosen)
            yield method, "/".join(next(each) if part == "{}" else part for part in path.split("/"))


def test_no_route_shows_anything_of_the_wards(gateway: bootstrap.Gateway, tell: Tell) -> None:
    walked, told = 0, 0
    for method, path in paths(gateway):
        if method not in ("GET", "POST") or "$export" in path:
            continue
        body = None if method == "GET" else b""
        answer = tell("commission", method, path, body, accept="*/*")
        walked += 1
        assert WARD not in answer.text, (method, path, answer.text[:500])
        if method == "GET" and WARD in tell("boss", method, path, accept="*/*").text:
            told += 1
    assert walked > 200
    assert told > 20, "the operator sees it on many"


SEARCHES = (
    "Patient",
    "Patient?gender=male",
    "Patient?name=WARD",
    "Patient?_id=inpatient",
    "Patient?_has:Observation:patient:code:text=WARD",
    "Patient?_list=list",
    "Patient?_lastUpdated=gt2000-01-01",
    "Patient?_sort=name",
    "Patient?_content=WARD",
    "Encounter",
    "Encounter?subject=Patient/online",
    "Encounter?subject:Patient.name=WARD",
    "Observation",
    "Observation?subject=Patient/online",
    "Observation?patient.name=张",
    "Practitioner",
    "Encounter?_id=visit&_revinclude=Observation:encounter",
    "Encounter?_id=visit&_include=*",
    "Encounter?_revinclude=Observation:encounter",
    "Patient?_revinclude=Observation:subject",
    "Patient?_revinclude:iterate=Observation:subject&_include:iterate=Observation:performer",
    "?_type=Patient,Observation,Practitioner",
    "",
    "List",
    "Group",
    "Binary",
    "Patient/online/*",
    "Patient/online/Observation",
    "Practitioner/doctor/Encounter",
    "Patient?_has:Observation:subject:_id=lab",
    "Patient?_has:Encounter:subject:_id=stay",
)


@pytest.mark.parametrize("query", SEARCHES)
@pytest.mark.parametrize(
    "more", ["", "_summary=count", "_total=accurate&_count=1", "_count=0&_total=estimate"]
)
def test_searches_find_and_count_nothing_of_the_wards(tell: Tell, query: str, more: str) -> None:
    url = f"/fhir/{query}{'&' if '?' in query else '?'}{more}"
    answer = tell("commission", "GET", url)
    assert answer.status_code == 200, answer.text
    assert WARD not in answer.text.replace(url.removeprefix("/fhir"), "").replace(query, "")
    total = answer.json().get("total")
    visible = len(VISIT)
    assert total is None or total <= visible
    if (
        "WARD" in query
        or query.startswith(("Observation", "List", "Group", "Binary"))
        or "stay" in query
        or "lab" in query
    ):
        assert total in (None, 0)


def test_what_belongs_to_the_visit_is_seen(tell: Tell) -> None:
    for one in VISIT:
        name = f"{one['resourceType']}/{one['id']}"
        assert tell("commission", "GET", f"/fhir/{name}").status_code == 200, name
        assert tell("commission", "GET", f"/fhir/{name}/_history").json()["total"] == 1
        assert tell("commission", "GET", f"/fhir/{one['resourceType']}?_id={one['id']}").json()["total"] == 1
    for one in WARDS:
        name = f"{one['resourceType']}/{one['id']}"
        for way in ("", "/_history", "/_history/1", "/$validate"):
            assert tell("commission", "GET", f"/fhir/{name}{way}").status_code == 404, name
            assert tell("boss", "GET", f"/fhir/{name}{way}").status_code == 200, name
        assert tell("ward", "GET", f"/fhir/{name}").status_code == 200
    everything = tell("commission", "GET", "/fhir/Patient/online/$everything").json()
    found = {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in everything["entry"]}
    assert found == {f"{one['resourceType']}/{one['id']}" for one in VISIT}
    assert tell("commission", "GET", "/fhir/Patient/inpatient/$everything").status_code == 404


def test_history_leaves_the_wards_out(tell: Tell) -> None:
    for path in ("/fhir/_history", "/fhir/Patient/_history", "/fhir/Observation/_history"):
        for more in ("", "?_sort=_lastUpdated", "?_since=2000-01-01"):
            answer = tell("commission", "GET", path + more)
            assert WARD not in answer.text
            assert "total" not in answer.json()
    whole = tell("commission", "GET", "/fhir/_history").json()["entry"]
    assert len(whole) == len(VISIT)


@pytest.mark.parametrize(
    "query", ["$export", "Patient/$export", "$export?_since=2000-01-01T00:00:00Z",
              "$export?_typeFilter=Patient?gender=male", "$export?_typeFilter=Observation?patient.name=张"],
)  # fmt: skip
def test_exports_leave_the_wards_out(gateway: bootstrap.Gateway, tell: Tell, query: str) -> None:
    exports = gateway.store.exports
    exports.by_hand = True
    taken: dict[str, set[str]] = {}
    for who in ("commission", "boss"):
        started = tell(who, "GET", f"/fhir/{query}")
        assert started.status_code == 202, started.text
        status = (
            started.headers["content-location"].partition("8080")[2] or started.headers["content-location"]
        )
        assert exports.work(status.rpartition("/")[2])
        manifest = tell(who, "GET", status).json()
        texts = [tell(who, "GET", one["url"]).text for one in (*manifest["output"], *manifest["deleted"])]
        lines = [json.loads(line) for text in texts for line in text.splitlines()]
        taken[who] = {f"{one['resourceType']}/{one.get('id')}" for one in lines}
        if who == "commission":
            assert WARD not in "".join(texts)
    expected = {f"{one['resourceType']}/{one['id']}" for one in VISIT} & taken["boss"]
    assert taken["commission"] == expected
    assert "Patient/online" in expected
    assert taken["boss"] > expected or "Filter" in query


def test_an_export_of_a_patient_of_the_wards_is_of_nobody(tell: Tell) -> None:
    def asked(name: str) -> int:
        listed = [{"name": "patient", "valueReference": ref(name)}]
        body = {"resourceType": "Parameters", "parameter": listed}
        return tell("commission", "POST", "/fhir/Patient/$export", body).status_code

    assert (asked("Patient/online"), asked("Patient/inpatient"), asked("Patient/none")) == (202, 400, 400)
    assert tell("commission", "GET", "/fhir/Group/group/$export").status_code == 404


def test_it_is_seen_from_the_entry_on(fresh: bootstrap.Gateway) -> None:
    tell = teller(fresh)
    assert tell("commission", "GET", "/fhir/Patient/inpatient").status_code == 404

    def later(desk: Desk) -> None:
        visit = {"resourceType": "Encounter", "id": "visit2", "subject": ref("Patient/inpatient")}
        desk.append(Entry("visit", "effective", desk.write(visit)))

    def undone(desk: Desk) -> None:
        visit = {"resourceType": "Encounter", "id": "visit3", "subject": ref("Practitioner/nurse")}
        desk.append(Entry("visit", "effective", desk.write(visit)))
        raise ValueError

    done = fresh.store.write([Transact("default", "t", [], act=act) for act in (later, undone)])
    assert done[1].error is not None
    assert tell("commission", "GET", "/fhir/Patient/inpatient").status_code == 200
    assert tell("commission", "GET", "/fhir/Practitioner/nurse").status_code == 404


def test_a_tenant_may_show_all(tmp_path: Path) -> None:
    gateway = made(tmp_path, regulator_sees="all")
    tell = teller(gateway)
    assert WARD in tell("commission", "GET", "/fhir/Patient/inpatient").text
    assert tell("commission", "GET", "/fhir/Patient").json()["total"] == 2
    closed(gateway)


def test_notifications_are_of_the_supervised_business(fresh: bootstrap.Gateway) -> None:
    subscriptions = {}
    for who in ("commission", "boss"):
        body = {
            "resourceType": "Subscription",
            "id": who,
            "status": "requested",
            "reason": "r",
            "criteria": "Patient?",
            "channel": {"type": "rest-hook", "endpoint": "http://localhost:1/hook"},
            "meta": {"tag": [{"system": "urn:qiao:client", "code": who}]},
        }
        done = fresh.store.write(
            [Transact("default", f"client:{who}", [], act=lambda desk, body=body: desk.write(body))]
        )
        assert not done[0].error
    worker = fresh.worker
    worker._looker.load()
    worker._looker.look()

    def change(desk: Desk) -> None:
        desk.write({**WARDS[1], "active": True})
        desk.write({**VISIT[3], "active": True})

    fresh.store.write([Transact("default", "t", [], act=change)])
    worker._looker.look()
    for entry in worker._roll:
        subscriptions[entry.owner] = entry.standing.number
    assert subscriptions == {"commission": 1, "boss": 2}
