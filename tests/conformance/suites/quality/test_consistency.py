"""Consistency: that a search cannot be made says nothing of how often an identifier is there."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.harness.verdict import Failed, Skipped
from conformance.suites.quality.consistency import unique
from conformance.suites.quality.sample import Sample

_PATIENT = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:x", "value": "1"}]}


def _statement(*parameters: str) -> dict[str, Any]:
    claimed = {
        "type": "Patient",
        "interaction": [{"code": "search-type"}],
        "searchParam": [{"name": one, "type": "token"} for one in parameters],
    }
    rest = [{"mode": "server", "resource": [claimed]}]
    return {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": rest}


def _tried(run: Any) -> None:
    run.session.once("quality", lambda: Sample({"Patient": [_PATIENT]}))
    unique(run, "Patient")


def test_without_the_search_nothing_is_said(on_shelf: Any, shelf: Any) -> None:
    shelf.held["metadata"] = _statement()
    with pytest.raises(Skipped, match="identifier"):
        _tried(on_shelf())


def test_a_search_that_is_claimed_and_not_answered_is_the_fault(on_shelf: Any, shelf: Any) -> None:
    shelf.held["metadata"] = _statement("identifier")
    shelf.answers["GET Patient"] = 400
    with pytest.raises(Failed, match="the search by identifier is answered"):
        _tried(on_shelf())


@pytest.mark.parametrize(("times", "right"), [(1, True), (2, False)])
def test_who_is_there_twice_is_found(on_shelf: Any, shelf: Any, times: int, right: bool) -> None:
    shelf.held["metadata"] = _statement("identifier")
    shelf.held["Patient"] = {"resourceType": "Bundle", "entry": [{"resource": _PATIENT}] * times}
    if right:
        _tried(on_shelf())
    else:
        with pytest.raises(Failed, match=r"0% \(0/1\)"):
            _tried(on_shelf())
