"""Own: a Subscription belongs to the client that wrote it, because its channel may hold a secret (R4 §2.46).

Clients other than operators reach no Subscription but their own, on whatever way; for them others are not
there. Whose one is stands in a tag that the server sets. Who may not subscribe reaches none at all.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api import outcome, supervised
from gateway.api.context import Context, NotFound
from gateway.canonical import Resource
from gateway.canonical.json import loads
from gateway.feed.subscription.owner import SYSTEM, tagged
from gateway.security.access import split
from gateway.security.caller import Caller, caller_of
from gateway.security.client import DEFAULT_TENANT
from gateway.security.rights import OWN
from gateway.store import Version
from gateway.store.model import Change
from gateway.store.view import ALL, Tag, View

_ONE = re.compile(rf"/(?:{'|'.join(OWN)})/([A-Za-z0-9.\-]+)(?:/.*)?").fullmatch


class Own:
    """Wraps the application: what is below the address of a Subscription is its owner's alone."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._reads = context.reads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        tenant, rest = split(scope["path"]) if scope["type"] == "http" else (None, "")
        one = _ONE(rest)
        caller = caller_of(scope)
        if one is None or unbound(caller):
            await self._app(scope, receive, send)
            return
        type_ = rest.split("/")[1]
        version = await self._reads.current(tenant or DEFAULT_TENANT, type_, one[1])
        if version is None or owns(caller, version):
            await self._app(scope, receive, send)
        else:
            await outcome.issue(404, "not-found", "there is no such resource")(scope, receive, send)


def unbound(caller: Caller) -> bool:
    """Tell whether a client reaches the Subscriptions of all."""
    return caller.may("other")


def owns(caller: Caller, version: Version) -> bool:
    """Tell whether a client may see a version as far as its owner is concerned; a tombstone tells nothing."""
    if version.type not in OWN or unbound(caller):
        return True
    return caller.may("subscribe") and (version.deleted or tagged(loads(version.body)) == caller.client)


def view_of(caller: Caller) -> View:
    """Return what the searches of a client may know of."""
    if unbound(caller):
        return ALL
    own = dict.fromkeys(OWN, Tag(SYSTEM, caller.client) if caller.may("subscribe") else None)
    return {**supervised.view_of(caller), **own}


def visible_of(versions: Sequence[Version], caller: Caller) -> list[Version]:
    """Return the versions that a client may see."""
    return [one for one in versions if owns(caller, one)]


def claimed(change: Change, caller: Caller) -> Change:
    """Return a change that makes its Subscription the client's own.

    The address of a change is checked by :class:`Own` or :func:`check`; its condition finds what
    :func:`view_of` shows.
    """
    if change.type not in OWN or unbound(caller):
        return change
    return dataclasses.replace(
        change,
        body=None if change.body is None else _stamped(change.body, caller),
        patch=None if change.patch is None else _patching(change.patch, caller),
    )


async def check(here: Context, tenant: str, change: Change, caller: Caller) -> None:
    """Make sure that a change is of nobody else's Subscription.

    Raises:
        NotFound: it is.
    """
    if change.type in OWN and change.id and not unbound(caller):
        version = await here.reads.current(tenant, change.type, change.id)
        if version is not None and not owns(caller, version):
            raise NotFound("there is no such resource", code="not-found")


def _patching(patch: Callable[[Resource], Resource], caller: Caller) -> Callable[[Resource], Resource]:
    def patched(old: Resource) -> Resource:
        if tagged(old) != caller.client:
            raise NotFound("there is no such resource", code="not-found")
        return _stamped(patch(old), caller)

    return patched


def _stamped(resource: Resource, caller: Caller) -> Resource:
    meta = resource.get("meta") or {}
    kept = [tag for tag in meta.get("tag", ()) if tag.get("system") != SYSTEM]
    return {**resource, "meta": {**meta, "tag": [*kept, {"system": SYSTEM, "code": caller.client}]}}
