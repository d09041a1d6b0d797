"""$export: kicks off a bulk export of everything, of patients, or of a Group (Bulk Data Access 2.0).

The client always gets a job to ask about: ``Prefer: respond-async`` may be left out, as the specification
lets a server do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.api import outcome
from gateway.api.context import NotFound, base_of, check_id, context, tenant_of, trail_of
from gateway.api.export_asked import asked_of
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.errors import Rejected
from gateway.security.caller import caller_of
from gateway.store.export import Busy, Level

STATUS = "$export-status"
"""Where jobs are asked about, below the base."""


async def export(request: Request) -> Response:
    """Export the whole tenant."""
    return await _start(request, "system")


async def export_patients(request: Request) -> Response:
    """Export what belongs to patients."""
    return await _start(request, "patient")


async def export_group(request: Request, id: str) -> Response:
    """Export what belongs to the members of a Group."""
    return await _start(request, "group", check_id(id))


async def _start(request: Request, level: Level, group: str = "") -> Response:
    tenant, here = tenant_of(request), context(request)
    if request.method == "HEAD":  # it would begin one
        raise HTTPException(405, headers={"Allow": "GET, POST"})
    asked = await asked_of(request, level, group)
    caller, loop = caller_of(request.scope), asyncio.get_running_loop()
    client, trail = caller.client, trail_of(request)
    if trail is not None:
        said = f"{request.url.path.rpartition('/fhir/')[2]}?{request.url.query}"
        trail.note_query(caller, "operation", request.scope["headers"], said)
    try:
        job = await loop.run_in_executor(here.threads, here.store.exports.start, tenant, asked, client)
    except Busy as busy:
        wait = {"Retry-After": str(round(busy.after))}
        return outcome.issue(429, "throttled", busy.reason, headers=wait)
    except Rejected as error:
        if error.code == "not-found" and not error.where:
            raise NotFound(error.reason, code="not-found") from None
        raise
    told = [("information", f"the export has begun; its files will be listed at {STATUS}/{job.id}")]
    told += [("warning", text) for text in asked.remarks]
    return Response(
        dumps(outcome_of(told)),
        202,
        headers={"Content-Location": f"{base_of(request)}/{STATUS}/{job.id}"},
        media_type=outcome.FHIR_JSON,
    )


def outcome_of(told: list[tuple[str, str]]) -> dict[str, object]:
    """Return an OperationOutcome of (severity, text)."""
    codes = {"information": "informational", "warning": "not-supported", "error": "processing"}
    issues = [issue(severity, codes[severity], text) for severity, text in told]
    return operation_outcome(issues)


_IN_QUERY = ("_outputFormat", "_since", "_until", "_type", "_typeFilter", "_elements")
_DEFINITIONS = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition"


def _of(path: str, handler: Callable[..., Awaitable[Response]], name: str, summary: str) -> list[Interaction]:
    url = f"{_DEFINITIONS}/{name}"
    return [
        Interaction("", "GET", path, handler, summary, parameters=_IN_QUERY, definition=url),
        Interaction("", "POST", path, handler, summary, body="resource", definition=url),
    ]


INTERACTIONS = (
    *_of("/$export", export, "export", "Export all resources"),
    *_of("/Patient/$export", export_patients, "patient-export", "Export what belongs to patients"),
    *_of("/Group/{id}/$export", export_group, "group-export", "Export what belongs to a Group's members"),
)
