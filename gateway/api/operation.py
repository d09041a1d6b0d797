"""Operations: in-parameters by GET or in a Parameters resource, and work off the event loop (R4 §3.2.0.1)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import body, negotiation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.query import Pairs
from gateway.canonical.json import dumps
from gateway.errors import Rejected

Kind = Literal["text", "boolean", "integer", "texts", "object", "objects"]
"""What a parameter may be: ``texts`` and ``objects`` may be there several times, objects by POST only."""

LONGEST = 4 * 1024 * 1024
"""Bytes of a Parameters resource; it may have a value set inside."""
_PYTHON: Mapping[str, type] = {
    "text": str,
    "texts": str,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "objects": dict,
}


async def given(request: Request, known: Mapping[str, Kind]) -> tuple[dict[str, Any], bool]:
    """Return the in-parameters by name, and whether the answer is to be indented.

    Raises:
        Rejected: one that is not in ``known``, twice, or of another kind; or the body is no Parameters.
        NotFound: the tenant is not served.
    """
    tenant_of(request)
    if request.method != "POST":
        simple = [name for name, kind in known.items() if not kind.startswith("object")]
        pretty = negotiation.check(request, allowed=simple)
        pairs = [
            (name, _read(name, value, known[name]))
            for name, value in request.query_params.multi_items()
            if name in known
        ]
        return _collected(pairs, known), pretty
    pretty = negotiation.check(request)
    return await parameters_of(request, known), pretty


async def parameters_of(request: Request, known: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the in-parameters of a Parameters resource in the body by name; none where there is no body.

    Raises:
        Rejected: as :func:`given`.
    """
    if body.is_empty(request):
        return {}
    return _collected(_parameters(await body.json_of(request, LONGEST), known), known)


def parameters_in(text: bytes, known: Mapping[str, Kind]) -> dict[str, Any]:
    """Return the in-parameters of a Parameters resource by name. Raises ``Rejected``: as :func:`given`."""
    return _collected(_parameters(text, known), known)


async def posted_pairs(request: Request, known: Mapping[str, Kind]) -> Pairs:
    """Return the in-parameters of a POST as the pairs that a GET would have in its query.

    Raises:
        Rejected: as :func:`given`.
    """
    given = await parameters_of(request, known)
    each = ((name, value if type(value) is list else [value]) for name, value in given.items())
    return [(name, str(one)) for name, values in each for one in values]


async def answer(request: Request, pretty: bool, work: Callable[[], dict[str, Any]]) -> Response:
    """Answer with what ``work`` makes, in a thread: others must not wait for it."""

    def made() -> bytes:
        try:
            return dumps(work())
        except Rejected as error:
            if error.code == "not-found":
                raise NotFound(error.reason, code="not-found") from None
            raise

    text = await asyncio.get_running_loop().run_in_executor(context(request).threads, made)
    return negotiation.answer(text, pretty)


async def told(request: Request, work: Callable[[], dict[str, Any]]) -> Response:
    """Answer with what ``work`` makes, which is JSON and no resource; in a thread."""
    made = await asyncio.get_running_loop().run_in_executor(context(request).threads, lambda: dumps(work()))
    return Response(made, media_type="application/json")


def _parameters(text: bytes, known: Mapping[str, Kind]) -> list[tuple[str, Any]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Rejected("the body is not JSON", code="invalid") from None
    parameters = data.get("parameter", []) if isinstance(data, dict) else None
    if not isinstance(parameters, list) or data.get("resourceType") != "Parameters":
        raise Rejected("the body must be a Parameters resource", code="invalid")
    found = []
    for one in parameters:
        name = one.get("name") if isinstance(one, dict) else None
        if not isinstance(name, str) or not name:
            raise Rejected("a parameter without a name", code="invalid", where="parameter")
        if name not in known:
            told = "this operation does not take such a parameter"
            raise Rejected(told, code="not-supported", where=name[:64])
        values = [value for key, value in one.items() if key.startswith("value") or key == "resource"]
        if len(values) != 1 or type(values[0]) is not _PYTHON[known[name]]:
            raise Rejected(f"it must have one value: {known[name].rstrip('s')}", code="value", where=name)
        found.append((name, values[0]))
    return found


def _read(name: str, value: str, kind: Kind) -> Any:
    """Return a query parameter as what it is."""
    if kind == "boolean":
        if value not in ("true", "false"):
            raise Rejected("it must be true or false", code="value", where=name)
        return value == "true"
    if kind == "integer":
        if not (value.isascii() and value.isdigit() and len(value) < 10):
            raise Rejected("it must be a whole number", code="value", where=name)
        return int(value)
    return value


def _collected(pairs: list[tuple[str, Any]], known: Mapping[str, Kind]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if known[name] in ("texts", "objects"):
            found.setdefault(name, []).append(value)
        elif name in found:
            raise Rejected("it may be given once only", code="value", where=name)
        elif known[name] == "integer" and not 0 <= value < 10**9:
            raise Rejected("it must be a whole number", code="value", where=name)
        else:
            found[name] = value
    return found
