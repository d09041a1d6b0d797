"""$import of a manifest: files elsewhere are fetched and imported in the background (bulk import proposal).

Off unless ``[bulk] import_hosts`` names whom this server may ask. Jobs live in this process: after a restart
one is 404, and is started again; what was imported already makes no new version.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import SplitResult

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.api import body, import_run, import_source, language, outcome
from gateway.api.context import Context, MethodNotAllowed, NotFound, base_of, check_type, context, tenant_of
from gateway.api.export import outcome_of
from gateway.api.export_file import NDJSON
from gateway.api.import_lines import lines_of
from gateway.api.import_summary import Fault, Summary
from gateway.api.interaction import Interaction
from gateway.canonical import now_us
from gateway.canonical.json import dumps
from gateway.errors import Rejected, Retry
from gateway.security.caller import caller_of
from gateway.store.clock import instant

_LOG = logging.getLogger("qiao.api")
FILES = 1000
"""Files of one manifest."""
RUNNING = 2
"""Imports of one tenant at once."""
KEPT = 100
"""Imports whose end can be asked for, of all tenants."""
LONGEST_BODY = 1024 * 1024
LONGEST_LINE = 16 * 1024 * 1024
_FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")


@dataclass(slots=True)
class Input:
    """One file: of which type, where, and what became of its lines."""

    type: str
    url: SplitResult
    summary: Summary = field(default_factory=Summary)


@dataclass(slots=True)
class ImportJob:
    """One import that runs or ran in this process."""

    id: str
    tenant: str
    url: str
    base: str
    inputs: list[Input]
    at_us: int
    state: Literal["running", "done", "stopped"] = "running"
    task: asyncio.Task[None] | None = None

    @property
    def lines(self) -> int:
        """Lines that were read so far."""
        return sum(one.summary.lines for one in self.inputs)


async def start(request: Request) -> Response:
    """Begin to import the files of a manifest: JSON as the proposal has it, or Parameters."""
    tenant, here = tenant_of(request), context(request)
    if here.write is None:
        raise MethodNotAllowed("this server only reads", code="not-supported")
    hosts = here.options.import_hosts
    inputs = _inputs(await body.bytes_of(request, LONGEST_BODY, media=body.JSON), hosts)
    running = [one for one in here.imports.values() if one.tenant == tenant and one.state == "running"]
    if len(running) >= RUNNING:
        wait = {"Retry-After": "30"}
        return outcome.issue(429, "throttled", "too many imports at once; wait for one", headers=wait)
    base = base_of(request)
    job = ImportJob(secrets.token_hex(16), tenant, f"{base}/$import", base, inputs, now_us())
    _forget(here)
    here.imports[job.id] = job
    source = caller_of(request.scope).source
    job.task = asyncio.create_task(_run(here, job, source))
    told = dumps(outcome_of([("information", "the import has begun")]))
    location = {"Content-Location": f"{base}/$import-status/{job.id}"}
    return Response(told, 202, headers=location, media_type=outcome.FHIR_JSON)


async def status(request: Request, job: str) -> Response:
    """Answer with the progress of an import, or with what became of its files."""
    found = _job(request, job)
    if found.state == "running":
        headers = {"X-Progress": f"{found.lines} lines", "Retry-After": "2"}
        return Response(status_code=202, headers=headers)
    if found.state == "stopped":
        return outcome.issue(503, "transient", "the import broke off; start it again")
    return Response(dumps(_manifest(found)), media_type="application/json")


async def cancel(request: Request, job: str) -> Response:
    """Stop an import; what is imported stays."""
    found = _job(request, job)
    del context(request).imports[job]
    if found.task is not None:
        found.task.cancel()
    told = dumps(outcome_of([("information", "the import is stopped; what is written stays")]))
    return Response(told, 202, media_type=outcome.FHIR_JSON)


async def errors(request: Request, job: str, n: str) -> Response:
    """Answer with the faults of one file."""
    found = _job(request, job)
    if not (n.isascii() and n.isdigit() and len(n) < 6 and int(n) < len(found.inputs)):
        raise NotFound("the import has no such file", code="not-found")

    zh = language.in_chinese(request)

    async def lines() -> AsyncIterator[bytes]:
        for line in found.inputs[int(n)].summary.ndjson(zh):
            yield line

    return StreamingResponse(lines(), headers=language.headers(zh), media_type=NDJSON)


def _job(request: Request, id_: str) -> ImportJob:
    found = context(request).imports.get(id_)
    if found is None or found.tenant != tenant_of(request):
        raise NotFound("there is no such import", code="not-found")
    return found


def _forget(here: Context) -> None:
    """Make room: the oldest imports that have ended go first."""
    ended = [one.id for one in here.imports.values() if one.state != "running"]
    for id_ in ended[: max(0, len(here.imports) - KEPT + 1)]:
        del here.imports[id_]


async def _run(here: Context, job: ImportJob, source: str) -> None:
    assert here.write is not None
    state: Literal["done", "stopped"] = "stopped"
    try:
        for one in job.inputs:
            url = one.url.geturl()
            into = import_run.Into(here, here.write, job.tenant, job.base, source, one.type, url)
            try:
                lines = lines_of(import_source.chunks_of(one.url), LONGEST_LINE)
                await import_run.run(into, lines, one.summary)
            except Rejected as error:
                one.summary.lines += 1  # where the file broke off
                one.summary.fail(Fault(one.summary.lines, error.code, error.reason, source=url))
        state = "done"
    except Retry:
        pass
    except Exception as error:  # noqa: BLE001 (its text could hold what stood in a line)
        _LOG.error("import %s failed (%s)", job.id, type(error).__name__)
    finally:  # whatever happens: what runs forever keeps the tenant from another import
        job.state = state


def _inputs(data: bytes, hosts: tuple[str, ...]) -> list[Input]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    if isinstance(told, dict) and told.get("resourceType") == "Parameters":
        told = _of_parameters(told)
    listed = told.get("input") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not 0 < len(listed) <= FILES:
        raise Rejected(f"names 1 to {FILES} files, each with type and url", code="value", where="input")
    if told.get("inputFormat", _FORMATS[0]) not in _FORMATS:
        raise Rejected(f"is one of {', '.join(_FORMATS)}", code="not-supported", where="inputFormat")
    return [_input(one, hosts) for one in listed]


def _input(one: Any, hosts: tuple[str, ...]) -> Input:
    type_, url = (one.get("type"), one.get("url")) if isinstance(one, dict) else (None, None)
    if not isinstance(url, str) or not isinstance(type_, str | None):
        raise Rejected("has a type and a url", code="value", where="input")
    if type_ is not None:
        check_type(type_)
    return Input(type_ or "", import_source.check(url, hosts))


def _of_parameters(told: dict[str, Any]) -> dict[str, Any]:
    """Return the manifest that a Parameters resource is."""
    found: dict[str, Any] = {"input": []}
    for one in _objects(told.get("parameter")):
        if one.get("name") == "input":
            found["input"].append({str(part.get("name")): _value(part) for part in _objects(one.get("part"))})
        elif one.get("name") == "inputFormat":
            found["inputFormat"] = _value(one)
    return found


def _objects(listed: Any) -> list[dict[str, Any]]:
    """Return a list of objects; what is missing is an empty one.

    Raises:
        Rejected: it is something else.
    """
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Rejected("is a list of objects", code="invalid", where="Parameters.parameter")
    return listed


def _value(one: dict[str, Any]) -> Any:
    return next((value for key, value in one.items() if key.startswith("value")), None)


def _manifest(job: ImportJob) -> dict[str, Any]:
    done, wrong = [], []
    for n, one in enumerate(job.inputs):
        counts = one.summary.counts
        place = {"inputUrl": one.url.geturl()}
        done.append({"type": one.type, **place, "count": one.summary.lines - counts["failed"]})
        if counts["failed"]:
            url = f"{job.base}/$import-errors/{job.id}/{n}"
            wrong.append({"type": "OperationOutcome", **place, "count": counts["failed"], "url": url})
    time = instant(job.at_us)
    return {"transactionTime": time, "request": job.url, "output": done, "error": wrong}


INTERACTIONS = (
    Interaction(
        "",
        "GET",
        "/$import-status/{job}",
        status,
        "Progress and end of an import of files",
        media=("application/json",),
    ),
    Interaction("", "DELETE", "/$import-status/{job}", cancel, "Stop an import of files"),
    Interaction(
        "",
        "GET",
        "/$import-errors/{job}/{n}",
        errors,
        "What was wrong with the lines of a file",
        media=(NDJSON,),
    ),
)
