"""Written: which documents of a run are internet visits' and took effect, as the target's searches tell."""

from __future__ import annotations

from datetime import timedelta

from conformance.harness.run import Run
from conformance.simulators.exact import Resource

_TYPES = ("RequestGroup", "ServiceRequest", "Composition", "QuestionnaireResponse")
_NOT_YET = {
    "RequestGroup": ("draft",),
    "ServiceRequest": ("draft",),
    "Composition": ("preliminary",),
    "QuestionnaireResponse": ("in-progress",),
    "Consent": ("draft", "proposed"),
}


def took_effect(run: Run) -> list[str]:
    """Return the visits of this run, and their documents that took effect."""
    visits = {
        name: one for name, one in _all(run, "Encounter").items() if one.get("class", {}).get("code") == "VR"
    }
    patients = {one.get("subject", {}).get("reference", "") for one in visits.values()}
    found = list(visits)
    for kind in _TYPES:
        found += [
            name
            for name, one in _all(run, kind).items()
            if one.get("encounter", {}).get("reference", "") in visits
            and one.get("status") not in _NOT_YET[kind]
        ]
    found += [
        name
        for name, one in _all(run, "Consent").items()
        if one.get("patient", {}).get("reference", "") in patients
        and one.get("status") not in _NOT_YET["Consent"]
    ]
    return found


def _all(run: Run, kind: str) -> dict[str, Resource]:
    """Return what this run wrote of one type, as it stands."""
    since = f"{run.session.began - timedelta(hours=2):%Y-%m-%dT%H:%M:%SZ}"
    written = run.session.written
    found: dict[str, Resource] = {}
    url = f"{kind}?_lastUpdated=ge{since}&_count=500"
    while url:
        answer = run.given(run.client().get(url), f"查询 {kind}", f"the {kind}s of the run are searched")
        found |= {f"{kind}/{one['id']}": one for one in answer.entries if one.get("resourceType") == kind}
        url = answer.link("next")
    return {name: one for name, one in found.items() if name in written}
