"""The resource in a request: read once, and checked before it is written (R4 http.html#create, #update).

What cannot be read or is another resource than the address says is 400; what breaks a rule of R4 is 422, with
everything that is wrong at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from gateway.api import binary, body
from gateway.api.context import Context, context
from gateway.api.unfit import Unfit
from gateway.canonical import Resource
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.mapping.elements import is_resource
from gateway.validation import Examination, Located, xml
from gateway.validation.source_text import Unreadable

SMALL = 16 * 1024
"""Bytes of a body that is checked at once, in a millisecond or two; a larger one keeps nobody waiting."""
_ERRORS = ("error", "fatal")


@dataclass(slots=True)
class Body:
    """A resource as it came.

    Attributes:
        value: parsed JSON, decimals as ``Decimal``.
        issues: what is wrong with it, nothing of it an error where resources are checked strictly.
        size: bytes that it took.
    """

    value: Resource
    issues: list[Located] = field(default_factory=list)
    size: int = 0


async def resource_of(request: Request, type_: str = "", id_: str = "") -> Body:
    """Return the resource in the body of a request.

    Args:
        type_: what it must be, ``""`` for anything.
        id_: the id that it must have, ``""`` where the address names none.

    Raises:
        HTTPException: see :func:`body.bytes_of`.
        Rejected: it cannot be read, or is another resource.
        Unfit: it breaks rules of R4.
    """
    here = context(request)
    with here.room.held() as take:
        raw = binary.is_raw(request, type_)
        media = {body.media_of(request)} if raw else body.RESOURCE
        data = await body.bytes_of(request, here.options.max_body, take, media)
        if raw:
            data = binary.resource_bytes(request, data, id_)
        if len(data) <= SMALL:
            return _read(here, data, type_, id_)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(here.checker(len(data)), _read, here, data, type_, id_)


def _read(here: Context, data: bytes, type_: str, id_: str) -> Body:
    found = read(here, data)
    value = found.value
    address(value, type_, id_)
    fit(here, found.issues)
    return Body(value, found.issues, len(data))


def read(here: Context, data: bytes) -> Examination:
    """Return what the bytes say and what is wrong with them, as far as the server looks.

    Raises:
        Unfit: they cannot be read.
        Rejected: they are no resource.
    """
    if here.examine is None or here.options.validate == "off":
        return Examination(value=plain(data))
    found = here.examine(data, ())
    if found.value is None:
        raise Unfit(found.issues, malformed=True)
    if here.options.validate == "report" and xml.is_xml(data):
        found.value = plain(data)  # nothing is stored of what was not understood
    return found


def plain(data: bytes) -> Any:
    """Return the JSON of JSON or XML that nobody checks.

    Raises:
        Rejected: it is neither.
    """
    if xml.is_xml(data):
        try:
            return xml.from_xml(data)
        except Unreadable as error:
            raise Rejected(f"line {error.line}: {error}", code="invalid") from None
    try:
        value = loads(data)
    except (ValueError, TypeError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    if not _is_json(value):  # NaN, or half of a surrogate pair, is no content of ours
        text = "it has a number or text that cannot be written as JSON"
        raise Rejected(text, code="invalid", where=_bad_entry(value))
    return value


def _is_json(value: object) -> bool:
    try:
        dumps(value)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _bad_entry(value: Any) -> str:
    """Return which entry of a Bundle cannot be written, ``""`` where it is none."""
    entries = value.get("entry") if type(value) is dict else None
    bad = (at for at, one in enumerate(entries if type(entries) is list else ()) if not _is_json(one))
    return next((f"Bundle.entry[{at}]" for at in bad), "")


def address(value: Any, type_: str, id_: str) -> None:
    """Make sure that a resource is the one that an address names.

    Raises:
        Rejected: it is none, or of another type, or has another id or none (R4 http.html#update).
    """
    kind = value.get("resourceType") if type(value) is dict else None
    if type(kind) is not str or not is_resource(kind):
        raise Rejected("the body must be a resource of R4 that names its resourceType", code="invalid")
    if type(value.get("meta", {})) is not dict:
        raise Rejected("its meta is no object", code="invalid", where=f"{kind}.meta")
    if type_ and kind != type_:
        raise Rejected(f"the resource is of another type than the address, {type_}", code="invalid")
    if id_ and "id" not in value:
        raise Rejected(
            "the resource must have the id that the address names", code="invalid", where=f"{kind}.id"
        )
    if id_ and value["id"] != id_:
        raise Rejected("the resource has another id than the address", code="invalid", where=f"{kind}.id")


def fit(here: Context, issues: Sequence[Located]) -> None:
    """Make sure that nothing is wrong with what is about to be written.

    Raises:
        Unfit: there is, and the server is strict.
    """
    if here.options.validate == "strict" and any(one.issue.severity in _ERRORS for one in issues):
        raise Unfit(issues)


def check(here: Context, value: Resource) -> list[Located]:
    """Check a resource that was made here, from any thread; return what is wrong with it.

    Raises:
        Unfit: it is an error, and the server is strict.
    """
    if here.examine is None or here.options.validate == "off":
        return []
    issues = here.examine(dumps(value), ()).issues
    fit(here, issues)
    return issues
