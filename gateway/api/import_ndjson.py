"""$import: NDJSON in the body, streamed: each line is stored under its own id (create or update).

The answer comes when all is written: a Parameters resource with the counts, and what is wrong with which
line; as NDJSON for who prefers it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.api import body, import_manifest, import_run, language, negotiation
from gateway.api.context import MethodNotAllowed, base_of, check_type, context, tenant_of
from gateway.api.export_file import NDJSON
from gateway.api.import_lines import lines_of
from gateway.api.import_summary import Summary
from gateway.api.interaction import Interaction
from gateway.canonical.json import dumps
from gateway.security.caller import caller_of

MEDIA = frozenset({NDJSON, "application/ndjson", "application/x-ndjson", "application/jsonl"})
LONGEST = 16 * 1024 * 1024
"""Bytes of a line."""


async def import_(request: Request) -> Response:
    """Import resources of any type: lines in the body, or files that a manifest in the body names."""
    if body.media_of(request) in body.JSON:
        return await import_manifest.start(request)
    return await _import(request, "")


async def import_type(request: Request, type: str) -> Response:
    """Import resources of one type."""
    check_type(type)
    return await _import(request, type)


async def _import(request: Request, type_: str) -> Response:
    tenant, here = tenant_of(request), context(request)
    if body.media_of(request) not in MEDIA:
        raise HTTPException(415)
    if here.write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    source = caller_of(request.scope).source
    into = import_run.Into(here, here.write, tenant, base_of(request), source, type_)
    summary = Summary()
    await import_run.run(into, lines_of(body.chunks_of(request), LONGEST), summary)
    zh = language.in_chinese(request)
    headers = language.headers(zh)
    if "ndjson" in (negotiation.accept_of(request) or "").lower():
        return StreamingResponse(_lines(summary, zh), headers=headers, media_type=NDJSON)
    return negotiation.answer(dumps(summary.parameters(zh)), False, headers=headers)


async def _lines(summary: Summary, zh: bool) -> AsyncIterator[bytes]:
    for line in summary.ndjson(zh):
        yield line


_DEFINITION = "urn:qiao:operation:import"
INTERACTIONS = (
    Interaction(
        "", "POST", "/$import", import_, "Import NDJSON, or the files of a manifest",
        body="ndjson", definition=_DEFINITION,
    ),
    Interaction(
        "", "POST", "/{type}/$import", import_type, "Import NDJSON of one type",
        body="ndjson", definition=_DEFINITION,
    ),
)  # fmt: skip
