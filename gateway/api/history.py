"""history: all versions of a resource, a type or the whole store (R4 http.html#history).

``_sort=_lastUpdated`` gives them in commit order, with a link to go on from that never ends: whoever follows
it gets every version once, deletions included.
"""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import bundle, negotiation, supervised
from gateway.api.context import NotFound, base_of, check_known, check_type, context, tenant_of, trail_of
from gateway.api.interaction import Interaction
from gateway.api.own import unbound, visible_of
from gateway.api.query import negotiated, once, pairs_of
from gateway.api.read_trail import Shown, shown_of
from gateway.errors import Rejected
from gateway.security.caller import caller_of
from gateway.security.rights import OWN
from gateway.store.dates import Range, date_range

PAGE = 100
"""Versions of a page, where nobody says."""
MOST = 1000
PARAMETERS = ("_since", "_at", "_count", "_sort", "_cursor")
_KNOWN = frozenset((*PARAMETERS, "_format", "_pretty"))


async def history_instance(request: Request, type: str, id: str) -> Response:
    """Answer with the versions of one resource."""
    check_known(type, id)
    return await _run(request, type, id)


async def history_type(request: Request, type: str) -> Response:
    """Answer with the versions of all resources of a type."""
    check_type(type)
    return await _run(request, type)


async def history_system(request: Request) -> Response:
    """Answer with the versions of all resources."""
    return await _run(request)


async def _run(request: Request, type_: str | None = None, id_: str | None = None) -> Response:
    """Read in a thread: a page may be much, and others must not wait for it."""
    tenant, base, store = tenant_of(request), base_of(request), context(request).store
    pairs = pairs_of(request)
    pretty = negotiated(request, pairs)
    told = once(pairs, _KNOWN)
    count, ascending, cursor = _count(told), _ascending(told), told.get("_cursor")
    since, at = _since(told, store.zone), _at(told, store.zone)
    caller = caller_of(request.scope)
    url = "/".join(part for part in (base, type_, id_, "_history") if part)

    trail = trail_of(request)

    def work() -> tuple[bytes, Shown]:
        page = store.history(
            tenant, type_, id_, count=count, since_us=since, at=at, cursor=cursor, ascending=ascending
        )
        if type_ and id_ and not page.versions and store.read(tenant, type_, id_) is None:
            raise NotFound("there is no such resource", code="not-found")
        page.versions = supervised.seen(store, visible_of(page.versions, caller), caller)
        if (type_ in OWN and not unbound(caller)) or (caller.sees != "all" and not id_):
            page.total = None  # it counts those of others
        shown = shown_of(page.versions) if trail is not None else ()
        return bundle.history(page, url, base, pairs, ascending), shown

    body, shown = await asyncio.get_running_loop().run_in_executor(context(request).threads, work)
    if trail is not None:
        trail.note(caller, "history", request.scope["headers"], shown)
    return negotiation.answer(body, pretty)


def _count(told: dict[str, str]) -> int:
    text = told.get("_count", str(PAGE))
    if not (text.isascii() and text.isdigit()):
        raise Rejected("is a number that is not negative", code="value", where="_count")
    return min(int(text), MOST) if len(text) < 10 else MOST


def _ascending(told: dict[str, str]) -> bool:
    order = told.get("_sort", "-_lastUpdated")
    if order not in ("_lastUpdated", "-_lastUpdated"):
        raise Rejected("is _lastUpdated or -_lastUpdated", code="value", where="_sort")
    return order == "_lastUpdated"


def _since(told: dict[str, str], zone: str) -> int | None:
    return _range(told["_since"], zone, "_since")[0] if "_since" in told else None


def _at(told: dict[str, str], zone: str) -> Range | None:
    """Return the first and last moment of a date or period: ``_at`` takes a dateTime of any precision."""
    return _range(told["_at"], zone, "_at") if "_at" in told else None


def _range(text: str, zone: str, name: str) -> Range:
    try:
        return date_range(text.replace(" ", "+"), zone)
    except Rejected as error:
        raise Rejected(
            "takes a moment such as 2026-03-01T08:00:00+08:00", code="value", where=name
        ) from error


INTERACTIONS = (
    Interaction(
        "history-instance", "GET", "/{type}/{id}/_history", history_instance,
        "All versions of a resource", parameters=PARAMETERS,
    ),
    Interaction(
        "history-type", "GET", "/{type}/_history", history_type,
        "All versions of the resources of a type", parameters=PARAMETERS,
    ),
    Interaction(
        "history-system", "GET", "/_history", history_system,
        "All versions of all resources", parameters=PARAMETERS,
    ),
)  # fmt: skip
