"""$import over HTTP: NDJSON in the body, a manifest of files, and what a bad line costs."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.api import import_manifest, import_ndjson, import_run, import_summary
from gateway.api.import_lines import lines_of
from gateway.api.import_source import check
from gateway.errors import Rejected, Retry
from gateway.store import Store
from gateway.store.model import Transact, Transacted

Call = Callable[..., httpx.Response]
Json = dict[str, Any]
NDJSON = "application/fhir+ndjson"


def patient(id_: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, **more}


def ndjson(*resources: Any) -> bytes:
    return b"".join(
        (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in resources
    )


@pytest.fixture
def send(call: Call) -> Call:
    """Import lines; return the counts."""

    def post(*resources: Any, path: str = "/fhir/$import", **headers: str) -> Json:
        answer = call("POST", path, ndjson(*resources), **{"content_type": NDJSON, **headers})
        assert answer.status_code == 200, answer.text
        return told(answer)

    return post


def told(answer: httpx.Response) -> Json:
    """Counts by name, and the faults as (line, code, expression) under ``faults``."""
    found: Json = {"faults": []}
    for one in answer.json()["parameter"]:
        if "valueInteger" in one:
            found[one["name"]] = one["valueInteger"]
        for issue in one.get("resource", {}).get("issue", ()):
            line = issue["extension"][0]["valueInteger"]
            found["faults"].append((line, issue["code"], issue.get("expression", [""])[0]))
    return found


def test_resources_are_created_updated_and_left_alone(send: Call, call: Call) -> None:
    first = send(patient("a"), patient("b", active=True))
    assert (first["lines"], first["created"], first["failed"]) == (2, 2, 0)
    again = send(patient("a"), patient("b", active=False), patient("c"))
    assert (again["created"], again["updated"], again["unchanged"]) == (1, 1, 1)
    assert call("GET", "/fhir/Patient/b").json()["active"] is False
    assert call("GET", "/fhir/Patient/a").json()["meta"]["versionId"] == "1"


def test_lines_of_one_resource_are_written_in_their_order(send: Call, call: Call) -> None:
    send(*[patient("a", birthDate=f"2000-01-{day:02d}") for day in range(1, 29)])
    found = call("GET", "/fhir/Patient/a").json()
    assert (found["birthDate"], found["meta"]["versionId"]) == ("2000-01-28", "28")


def test_a_bad_line_costs_itself(send: Call, call: Call) -> None:
    found = send(
        patient("good"),
        b"{not json",
        b"",
        patient("bad", gender="nonsense"),
        {"resourceType": "Patient"},
        {"resourceType": "Nonsense", "id": "x"},
        {"resourceType": "ValueSet", "id": "x", "status": "active"},
        patient("no id at all!"),
        b"[1, 2]",
        b'"text"',
        patient("cut", meta={"tag": [{"code": "SUBSETTED"}]}),
        b"\xff\xfe",
        patient("late"),
    )
    assert (found["lines"], found["created"], found["failed"]) == (12, 2, 10)
    assert [line for line, _, _ in found["faults"]] == [2, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    assert (4, "code-invalid", "Patient.gender") in found["faults"]
    assert (5, "required", "") in found["faults"]
    assert call("GET", "/fhir/Patient/good").status_code == 200
    assert call("GET", "/fhir/Patient/late").status_code == 200
    assert call("GET", "/fhir/Patient/bad").status_code == 404


def test_faults_never_repeat_what_stood_in_the_line(call: Call) -> None:
    body = ndjson(patient("secret-990101199003071234", birthDate="secret-date"), b'{"secret')
    answer = call("POST", "/fhir/$import", body, content_type=NDJSON)
    assert b"secret" not in answer.content


def test_faults_as_lines_for_who_wants_them(call: Call) -> None:
    body = ndjson(patient("a"), b"{", b"[")
    answer = call("POST", "/fhir/$import", body, content_type=NDJSON, accept=NDJSON)
    assert answer.headers["content-type"] == NDJSON
    found = [json.loads(line) for line in answer.content.splitlines()]
    assert [one["resourceType"] for one in found] == ["OperationOutcome", "OperationOutcome", "Parameters"]
    assert found[0]["issue"][0]["extension"][0]["valueInteger"] == 2


def test_of_very_many_faults_the_first_are_told(send: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_summary, "MOST", 3)
    found = send(*[b"{"] * 10)
    assert found["failed"] == 10
    assert [line for line, _, _ in found["faults"]] == [1, 2, 3]


def test_a_type_in_the_address_takes_no_other(send: Call) -> None:
    observation = {"resourceType": "Observation", "id": "o", "status": "final", "code": {"text": "x"}}
    found = send(patient("a"), observation, path="/fhir/Patient/$import")
    assert (found["created"], found["failed"]) == (1, 1)


def test_tenants_are_kept_apart(send: Call, call: Call) -> None:
    send(patient("a"), path="/t/second/fhir/$import")
    assert call("GET", "/fhir/Patient/a").status_code == 404
    assert call("GET", "/t/second/fhir/Patient/a").status_code == 200
    assert call("POST", "/t/third/fhir/$import", b"", content_type=NDJSON).status_code == 404


def test_what_an_export_wrote_is_imported_elsewhere_deletions_too(
    send: Call, call: Call, store: Store
) -> None:
    store.exports.by_hand = True
    send(patient("a", active=True), patient("b"), patient("gone"))

    def export(query: str = "") -> tuple[str, list[bytes]]:
        status = call("GET", f"/fhir/$export{query}").headers["content-location"]
        store.exports.work(status.rpartition("/")[2])
        told = call("GET", status).json()
        files = [call("GET", one["url"]).content for kind in ("output", "deleted") for one in told[kind]]
        return told["transactionTime"], [line for file in files for line in file.splitlines()]

    at, lines = export()
    assert send(*lines, path="/t/second/fhir/$import")["created"] == 3
    call("DELETE", "/fhir/Patient/gone")
    send(patient("a", active=False))
    _, changes = export(f"?_since={at}")
    found = send(*changes, path="/t/second/fhir/$import")
    assert (found["updated"], found["deleted"]) == (1, 1)
    assert call("GET", "/t/second/fhir/Patient/gone").status_code == 410
    assert call("GET", "/t/second/fhir/Patient/a").json()["active"] is False


def test_a_packed_body_is_unpacked(call: Call) -> None:
    packed = gzip.compress(ndjson(patient("a"), patient("b")))
    answer = call("POST", "/fhir/$import", packed, content_type=NDJSON, content_encoding="gzip")
    assert told(answer)["created"] == 2


@pytest.mark.parametrize("type_", ["text/csv", "application/fhir+xml", "application/octet-stream"])
def test_what_is_no_ndjson_is_refused(call: Call, type_: str) -> None:
    assert call("POST", "/fhir/$import", b"x", content_type=type_).status_code == 415


def test_a_reading_server_imports_nothing(ask: Call) -> None:
    answer = ask("POST", "/fhir/$import", content=ndjson(patient("a")), headers={"content-type": NDJSON})
    assert answer.status_code in (404, 405)


async def _chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _lines(*parts: bytes, most: int = 10) -> list[tuple[int, bytes | None]]:
    async def run() -> list[tuple[int, bytes | None]]:
        return [line async for line in lines_of(_chunks(*parts), most)]

    return asyncio.run(run())


def test_lines_do_not_depend_on_how_they_were_sent() -> None:
    whole = b"one\ntwo\r\n\n  \nfive\n"
    expected = [(1, b"one"), (2, b"two\r"), (5, b"five")]
    assert _lines(whole) == expected
    assert _lines(*[whole[at : at + 1] for at in range(len(whole))]) == expected
    assert _lines(whole[:-1]) == expected
    assert _lines() == []


def test_a_line_that_is_too_long_is_not_kept() -> None:
    assert _lines(b"x" * 50 + b"\nok\n") == [(1, None), (2, b"ok")]
    assert _lines(*[b"xxxx"] * 10, b"\nok") == [(1, None), (2, b"ok")]
    assert _lines(*[b"xxxx"] * 10) == [(1, None)]
    assert _lines(b"ok\n", *[b"xxxx"] * 10) == [(1, b"ok"), (2, None)]


def test_a_line_that_is_too_long_costs_itself(send: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_ndjson, "LONGEST", 1000)
    found = send(patient("a"), patient("b", name=[{"text": "x" * 2000}]), patient("c"))
    assert (found["created"], found["faults"]) == (2, [(2, "too-long", "")])


def test_the_body_is_read_as_it_is_written(server: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long import holds some batches in memory, not the body."""
    monkeypatch.setattr(import_run, "LINES", 10)
    ahead: list[int] = []
    sent = done = 0
    context = server.state.context
    write = context.write

    async def slow(transact: Transact) -> Transacted:
        nonlocal done
        found: Transacted = await write(transact)
        done += 1
        return found

    object.__setattr__(context, "write", slow)

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for n in range(200):
            sent += 1
            ahead.append(sent - done)
            yield ndjson(patient(f"p{n}"))

    async def run() -> httpx.Response:
        transport = httpx.ASGITransport(server)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
            return await client.post("/fhir/$import", content=body(), headers={"content-type": NDJSON})

    assert told(asyncio.run(run()))["created"] == 200
    assert max(ahead) <= 40


