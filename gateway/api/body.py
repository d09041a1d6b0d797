"""Body: the bytes of a request, bounded and unpacked (R4 http.html#mime-type, RFC 9110 §8.3, §8.4)."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Collection

from starlette.exceptions import HTTPException
from starlette.requests import Request

from gateway.api.context import context
from gateway.api.negotiation import is_r4
from gateway.api.room import Take
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.validation import xml
from gateway.validation.source_text import Unreadable

JSON = frozenset({"application/fhir+json", "application/json", "text/json"})
XML = frozenset({"application/fhir+xml", "application/xml", "text/xml"})
RESOURCE = JSON | XML
FORM = frozenset({"application/x-www-form-urlencoded"})
JSON_PATCH = "application/json-patch+json"
PATCH = RESOURCE | {JSON_PATCH}

_CHARSETS = frozenset({"", "utf-8", "utf8", "us-ascii"})
_STEP = 1 << 20
"""Bytes that are unpacked before others have their turn."""


def media_of(request: Request) -> str:
    """Return the media type of a body, in lower case and without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_empty(request: Request) -> bool:
    """Tell whether a request comes without a body."""
    headers = request.headers
    return headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers


async def bytes_of(
    request: Request, most: int, take: Take | None = None, media: Collection[str] = RESOURCE
) -> bytes:
    """Return the body, unpacked where it came packed with gzip.

    Args:
        most: bytes that are taken, unpacked.
        take: is told of each part, and refuses where there is no room; see :class:`Room`.
        media: the types that are taken.

    Raises:
        HTTPException: 415, it is of another type, version of FHIR, charset or coding; 413, it has more.
        Rejected: it is not packed as it says.
    """
    if media_of(request) not in media or not _is_ours(request):
        raise HTTPException(415)
    if _length(request) > most:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in chunks_of(request):
        body += chunk
        if len(body) > most:
            raise HTTPException(413)
        if take is not None:
            take(len(chunk))
    return bytes(body)


async def json_of(request: Request, most: int) -> bytes:
    """Return the body of a POST as JSON; XML is read in a thread.

    Args:
        most: bytes that are taken.

    Raises:
        HTTPException: as :func:`bytes_of`.
        Rejected: it is no FHIR XML.
    """
    body = await bytes_of(request, most)
    if media_of(request) not in XML:
        return body
    return await asyncio.get_running_loop().run_in_executor(context(request).threads, _read_xml, body)


def _read_xml(body: bytes) -> bytes:
    try:
        return dumps(xml.from_xml(body))
    except Unreadable as error:
        raise Rejected(f"line {error.line}: {error}", code="invalid") from None


def _is_ours(request: Request) -> bool:
    """Tell whether the parameters of the media type name UTF-8 and R4, as far as they name anything."""
    return _charset(request) in _CHARSETS and is_r4(request.headers.get("content-type", ""))


def _charset(request: Request) -> str:
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return ""


def _length(request: Request) -> int:
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else 0


async def chunks_of(request: Request) -> AsyncIterator[bytes]:
    """Yield the parts of a body, unpacked.

    Raises:
        HTTPException: 415, it is packed in a way that is not known.
        Rejected: it is not packed as it says.
    """
    coding = request.headers.get("content-encoding", "").strip().lower()
    if coding in ("", "identity"):
        async for chunk in request.stream():
            yield chunk
    elif coding in ("gzip", "x-gzip"):
        async for chunk in _gunzipped(request):
            yield chunk
    else:
        raise HTTPException(415, headers={"Accept-Encoding": "gzip"})


async def _gunzipped(request: Request) -> AsyncIterator[bytes]:
    """Yield what is packed in steps: a small body may unpack to a thousand times as much."""
    stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
    async for chunk in request.stream():
        while chunk:
            try:
                made = stream.decompress(chunk, _STEP)
            except zlib.error:
                raise Rejected("the body is not packed with gzip as it says", code="invalid") from None
            if stream.unused_data:
                raise Rejected("something follows what is packed with gzip", code="invalid")
            yield made
            chunk = stream.unconsumed_tail
            if chunk:
                await asyncio.sleep(0)
    if not stream.eof:
        raise Rejected("the body that is packed with gzip ends too early", code="invalid")
