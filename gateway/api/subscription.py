"""$status, $events and $topic-list of Subscriptions (Backport 1.1.0, backport-subscription-status, -events).

Here is also what keeps a Subscription out that this server could not serve: it is refused with 422 when it is
written, not found out about when nothing ever comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import NotFound, base_of, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.own import owns
from gateway.api.unfit import Unfit
from gateway.canonical import Resource
from gateway.canonical.json import dumps
from gateway.errors import Rejected
from gateway.feed.subscription import Events, Notifier, urls
from gateway.feed.subscription.notification import searchset
from gateway.feed.subscription.publication import published
from gateway.security.caller import caller_of
from gateway.store.model import Change, Transacted
from gateway.validation import Located

_STATUS: Mapping[str, operation.Kind] = {"id": "texts", "status": "texts"}
_EVENTS: Mapping[str, operation.Kind] = {
    "eventsSinceNumber": "text",
    "eventsUntilNumber": "text",
    "content": "text",
}
Handler = Callable[..., Awaitable[Response]]

_LARGEST = 15
"""Digits of an event number."""


async def status(request: Request) -> Response:
    """Answer with how all Subscriptions stand, or those that are asked for."""
    asked, pretty = await operation.given(request, _STATUS)
    return await _status(request, pretty, asked.get("id", []), asked.get("status", []))


async def status_of_one(request: Request, id: str) -> Response:
    """Answer with how one Subscription stands; the parameters say nothing here."""
    _, pretty = await operation.given(request, _STATUS)
    return await _status(request, pretty, [id], [])


async def _status(request: Request, pretty: bool, ids: Sequence[str], statuses: Sequence[str]) -> Response:
    notifier, tenant, base = _notifier(request), tenant_of(request), base_of(request)
    caller = caller_of(request.scope)
    wanted = {one for text in statuses for one in text.split(",")}
    named = list(dict.fromkeys(one for text in ids for one in text.split(",")))
    for one in named:
        check_known("Subscription", one)

    query = f"?{request.url.query}" if request.url.query else ""
    address = base + request.url.path.rpartition("/fhir")[2] + query

    def seen(id_: str) -> bool:
        version = context(request).store.read(tenant, "Subscription", id_)
        return version is not None and not version.deleted and owns(caller, version)

    def work() -> bytes:
        found = notifier.status(tenant, base, named, wanted)
        return searchset([one for one in found if seen(one.id)], address)

    return negotiation.answer(await _run(request, work), pretty)


async def events(request: Request, id: str) -> Response:
    """Answer with past events of a Subscription, by their numbers."""
    check_known("Subscription", id)
    asked, pretty = await operation.given(request, _EVENTS)
    notifier, tenant, base = _notifier(request), tenant_of(request), base_of(request)
    since, until = (_number(asked, name) for name in ("eventsSinceNumber", "eventsUntilNumber"))
    wanted = Events(1 if since is None else since, until, asked.get("content", ""))
    body = await _run(request, lambda: notifier.events(tenant, id, base, wanted))
    return negotiation.answer(body, pretty)


async def topic_list(request: Request) -> Response:
    """Answer with the topics of this server, as the Backport tells them in R4: Basic resources."""
    _, pretty = await operation.given(request, {})
    notifier, base = _notifier(request), base_of(request)
    body = await _run(request, lambda: dumps(published(notifier.topics.values(), base)))
    return negotiation.answer(body, pretty)


async def _run(request: Request, work: Callable[[], bytes]) -> bytes:
    return await asyncio.get_running_loop().run_in_executor(context(request).threads, work)


def _notifier(request: Request) -> Notifier:
    found = context(request).notifier
    if found is None:
        raise NotFound("this server has no subscriptions", code="not-found")
    return found


def _number(asked: Mapping[str, Any], name: str) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _LARGEST):
        raise Rejected("it must be the number of an event", code="value", where=name)
    return int(text)


def guarded(notifier: Notifier | None, changes: list[Change]) -> Transacted | None:
    """Make sure that every Subscription among changes can be served; those that are patched, when they are.

    Returns:
        What to answer instead of making the changes; None where all is well.
    """
    for at, change in enumerate(changes):
        if change.type != "Subscription" or notifier is None:
            continue
        if change.body is not None and (error := _unfit(notifier, change.body)):
            return Transacted(error=error, at=at)
        if change.patch is not None:
            changes[at] = replace(change, patch=_patching(notifier, change.patch))
    return None


def _patching(notifier: Notifier, patch: Callable[[Resource], Resource]) -> Callable[[Resource], Resource]:
    def checked(old: Resource) -> Resource:
        new = patch(old)
        error = _unfit(notifier, new)
        if error is not None:
            raise error
        return new

    return checked


def _unfit(notifier: Notifier, resource: Resource) -> Unfit | None:
    issues = notifier.check(resource)
    return Unfit([Located(issue) for issue in issues]) if issues else None


_TOPIC_LIST = "urn:qiao:operation:subscription-topic-list"


def _operation(path: str, handler: Handler, summary: str, definition: str, *names: str) -> list[Interaction]:
    """Return an operation that is asked by GET and by POST."""
    return [
        Interaction("", "GET", path, handler, summary, parameters=names, definition=definition),
        Interaction("", "POST", path, handler, summary, body="resource", definition=definition),
    ]


INTERACTIONS = (
    *_operation("/Subscription/$status", status, "How subscriptions stand", urls.STATUS_OPERATION, *_STATUS),
    *_operation(
        "/Subscription/{id}/$status",
        status_of_one,
        "How a subscription stands",
        urls.STATUS_OPERATION,
        *_STATUS,
    ),
    *_operation(
        "/Subscription/{id}/$events", events, "Past events of a subscription", urls.EVENTS_OPERATION, *_EVENTS
    ),
    Interaction(
        "",
        "GET",
        "/Subscription/$topic-list",
        topic_list,
        "What can be subscribed to",
        definition=_TOPIC_LIST,
    ),
)


def described(notifier: Notifier) -> dict[str, Any]:
    """Return what the CapabilityStatement says of Subscription beside the usual: profile and topics."""
    topics = [{"url": urls.CAPABILITY_TOPIC, "valueCanonical": url} for url in sorted(notifier.topics)]
    return {"extension": topics, "supportedProfile": [urls.SUBSCRIPTION_PROFILE]}
