"""$export over HTTP: kick-off, status, files, cancelling, and what is refused."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.security.caller import CALLER, Caller
from gateway.store import Store
from gateway.store.export import Limits, slices

Call = Callable[..., httpx.Response]
Json = dict[str, Any]


def lines(answer: httpx.Response) -> list[Json]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/fhir+ndjson"
    assert answer.content.endswith(b"\n") or not answer.content
    return [json.loads(line) for line in answer.content.splitlines()]


@pytest.fixture
def hand(store: Store) -> Store:
    """The store, whose exports go on only when a test lets them."""
    store.exports.by_hand = True
    return store


@pytest.fixture
def begin(call: Call, hand: Store) -> Callable[..., str]:
    """Kick an export off; return the path of its status."""

    def start(path: str = "/fhir/$export", body: Json | None = None, **headers: str) -> str:
        answer = call("GET" if body is None else "POST", path, body, prefer="respond-async", **headers)
        assert answer.status_code == 202, answer.text
        assert answer.json()["resourceType"] == "OperationOutcome"
        return answer.headers["content-location"].removeprefix("http://localhost:8080")

    return start


@pytest.fixture
def manifest(call: Call, hand: Store, begin: Callable[..., str]) -> Callable[..., Json]:
    """Kick an export off, finish it, return its manifest."""

    def export(path: str = "/fhir/$export", body: Json | None = None, **headers: str) -> Json:
        status = begin(path, body, **headers)
        assert hand.exports.work(status.rpartition("/")[2])
        answer = call("GET", status)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/json"
        found: Json = answer.json()
        return found

    return export


@pytest.fixture
def exported(call: Call, manifest: Callable[..., Json]) -> Callable[..., list[Json]]:
    """Every resource of the output of an export."""

    def fetch(path: str = "/fhir/$export", body: Json | None = None, **headers: str) -> list[Json]:
        found = []
        for one in manifest(path, body, **headers)["output"]:
            inside = lines(call("GET", one["url"]))
            assert len(inside) == one["count"]
            assert {each["resourceType"] for each in inside} == {one["type"]}
            found += inside
        return found

    return fetch


@pytest.fixture(autouse=True)
def ward(put: Callable[..., None]) -> None:
    """Two patients with an observation each, and a third tenant-foreign one."""
    for n in ("1", "2"):
        subject = {"reference": f"Patient/p{n}"}
        put(
            {"resourceType": "Patient", "id": f"p{n}", "gender": "male", "birthDate": "1990-03-07"},
            {
                "resourceType": "Observation", "id": f"o{n}", "subject": subject,
                "status": "final" if n == "1" else "amended", "code": {"text": "x"},
            },
        )  # fmt: skip
    put({"resourceType": "Organization", "id": "org", "name": "渝北医院"})
    put({"resourceType": "Patient", "id": "foreign"}, tenant="second")


def names(resources: list[Json]) -> set[str]:
    found = {f"{one['resourceType']}/{one['id']}" for one in resources}
    assert len(found) == len(resources)
    return found


def test_everything_from_kick_off_to_files(call: Call, begin: Callable[..., str], hand: Store) -> None:
    status = begin()
    waiting = call("GET", status)
    assert waiting.status_code == 202
    assert waiting.headers["x-progress"].startswith("0%")
    assert int(waiting.headers["retry-after"]) > 0
    assert not waiting.content

    hand.exports.work(status.rpartition("/")[2])
    done = call("GET", status)
    told = done.json()
    assert done.status_code == 200
    assert "GMT" in done.headers["expires"]
    assert told["request"] == "http://localhost:8080/fhir/$export"
    assert told["requiresAccessToken"] is False
    assert told["transactionTime"].endswith("Z")
    assert (told["deleted"], told["error"]) == ([], [])
    assert {one["type"]: one["count"] for one in told["output"]} == {
        "Patient": 2, "Observation": 2, "Organization": 1,
    }  # fmt: skip
    found = [each for one in told["output"] for each in lines(call("GET", one["url"]))]
    assert names(found) == {
        "Patient/p1",
        "Patient/p2",
        "Observation/o1",
        "Observation/o2",
        "Organization/org",
    }


def test_a_line_is_the_resource_as_it_is_read(call: Call, manifest: Callable[..., Json]) -> None:
    (file,) = manifest("/fhir/$export?_type=Organization")["output"]
    assert call("GET", file["url"]).content == call("GET", "/fhir/Organization/org").content + b"\n"


def test_a_file_is_packed_for_who_takes_it_so(call: Call, manifest: Callable[..., Json]) -> None:
    (file,) = manifest("/fhir/$export?_type=Patient")["output"]
    plain = call("GET", file["url"], accept_encoding="identity")
    packed = call("GET", file["url"], accept_encoding="gzip")
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.content == plain.content  # the client has unpacked it
    head = call("HEAD", file["url"])
    assert head.status_code == 200
    assert not head.content


def test_an_outcome_as_xml_for_who_wants_it(call: Call) -> None:
    answer = call("GET", "/fhir/$export?_since=yesterday", accept="application/fhir+xml")
    assert answer.status_code == 400
    assert answer.text.startswith("<OperationOutcome") or answer.text.startswith("<?xml")


def test_types_by_get_and_by_post(exported: Callable[..., list[Json]]) -> None:
    assert names(exported("/fhir/$export?_type=Patient,Organization")) == {
        "Patient/p1", "Patient/p2", "Organization/org",
    }  # fmt: skip
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Organization"},
            {"name": "_outputFormat", "valueString": "application/fhir+ndjson"},
        ],
    }
    assert names(exported("/fhir/$export", body)) == {"Organization/org"}


@pytest.mark.parametrize(
    "format_", ["application/fhir%2Bndjson", "application/fhir+ndjson", "application/ndjson", "ndjson"]
)
def test_every_name_of_the_format(begin: Callable[..., str], format_: str) -> None:
    begin(f"/fhir/$export?_outputFormat={format_}")


def test_a_client_that_goes_on_at_the_transaction_time_misses_nothing(
    call: Call, manifest: Callable[..., Json], exported: Callable[..., list[Json]]
) -> None:
    at = manifest()["transactionTime"]
    call("PUT", "/fhir/Patient/p1", {"resourceType": "Patient", "id": "p1", "active": True})
    call("DELETE", "/fhir/Observation/o2")
    assert names(exported(f"/fhir/$export?_since={at}")) == {"Patient/p1"}
    told = manifest(f"/fhir/$export?_since={at}")
    (gone,) = told["deleted"]
    assert (gone["type"], gone["count"]) == ("Bundle", 1)
    (bundle,) = lines(call("GET", gone["url"]))
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "transaction")
    assert [one["request"] for one in bundle["entry"]] == [{"method": "DELETE", "url": "Observation/o2"}]
    before = exported(f"/fhir/$export?_until={at}&_type=Observation,Patient")
    assert names(before) == {"Patient/p1", "Patient/p2", "Observation/o1", "Observation/o2"}
    assert manifest(f"/fhir/$export?_until={at}")["transactionTime"] == at


def test_filters_of_types(exported: Callable[..., list[Json]]) -> None:
    query = "_typeFilter=Observation%3Fstatus%3Dfinal%2Cregistered%2CPatient%3F_id%3Dp2"
    assert names(exported(f"/fhir/$export?_type=Observation,Patient&{query}")) == {
        "Observation/o1",
        "Patient/p2",
    }
    twice = "_typeFilter=Observation%3Fstatus%3Dfinal&_typeFilter=Observation%3Fstatus%3Damended"
    assert names(exported(f"/fhir/$export?_type=Observation&{twice}")) == {"Observation/o1", "Observation/o2"}


def test_elements_and_what_must_be_there(exported: Callable[..., list[Json]]) -> None:
    found = exported("/fhir/$export?_type=Patient,Observation&_elements=Patient.gender,id")
    for one in found:
        assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
        own = {"gender"} if one["resourceType"] == "Patient" else {"status", "code"}
        assert one.keys() == {"resourceType", "id", "meta", *own}


def test_patients_and_groups(call: Call, exported: Callable[..., list[Json]]) -> None:
    assert names(exported("/fhir/Patient/$export")) == {
        "Patient/p1", "Patient/p2", "Observation/o1", "Observation/o2",
    }  # fmt: skip
    member = [{"entity": {"reference": "Patient/p2"}}]
    group = {"resourceType": "Group", "id": "g", "type": "person", "actual": True, "member": member}
    assert call("PUT", "/fhir/Group/g", group).status_code == 201
    of_group = names(exported("/fhir/Group/g/$export?_type=Patient,Observation"))
    assert of_group == {"Patient/p2", "Observation/o2"}
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "valueReference": {"reference": "Patient/p1"}}],
    }
    assert names(exported("/fhir/Patient/$export", body)) == {"Patient/p1", "Observation/o1"}
    refused = call("POST", "/fhir/Group/g/$export", body)
    assert refused.status_code == 400
    assert call("GET", "/fhir/Group/none/$export").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "_outputFormat=application/json",
        "_outputFormat=csv",
        "_type=Nonsense",
        "_type=Patient,Nonsense",
        "_type=",
        "_since=yesterday",
        "_since=2026-13-01T00:00:00Z",
        "_since=2026-01-01T00:00:00Z&_since=2026-01-02T00:00:00Z",
        "_since=2026-02-01T00:00:00Z&_until=2026-01-01T00:00:00Z",
        "includeAssociatedData=LatestProvenanceResources",
        "organizeOutputBy=Patient",
        "no-such=1",
        "patient=Patient/p1",
        "_elements=name.family",
        "_elements=Patient.nonsense",
        "_typeFilter=Observation",
        "_typeFilter=Nonsense?x=1",
        "_typeFilter=Observation?nonsense=1",
        "_typeFilter=Observation?_sort=date",
        "_typeFilter=Observation?_include=Observation:subject",
        "_type=Patient&_typeFilter=Observation?status=final",
        "_typeFilter=Observation?status=';DROP TABLE version",
    ],
)
def test_what_is_refused(call: Call, query: str) -> None:
    query = query.replace(" ", "%20")
    answer = call("GET", f"/fhir/$export?{query}")
    if "DROP" in query:  # a strange value is a value
        assert answer.status_code == 202
        return
    assert answer.status_code == 400, answer.text
    (issue,) = answer.json()["issue"]
    assert issue["severity"] == "error"
    assert issue["diagnostics"]


@pytest.mark.parametrize(
    "body",
    [
        {"resourceType": "Patient"},
        {"resourceType": "Parameters", "parameter": [{"name": "_type"}]},
        {"resourceType": "Parameters", "parameter": [{"valueString": "Patient"}]},
        {"resourceType": "Parameters", "parameter": [{"name": "_type", "valueString": ["Patient"]}]},
        {"resourceType": "Parameters", "parameter": {"name": "_type", "valueString": "Patient"}},
        {
            "resourceType": "Parameters",
            "parameter": [{"name": "patient", "valueReference": {"display": "x"}}],
        },
        [],
        b"{",
        b"[" * 100_000,
    ],
)
def test_a_body_that_is_no_parameters_is_refused(call: Call, body: Any) -> None:
    assert call("POST", "/fhir/Patient/$export", body).status_code == 400


def test_a_lenient_client_is_told_what_was_left_out(
    call: Call, manifest: Callable[..., Json], hand: Store
) -> None:
    path = "/fhir/$export?_type=Patient,Nonsense&includeAssociatedData=_all&no-such=1&_elements=Patient.x"
    answer = call("GET", path, prefer="respond-async, handling=lenient")
    assert answer.status_code == 202
    assert [one["severity"] for one in answer.json()["issue"]].count("warning") == 4
    status = answer.headers["content-location"]
    hand.exports.work(status.rpartition("/")[2])
    told = call("GET", status).json()
    assert [one["type"] for one in told["output"]] == ["Patient"]
    (error,) = told["error"]
    assert (error["type"], error["count"]) == ("OperationOutcome", 4)
    assert [one["resourceType"] for one in lines(call("GET", error["url"]))] == ["OperationOutcome"] * 4


def test_to_ask_for_the_head_begins_nothing(call: Call, hand: Store) -> None:
    assert call("HEAD", "/fhir/$export").status_code == 405
    hand.exports.limits = Limits(running=1)
    assert call("GET", "/fhir/$export").status_code == 202


def test_too_many_values_are_refused(call: Call) -> None:
    one = {"name": "_typeFilter", "valueString": "Patient?_id=p1"}
    body = {"resourceType": "Parameters", "parameter": [one] * 101}
    answer = call("POST", "/fhir/$export", body)
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")
    assert call("POST", "/fhir/$export", {**body, "parameter": [one] * 100}).status_code == 202


def test_a_filter_of_too_many_parameters_is_refused(call: Call) -> None:
    query = "&".join(f"name=a{n}" for n in range(120))
    one = {"name": "_typeFilter", "valueString": f"Patient?{query}"}
    answer = call("POST", "/fhir/$export", {"resourceType": "Parameters", "parameter": [one]})
    assert (answer.status_code, answer.json()["issue"][0]["code"]) == (400, "too-costly")


def test_the_server_says_that_it_exports(call: Call) -> None:
    told = call("GET", "/fhir/metadata").json()
    assert told["instantiates"] == ["http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data"]
    named = {one["name"]: one["definition"] for one in told["rest"][0]["operation"]}
    assert named["export"] == "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/export"
    of_type = {one["type"]: one.get("operation", []) for one in told["rest"][0]["resource"]}
    for type_, name in (("Patient", "patient-export"), ("Group", "group-export")):
        urls = [one["definition"] for one in of_type[type_] if one["name"] == "export"]
        assert urls == [f"http://hl7.org/fhir/uv/bulkdata/OperationDefinition/{name}"]


def test_only_types_outside_the_compartment_are_refused(call: Call) -> None:
    answer = call("GET", "/fhir/Patient/$export?_type=Organization")
    assert answer.status_code == 400
    lenient = call("GET", "/fhir/Patient/$export?_type=Organization", prefer="handling=lenient")
    assert lenient.status_code == 400


def test_the_system_level_has_no_patients(call: Call) -> None:
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "patient", "valueReference": {"reference": "Patient/p1"}}],
    }
    assert call("POST", "/fhir/$export", body).status_code == 400
    assert call("POST", "/fhir/$export", body, prefer="handling=lenient").status_code == 202


def test_a_cancelled_export_is_not_found(
    call: Call, begin: Callable[..., str], manifest: Callable[..., Json]
) -> None:
    status = begin()
    assert call("DELETE", status).status_code == 202
    assert call("GET", status).status_code == 404
    assert call("DELETE", status).status_code == 404
    told = manifest()
    url = told["output"][0]["url"]
    job = url.split("/")[-2]
    assert call("DELETE", f"/fhir/$export-status/{job}").status_code == 202
    assert call("GET", url).status_code == 404
    assert call("GET", url).json()["resourceType"] == "OperationOutcome"


def test_an_export_that_failed_says_so(call: Call, begin: Callable[..., str], hand: Store) -> None:
    status = begin()
    hand.exports._give_up(status.rpartition("/")[2])
    answer = call("GET", status)
    assert answer.status_code == 500
    assert answer.json()["resourceType"] == "OperationOutcome"
    hand.exports.limits = Limits(running=1)
    begin()  # it is not under way any more


def test_an_expired_export_is_not_found(
    call: Call, manifest: Callable[..., Json], hand: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = manifest()["output"][0]["url"]
    monkeypatch.setattr(hand.exports, "_now", lambda: 1 << 60)
    assert call("GET", url).status_code == 404
    assert call("GET", f"/fhir/$export-status/{url.split('/')[-2]}").status_code == 404


@pytest.mark.parametrize(
    "file", ["1", "1-Observation.ndjson", "99-Patient.ndjson", "0-OperationOutcome.ndjson", "-1", "x"]
)
def test_a_file_that_an_export_does_not_have(call: Call, manifest: Callable[..., Json], file: str) -> None:
    url = manifest("/fhir/$export?_type=Patient")["output"][0]["url"]
    assert call("GET", f"{url.rpartition('/')[0]}/{file}").status_code == 404


def test_files_of_an_export_that_runs_are_not_there_yet(call: Call, begin: Callable[..., str]) -> None:
    job = begin().rpartition("/")[2]
    assert call("GET", f"/fhir/$export-file/{job}/1-Patient.ndjson").status_code == 404


def test_another_tenant_sees_neither_resources_nor_jobs(
    call: Call, manifest: Callable[..., Json], exported: Callable[..., list[Json]]
) -> None:
    assert names(exported("/t/second/fhir/$export")) == {"Patient/foreign"}
    told = manifest()
    job = told["output"][0]["url"].split("/")[-2]
    assert call("GET", f"/t/second/fhir/$export-status/{job}").status_code == 404
    assert call("DELETE", f"/t/second/fhir/$export-status/{job}").status_code == 404
    assert call("GET", f"/t/second/fhir/$export-file/{job}/1-Patient.ndjson").status_code == 404
    assert call("GET", "/t/third/fhir/$export").status_code == 404


def test_a_tenant_that_asks_too_much_waits(call: Call, begin: Callable[..., str], hand: Store) -> None:
    hand.exports.limits = Limits(running=2)
    begin()
    begin()
    answer = call("GET", "/fhir/$export")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["issue"][0]["code"] == "throttled"
    begin("/t/second/fhir/$export")


def test_a_token_is_needed_for_files_where_it_was_for_the_manifest(
    call: Call, begin: Callable[..., str], hand: Store
) -> None:
    status = begin()
    hand.exports.work(status.rpartition("/")[2])
    assert call("GET", status, authorization="Bearer x").json()["requiresAccessToken"] is True


def test_subscriptions_are_exported_for_operators_only(
    server: FastAPI, hand: Store, put: Callable[..., None]
) -> None:
    put({"resourceType": "Subscription", "id": "s", "status": "off", "channel": {"type": "rest-hook"}})

    async def asked(role: Any, path: str) -> httpx.Response:
        async def guarded(scope: Any, receive: Any, send: Any) -> None:
            await server({**scope, CALLER: Caller("c", "default", role)}, receive, send)

        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(guarded), base_url="http://localhost:8080"
        ) as client:
            return await client.get(path)

    assert asyncio.run(asked("regulator", "/fhir/$export?_type=Subscription")).status_code == 400
    assert asyncio.run(asked("operator", "/fhir/$export?_type=Subscription")).status_code == 202
    plain = asyncio.run(asked("regulator", "/fhir/$export"))
    job = hand.exports.find("default", plain.headers["content-location"].rpartition("/")[2])
    assert job is not None
    assert "Subscription" not in job.asked.types
    assert job.client == "c"


def test_a_slow_reader_takes_a_part_at_a_time(
    server: FastAPI, hand: Store, manifest: Callable[..., Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is read ahead of what the client has taken, and nothing is locked meanwhile."""
    monkeypatch.setattr(slices, "ROWS", 1)
    read: list[int] = []
    bodies = slices.bodies

    def counted(connection: Any, seqs: Any) -> Any:
        read.append(len(seqs))
        return bodies(connection, seqs)

    monkeypatch.setattr(slices, "bodies", counted)
    url = manifest("/fhir/$export?_type=Patient")["output"][0]["url"]
    taken: list[bytes] = []
    session = hand._session
    lent = len(session._open) - len(session._idle)

    async def slowly() -> None:
        async def send(message: Any) -> None:
            if message["type"] == "http.response.body" and message["body"]:
                taken.append(message["body"])
                assert len(read) == len(taken)
                assert len(session._open) - len(session._idle) == lent

        async def receive() -> Any:
            await asyncio.sleep(3600)

        path = url.removeprefix("http://localhost:8080")
        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "path": path,
            "raw_path": path.encode(), "query_string": b"", "headers": [(b"host", b"localhost:8080")],
            "server": ("localhost", 8080), "client": ("127.0.0.1", 1), "asgi": {"version": "3.0"},
        }  # fmt: skip
        await server(scope, receive, send)

    asyncio.run(slowly())
    assert len(taken) == 2


def test_a_packed_file_is_the_plain_one(call: Call, server: FastAPI, manifest: Callable[..., Json]) -> None:
    url = manifest("/fhir/$export?_type=Patient")["output"][0]["url"]

    async def raw() -> bytes:
        transport = httpx.ASGITransport(server)
        async with (
            httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client,
            client.stream("GET", url, headers={"accept-encoding": "gzip"}) as answer,
        ):
            return b"".join([part async for part in answer.aiter_raw()])

    assert gzip.decompress(asyncio.run(raw())) == call("GET", url, accept_encoding="identity").content
