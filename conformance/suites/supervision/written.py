"""Written: which documents of a run are internet visits' and took effect, as the target's searches tell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from conformance.harness.paths import references
from conformance.harness.run import Run
from conformance.simulators.exact import Resource

_TYPES = ("RequestGroup", "ServiceRequest", "Composition", "QuestionnaireResponse")
_NOT_YET = {
    "RequestGroup": ("draft",),
    "ServiceRequest": ("draft",),
    "Composition": ("preliminary",),
    "QuestionnaireResponse": ("in-progress",),
    "Consent": ("draft", "proposed", "rejected", "inactive", "entered-in-error"),
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
        and _ours(run, one, visits.values())
    ]
    return found


def _ours(run: Run, consent: Resource, visits: Iterable[Resource]) -> bool:
    """Tell whether a consent was given to where its patient was seen; others are not for that one to tell."""
    given = set(references(consent.get("organization", [])))
    patient = consent.get("patient", {}).get("reference", "")
    own = [one for one in visits if one.get("subject", {}).get("reference", "") == patient]
    seen = {name for one in own for name in references(one.get("serviceProvider", {}))}
    house = {run.target.on_file.get(role, "") for role in ("organization", "hospital")}
    return not given or bool(given & (seen | house))


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
