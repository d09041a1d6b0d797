"""transaction and batch: a Bundle of interactions, together or one by one (R4 http.html#transaction).

What only reads is answered after the changes, so that it sees them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, change, negotiation, outcome, resource
from gateway.api.batch import Asked, answered, asked_by, run
from gateway.api.conditional import check_versions, condition
from gateway.api.context import Context, base_of, check_id, check_type, context, tenant_of
from gateway.api.entry import Entry, EntryFailed, check_right, entries, patch_of
from gateway.api.interaction import Interaction
from gateway.api.language import in_chinese
from gateway.api.patch import bounded, patching, reading
from gateway.api.prefer import prefer
from gateway.api.version import etag, location
from gateway.canonical import Resource
from gateway.canonical.json import dumps
from gateway.errors import Rejected, Retry
from gateway.security.caller import caller_of
from gateway.store.clock import instant
from gateway.store.model import Change, Result
from gateway.validation import Located


async def bundle(request: Request) -> Response:
    """Carry out the Bundle in the body; the answer has an entry for each of its entries, in their order."""
    tenant_of(request)
    pretty = negotiation.check(request)
    here = context(request)
    with here.room.held() as take:
        data = await body.bytes_of(request, here.options.max_body, take)
        if len(data) <= resource.SMALL:
            given, issues = _read(here, data)
        else:
            loop = asyncio.get_running_loop()
            given, issues = await loop.run_in_executor(here.checker(len(data)), _read, here, data)
        if given["type"] == "batch":
            asked: Sequence[Entry | EntryFailed] = list(_entries(request, given))
            kind, made = "batch-response", await run(request, asked)
        else:
            kind, made = "transaction-response", await _transaction(request, given, issues, len(data))
    return negotiation.answer(_joined(kind, made), pretty)


def _read(here: Context, data: bytes) -> tuple[Resource, list[Located]]:
    """Return the Bundle, and what is wrong with a transaction; entries of a batch are checked one by one."""
    value = resource.plain(data)
    resource.address(value, "Bundle", "")
    kind = value.get("type")
    if kind not in ("batch", "transaction"):
        raise Rejected(
            "the type of the Bundle is batch or transaction here", code="invalid", where="Bundle.type"
        )
    if kind == "batch" or value.get("entry") == []:
        return value, []
    found = resource.read(here, data)
    resource.fit(here, found.issues)
    return found.value, found.issues


def _entries(request: Request, given: Resource) -> Sequence[Entry | EntryFailed]:
    caller = caller_of(request.scope)
    found: list[Entry | EntryFailed] = []
    for entry in entries(given, base_of(request), context(request).options.max_entries):
        try:
            if isinstance(entry, Entry):
                check_right(caller, entry)
            found.append(entry)
        except Rejected as error:
            assert isinstance(entry, Entry)
            found.append(EntryFailed(entry.at, error))
    return found


async def _transaction(request: Request, given: Resource, issues: list[Located], size: int) -> list[bytes]:
    """Make all changes, then answer what only reads.

    Raises:
        EntryFailed: which one is the reason that nothing was written.
    """
    asked: list[Entry] = []
    for entry in _entries(request, given):
        if isinstance(entry, EntryFailed):
            raise entry
        asked.append(entry)
    writing = [entry for entry in asked if entry.writes]
    changes = [_change(context(request), entry) for entry in writing]
    made: dict[int, bytes] = {}
    room = asked_by(request)
    if changes:
        done = await change.transact(request, changes, size)
        if isinstance(done.error, Retry):
            raise done.error
        if done.error is not None:
            raise EntryFailed(writing[done.at].at, done.error) if done.at >= 0 else done.error
        for entry, result in zip(writing, done.results, strict=True):
            made[entry.at] = _written(request, entry, result, issues, room)
    reads = [entry for entry in asked if not entry.writes]
    made.update(await answered(request, reads, room))
    return [made[at] for at in range(len(asked))]


def _change(here: Context, entry: Entry) -> Change:
    """Return what an entry wants to be done.

    Raises:
        EntryFailed: it cannot be done.
    """
    try:
        return _CHANGES[entry.method](here, entry)
    except Rejected as error:
        raise EntryFailed(entry.at, error) from None


def _address(entry: Entry) -> Change:
    """Return a change without its content: of one resource, or of what a search finds."""
    type_, *rest = entry.parts
    check_type(type_)
    if len(rest) > 1:
        raise Rejected("request.url is no address of a resource", code="value")
    made = Change("update", type_, full_url=entry.full_url)
    if rest:
        made.id = check_id(rest[0])
        if entry.query:
            raise Rejected("request.url has both an id and a search", code="value")
    else:
        made.condition = condition(entry.query, "request.url")
    check_versions(made, entry.headers)
    return made


def _create(_here: Context, entry: Entry) -> Change:
    if len(entry.parts) > 1 or entry.query:
        raise Rejected("request.url of a create is a type", code="value")
    type_ = entry.parts[0]
    check_type(type_)
    resource.address(entry.resource, type_, "")
    found = entry.headers.get("if-none-exist")
    wanted = None if found is None else condition(found.rpartition("?")[2], "ifNoneExist")
    return Change("create", type_, body=entry.resource, condition=wanted, full_url=entry.full_url)


def _update(_here: Context, entry: Entry) -> Change:
    made = _address(entry)
    resource.address(entry.resource, made.type, made.id)
    made.body = entry.resource
    if not made.id and made.body and "id" in made.body:
        made.id = check_id(made.body["id"])
    return made


def _patch(here: Context, entry: Entry) -> Change:
    made = _address(entry)
    made.method = "patch"
    document, json_patch = patch_of(entry)
    if json_patch:
        document = resource.plain(document)
    made.patch = bounded(patching(here, reading(document, json_patch), []))
    return made


def _delete(_here: Context, entry: Entry) -> Change:
    made = _address(entry)
    made.method, made.many = "delete", made.condition is not None
    return made


_CHANGES = {"POST": _create, "PUT": _update, "PATCH": _patch, "DELETE": _delete}


def _written(request: Request, entry: Entry, result: Result, issues: Sequence[Located], room: Asked) -> bytes:
    """Return the entry of the answer for one change; with the resource where the client prefers that.

    What was committed is not refused any more: where there is no room, its resource is left out.
    """
    version, wanted = result.version, prefer(request).returns
    if entry.method == "DELETE":
        status = "204 No Content"
    else:
        status = "201 Created" if result.status == "created" else "200 OK"
    response: dict[str, object] = {"status": status}
    parts = []
    if version is not None:
        base = base_of(request)
        if not version.deleted:
            parts.append(b'"fullUrl":' + dumps(f"{base}/{version.type}/{version.id}"))
            response["location"] = location(base, version)
        response |= {"etag": etag(version), "lastModified": instant(version.ts_us)}
        fits = wanted == "representation" and not version.deleted and room.fits(version.body)
        if fits and change.shown(request, entry.method, result):
            parts.append(b'"resource":' + version.body)
    if wanted == "OperationOutcome":
        own = [one for one in issues if one.issue.where.startswith(f"Bundle.entry[{entry.at}]")]
        response["outcome"] = outcome.listed(own, in_chinese(request), result.remarks)
    parts.append(b'"response":' + dumps(response))
    return b"{" + b",".join(parts) + b"}"


def _joined(kind: str, made: Sequence[bytes]) -> bytes:
    entry = b',"entry":[' + b",".join(made) + b"]" if made else b""
    return b'{"resourceType":"Bundle","type":"' + kind.encode() + b'"' + entry + b"}"


INTERACTIONS = (
    Interaction("transaction", "POST", "", bundle, "A Bundle of changes and reads", body="resource"),
    Interaction("batch", "POST", "/", bundle, "A Bundle of changes and reads", body="resource"),
)
