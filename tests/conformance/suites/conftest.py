"""What tests of the suites share: a target that keeps whatever it is told, and says no where told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.check import Check
from conformance.harness.client import Line
from conformance.harness.run import Run
from conformance.harness.session import Session
from conformance.harness.target_file import made
from conformance.harness.words import same

OUTCOME = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "business-rule"}]}
Said = dict[str, Any]


class Shelf:
    """A FHIR server of the simplest kind.

    Attributes:
        held: what stands there, by ``Type/id``.
        past: its versions, newest last; a deletion takes none away.
        answers: ``"METHOD path"``, or how it begins → what is answered instead: a status, or who decides.
    """

    def __init__(self) -> None:
        self.held: dict[str, Said] = {}
        self.past: dict[str, list[Said]] = {}
        self.answers: dict[str, int | Callable[[Any], int]] = {}
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else {}
        path = request.url.path.removeprefix("/fhir").strip("/")
        line = f"{request.method} {path}"
        self.asked.append(line)
        told = next((one for begins, one in self.answers.items() if line.startswith(begins)), 0)
        status = told(body) if callable(told) else told
        if status:
            return httpx.Response(status, json=OUTCOME if status >= 400 else {})
        return self._answered(request.method, path, body)

    def _answered(self, method: str, path: str, body: Said) -> httpx.Response:
        if method == "GET":
            return self._read(path)
        if method == "DELETE":
            return httpx.Response(204 if self.held.pop(path, None) else 404)
        for one in (entry["resource"] for entry in body.get("entry", [{"resource": body}])):
            name = f"{one['resourceType']}/{one.get('id')}"
            version = len(self.past.setdefault(name, [])) + 1
            self.held[name] = {**one, "meta": {**(one.get("meta") or {}), "versionId": f"{version}"}}
            self.past[name].append(self.held[name])
        return httpx.Response(200, json=body)

    def _read(self, path: str) -> httpx.Response:
        name, history, version = path.partition("/_history")
        if not history:
            return httpx.Response(200, json=self.held[name]) if name in self.held else httpx.Response(404)
        past = self.past.get(name, [])
        if version:
            return httpx.Response(200, json=past[int(version.strip("/")) - 1])
        entries = [{"resource": one} for one in reversed(past)]
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "history", "entry": entries})


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Return a server that every run of this test speaks to."""
    server = Shelf()
    client = httpx.Client(transport=httpx.MockTransport(server))
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)
    return server


@pytest.fixture
def on_shelf(shelf: Shelf) -> Iterator[Callable[..., Run]]:
    """Return what makes a run at that server, of what its target file says beside the usual."""
    sessions: list[Session] = []

    def run(**said: Any) -> Run:
        usual = {"identities": {"operator": {}, "physician": {}}, "on_file": {"physician": "Practitioner/w1"}}
        sessions.append(Session(made({"fhir": "http://127.0.0.1:9/fhir", **usual, **said}), "t1", 7,
                                date(2026, 3, 6)))  # fmt: skip
        return Run(Check("s.one", "s", "NAT-21.1", same("one"), lambda run: None), sessions[-1])

    yield run
    for one in sessions:
        one.close()
