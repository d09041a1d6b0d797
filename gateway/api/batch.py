"""batch: entries that are carried out one by one, as if they had come alone (R4 http.html#transaction)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request

from gateway.api import outcome
from gateway.api.entry import Entry, EntryFailed, patch_of
from gateway.api.inner import Answer, ask
from gateway.api.outcome import FHIR_JSON
from gateway.api.prefer import prefer
from gateway.canonical.json import dumps
from gateway.errors import Rejected

LARGEST = 128 * 1024 * 1024
"""Bytes of all answers together; what comes after is told to ask for less."""
_AT_ONCE = 64
_READS = ("GET", "HEAD")
_ORDER = (("DELETE",), ("POST",), ("PUT", "PATCH"), _READS)
"""As a transaction is processed (R4 http.html#trules)."""


@dataclass(slots=True)
class Asked:
    """How much room the answers of one Bundle have left."""

    left: int = LARGEST


async def run(request: Request, asked: Sequence[Entry | EntryFailed]) -> list[bytes]:
    """Return the entries of the answer in the order of those that were asked."""
    room = Asked()
    made = {one.at: failed(one.error) for one in asked if isinstance(one, EntryFailed)}
    fine = [one for one in asked if isinstance(one, Entry)]
    for methods in _ORDER:
        made.update(await answered(request, [one for one in fine if one.method in methods], room))
    return [made[at] for at in range(len(asked))]


async def answered(request: Request, asked: Sequence[Entry], room: Asked) -> dict[int, bytes]:
    """Return what becomes of entries that do not depend on each other; some are under way at once."""
    made: dict[int, bytes] = {}
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        done = await asyncio.gather(*(_one(request, entry, room) for entry in some))
        made.update(zip((entry.at for entry in some), done, strict=True))
    return made


async def _one(request: Request, entry: Entry, room: Asked) -> bytes:
    if room.left < 0:
        told = "the answers of this Bundle are too long together; ask for less at once"
        return failed(Rejected(told, code="too-costly"))
    try:
        body, headers = _body(entry)
    except Rejected as error:
        return failed(error)
    default = "" if entry.method in _READS else "return=minimal"
    answer = await ask(request, entry.method, entry.url, entry.headers | headers, body, default)
    room.left -= len(answer.body)
    return _entry(answer, told=prefer(request).returns == "OperationOutcome" and entry.method not in _READS)


def _body(entry: Entry) -> tuple[bytes, dict[str, str]]:
    if entry.resource is None:
        return b"", {}
    if entry.method == "PATCH":
        document, json_patch = patch_of(entry)
        if json_patch:
            return document, {"content-type": "application/json-patch+json"}
    return dumps(entry.resource), {"content-type": FHIR_JSON}


def _entry(answer: Answer, told: bool) -> bytes:
    """Return the entry of an answer; ``told``: its body is an OperationOutcome that was asked for."""
    status = answer.status
    response: dict[str, object] = {"status": _status(status)}
    for header, name in (("location", "location"), ("etag", "etag")):
        if header in answer.headers:
            response[name] = answer.headers[header]
    parts = []
    has_body = bool(answer.body) and answer.headers.get("content-type", "").startswith(FHIR_JSON)
    if has_body and status < 400 and not told:
        parts.append(b'"resource":' + answer.body)
    about = dumps(response)
    if has_body and (status >= 400 or told):
        about = about[:-1] + b',"outcome":' + answer.body + b"}"
    parts.append(b'"response":' + about)
    return b"{" + b",".join(parts) + b"}"


def failed(error: Rejected) -> bytes:
    """Return the entry of an answer for an entry that cannot even be asked."""
    status, code = outcome.status_of(error)
    issue = outcome.entry(status, code, str(error))
    told = {"resourceType": "OperationOutcome", "issue": [issue]}
    return dumps({"response": {"status": _status(status), "outcome": told}})


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
