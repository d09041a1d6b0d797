"""OperationOutcome: the body of every answer that is an error (R4 §3.1.0.1.9, OperationOutcome)."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.context import NotFound
from gateway.canonical.json import dumps
from gateway.errors import QiaoError, Rejected, Retry

FHIR_JSON = "application/fhir+json"
NEITHER = "only JSON and XML are served: application/fhir+json, application/fhir+xml"

_ISSUE_TYPES = frozenset(
    ("invalid", "value", "not-supported", "not-found", "deleted", "too-long", "too-costly")
)
_HTTP = {
    404: ("not-found", "nothing is served at this address"),
    405: ("not-supported", "this address does not take this method"),
    406: ("not-supported", NEITHER),
    410: ("deleted", "the resource has been deleted"),
    413: ("too-long", "the body is too long"),
    414: ("too-long", "the URL is too long; use POST [base]/[type]/_search"),
    415: ("not-supported", "this address does not take this content type"),
    500: ("exception", "an error of the server; tell its operator the X-Request-Id"),
}


def issue(
    status: int, code: str, text: str, *, where: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with one issue; ``where`` becomes ``expression``."""
    entry: dict[str, object] = {
        "severity": "error" if status < 500 else "fatal",
        "code": code,
        "diagnostics": text,
    }
    if where:
        entry["expression"] = [where]
    body = dumps({"resourceType": "OperationOutcome", "issue": [entry]})
    return Response(body, status, headers=dict(headers or {}), media_type=FHIR_JSON)


def of_status(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for a bare HTTP status."""
    code, text = _HTTP.get(status, ("processing", "the request cannot be served"))
    return issue(status, code, text, headers=headers)


async def of_error(_request: Request, error: Exception) -> Response:
    """Return the answer for an error that qiao raised on purpose."""
    if isinstance(error, Retry):
        return issue(503, "transient", error.reason, headers={"Retry-After": str(max(1, round(error.after)))})
    if isinstance(error, NotFound):
        return issue(404, error.code, error.reason)
    if isinstance(error, Rejected):
        code = error.code if error.code in _ISSUE_TYPES else "invalid"
        return issue(400, code, str(error), where=f"http.{error.where}" if error.where else "")
    assert isinstance(error, QiaoError)
    return of_status(500)
