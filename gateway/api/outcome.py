"""OperationOutcome: the body of every answer that is an error (R4 operationoutcome.html)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gateway import faults
from gateway.api.context import MethodNotAllowed, NotFound
from gateway.api.entry import EntryFailed
from gateway.api.language import headers, in_chinese
from gateway.api.unfit import Unfit
from gateway.canonical.json import dumps, loads
from gateway.canonical.operation_outcome import issue as issue_of
from gateway.canonical.operation_outcome import operation_outcome
from gateway.errors import Ground, QiaoError, Refusal, Rejected, Retry
from gateway.patch import PatchFailed, Unprocessable
from gateway.validation import Located

LINE = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line"
COLUMN = "http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col"
FHIR_JSON = "application/fhir+json"
RULES = "urn:qiao:rules"
"""System of the ids of rules."""
NEITHER = "only JSON and XML of R4 are served: application/fhir+json, application/fhir+xml; fhirVersion=4.0"

_OWN = {
    "not-found": (404, "not-found"),
    "deleted": (410, "deleted"),
    "conflict": (409, "conflict"),
    "business-rule": (422, "business-rule"),
    "login": (401, "login"),
    "precondition": (412, "conflict"),
    "multiple-matches": (412, "multiple-matches"),
    "forbidden": (403, "forbidden"),
    "unprocessable": (422, "processing"),
    "too-long": (413, "too-long"),
    "invalid": (400, "invalid"),
    "value": (400, "value"),
    "not-supported": (400, "not-supported"),
    "too-costly": (400, "too-costly"),
    "exception": (500, "exception"),
}
"""What a code of ours is to HTTP: a status, and the type of an issue (R4 ValueSet issue-type)."""

MOST = 200
"""Issues of one answer that refuses a resource."""
_WEIGHTS = {"fatal": 0, "error": 1, "warning": 2, "information": 3}

_PATH = re.compile(r"[A-Z][A-Za-z]+\.|operation\[").match
_HTTP = {
    404: ("not-found", "nothing is served at this address"),
    405: ("not-supported", "this address does not take this method"),
    406: ("not-supported", NEITHER),
    410: ("deleted", "the resource has been deleted"),
    413: ("too-long", "the body is too long"),
    414: ("too-long", "the URL is too long; use POST [base]/[type]/_search"),
    415: (
        "not-supported",
        "this address does not take this content type, FHIR version, charset or coding",
    ),
    431: ("too-long", "the headers are too long"),
    500: ("exception", "an error of the server; tell its operator the X-Request-Id"),
}


def issue(
    status: int, code: str, text: str, *, where: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with one issue; ``where`` becomes ``expression``."""
    body = dumps(operation_outcome([entry(status, code, text, where)]))
    return Response(body, status, headers=dict(headers or {}), media_type=FHIR_JSON)


