"""A file of a bulk export: NDJSON, streamed from the store while it is downloaded (Bulk Data Access 2.0).

The next part is read when the client has taken the one before: a slow reader costs a part of memory, no more.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.api import language, outcome
from gateway.api.compression import accepts
from gateway.api.context import Context, NotFound, context
from gateway.api.export import outcome_of
from gateway.api.export_status import BUNDLE, FILES, job_of
from gateway.api.interaction import Interaction
from gateway.api.language import in_chinese
from gateway.api.shape import Shape
from gateway.canonical.json import dumps
from gateway.store import Version
from gateway.store.clock import instant
from gateway.store.export import File, Job

NDJSON = "application/fhir+ndjson"
_GZIP_LEVEL = 1
"""Half the size at a third of the time of the usual level."""


async def file(request: Request, job: str, name: str) -> Response:
    """Answer with a file."""
    found, here = await job_of(request, job), context(request)
    n, _, _ = name.partition("-")
    number = int(n) if n.isascii() and n.isdigit() and len(n) < 10 else -1
    if found.state != "done":
        raise NotFound("the export is not done", code="not-found")
    if number == 0 and found.asked.remarks:
        return _remarks(found, in_chinese(request))
    loop = asyncio.get_running_loop()
    of = await loop.run_in_executor(here.threads, here.store.exports.file, found, number)
    if of is None or name != f"{of.n}-{of.type}.ndjson":
        raise NotFound("the export has no such file", code="not-found")
    packed = accepts(request.scope)
    headers = {"Vary": "Accept-Encoding", **({"Content-Encoding": "gzip"} if packed else {})}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=NDJSON)
    parts = _parts(here, found, of)
    return StreamingResponse(
        _in_threads(here, _packed(parts) if packed else parts), headers=headers, media_type=NDJSON
    )


async def _in_threads(here: Context, parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts, each made in a thread when it is its turn: others must not wait for it."""
    loop = asyncio.get_running_loop()
    while part := await loop.run_in_executor(here.threads, next, parts, b""):
        yield part


def _parts(here: Context, job: Job, file: File) -> Iterator[bytes]:
    """Yield a file in parts of about a MiB."""
    exports = here.store.exports
    if file.kind == "deleted":
        for tombs in exports.deletions(file, BUNDLE):
            yield _bundle(job, file, [tomb.id for tomb in tombs])
        return
    shape = Shape(elements=job.asked.elements)
    for bodies in exports.read(job, file):
        if not shape.whole:
            bodies = [shape.of(Version(file.type, "", 0, 0, 0, "update", body)) for body in bodies]
        yield b"\n".join((*bodies, b""))


def _packed(parts: Iterator[bytes]) -> Iterator[bytes]:
    stream = zlib.compressobj(_GZIP_LEVEL, wbits=zlib.MAX_WBITS | 16)
    for part in parts:
        if made := stream.compress(part):
            yield made
    yield stream.flush()


def _bundle(job: Job, file: File, ids: list[str]) -> bytes:
    """Return the deletions as a transaction that would make them elsewhere, one line."""
    entries = [{"request": {"method": "DELETE", "url": f"{file.type}/{id_}"}} for id_ in ids]
    bundle: dict[str, Any] = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": instant(job.at_us)},
        "type": "transaction",
        "entry": entries,
    }
    return dumps(bundle) + b"\n"


def _remarks(job: Job, chinese: bool) -> Response:
    said = [outcome.spoken(text, chinese) for text in job.asked.remarks]
    lines = [dumps(outcome_of([("warning", text)])) for text in said]
    return Response(b"\n".join((*lines, b"")), headers=language.headers(chinese), media_type=NDJSON)


INTERACTIONS = (
    Interaction("", "GET", f"/{FILES}/{{job}}/{{name}}", file, "A file of a bulk export", media=(NDJSON,)),
)
