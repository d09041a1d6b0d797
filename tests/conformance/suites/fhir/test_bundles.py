"""Bundles: whatever R4 leaves to a server is taken, and an answer that what is stored belies is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest

from conformance.harness.client import Line
from conformance.harness.session import Session
from conformance.harness.suite import load
from conformance.harness.target_file import made
from conformance.harness.verdict import Verdict
from conformance.runner.trial import tried

_STATEMENT = {
    "resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "format": ["json"],
    "rest": [{"mode": "server", "interaction": [{"code": "transaction"}, {"code": "batch"}],
              "resource": [{"type": "Patient",
                            "interaction": [{"code": one} for one in ("create", "read", "search-type")],
                            "searchParam": [{"name": "identifier", "type": "token"}]}]}],
}  # fmt: skip
_REFUSAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}


class _Server:
    """A server of Patients.

    Args:
        stores: whether it stores what a Bundle of another kind has.
        says: what it then answers.
        failing: what it answers to a transaction that fails; ``leaves``: whether it leaves a part of it.
    """

    def __init__(
        self, *, stores: bool = False, says: int = 400, failing: int = 400, leaves: bool = False
    ) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        self._stores, self._says, self._failing, self._leaves = stores, says, failing, leaves

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/fhir").strip("/")
        if request.method == "POST":
            return self._posted(json.loads(request.content))
        if path == "metadata":
            return httpx.Response(200, json=_STATEMENT)
        if path == "Patient":
            wanted = request.url.params["identifier"].partition("|")[2]
            found = [one for one in self.kept.values() if one["identifier"][0]["value"] == wanted]
            return _bundle("searchset", [{"resource": one} for one in found])
        one = self.kept.get(path)
        return httpx.Response(404, json=_REFUSAL) if one is None else httpx.Response(200, json=one)

    def _posted(self, bundle: dict[str, Any]) -> httpx.Response:
        bodies = [one["resource"] for one in bundle["entry"]]
        if bundle["type"] != "transaction":
            if self._stores:
                self._keep(bodies)
            return httpx.Response(self._says, json={} if self._says == 200 else _REFUSAL)
        if any(one["resourceType"] != "Patient" for one in bodies):
            if self._leaves:
                self._keep(bodies[:1])
            return httpx.Response(self._failing, json=_REFUSAL)
        names = self._keep(bodies)
        done = [{"response": {"status": "201 Created", "location": f"{one}/_history/1"}} for one in names]
        return _bundle("transaction-response", done)

    def _keep(self, bodies: list[dict[str, Any]]) -> list[str]:
        names = [f"Patient/k{len(self.kept) + place}" for place in range(len(bodies))]
        self.kept |= {
            name: {**one, "id": name.partition("/")[2]} for name, one in zip(names, bodies, strict=True)
        }
        return names


def _bundle(kind: str, entries: list[dict[str, Any]]) -> httpx.Response:
    return httpx.Response(200, json={"resourceType": "Bundle", "type": kind, "entry": entries})


@pytest.fixture
def session() -> Iterator[Session]:
    found = Session(
        made({"extends": "fhir", "fhir": "http://127.0.0.1:9/fhir"}), "r0a1b2c", 7, date(2026, 3, 6)
    )
    yield found
    found.close()


def _verdict(
    session: Session, monkeypatch: pytest.MonkeyPatch, name: str, server: _Server
) -> tuple[Verdict, str]:
    client = httpx.Client(transport=httpx.MockTransport(server))
    monkeypatch.setattr(Line, "pool", lambda self, cert: client)
    check = next(one for one in load().checks if one.id == f"fhir_api.{name}")
    trial = tried(check, session)
    return trial.verdict, trial.reason.en if trial.reason else ""


@pytest.mark.parametrize(
    ("server", "verdict"),
    [
        (_Server(), Verdict.PASS),
        (_Server(stores=True, says=200), Verdict.PASS),
        (_Server(stores=True, says=400), Verdict.FAIL),
        (_Server(says=200), Verdict.FAIL),
        (_Server(says=500), Verdict.FAIL),
    ],
)
def test_a_collection_may_be_stored_or_refused_as_the_answer_says(
    session: Session, monkeypatch: pytest.MonkeyPatch, server: _Server, verdict: Verdict
) -> None:
    assert _verdict(session, monkeypatch, "transaction_neither", server)[0] is verdict


@pytest.mark.parametrize(
    ("server", "verdict"),
    [
        (_Server(failing=422), Verdict.PASS),
        (_Server(failing=500), Verdict.PASS),
        (_Server(failing=400, leaves=True), Verdict.FAIL),
        (_Server(failing=200), Verdict.FAIL),
    ],
)
def test_a_transaction_may_fail_with_any_error_and_leaves_nothing(
    session: Session, monkeypatch: pytest.MonkeyPatch, server: _Server, verdict: Verdict
) -> None:
    assert _verdict(session, monkeypatch, "transaction_nothing", server)[0] is verdict
