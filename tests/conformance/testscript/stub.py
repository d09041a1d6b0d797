"""A small FHIR server of the standard library, and scripts written as JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from conformance.simulators.exact import dumps, loads
from conformance.testscript import Destination, HttpxSender, ScriptResult, Settings, load, run
from conformance.testscript.xml_reading import parse, resource
from conformance.testscript.xml_writing import to_xml

SYSTEM = "http://terminology.hl7.org/CodeSystem/testscript-operation-codes"


@dataclass
class Seen:
    """A request as the server got it."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Stub(ThreadingHTTPServer):
    """Keeps resources in memory; what it was asked is in ``seen``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.versions: dict[str, list[dict[str, Any] | None]] = {}
        self.seen: list[Seen] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
        """Target → what it answers, whatever it has."""

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/fhir"

    def asked(self) -> list[str]:
        return [f"{one.method} {one.target.removeprefix('/fhir')}" for one in self.seen]


class _Handler(BaseHTTPRequestHandler):
    server: Stub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else the body waits 40 ms for the acknowledgement of the head

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(Seen(self.command, self.path, dict(self.headers.items()), body))
        fixed = self.server.answers.get(self.path.removeprefix("/fhir"))
        if fixed is not None:
            self._answer(fixed[0], fixed[2], fixed[1])
            return
        parts = urlsplit(self.path.removeprefix("/fhir"))
        self._rest(parts.path.strip("/"), dict(parse_qsl(parts.query)), body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815 -- as the library asks

    def _rest(self, place: str, query: dict[str, str], body: bytes) -> None:
        if self.command == "POST" and re.fullmatch(r"[A-Z]\w+", place):
            self._write(f"{place}/s{len(self.server.versions) + 1}", body)
        elif self.command == "PUT":
            self._write(place, body)
        elif self.command == "DELETE":
            if place in self.server.versions:
                self.server.versions[place].append(None)
            self._answer(204, b"", {})
        elif re.fullmatch(r"[A-Z]\w+", place):
            found = [
                one[-1] for at, one in self.server.versions.items() if at.startswith(f"{place}/") and one[-1]
            ]
            wanted = [one for one in found if not query.get("family") or query["family"] in json.dumps(one)]
            self._send(200, self._bundle("searchset", wanted))
        else:
            self._read(place)

    def _read(self, place: str) -> None:
        stem, _, version = place.partition("/_history")
        versions = self.server.versions.get(stem)
        if versions is None:
            self._send(
                404,
                {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]},
            )
        elif place.endswith("/_history"):
            self._send(200, self._bundle("history", [one for one in versions if one]))
        elif versions[-1] is None and not version:
            self._send(
                410, {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "deleted"}]}
            )
        else:
            found = versions[int(version[1:]) - 1 if version else -1]
            assert found is not None
            self._send(200, found)

    def _write(self, place: str, body: bytes) -> None:
        xml = "xml" in self.headers.get("Content-Type", "")
        said = resource(parse(body))[0] if xml else loads(body)
        versions = self.server.versions.setdefault(place, [])
        made = not versions
        meta = {"versionId": str(len(versions) + 1), "lastUpdated": "2026-03-07T08:00:00Z"}
        versions.append({**said, "id": place.partition("/")[2], "meta": meta})
        where = f"{self.server.base}/{place}/_history/{len(versions)}"
        self._send(201 if made else 200, versions[-1], {"Location": where})

    def _bundle(self, type_: str, found: list[Any]) -> dict[str, Any]:
        links = [
            {"relation": one, "url": f"{self.server.base}/p"} for one in ("self", "first", "next", "last")
        ]
        entries = [{"fullUrl": f"{self.server.base}/{one['id']}", "resource": one} for one in found]
        bundle = {"resourceType": "Bundle", "type": type_, "total": len(found), "link": links}
        return bundle | ({"entry": entries} if entries else {})

    def _send(self, status: int, said: Any, headers: dict[str, str] | None = None) -> None:
        xml = "xml" in self.headers.get("Accept", "")
        tag = said.get("meta", {}).get("versionId")
        whole = {
            "Content-Type": f"application/fhir+{'xml' if xml else 'json'};charset=utf-8",
            **(headers or {}),
        }
        whole |= {"ETag": f'W/"{tag}"'} if tag else {}
        self._answer(status, to_xml(said) if xml else dumps(said).encode(), whole)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)


def operation(code: str = "", **said: Any) -> dict[str, Any]:
    """An operation action; ``content_type`` and so on become ``contentType``."""
    type_ = {"type": {"system": SYSTEM, "code": code}} if code else {}
    return {"operation": {**type_, "encodeRequestUrl": True, **_camel(said)}}


def expect(**said: Any) -> dict[str, Any]:
    """An assertion action."""
    return {"assert": {"warningOnly": False, **_camel(said)}}


def _camel(said: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"_([a-z])", lambda match: match[1].upper(), name): one for name, one in said.items()}


@dataclass
class Bench:
    """Writes scripts into a folder and runs them against the stub."""

    folder: Path
    server: Stub
    sender: HttpxSender

    def write(self, name: str, content: dict[str, Any] | str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), "utf-8"
        )
        return file

    def script(self, *actions: dict[str, Any], **said: Any) -> Path:
        """A script with one test of these actions."""
        tests = {"test": [{"name": "one", "action": list(actions)}]} if actions else {}
        head = {
            "resourceType": "TestScript",
            "url": "urn:example:script",
            "name": "Example",
            "status": "draft",
        }
        return self.write("script.json", head | tests | said)

    def run(self, *actions: dict[str, Any], settings: Settings | None = None, **said: Any) -> ScriptResult:
        script = load(self.script(*actions, **said))
        return run(script, Destination(self.server.base), sender=self.sender, settings=settings)

    def results(self, *actions: dict[str, Any], settings: Settings | None = None, **said: Any) -> list[str]:
        found = self.run(*actions, settings=settings, **said)
        return [str(one.result) for one in found.tests[0].actions]

    def last(
        self, *actions: dict[str, Any], settings: Settings | None = None, **said: Any
    ) -> tuple[str, str]:
        """Result and English message of the last action."""
        found = self.run(*actions, settings=settings, **said).tests[0].actions[-1]
        return str(found.result), found.message.en


PATIENT = {
    "resourceType": "Patient",
    "id": "p1",
    "active": True,
    "name": [{"family": "Zhang", "given": ["San", "Yi"]}, {"family": "Zhang"}],
    "birthDate": "1990-03-07",
    "multipleBirthInteger": 2,
}
