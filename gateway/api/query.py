"""The parameters of a request: of its URL, and of a form beside them (R4 search.html)."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.api import body, negotiation
from gateway.api.context import context
from gateway.errors import Rejected

Pairs = list[tuple[str, str]]


def pairs_of(request: Request) -> Pairs:
    """Return the decoded parameters of the URL in their order.

    Raises:
        Rejected: they are too many, or not UTF-8.
    """
    return _pairs(request, request.url.query)


async def form_of(request: Request) -> Pairs:
    """Return the parameters of the URL and of the form in the body.

    Raises:
        HTTPException: 415, the body is no form; 413, it is too long.
        Rejected: they are too many, or not UTF-8.
    """
    form = await body.bytes_of(request, context(request).options.max_form, media=body.FORM)
    return pairs_of(request) + _pairs(request, form.decode("latin-1"))


def negotiated(request: Request, pairs: Pairs) -> bool:
    """Check the format that parameters and Accept ask for; return whether the answer is to be indented."""
    told = dict(pairs)
    negotiation.remember(request, told)
    return negotiation.negotiate(negotiation.accept_of(request), told.get("_format"), told.get("_pretty"))


def once(pairs: Pairs, known: frozenset[str]) -> dict[str, str]:
    """Return parameters of which each may be there once.

    Raises:
        Rejected: one that is not known, or is there twice.
    """
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in known:
            told = f"this interaction takes {', '.join(sorted(known))} only"
            raise Rejected(told, code="not-supported", where=name[:64])
        if name in found:
            raise Rejected("may be given once only", code="value", where=name)
        found[name] = value
    return found


def _pairs(request: Request, query: str) -> Pairs:
    most = context(request).options.max_parameters
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=most)
    except ValueError as error:
        raise Rejected("the parameters are too many or not UTF-8", code="value") from error
