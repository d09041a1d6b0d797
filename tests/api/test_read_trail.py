"""Who read whose data is on record: over every way to read, for whom it was, and before it is shown."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api import Context, Options, create_app, read_trail
from gateway.api.front import protect
from gateway.api.read_trail import ReadTrail, person_of, shown_of
from gateway.errors import Rejected, Retry
from gateway.security import Clients, clients_file
from gateway.security.caller import LOCAL, Caller
from gateway.security.client import Client, digest
from gateway.store import Store, Version
from gateway.store.model import Transact, Transacted
from gateway.validation import Validator, examine

Write = Callable[[Transact], Awaitable[Transacted]]
Visit = Callable[..., list[httpx.Response]]
WARD = {"x-qiao-practitioner": "Practitioner/w1"}
ANNA = {"resourceType": "Patient", "id": "anna", "active": True}
BO = {"resourceType": "Patient", "id": "bo", "active": True}
SUGAR = {
    "resourceType": "Observation", "id": "sugar", "status": "final", "code": {"text": "血糖"},
    "subject": {"reference": "Patient/anna"},
}  # fmt: skip
HOUSE = {"resourceType": "Organization", "id": "house", "name": "渡桥市人民医院"}


@pytest.fixture
def visit(store: Store, writes: Write, put: Callable[..., None], tmp_path: Path) -> Visit:
    """``visit("/Patient/anna", …)`` → the answers; what they leave is written when it ends."""
    put(ANNA, BO, SUGAR, HOUSE)
    put({**ANNA, "gender": "female"})
    file = tmp_path / "clients.toml"
    for name in ("front", "his"):
        role = "operator"
        clients_file.add(file, Client(name, digest(name.encode()), role, asserts=name == "front"))  # type: ignore[arg-type]
    here = Context(store, Options(audited=frozenset({"default"})), write=writes)
    app = protect(create_app(here, "1.2.3"), Clients(file))

    def ask(*paths: str, token: str = "front", method: str = "GET", body: Any = None, **headers: str) -> Any:
        async def run() -> list[httpx.Response]:
            transport = httpx.ASGITransport(app)
            named = {
                "authorization": f"Bearer {token}",
                "content-type": "application/fhir+json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            sent = None if body is None else json.dumps(body)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                said = [
                    await client.request(method, f"/fhir{path}", headers=named, content=sent)
                    for path in paths
                ]
            await here.trail._written()  # type: ignore[union-attr]
            return said

        return asyncio.run(run())

    return ask


def events(store: Store, patient: str = "Patient/anna") -> list[dict[str, Any]]:
    found = store.search("default", "AuditEvent", [("entity", patient)]).matches
    return [json.loads(one.body) for one in found]


def entities(event: dict[str, Any]) -> set[str]:
    return {one["what"]["reference"] for one in event["entity"] if "what" in one}


@pytest.mark.parametrize(
    ("path", "code", "named"),
    [
        ("/Patient/anna", "read", {"Patient/anna"}),
        ("/Observation/sugar", "read", {"Patient/anna", "Observation/sugar"}),
        ("/Observation/sugar?_pretty=true", "read", {"Patient/anna", "Observation/sugar"}),
        ("/Patient/anna/_history/1", "vread", {"Patient/anna"}),
        ("/Patient/anna/_history", "history", {"Patient/anna"}),
        ("/Observation?_id=nobody", "", set()),
        ("/Observation?_id=sugar", "search", {"Patient/anna", "Observation/sugar"}),
        ("/Observation?_id=sugar&_include=*", "search", {"Patient/anna", "Observation/sugar"}),
        ("/Patient/anna/$everything", "search", {"Patient/anna", "Observation/sugar"}),
        ("/Patient/anna/Observation", "search", {"Patient/anna", "Observation/sugar"}),
        ("/?_type=Observation", "search", {"Patient/anna", "Observation/sugar"}),
        ("/Organization/house", "", set()),
        ("/Observation?_id=sugar&_summary=count", "", set()),
    ],
)
def test_every_way_to_read_names_what_was_shown(
    visit: Visit, store: Store, path: str, code: str, named: set[str]
) -> None:
    visit(path, token="his")
    found = events(store)
    assert [one["subtype"][0]["code"] for one in found] == ([code] if code else [])
    assert set().union(*map(entities, found)) == named
    assert all(one["agent"][0]["altId"] == "his" for one in found)


def test_an_entry_of_a_batch_is_a_read(visit: Visit, store: Store) -> None:
    entry = [{"request": {"method": "GET", "url": "Patient/anna"}}]
    (said,) = visit("/", method="POST", body={"resourceType": "Bundle", "type": "batch", "entry": entry})
    assert said.status_code == 200
    assert [entities(one) for one in events(store)] == [{"Patient/anna"}]


def test_reads_of_a_moment_are_one_event_for_each_patient(visit: Visit, store: Store) -> None:
    visit("/Patient/anna", "/Observation/sugar", "/Patient/anna", "/Patient/bo")
    assert [entities(one) for one in events(store)] == [{"Patient/anna", "Observation/sugar"}]
    assert [entities(one) for one in events(store, "Patient/bo")] == [{"Patient/bo"}]


def test_a_client_that_may_names_the_person(visit: Visit, store: Store) -> None:
    visit("/Patient/anna", **WARD)
    visit("/Patient/bo", token="his", **WARD)
    (mine,), (other,) = events(store), events(store, "Patient/bo")
    assert mine["agent"][0]["who"] == {"reference": "Practitioner/w1"}
    assert other["agent"][0]["who"] == {"identifier": {"system": "urn:qiao:client", "value": "his"}}


def test_a_search_says_how_it_was_found(visit: Visit, store: Store) -> None:
    visit("/Observation?_id=sugar")
    (event,) = events(store)
    (query,) = [one["query"] for one in event["entity"] if "query" in one]
    assert base64.b64decode(query).decode() == "Observation?_id=sugar"
    assert event["action"] == "E"


def test_an_export_is_on_record_with_what_was_asked(visit: Visit, store: Store) -> None:
    (said,) = visit("/Patient/$export?_type=Observation")
    assert said.status_code == 202
    (event,) = [json.loads(one.body) for one in store.search("default", "AuditEvent", []).matches]
    assert base64.b64decode(event["entity"][0]["query"]).decode() == "Patient/$export?_type=Observation"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/Patient/nobody", 404), ("/AuditEvent", 200), ("/metadata", 200)],
)
def test_what_shows_nothing_of_a_patient_leaves_nothing(
    visit: Visit, store: Store, path: str, status: int
) -> None:
    (said,) = visit(path)
    assert said.status_code == status
    assert store.search("default", "AuditEvent", []).matches == []


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Binary", "contentType": "text/plain", "data": "aGVsbG8="},
        {
            "resourceType": "Basic",
            "code": {"text": "x"},
            "contained": [{"resourceType": "Patient", "id": "p"}],
        },
        {
            "resourceType": "Basic",
            "code": {"text": "x"},
            "subject": {"reference": "https://x.cn/fhir/Patient/b"},
        },
    ],
)
def test_a_patient_of_whom_nobody_can_tell_who_it_is_leaves_an_event(
    visit: Visit, store: Store, put: Callable[..., None], resource: dict[str, Any]
) -> None:
    put({**resource, "id": "r"})
    visit(f"/{resource['resourceType']}/r")
    assert [entities(one) for one in events(store, f"{resource['resourceType']}/r")] == [
        {f"{resource['resourceType']}/r"}
    ]


def test_a_change_that_shows_what_was_there_is_a_read(visit: Visit, store: Store) -> None:
    (said,) = visit("/Patient/anna", method="PATCH", body=[], content_type="application/json-patch+json")
    assert said.json()["gender"] == "female"
    assert [entities(one) for one in events(store)] == [{"Patient/anna"}]
    named = {"if_none_exist": "_id=bo", "prefer": "return=representation"}
    (said,) = visit("/Patient", method="POST", body={"resourceType": "Patient"}, **named)
    assert said.status_code == 200
    assert [entities(one) for one in events(store, "Patient/bo")] == [{"Patient/bo"}]


def test_a_transaction_that_shows_what_was_there_is_a_read(visit: Visit, store: Store) -> None:
    entry = {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}}
    entry["request"]["ifNoneExist"] = "_id=bo"
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    (said,) = visit("", method="POST", body=bundle, prefer="return=representation")
    assert said.json()["entry"][0]["resource"]["id"] == "bo"
    assert [entities(one) for one in events(store, "Patient/bo")] == [{"Patient/bo"}]


def test_a_change_is_answered_without_what_cannot_be_noted(
    visit: Visit, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_trail, "MOST", 0)
    (said,) = visit("/Patient/anna", method="PATCH", body=[], content_type="application/json-patch+json")
    assert (said.status_code, said.content) == (200, b"")


def test_own_words_are_no_read(visit: Visit, store: Store) -> None:
    visit("/Patient/anna", method="PUT", body={**ANNA, "gender": "male"}, prefer="return=representation")
    visit("/Patient", method="POST", body={"resourceType": "Patient"}, prefer="return=representation")
    assert store.search("default", "AuditEvent", []).matches == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/AuditEvent/{id}"),
        ("PUT", "/AuditEvent/{id}"),
        ("PATCH", "/AuditEvent/{id}"),
        ("DELETE", "/AuditEvent?entity=Patient/anna"),
        ("PUT", "/AuditEvent?entity=Patient/anna"),
    ],
)
def test_nobody_changes_what_is_on_record(visit: Visit, store: Store, method: str, path: str) -> None:
    visit("/Patient/anna")
    (event,) = events(store)
    body = {name: value for name, value in event.items() if name != "meta"} | {"outcome": "8"}
    kind = {"content_type": "application/json-patch+json"} if method == "PATCH" else {}
    sent = [{"op": "replace", "path": "/outcome", "value": "8"}] if kind else body
    (said,) = visit(path.format(id=event["id"]), method=method, body=sent, **kind)
    assert said.status_code == 405
    entry = {"request": {"method": "DELETE", "url": f"AuditEvent/{event['id']}"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    (said,) = visit("", method="POST", body=bundle)
    assert said.status_code == 405
    assert events(store) == [event]


def test_others_may_keep_their_own_events(visit: Visit, store: Store) -> None:
    event = {
        "resourceType": "AuditEvent", "id": "theirs", "type": {"code": "rest"},
        "recorded": "2026-01-01T00:00:00Z", "agent": [{"requestor": True}],
        "source": {"observer": {"display": "his"}},
    }  # fmt: skip
    said = [visit("/AuditEvent/theirs", method=method, body=event)[0] for method in ("PUT", "PUT", "DELETE")]
    assert [one.status_code for one in said] == [201, 200, 204]


def test_who_has_it_already_is_shown_nothing(visit: Visit, store: Store) -> None:
    (said,) = visit("/Patient/anna", if_none_match='W/"2"')
    assert said.status_code == 304
    assert events(store) == []


def test_an_event_is_one_of_r4(visit: Visit, store: Store, validator: Validator) -> None:
    visit("/Observation?_id=sugar", **WARD)
    (version,) = store.search("default", "AuditEvent", []).matches
    found = examine(validator, version.body, ())
    assert [one for one in found.issues if one.issue.severity in ("error", "fatal")] == []


def test_another_tenant_asks_for_none(store: Store, writes: Write) -> None:
    trail = ReadTrail(writes, frozenset({"default"}))
    assert trail.wants("default")
    assert not trail.wants("second")


# The trail itself.

SHOWN = [("Patient/anna", frozenset({"Patient/anna"}))]


def test_what_cannot_be_noted_is_not_shown(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_trail, "MOST", 0)
    said = visit("/Patient/anna", "/Observation?_id=sugar", "/Patient/anna/_history", "/Organization/house")
    assert [one.status_code for one in said] == [503, 503, 503, 200]
    assert all(b"anna" not in one.content for one in said[:3])


def test_a_stop_in_the_middle_of_a_write_writes_it_once() -> None:
    written: list[Transact] = []
    begun = asyncio.Event()

    async def write(transact: Transact) -> Transacted:
        begun.set()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        written.append(transact)
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}), every=0)

    async def run() -> None:
        trail.note(LOCAL, "read", (), SHOWN)
        await begun.wait()
        await trail.close()

    asyncio.run(run())
    assert len(written) == 1
    assert trail._held == 0


def test_nothing_is_shown_while_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_trail, "LATE", 0)
    away = [True]

    async def write(_: Transact) -> Transacted:
        if away:
            raise Retry("the store cannot commit (SQLITE_FULL)")
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}), every=60)

    async def run() -> None:
        trail.note(LOCAL, "read", (), SHOWN)
        with pytest.raises(Retry):
            await trail._written()
        with pytest.raises(Retry):
            trail.note(LOCAL, "read", (), SHOWN)
        trail.note(LOCAL, "read", (), [])
        away.clear()
        await trail._written()
        trail.note(LOCAL, "read", (), SHOWN)

    asyncio.run(run())


def test_what_comes_while_others_are_written_waits_for_the_next_time() -> None:
    written: list[Transact] = []

    async def write(transact: Transact) -> Transacted:
        trail.note(LOCAL, "read", (), SHOWN)
        written.append(transact)
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}), every=60)

    async def run() -> None:
        trail.note(LOCAL, "read", (), SHOWN)
        await trail._written()
        await trail._written()

    asyncio.run(run())
    assert len(written) == 2


def test_long_queries_take_their_room_and_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_trail, "MOST", 40)
    written: list[dict[str, Any]] = []

    async def write(transact: Transact) -> Transacted:
        written.extend(one.body for one in transact.changes if one.body)
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}))

    async def run() -> None:
        trail.note(LOCAL, "search", (), SHOWN, "a" * 60_000)
        trail.note(LOCAL, "search", (), SHOWN, "b" * 60_000)
        with pytest.raises(Retry):
            trail.note(LOCAL, "search", (), SHOWN, "c")
        await trail.close()

    asyncio.run(run())
    queries = [one["query"] for event in written for one in event["entity"] if "query" in one]
    assert [len(base64.b64decode(one).decode()) for one in queries] == [2001, 2001]
    assert trail._held == 0


def test_who_names_very_many_patients_makes_one_event() -> None:
    member = b",".join(b'{"reference":"Patient/p%d"}' % at for at in range(60))
    group = Version("Group", "g", 1, 1, 0, "update", b'{"member":[%s]}' % member)
    assert shown_of([group]) == [("Group/g", frozenset({""}))]


def test_what_could_not_be_written_is_written_later_with_what_came_since() -> None:
    written: list[Transact] = []
    away = [True]

    async def write(transact: Transact) -> Transacted:
        if away.pop(0) if away else False:
            trail.note(LOCAL, "read", (), [("Observation/sugar", frozenset({"Patient/anna"}))])
            raise Retry("the database cannot commit now")
        written.append(transact)
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}))

    async def run() -> None:
        trail.note(LOCAL, "read", (), SHOWN)
        with pytest.raises(Retry):
            await trail._written()
        await trail.close()

    asyncio.run(run())
    ((change,),) = [one.changes for one in written]
    assert change.body is not None
    assert entities(change.body) == {"Patient/anna", "Observation/sugar"}
    assert trail._held == 0


def test_an_event_that_is_refused_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    written: list[str] = []

    async def write(transact: Transact) -> Transacted:
        named = [one.body["entity"][0]["what"]["reference"] for one in transact.changes if one.body]
        if "Patient/bad" in named:
            return Transacted(error=Rejected("no", code="invalid"), at=0)
        written.extend(named)
        return Transacted()

    trail = ReadTrail(write, frozenset({"default"}))

    async def run() -> None:
        trail.note(LOCAL, "read", (), [*SHOWN, ("Patient/bad", frozenset({"Patient/bad"}))])
        await trail.close()

    asyncio.run(run())
    assert written == ["Patient/anna"]
    assert "a read is not on record (invalid)" in caplog.text


def test_a_gateway_that_stops_shows_nothing_more() -> None:
    async def write(_: Transact) -> Transacted:
        return Transacted()

    async def run() -> None:
        trail = ReadTrail(write, frozenset({"default"}))
        await trail.close()
        with pytest.raises(Retry):
            trail.note(LOCAL, "read", (), SHOWN)

    asyncio.run(run())


def test_many_resources_make_several_events() -> None:
    written: list[dict[str, Any]] = []

    async def write(transact: Transact) -> Transacted:
        written.extend(one.body for one in transact.changes if one.body)
        return Transacted()

    async def run() -> None:
        trail = ReadTrail(write, frozenset({"default"}))
        whose = frozenset({"Patient/anna"})
        trail.note(LOCAL, "search", (), [(f"Observation/o{at}", whose) for at in range(450)])
        await trail.close()

    asyncio.run(run())
    assert [len(one["entity"]) for one in written] == [201, 201, 51]


def test_whose_data_a_resource_is_stands_in_its_references() -> None:
    body = b'{"member":[{"reference":"Patient/a"},{"reference":"Patient/b/_history/2"}]}'
    group = Version("Group", "g", 1, 1, 0, "update", body)
    assert shown_of([group]) == [("Group/g", frozenset({"Patient/a", "Patient/b"}))]
    assert shown_of([replace(group, method="delete", body=b"")]) == []
    assert shown_of([Version("AuditEvent", "e", 1, 1, 0, "create", body)]) == []


@pytest.mark.parametrize(
    ("caller", "said", "person"),
    [
        (LOCAL, "Practitioner/w1", "Practitioner/w1"),
        (LOCAL, "urn:x|7", "urn:x|7"),
        (LOCAL, "no such thing", ""),
        (Caller("ward", "default", "read", "Practitioner/w2"), "Practitioner/w1", "Practitioner/w2"),
        (Caller("his", "default", "read"), "Practitioner/w1", ""),
    ],
)
def test_who_is_named_is_who_may_be(caller: Caller, said: str, person: str) -> None:
    assert person_of(caller, [(b"x-qiao-practitioner", said.encode())]) == person
