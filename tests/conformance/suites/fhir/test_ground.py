"""Ground: what is tried on a server refers to somebody who is there, where it lets us make somebody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from conformance.suites.fhir.ground import own_patient


def _statement(*interactions: str) -> dict[str, Any]:
    claimed = {"type": "Patient", "interaction": [{"code": one} for one in interactions]}
    rest = [{"mode": "server", "resource": [claimed]}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}


def test_a_reference_leads_to_a_patient_who_is_removed_at_the_end(
    on_shelf: Any, shelf: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def served(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            shelf.held["Patient/7"] = {"resourceType": "Patient", "id": "7"}
            return httpx.Response(201, headers={"location": "http://127.0.0.1:9/fhir/Patient/7"})
        answer: httpx.Response = shelf(request)
        return answer

    run = on_shelf()
    client = httpx.Client(transport=httpx.MockTransport(served))
    monkeypatch.setattr(type(run.session.line), "pool", lambda self, cert: client)
    shelf.held["metadata"] = _statement("create", "read")
    assert own_patient(run) == "Patient/7"
    assert "Patient/7" in run.session.written


def test_where_no_patients_are_made_it_leads_nowhere(on_shelf: Any, shelf: Any) -> None:
    shelf.held["metadata"] = _statement("read")
    run = on_shelf()
    assert own_patient(run) == "Patient/conformance-nobody"
    assert not run.session.written