def test_a_busy_store_is_waited_for_then_the_client_is_told(
    server: FastAPI, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = server.state.context
    write, refused = context.write, 0

    async def busy(transact: Transact) -> Transacted:
        nonlocal refused
        if refused < 3:
            refused += 1
            raise Retry("busy", after=0)
        found: Transacted = await write(transact)
        return found

    object.__setattr__(context, "write", busy)
    answer = call("POST", "/fhir/$import", ndjson(patient("a")), content_type=NDJSON)
    assert told(answer)["created"] == 1

    async def never(_transact: Transact) -> Transacted:
        raise Retry("busy", after=0)

    object.__setattr__(context, "write", never)
    answer = call("POST", "/fhir/$import", ndjson(patient("b")), content_type=NDJSON)
    assert answer.status_code == 503
    assert "retry-after" in answer.headers


class Files(BaseHTTPRequestHandler):
    """Another server, with files to import."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/patients")
            self.end_headers()
            return
        body = ndjson(patient("a"), patient("b", gender="?"), {"resourceType": "Basic", "id": "x"})
        self.send_response(200 if self.path.startswith("/patients") else 404)
        self.send_header("Content-Length", str(len(body) + (10 if self.path == "/patients/short" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def files() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetched(
    server: FastAPI, files: str
) -> Callable[..., tuple[httpx.Response, httpx.Response | None, list[Json]]]:
    """Import a manifest; return the answers to kick-off and status, and the lines of the error files."""
    context = server.state.context
    options = context.options
    object.__setattr__(options, "import_hosts", (files,))

    def run(body: Json) -> tuple[httpx.Response, httpx.Response | None, list[Json]]:
        async def work() -> tuple[httpx.Response, httpx.Response | None, list[Json]]:
            transport = httpx.ASGITransport(server)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8080") as client:
                begun = await client.post("/fhir/$import", json=body)
                if begun.status_code != 202:
                    return begun, None, []
                status = begun.headers["content-location"]
                (job,) = context.imports.values()
                await job.task
                done = await client.get(status)
                errors = [
                    json.loads(line)
                    for one in done.json()["error"]
                    for line in (await client.get(one["url"])).content.splitlines()
                ]
                assert (await client.get(status.replace("/fhir", "/t/second/fhir"))).status_code == 404
                assert (await client.delete(status)).status_code == 202
                assert (await client.get(status)).status_code == 404
                return begun, done, errors

        return asyncio.run(work())

    return run


def test_files_of_a_manifest_are_fetched_from_listed_hosts(
    fetched: Callable[..., Any], files: str, call: Call
) -> None:
    body = {
        "inputFormat": NDJSON,
        "inputSource": files,
        "storageDetail": {"type": "https"},
        "input": [{"type": "Patient", "url": f"{files}/patients"}, {"type": "Basic", "url": f"{files}/none"}],
    }
    _, done, errors = fetched(body)
    told = done.json()
    assert [(one["inputUrl"], one["count"]) for one in told["output"]] == [
        (f"{files}/patients", 1), (f"{files}/none", 0),
    ]  # fmt: skip
    assert [one["count"] for one in told["error"]] == [2, 1]
    assert {one["resourceType"] for one in errors} == {"OperationOutcome", "Parameters"}
    assert call("GET", "/fhir/Patient/a").status_code == 200


def test_parameters_are_a_manifest_too(fetched: Callable[..., Any], files: str, call: Call) -> None:
    part = [{"name": "type", "valueCode": "Patient"}, {"name": "url", "valueUri": f"{files}/patients"}]
    body = {
        "resourceType": "Parameters",
        "parameter": [{"name": "inputFormat", "valueString": NDJSON}, {"name": "input", "part": part}],
    }
    assert fetched(body)[1].status_code == 200
    assert call("GET", "/fhir/Patient/a").status_code == 200


@pytest.mark.parametrize("path", ["moved", "patients/short"])
def test_a_redirect_or_a_file_that_is_cut_off_is_a_fault(
    fetched: Callable[..., Any], files: str, path: str
) -> None:
    _, done, errors = fetched({"input": [{"type": "Patient", "url": f"{files}/{path}"}]})
    assert done.json()["error"]
    assert any(one["issue"][0]["code"] == "incomplete" for one in errors if "issue" in one)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/patients",
        "http://127.0.0.1/patients",
        "file:///etc/passwd",
        "https://169.254.169.254/latest",
        "gopher://127.0.0.1",
        "http://user@127.0.0.1:1/",
        "not a url",
        "http://127.0.0.1:99999/",
        "",
    ],
)
def test_no_other_address_is_asked(fetched: Callable[..., Any], url: str) -> None:
    begun, done, _ = fetched({"input": [{"type": "Patient", "url": url}]})
    assert begun.status_code in (400, 403)
    assert done is None


def test_nobody_is_asked_unless_an_operator_lists_him(call: Call) -> None:
    body = {"input": [{"type": "Patient", "url": "http://127.0.0.1:1/x"}]}
    answer = call("POST", "/fhir/$import", body)
    assert answer.status_code == 403
    assert "import_hosts" in answer.json()["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"input": []}, {"input": [1]}, {"input": [{"type": 1, "url": "x"}]}, [],
        *({"resourceType": "Parameters", "parameter": odd} for odd in (["x"], 5, [None], {"name": "input"})),
        *(
            {"resourceType": "Parameters", "parameter": [{"name": "input", "part": odd}]}
            for odd in (["x"], 5, [{"name": ["a"]}])
        ),
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused(call: Call, body: Any) -> None:
    assert call("POST", "/fhir/$import", body).status_code == 400


@pytest.mark.parametrize("entry", [["x"], 5, [{"request": None}], [{"request": {"method": ["DELETE"]}}]])
def test_a_bundle_of_odd_entries_costs_its_line(send: Call, call: Call, entry: Any) -> None:
    odd = {"resourceType": "Bundle", "type": "transaction", "entry": entry}
    assert send(odd, patient("p1"))["failed"] == 1
    assert call("GET", "/fhir/Patient/p1").status_code == 200


@pytest.mark.usefixtures("fetched")
def test_an_import_that_breaks_is_over(
    server: FastAPI, files: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise AttributeError

    monkeypatch.setattr(import_run, "run", broken)
    for _ in range(import_manifest.RUNNING + 1):
        begun = call("POST", "/fhir/$import", {"input": [{"type": "Patient", "url": f"{files}/patients"}]})
        assert begun.status_code == 202
    for job in server.state.context.imports.values():
        assert call("GET", f"/fhir/$import-status/{job.id}").status_code == 503


def test_hosts_are_listed_with_scheme_and_port() -> None:
    hosts = ("files.example", "other.example:8443", "http://plain.example")
    for url in ("https://files.example/a", "https://other.example:8443/a", "http://plain.example:80/a?b=1"):
        assert check(url, hosts).hostname
    for url in (
        "http://files.example/a", "https://files.example:444/a", "https://other.example/a",
        "https://files.example.evil/a", "https://evil@files.example/", "https://files.example\\@evil/",
    ):  # fmt: skip
        with pytest.raises(Rejected):
            check(url, hosts)
