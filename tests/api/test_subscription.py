"""$status, $events, $topic-list over HTTP, and Subscriptions that are refused when they are written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import Context, Options, create_app
from gateway.feed.subscription import Notifier, Worker, load_topics, urls
from gateway.feed.subscription.sending import Answer, Parcel
from gateway.settings import SubscriptionSettings
from gateway.store import Store
from gateway.store.model import Transact, Transacted

Write = Callable[[Transact], Awaitable[Transacted]]
SUBSCRIPTION: dict[str, Any] = {
    "resourceType": "Subscription",
    "id": "s1",
    "status": "requested",
    "reason": "test",
    "criteria": "urn:qiao:topic:Patient-changed",
    "channel": {
        "type": "rest-hook",
        "endpoint": "http://127.0.0.1:9/hook",
        "payload": "application/fhir+json",
    },
}


class Site:
    """An API and a worker on one store; what would be sent is only written down."""

    def __init__(self, store: Store, write: Write) -> None:
        self.store, self.write = store, write
        self.notifier = Notifier(store, load_topics(), SubscriptionSettings())
        self.app: FastAPI = create_app(
            Context(
                store, Options(tenants=frozenset({"default", "second"})), write=write, notifier=self.notifier
            )
        )
        self.sent: list[Parcel] = []

    def __call__(self, method: str, url: str, body: Any = None, **headers: str) -> httpx.Response:
        async def run() -> httpx.Response:
            content = None if body is None else json.dumps(body).encode()
            if content is not None:
                headers.setdefault("content-type", "application/fhir+json")
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                return await client.request(method, f"/fhir{url}", content=content, headers=headers)

        return asyncio.run(run())

    def work(self) -> None:
        """Notify whoever is to be notified."""

        async def send(parcel: Parcel) -> Answer:
            self.sent.append(parcel)
            return Answer(True)

        async def run() -> None:
            worker = Worker(
                self.store, self.notifier, self.write, lambda _: "http://localhost/fhir", send=send
            )
            worker.open()
            await worker.settle()

        asyncio.run(run())


@pytest.fixture
def site(store: Store, writes: Write) -> Site:
    return Site(store, writes)


def parameters(resource: dict[str, Any]) -> dict[str, Any]:
    """The simple parameters of a SubscriptionStatus by name."""
    return {
        one["name"]: value
        for one in resource["parameter"]
        for key, value in one.items()
        if key.startswith("value")
    }


def test_a_subscription_lives_through_the_api(site: Site) -> None:
    assert site("PUT", "/Subscription/s1", SUBSCRIPTION).status_code == 201
    answer = site("GET", "/Subscription/s1/$status").json()
    assert parameters(answer["entry"][0]["resource"])["status"] == "requested"  # nobody has looked yet
    for n in range(3):
        site("PUT", f"/Patient/p{n}", {"resourceType": "Patient", "id": f"p{n}"})
    site.work()
    assert site("GET", "/Subscription/s1").json()["status"] == "active"

    status = site("GET", "/Subscription/s1/$status")
    bundle = status.json()
    assert bundle["link"][0]["url"] == "http://localhost:8080/fhir/Subscription/s1/$status"
    told = parameters(bundle["entry"][0]["resource"])
    assert (bundle["type"], bundle["total"], bundle["entry"][0]["search"]) == (
        "searchset",
        1,
        {"mode": "match"},
    )
    assert (told["status"], told["type"]) == ("active", "query-status")
    assert told["events-since-subscription-start"] == "3"
    assert told["topic"] == SUBSCRIPTION["criteria"]

    some = site(
        "GET", "/Subscription/s1/$events?eventsSinceNumber=2&eventsUntilNumber=9&content=full-resource"
    ).json()
    assert some["type"] == "history"
    assert parameters(some["entry"][0]["resource"])["type"] == "query-event"
    assert [entry["resource"]["id"] for entry in some["entry"][1:]] == ["p1", "p2"]
    posted = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "eventsSinceNumber", "valueString": "3"},
            {"name": "content", "valueCode": "id-only"},
        ],
    }
    [_, last] = site("POST", "/Subscription/s1/$events", posted).json()["entry"]
    assert last["fullUrl"].endswith("/fhir/Patient/p2")

    assert site("DELETE", "/Subscription/s1").status_code in (200, 204)
    for _ in range(2):  # before the worker has looked, and after
        assert site("GET", "/Subscription/s1/$status").status_code == 404
        assert site("GET", "/Subscription/s1/$events").status_code == 404
        assert site("GET", "/Subscription/$status").json()["total"] == 0
        site.work()


def test_status_of_several_is_chosen_by_id_and_status(site: Site) -> None:
    for id_ in ("s1", "s2", "s3"):
        status = "off" if id_ == "s3" else "requested"
        site("PUT", f"/Subscription/{id_}", {**SUBSCRIPTION, "id": id_, "status": status})
    site.work()

    def ids(query: str) -> list[str]:
        entries = site("GET", f"/Subscription/$status{query}").json().get("entry", [])
        told = (parameters(entry["resource"])["subscription"]["reference"] for entry in entries)
        return sorted(one.rpartition("/")[2] for one in told)

    assert ids("") == ["s1", "s2", "s3"]
    assert ids("?id=s1&id=s3") == ["s1", "s3"]
    assert ids("?status=active") == ["s1", "s2"]
    assert ids("?status=off&status=error") == ["s3"]


def test_another_tenant_sees_nothing(site: Site) -> None:
    site("PUT", "/Subscription/s1", SUBSCRIPTION)
    site.work()

    async def ask(path: str) -> int:
        transport = httpx.ASGITransport(site.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return (await client.get(f"/t/second/fhir{path}")).status_code

    assert asyncio.run(ask("/Subscription/s1/$status")) == 404
    assert asyncio.run(ask("/Subscription/s1/$events")) == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/Subscription/none/$status", 404),
        ("/Subscription/none/$events", 404),
        ("/Subscription/s1/$events?eventsSinceNumber=-1", 400),
        ("/Subscription/s1/$events?eventsSinceNumber=x", 400),
        ("/Subscription/s1/$events?eventsUntilNumber=99999999999999999999", 400),
        ("/Subscription/s1/$events?content=everything", 400),
        ("/Subscription/s1/$events?nonsense=1", 400),
        ("/Subscription/s1/$events?eventsSinceNumber=5&eventsUntilNumber=2", 200),
        ("/Subscription/$status?id=none", 404),
        ("/Subscription/$status?id=", 404),
        ("/Subscription/%00/$status", 404),
        ("/Subscription/a%20b/$events", 404),
        ("/Subscription/$status?status=%00", 200),
    ],
)
def test_bad_requests_have_a_defined_answer(site: Site, path: str, status: int) -> None:
    site("PUT", "/Subscription/s1", SUBSCRIPTION)
    site.work()
    answer = site("GET", path)
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["resourceType"] == "OperationOutcome"


def test_what_cannot_be_served_is_refused_however_it_is_written(site: Site) -> None:
    bad = {**SUBSCRIPTION, "criteria": "Observation?nonsense=1"}
    refused = site("POST", "/Subscription", {key: value for key, value in bad.items() if key != "id"})
    assert refused.status_code == 422
    [issue] = refused.json()["issue"]
    assert issue["expression"] == ["Subscription.criteria"]
    assert "details" not in issue  # R4 knows no empty texts
    assert site("PUT", "/Subscription/s1", bad).status_code == 422
    site("PUT", "/Subscription/s1", SUBSCRIPTION)
    patch = [{"op": "replace", "path": "/channel/endpoint", "value": "https://elsewhere.example/hook"}]
    answer = site("PATCH", "/Subscription/s1", patch, **{"content-type": "application/json-patch+json"})
    assert answer.status_code == 422
    bundle = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [
            {"resource": {"resourceType": "Patient"}, "request": {"method": "POST", "url": "Patient"}},
            {"resource": bad, "request": {"method": "PUT", "url": "Subscription/s1"}},
        ],
    }
    assert site("POST", "", bundle).status_code == 422
    assert site("GET", "/Patient?_summary=count").json()["total"] == 0


def test_the_capability_statement_names_operations_profile_and_topics(site: Site) -> None:
    statement = site("GET", "/metadata").json()
    [entry] = [one for one in statement["rest"][0]["resource"] if one["type"] == "Subscription"]
    defined = {one["definition"] for one in entry["operation"]}
    assert {urls.STATUS_OPERATION, urls.EVENTS_OPERATION} <= defined
    assert entry["supportedProfile"] == [urls.SUBSCRIPTION_PROFILE]
    topics = [one["valueCanonical"] for one in entry["extension"] if one["url"] == urls.CAPABILITY_TOPIC]
    assert "urn:qiao:topic:lab-report-final" in topics


def test_topics_are_listed_as_basic_resources(site: Site, validator: Any) -> None:
    listed = site("GET", "/Subscription/$topic-list").json()
    urls_ = [entry["resource"]["extension"][0]["valueUri"] for entry in listed["entry"]]
    assert "urn:qiao:topic:prescription-active" in urls_
    assert "urn:qiao:topic:Subscription-changed" not in urls_
    ids = [entry["resource"]["id"] for entry in listed["entry"]]
    assert len(set(ids)) == len(ids)
    [active] = [
        entry["resource"]
        for entry in listed["entry"]
        if entry["resource"]["id"].endswith("prescription-active")
    ]
    active.pop("meta")
    assert not [issue for issue in validator.check(active) if issue.severity in ("error", "fatal")]


def test_a_server_without_a_notifier_has_none_of_it(store: Store, writes: Write) -> None:
    site = Site(store, writes)
    site.app = create_app(Context(store, write=writes))
    assert site("GET", "/Subscription/$status").status_code in (400, 404, 405)
