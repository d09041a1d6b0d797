"""batch: entries that are carried out one by one, as if they had come alone (R4 http.html#transaction)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.requests import Request

from gateway.api import inner, outcome
from gateway.api.entry import Entry, EntryFailed, patch_of
from gateway.api.language import in_chinese
from gateway.api.outcome import FHIR_JSON
from gateway.api.outflow import ANSWER, Answer
from gateway.api.prefer import prefer
from gateway.canonical.json import dumps
from gateway.canonical.operation_outcome import operation_outcome
from gateway.errors import Rejected
from gateway.store.clock import instant

LARGEST = 128 * 1024 * 1024
"""Bytes of all answers together; what comes after is told to ask for less."""
_AT_ONCE = 64
_LONG_AT_ONCE = 2
"""Entries under way whose answer may be long: it is there as a whole before its length is known."""
_TOO_LONG = "the answers of this Bundle are too long together; ask for less at once"
_READS = ("GET", "HEAD")
_ORDER = (("DELETE",), ("POST",), ("PUT", "PATCH"), _READS)
"""As a transaction is processed (R4 http.html#trules)."""


@dataclass(slots=True)
class Asked:
    """How much room the answers of one Bundle have left; whoever may give a long one waits for a turn.

    Attributes:
        answer: to the Bundle; it waits for its reader with those of others, None: nobody counts them.
    """

    answer: Answer | None = None
    left: int = field(default_factory=lambda: LARGEST)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LONG_AT_ONCE))

    @property
    def free(self) -> int:
        """Bytes that can be taken now."""
        return self.left if self.answer is None else min(self.left, self.answer.free)

    def fits(self, body: bytes) -> bool:
        """Take the room of a body, if it is there."""
        if len(body) > self.free:
            return False
        self.left -= len(body)
        return self.answer is None or self.answer.take(len(body))


def asked_by(request: Request) -> Asked:
    """Return the room of a Bundle."""
    return Asked(request.scope.get(ANSWER))


async def run(request: Request, asked: Sequence[Entry | EntryFailed]) -> list[bytes]:
    """Return the entries of the answer in the order of those that were asked."""
    room = asked_by(request)
    made = {one.at: failed(request, one.error) for one in asked if isinstance(one, EntryFailed)}
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
    if not _may_be_long(request, entry):
        return await _asked(request, entry, room)
    async with room.turns:
        return await _asked(request, entry, room)


def _may_be_long(request: Request, entry: Entry) -> bool:
    """Tell whether the answer may be longer than the entry: then many at once must not be held."""
    found = "if-none-exist" in entry.headers and prefer(request).returns == "representation"
    return found or not entry.writes


async def _asked(request: Request, entry: Entry, room: Asked) -> bytes:
    too_long = Rejected(_TOO_LONG, code="too-costly")
    if room.free <= 0 and not entry.writes:
        return failed(request, too_long)
    try:
        body, headers = _body(entry)
    except Rejected as error:
        return failed(request, error)
    default = "" if entry.method in _READS else "return=minimal"
    answer = await inner.ask(
        request, entry.method, entry.url, entry.headers | headers, body, default, lambda: room.free
    )
    if answer.too_long and not entry.writes:  # a change has been made: only its resource is left out
        room.left = 0
        return failed(request, too_long)
    room.fits(answer.body)
    return _entry(answer, told=prefer(request).returns == "OperationOutcome" and entry.method not in _READS)


def _body(entry: Entry) -> tuple[bytes, dict[str, str]]:
    if entry.resource is None:
        return b"", {}
    if entry.method == "PATCH":
        document, json_patch = patch_of(entry)
        if json_patch:
            return document, {"content-type": "application/json-patch+json"}
    return dumps(entry.resource), {"content-type": FHIR_JSON}


def _entry(answer: inner.Answer, told: bool) -> bytes:
    """Return the entry of an answer; ``told``: its body is an OperationOutcome that was asked for."""
    status = answer.status
    response: dict[str, object] = {"status": _status(status)}
    for header, name in (("location", "location"), ("etag", "etag")):
        if header in answer.headers:
            response[name] = answer.headers[header]
    if answer.modified_us:
        response["lastModified"] = instant(answer.modified_us)
    parts = []
    has_body = bool(answer.body) and answer.headers.get("content-type", "").startswith(FHIR_JSON)
    if has_body and status < 400 and not told:
        parts.append(b'"resource":' + answer.body)
    about = dumps(response)
    if has_body and (status >= 400 or told):
        about = about[:-1] + b',"outcome":' + answer.body + b"}"
    parts.append(b'"response":' + about)
    return b"{" + b",".join(parts) + b"}"


def failed(request: Request, error: Rejected) -> bytes:
    """Return the entry of an answer for an entry that cannot even be asked."""
    status, code = outcome.status_of(error)
    issue = outcome.entry(status, code, outcome.spoken(str(error), in_chinese(request)))
    told = operation_outcome([issue])
    return dumps({"response": {"status": _status(status), "outcome": told}})


def _status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
