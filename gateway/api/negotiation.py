"""Which representation is asked for: ``_format``, ``_pretty`` and Accept (R4 §3.1.0.1.10, §3.1.0.1.11)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.outcome import FHIR_JSON
from gateway.errors import Rejected

_JSON = frozenset(("json", "application/json", "application/fhir+json", "text/json"))
_ACCEPTED = _JSON | {"*/*", "application/*", "text/html", "text/*"}  # a browser that asks for HTML gets JSON
_STRING_OR_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^"{}\[\],:\s]+')


class NotAcceptable(Rejected):
    """The client asks for a format that is not served."""


def check(request: Request, allowed: Iterable[str] = ()) -> bool:
    """Check ``_format`` and Accept; return whether the answer is to be indented.

    Raises:
        NotAcceptable: another format than JSON is asked for.
        Rejected: the query has a parameter that is neither general nor in ``allowed``.
    """
    query = request.url.query
    accept = request.headers.get("accept")
    if not query and (accept is None or accept == "*/*"):
        return False
    parameters = request.query_params
    for name in parameters:
        if name not in ("_format", "_pretty") and name not in allowed:
            raise Rejected(
                "this interaction takes _format and _pretty only", code="not-supported", where=name[:64]
            )
    return negotiate(accept, parameters.get("_format"), parameters.get("_pretty"))


def negotiate(accept: str | None, format_: str | None, pretty: str | None) -> bool:
    """Check the wishes themselves; return whether the answer is to be indented.

    Raises:
        NotAcceptable: another format than JSON is asked for.
    """
    wishes = [format_] if format_ is not None else (accept or "*/*").split(",")
    kinds = {wish.partition(";")[0].strip().lower().replace(" ", "+") for wish in wishes}
    if not kinds & (_JSON if format_ is not None else _ACCEPTED):
        raise NotAcceptable(
            "only JSON is served: application/fhir+json", code="not-supported", where="_format"
        )
    return pretty == "true"


def answer(
    body: bytes, pretty: bool, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return a FHIR answer; the stored bytes as they are unless they must be indented."""
    return Response(indent(body) if pretty else body, status, headers=headers, media_type=FHIR_JSON)


def indent(body: bytes) -> bytes:
    """Return JSON with a line per element; numbers and strings stay byte for byte what they were."""
    out: list[bytes] = []
    depth, opened = 0, False
    for match in _STRING_OR_MARK.finditer(body):
        part = match[0]
        if part in (b"}", b"]"):
            depth -= 1
            out.append(part if opened else b"\n" + b"  " * depth + part)
            opened = False
            continue
        if opened:
            out.append(b"\n" + b"  " * depth)
            opened = False
        if part in (b"{", b"["):
            depth, opened = depth + 1, True
        elif part == b",":
            part += b"\n" + b"  " * depth
        elif part == b":":
            part = b": "
        out.append(part)
    return b"".join(out)
