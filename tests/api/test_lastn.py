"""Observation/$lastn over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ask = Callable[..., Any]
Put = Callable[..., None]


def observation(id_: str, code: str, day: int) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "final",
        "code": {"coding": [{"system": "urn:c", "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": f"2026-01-{day:02}",
    }


def test_the_newest_of_each_code(ask: Ask, put: Put) -> None:
    put(*(observation(f"{code}{day}", code, day) for code in "ab" for day in (3, 1, 2)))

    def ids(query: str) -> list[str]:
        answer = ask("GET", f"/fhir/Observation/$lastn?{query}")
        assert answer.status_code == 200, answer.text
        return sorted(entry["resource"]["id"] for entry in answer.json().get("entry", []))

    assert ids("patient=p1") == ["a3", "b3"]
    assert ids("patient=p1&max=2") == ["a2", "a3", "b2", "b3"]
    assert ids("patient=p1&code=urn:c|a") == ["a3"]
    assert ids("patient=p2") == []
    given = [{"name": "patient", "valueString": "p1"}, {"name": "max", "valuePositiveInt": 2}]
    posted = ask("POST", "/fhir/Observation/$lastn", json={"resourceType": "Parameters", "parameter": given})
    assert len(posted.json()["entry"]) == 4
    assert len(ask("POST", "/fhir/Observation/$lastn?patient=p1").json()["entry"]) == 2
    assert ask("GET", "/fhir/Observation/$lastn?foo=1").status_code == 400
    assert ask("GET", "/fhir/Observation/$lastn?max=x").status_code == 400
    assert ask("GET", "/fhir/Observation/$lastn?_count=1").status_code == 400
    assert ask("GET", "/fhir/Patient/$lastn").status_code in (404, 405)
