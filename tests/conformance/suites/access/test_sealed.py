"""Sealed: the trail is looked through as far as it goes, and any refusal of a tally is one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.harness.verdict import Failed, Skipped
from conformance.suites.access.sealed import sealed, tally, tally_logged

Said = dict[str, Any]


class Trail:
    """A server whose AuditEvents come oldest first, three to a page; it sorts them where asked."""

    def __init__(self, shelf: Any) -> None:
        self._shelf = shelf
        self.events: list[Said] = [{"resourceType": "AuditEvent", "id": f"e{at}"} for at in range(8)]
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, query = request.url.path.removeprefix("/fhir/"), dict(request.url.params)
        if path == "MedicationRequest" and "requester" in query:
            said = base64.b64encode(request.url.query).decode()
            self.events.append({"resourceType": "AuditEvent", "entity": [{"query": said}]})
            return httpx.Response(403)
        if path != "AuditEvent":
            return self._shelf(request)  # type: ignore[no-any-return]
        self.asked.append(str(request.url))
        events, at = self.events[:: -1 if "_sort" in query else 1], int(query.get("page", 0))
        page = {"resourceType": "Bundle", "entry": [{"resource": one} for one in events[at : at + 3]]}
        link = [{"relation": "next", "url": f"{request.url.copy_set_param('page', str(at + 3))}"}]
        return httpx.Response(200, json={**page, "link": link if at + 3 < len(events) else []})


def _statement(**parameters: list[str]) -> Said:
    claimed = [
        {
            "type": kind,
            "interaction": [{"code": one} for one in ("read", "search-type", "create")],
            "searchParam": [{"name": one, "type": "token"} for one in names],
        }
        for kind, names in parameters.items()
    ]
    rest = [{"mode": "server", "resource": claimed}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}


@pytest.fixture
def reading(shelf: Any, on_shelf: Callable[..., Any]) -> Any:
    """Return a run whose target has somebody who may only read."""
    return on_shelf(identities={"operator": {}, "read": {}})


@pytest.mark.parametrize(("claimed", "pages"), [(["_lastUpdated"], 1), (["date"], 1), ([], 3)])
def test_the_newest_event_is_found_whatever_the_order(
    reading: Any, shelf: Any, monkeypatch: pytest.MonkeyPatch, claimed: list[str], pages: int
) -> None:
    trail = Trail(shelf)
    client = httpx.Client(transport=httpx.MockTransport(trail))
    monkeypatch.setattr(type(reading.session.line), "pool", lambda self, cert: client)
    shelf.held["metadata"] = _statement(AuditEvent=claimed, MedicationRequest=["requester"])
    tally_logged(reading)
    assert len(trail.asked) == pages


def test_where_nobody_is_searched_by_prescriber_there_is_no_tally(reading: Any, shelf: Any) -> None:
    shelf.held["metadata"] = _statement(MedicationRequest=["patient"])
    with pytest.raises(Skipped, match="requester"):
        tally(reading)


@pytest.mark.parametrize(("status", "refused"), [(400, True), (403, True), (200, False)])
def test_a_tally_is_refused_by_any_4xx(
    reading: Any, shelf: Any, monkeypatch: pytest.MonkeyPatch, status: int, refused: bool
) -> None:
    def served(request: httpx.Request) -> httpx.Response:
        if "requester" in request.url.params:
            return httpx.Response(status)
        return httpx.Response(200) if "patient" in request.url.params else shelf(request)

    client = httpx.Client(transport=httpx.MockTransport(served))
    monkeypatch.setattr(type(reading.session.line), "pool", lambda self, cert: client)
    shelf.held["metadata"] = _statement(MedicationRequest=["patient", "requester"])
    if refused:
        tally(reading)
    else:
        with pytest.raises(Failed):
            tally(reading)


def test_a_search_that_finds_nothing_at_all_hides_nothing(
    reading: Any, shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = iter([{"resourceType": "DocumentReference", "id": one} for one in ("hidden", "open")])
    monkeypatch.setattr("conformance.suites.access.sealed._record", lambda run, sealed: next(made))
    shelf.held["metadata"] = _statement(DocumentReference=[])
    shelf.held["DocumentReference"] = {"resourceType": "Bundle", "entry": []}
    with pytest.raises(Failed, match="what is not sealed is found"):
        sealed(reading, "search")
