"""Which representation is asked for: ``_format``, ``_pretty`` and Accept (R4 http.html#mime-type)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from functools import lru_cache
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api.outcome import FHIR_JSON, NEITHER
from gateway.api.quality import quality
from gateway.errors import Rejected

_JSON = frozenset(("json", "application/json", "application/fhir+json", "text/json"))
_XML = frozenset(("xml", "application/xml", "application/fhir+xml", "text/xml"))
_HTML = "text/html"
"""A browser that asks for HTML gets JSON."""
_ANY = frozenset(("*/*", "application/*", "text/*"))
_INLINE = 16 * 1024
"""Bytes that are indented at once, in a millisecond."""
LONGEST = 4 * 1024 * 1024
"""Bytes that are indented at all: nobody reads more."""
WIDEST = 32 * 1024 * 1024
"""Bytes of an indented answer."""

GIVEN = "qiao.given"
"""Key of a request's scope: ``_format`` and ``_pretty`` where the query does not have them, but a form."""
_VERSION = re.compile(r";\s*fhirversion\s*=\s*\"?([^;\"\s]*)", re.IGNORECASE).search
_R4 = re.compile(r"4\.0(?:\.[0-9]+)?").fullmatch
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:\s]+')


class NotAcceptable(Rejected):
    """The client asks for a format that is not served."""


def check(request: Request, allowed: Collection[str] = ()) -> bool:
    """Check ``_format`` and Accept; return whether the answer is to be indented.

    Raises:
        NotAcceptable: neither JSON nor XML is asked for.
        Rejected: the query has a parameter that is neither general nor in ``allowed``.
    """
    query = request.url.query
    accept = accept_of(request)
    if not query and (accept is None or accept == "*/*"):
        return False
    parameters = request.query_params
    for name in parameters:
        if name not in ("_format", "_pretty") and name not in allowed:
            raise Rejected(
                f"this interaction takes {', '.join(('_format', '_pretty', *allowed))} only",
                code="not-supported",
                where=name[:64],
            )
    return negotiate(accept, parameters.get("_format"), parameters.get("_pretty"))


def wished(request: Request) -> bool:
    """Check ``_format`` and Accept of a request whose other parameters are a search; return ``_pretty``.

    Raises:
        NotAcceptable: neither JSON nor XML is asked for.
    """
    parameters = request.query_params
    return negotiate(accept_of(request), parameters.get("_format"), parameters.get("_pretty"))


def accept_of(request: Request) -> str | None:
    """Return what all Accept headers of a request say together, None without any (RFC 9110 §5.3)."""
    return ", ".join(request.headers.getlist("accept")) or None


def negotiate(accept: str | None, format_: str | None, pretty: str | None) -> bool:
    """Check the wishes themselves; return whether the answer is to be indented.

    Raises:
        NotAcceptable: neither JSON nor XML is asked for.
    """
    if not chosen(accept, format_):
        raise NotAcceptable(NEITHER, code="not-supported", where="_format")
    return pretty == "true"


def remember(request: Request, given: Mapping[str, str]) -> None:
    """Keep what a form says of the format for whoever makes the answer XML."""
    request.scope[GIVEN] = {name: given[name] for name in ("_format", "_pretty") if name in given}


def chosen(accept: str | None, format_: str | None) -> Literal["json", "xml", ""]:
    """Return the format that an answer has, ``""`` where neither is wanted.

    ``_format`` goes before Accept; what both weigh the same is JSON, unless only XML is named.
    """
    if format_ is not None:
        kind = _kind(format_) if is_r4(format_) else ""
        return "json" if kind in _JSON else "xml" if kind in _XML else ""
    json, xml = (0.0, False), (0.0, False)
    for wish in filter(is_r4, (accept or "*/*").split(",")):
        kind, weight = _kind(wish), quality(wish)
        if kind in _JSON or kind == _HTML or kind in _ANY:
            json = max(json, (weight, kind not in _ANY))
        if kind in _XML or kind in _ANY:
            xml = max(xml, (weight, kind not in _ANY))
    if not json[0] and not xml[0]:
        return ""
    return "xml" if xml > json else "json"


def is_r4(media: str) -> bool:
    """Tell whether a media type is one of R4: its ``fhirVersion``, if any, is 4.0 (R4 versions.html)."""
    version = _VERSION(media)
    return version is None or _R4(version[1]) is not None


def _kind(wish: str) -> str:
    return wish.partition(";")[0].strip().lower().replace(" ", "+")


def answer(
    body: bytes, pretty: bool, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a FHIR answer; the stored bytes as they are unless they must be indented."""
    kind = Indented if pretty and len(body) <= LONGEST else Response
    return kind(body, status, headers=headers, media_type=FHIR_JSON)


class Indented(Response):
    """An answer with a line per element; a long one is indented in a thread: others must not wait for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        body = bytes(self.body)
        if len(body) <= _INLINE:
            self.body = indent(body)
        else:
            threads: Executor = scope["app"].state.context.threads
            self.body = await asyncio.get_running_loop().run_in_executor(threads, indent, body)
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


def indent(body: bytes) -> bytes:
    """Return JSON with a line per element; numbers and strings stay byte for byte what they were.

    What is nested so deep that it would become longer than :data:`WIDEST` stays as it is.
    """
    out: list[bytes] = []
    depth, opened = 0, False
    for match in _STRING_OR_MARK.finditer(body):
        part = match[0]
        if part in (b"}", b"]"):
            depth -= 1
            out += (part,) if opened else (_line(depth), part)
            opened = False
            continue
        if opened:
            out.append(_line(depth))
            opened = False
        if part in (b"{", b"["):
            depth, opened = depth + 1, True
        elif part == b",":
            out.append(part)
            part = _line(depth)
        elif part == b":":
            part = b": "
        out.append(part)
    return b"".join(out) if sum(map(len, out)) <= WIDEST else body


@lru_cache(maxsize=1024)
def _line(depth: int) -> bytes:
    """Return the start of a line; the lines of a body share it until they are known to fit."""
    return b"\n" + b"  " * depth
