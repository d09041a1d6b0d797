"""A patient's record is found in whichever of R4's ways a server has."""

from __future__ import annotations

from typing import Any

from conformance.suites.access.patients import _searched


def _statement(*parameters: str) -> dict[str, Any]:
    claimed = {
        "type": "Observation",
        "searchParam": [{"name": one, "type": "reference"} for one in parameters],
    }
    rest = [{"mode": "server", "resource": [claimed]}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}


def _bundle(*ids: str) -> dict[str, Any]:
    entry = [{"resource": {"resourceType": "Observation", "id": one}} for one in ids]
    return {"resourceType": "Bundle", "entry": entry}


def _found(run: Any) -> list[str]:
    return [str(one["id"]) for one in _searched(run, "Patient/p", "Observation")]


def test_by_search_alone(on_shelf: Any, shelf: Any) -> None:
    shelf.held |= {"metadata": _statement("patient"), "Observation": _bundle("mine")}
    assert _found(on_shelf()) == ["mine"]


def test_by_the_compartment_alone(on_shelf: Any, shelf: Any) -> None:
    shelf.held |= {
        "metadata": _statement(),
        "Patient/p/Observation": _bundle("mine"),
        "Observation": _bundle("everybody's"),
    }
    assert _found(on_shelf()) == ["mine"]
