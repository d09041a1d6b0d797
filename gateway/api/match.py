"""Patient/$match: who may be the person that a Patient describes (R4 patient-operation-match.html)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import language, operation
from gateway.api.context import NotFound, base_of, context, tenant_of, trail_of
from gateway.api.interaction import Interaction
from gateway.api.operation import Kind
from gateway.api.outcome import warnings
from gateway.api.own import view_of
from gateway.api.read_trail import shown_of
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.feed.matching import IDENTIFIER, Candidate, find
from gateway.mapping.elements import element, is_primitive
from gateway.matching import Rules
from gateway.security.caller import caller_of
from gateway.validation.primitives import CHECKS

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
REASON = "urn:qiao:extension:match-reason"
MOST = 100
"""Matches of one answer at most."""
_NO_REGISTER = "an identifier without a system is not compared: say of which register the number is"
_KNOWN: dict[str, Kind] = {"resource": "object", "onlyCertainMatches": "boolean", "count": "integer"}


async def match(request: Request) -> Response:
    """Answer with a searchset of those who may be the person, the likeliest first."""
    tenant, base, here = tenant_of(request), base_of(request), context(request)
    rules, view, zh = here.matching, view_of(caller_of(request.scope)), language.in_chinese(request)
    if rules is None:
        raise NotFound("patients are not matched here", code="not-supported")
    given, pretty = await operation.given(request, _KNOWN)
    patient = _patient(given.get("resource"), rules)
    count = min(given.get("count", MOST), MOST)

    trail, caller = trail_of(request), caller_of(request.scope)

    def work() -> dict[str, Any]:
        found = find(here.store, tenant, rules, patient, view)
        certain = [one for one in found if one.match.grade == "certain"]
        told = _sure(certain) if given.get("onlyCertainMatches") else found
        entries = [_entry(one, base, zh) for one in told[:count]]
        if count and _has_number_of_no_register(patient):
            entries.append(_warned(_NO_REGISTER, zh))
        if trail is not None:
            shown = shown_of([one.patient for one in told[:count]])
            trail.note(caller, "search", request.scope["headers"], shown, "Patient/$match")
        bundle: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "total": len(told)}
        bundle["link"] = [{"relation": "self", "url": f"{base}/Patient/$match"}]
        return bundle | ({"entry": entries} if entries else {})

    answer = await operation.answer(request, pretty, work)
    answer.headers.update(language.headers(zh))
    return answer


def _sure(certain: list[Candidate]) -> list[Candidate]:
    """Return the one who is certain; nobody where there are several, for then none of them is (R4 $match)."""
    return certain if len(certain) == 1 else []


def _patient(said: object, rules: Rules) -> Resource:
    """Return the Patient that is looked for. Raises ``Rejected``."""
    if not isinstance(said, dict) or said.get("resourceType") != "Patient":
        raise Rejected("give the Patient to be matched", code="invalid", where="resource")
    patient: Resource = loads(dumps(said))
    if not any(patient.get(name) for name in ("identifier", "name", "telecom", "birthDate")):
        raise Rejected(
            "a Patient is matched by identifier, name, telecom or birthDate", code="value", where="resource"
        )
    for name in ("identifier", *(one.element for one in rules.compare)):
        if wrong := _misfit("Patient", name, patient.get(name), "Patient"):
            raise Rejected("this is not of the form that R4 gives it", code="structure", where=wrong)
    return patient


def _misfit(type_: str, name: str, value: Any, within: str) -> str:
    """Return the path of what has another form than R4 gives it, ``""`` where nothing has."""
    known, path = element(type_, name), f"{within}.{name}"
    if known is None or value is None:
        return ""
    if known.many != isinstance(value, list):
        return path
    for one in value if isinstance(value, list) else [value]:
        if is_primitive(known.type):
            if one is not None and not CHECKS.get(known.type, _anything)(one):  # null: extended, in a list
                return path
        elif not isinstance(one, dict):
            return path
        elif wrong := next(filter(None, (_misfit(known.type, key, one[key], path) for key in one)), ""):
            return wrong
    return ""


def _anything(_: object) -> bool:
    return True


def _has_number_of_no_register(patient: Resource) -> bool:
    return any(one.get("value") and not one.get("system") for one in patient.get("identifier", ()))


def _warned(text: str, zh: bool) -> dict[str, Any]:
    """Return the entry that tells what was not taken into account (R4 search.html §3.1.1.1)."""
    return {"resource": warnings([text], zh), "search": {"mode": "outcome"}}


def _entry(one: Candidate, base: str, zh: bool) -> dict[str, Any]:
    said: list[dict[str, Any]] = [{"url": GRADE, "valueCode": one.match.grade}]
    for reason in one.match.reasons:
        coding = {"system": IDENTIFIER, "code": reason.ground, "display": reason.zh if zh else reason.en}
        said.append({"url": REASON, "valueCoding": coding})
    return {
        "fullUrl": f"{base}/Patient/{one.patient.id}",
        "resource": loads(one.patient.body),
        "search": {"extension": said, "mode": "match", "score": one.match.score},
    }


INTERACTION = Interaction(
    "", "POST", "/Patient/$match", match, "Who may be the person that a Patient describes", body="resource"
)