def entry(status: int, code: str, text: str, where: str = "") -> dict[str, object]:
    """Return one issue of an OperationOutcome."""
    return issue_of("error" if status < 500 else "fatal", code, text, where)


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for a bare HTTP status."""
    code, text = _HTTP.get(status, ("processing", "the request cannot be served"))
    return issue(status, code, text, headers=headers)


def of_issues(status: int, issues: Sequence[Located], zh: bool) -> Response:
    """Return the answer for what is refused: why, and then what else was found, as far as it tells more.

    A client shows the first issue, and a Bundle of thousands of entries has as many warnings.
    """
    ordered = sorted(issues, key=lambda one: _WEIGHTS.get(one.issue.severity, 0))
    return Response(dumps(listed(ordered[:MOST], zh)), status, headers=headers(zh), media_type=FHIR_JSON)


def listed(issues: Sequence[Located], zh: bool = False, remarks: Sequence[Ground] = ()) -> dict[str, object]:
    """Return an OperationOutcome of the issues; without any it says that all is well.

    Args:
        zh: whether ``diagnostics`` is Chinese.
        remarks: what the rules remark at what was written.
    """
    entries = [_located(one, zh) for one in issues]
    entries += [ground(one, "business-rule", zh) for one in remarks]
    well = "没有发现问题" if zh else "No issues found"
    return operation_outcome(entries or [issue_of("information", "informational", well)])


def _located(one: Located, zh: bool) -> dict[str, object]:
    issue = one.issue
    entry: dict[str, object] = {
        "severity": issue.severity,
        "code": issue.code,
        **({"details": {"text": issue.rule}} if issue.rule else {}),
        "diagnostics": issue.text_zh if zh and issue.text_zh else issue.text,
    }
    if issue.where:
        entry["expression"] = [issue.where]
    if one.line:
        places = ((LINE, one.line), (COLUMN, one.column))
        entry = {"extension": [{"url": url, "valueInteger": at} for url, at in places if at], **entry}
    return entry


def warnings(texts: Sequence[str], zh: bool = False) -> dict[str, object]:
    """Return an OperationOutcome of what was left out of a request."""
    return operation_outcome([issue_of("warning", "not-supported", spoken(text, zh)) for text in texts])


def spoken(text: str, zh: bool) -> str:
    """Return a sentence of ours in the language of a client."""
    return faults.in_chinese(text) if zh else text


def translated(body: bytes) -> bytes:
    """Return an OperationOutcome in Chinese; what is Chinese already stays."""
    told = loads(body)
    for one in told["issue"]:
        one["diagnostics"] = faults.in_chinese(one["diagnostics"])
    return dumps(told)


async def of_error(request: Request, error: Exception) -> Response:
    """Return the answer for an error that qiao raised on purpose."""
    if isinstance(error, Retry):
        return issue(503, "transient", error.reason, headers={"Retry-After": str(max(1, round(error.after)))})
    if isinstance(error, Unfit):
        return of_issues(400 if error.malformed else 422, error.issues, in_chinese(request))
    if isinstance(error, EntryFailed):
        return _of_entry(request, error)
    if isinstance(error, Refusal):
        return of_refusal(request, error)
    if isinstance(error, Rejected):
        status, code = status_of(error)
        return issue(status, code, error.reason if status == 404 else str(error), where=place_of(error))
    assert isinstance(error, QiaoError)
    return of_status(500)


def of_refusal(request: Request, refusal: Refusal, place: str = "") -> Response:
    """Return the answer for what is against a rule of the regulator: each rule with its article.

    Args:
        place: of the entry in a Bundle that it is about.
    """
    status, _ = status_of(refusal)
    zh = in_chinese(request)
    told = operation_outcome([ground(one, refusal.code, zh, place) for one in refusal.issues])
    challenge = {"WWW-Authenticate": 'Bearer realm="fhir"'} if status == 401 else {}
    return Response(dumps(told), status, headers=headers(zh) | challenge, media_type=FHIR_JSON)


def ground(one: Ground, code: str, zh: bool, place: str = "") -> dict[str, object]:
    """Return a ground of a refusal, or a remark of the rules, as an issue of an OperationOutcome."""
    text = one.text_zh if zh and one.text_zh else one.text
    rests_on = " ".join(said for said in (one.requirement, one.article) if said)
    refuses = one.severity == "error"
    made = issue_of(one.severity, (one.code or code) if refuses else "business-rule", text, one.where)
    made["details"] = {
        "coding": [{"system": RULES, "code": one.rule}],
        **({"text": rests_on} if rests_on else {}),
    }
    if place:
        made["expression"] = [place]
    return made


def _of_entry(request: Request, failed: EntryFailed) -> Response:
    """Return the answer for a transaction of which one entry is the reason that nothing was written."""
    inner, place = failed.error, failed.where
    if isinstance(inner, Refusal):
        return of_refusal(request, inner, place)
    if isinstance(inner, Unfit):
        issues = [
            replace(one, issue=replace(one.issue, where=place + ".resource" + _below(one.issue.where)))
            for one in inner.issues
        ]
        return of_issues(422, issues, in_chinese(request))
    status, code = status_of(inner)
    return issue(status, code, f"{place}: {inner}", where=place)


def _below(where: str) -> str:
    _, point, rest = where.partition(".")
    return point + rest


def status_of(error: Rejected) -> tuple[int, str]:
    """Return the HTTP status and the type of the issue that a permanent error is."""
    own = _OWN.get(error.code)
    if isinstance(error, NotFound):
        return 404, own[1] if own else "not-found"
    if isinstance(error, MethodNotAllowed):
        return 405, "not-supported"
    if isinstance(error, PatchFailed):
        return 422 if isinstance(error, Unprocessable) else 400, own[1] if own else "invalid"
    return own or (400, "invalid")


def place_of(error: Rejected) -> str:
    """Return the ``expression`` of an issue: a path into a resource, or a parameter or header."""
    where = error.where
    return where if not where or _PATH(where) else f"http.{where}"
