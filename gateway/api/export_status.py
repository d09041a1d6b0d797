"""The status of a bulk export: progress, then the manifest; and its end (Bulk Data Access 2.0).

A job is there for the client that started it and for operators of its tenant; for any other client, and after
it was cancelled or has expired, it is 404.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import outcome
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.export import outcome_of
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.security.caller import caller_of
from gateway.store.clock import instant
from gateway.store.export import File, Job

FILES = "$export-file"
"""Where files are, below the base."""
BUNDLE = 1000
"""Deletions of one Bundle."""
_SECOND = 1_000_000


async def status(request: Request, job: str) -> Response:
    """Answer with the progress of a job, or with the list of its files."""
    found = await job_of(request, job)
    if found.state == "running":
        return _progress(found)
    if found.state == "failed":
        return outcome.issue(500, "exception", "the export failed; start it again")
    exports, loop = context(request).store.exports, asyncio.get_running_loop()
    files = await loop.run_in_executor(context(request).threads, exports.files, found)
    expires = datetime.fromtimestamp(found.expires_us // _SECOND, UTC)
    headers = {"Expires": format_datetime(expires, usegmt=True)}
    body = manifest(found, files, "authorization" in request.headers)
    return Response(body, 200, headers=headers, media_type="application/json")


async def cancel(request: Request, job: str) -> Response:
    """Cancel a job, or give up the files of one that is done."""
    found, here = await job_of(request, job), context(request)
    loop = asyncio.get_running_loop()
    if not await loop.run_in_executor(here.threads, here.store.exports.cancel, found.tenant, found.id):
        raise NotFound("there is no such export", code="not-found")
    told = dumps(outcome_of([("information", "the export and its files are gone")]))
    return Response(told, 202, media_type=outcome.FHIR_JSON)


async def job_of(request: Request, id_: str) -> Job:
    """Return a job that the client of a request started; operators have those of their whole tenant.

    Raises:
        NotFound: there is none.
    """
    tenant, here = tenant_of(request), context(request)
    loop = asyncio.get_running_loop()
    caller = caller_of(request.scope)
    found = await loop.run_in_executor(here.threads, here.store.exports.find, tenant, id_)
    if found is None or not (found.client == caller.client or caller.may("other")):
        raise NotFound("there is no such export; it was cancelled, or its time is over", code="not-found")
    return found


def manifest(job: Job, files: Sequence[File], needs_token: bool) -> bytes:
    """Return the list of the files of a job that is done."""
    output = [_entry(job, file, file.type, file.resources) for file in files if file.kind == "output"]
    deleted = [
        _entry(job, file, "Bundle", -(-file.resources // BUNDLE)) for file in files if file.kind == "deleted"
    ]
    error = []
    if job.asked.remarks:
        url = f"{job.asked.base}/{FILES}/{job.id}/0-OperationOutcome.ndjson"
        error.append({"type": "OperationOutcome", "url": url, "count": len(job.asked.remarks)})
    return dumps(
        {
            "transactionTime": instant(job.at_us),
            "request": job.asked.url,
            "requiresAccessToken": needs_token,
            "output": output,
            "deleted": deleted,
            "error": error,
        }
    )


def _entry(job: Job, file: File, type_: str, count: int) -> dict[str, object]:
    url = f"{job.asked.base}/{FILES}/{job.id}/{file.n}-{file.type}.ndjson"
    return {"type": type_, "url": url, "count": count}


def _progress(job: Job) -> Response:
    parts = job.asked.parts
    at = parts[job.part][1] if job.part < len(parts) else ""
    seconds = (job.updated_us - job.created_us) // _SECOND
    headers = {
        "X-Progress": f"{job.progress:.0%} {at}".strip(),
        "Retry-After": str(min(30, max(1, seconds // 4))),
    }
    return Response(status_code=202, headers=headers)


INTERACTIONS = (
    Interaction(
        "",
        "GET",
        "/$export-status/{job}",
        status,
        "Progress and files of a bulk export",
        media=("application/json",),
    ),
    Interaction("", "DELETE", "/$export-status/{job}", cancel, "Cancel a bulk export"),
)
