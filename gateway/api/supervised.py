"""Supervised: regulators see of a tenant what belongs to internet visits, and nothing of the wards.

What that is, the store writes down with the ledger (``gateway/store/supervised_business.py``). For such
a client other resources are not there, whichever way it comes: addresses are checked here, searches by
their view, histories version by version, exports and notifications likewise
(``[tenants.NAME] regulator_sees``).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.api import outcome
from gateway.api.context import STORED, Context
from gateway.canonical.logical_id import ID
from gateway.security.access import split
from gateway.security.caller import Caller, caller_of
from gateway.security.client import DEFAULT_TENANT
from gateway.security.rights import OWN
from gateway.store import Store, Version
from gateway.store.view import ALL, SUPERVISED, View

_ONE = re.compile(rf"/([A-Z][A-Za-z]{{1,63}})/({ID})(?:/.*)?").fullmatch
_TYPES = STORED - frozenset(OWN)
_VIEW: View = dict.fromkeys(sorted(_TYPES), SUPERVISED)


class Supervised:
    """Wraps the application: for a regulator, any other resource is not there, nor what is below it."""

    def __init__(self, app: ASGIApp, context: Context) -> None:
        self._app = app
        self._context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or caller_of(scope).sees == "all":
            await self._app(scope, receive, send)
            return
        tenant, rest = split(scope["path"])
        one = _ONE(rest)
        if one is None or one[1] not in _TYPES or await self._has(tenant or DEFAULT_TENANT, one[1], one[2]):
            await self._app(scope, receive, send)
        else:
            await outcome.issue(404, "not-found", "there is no such resource")(scope, receive, send)

    async def _has(self, tenant: str, type_: str, id_: str) -> bool:
        has = self._context.store.supervised_business.has
        if self._context.store.local:
            return has(tenant, type_, id_)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._context.threads, has, tenant, type_, id_)


def view_of(caller: Caller) -> View:
    """Return what the searches of a client may know of, whoever its Subscriptions belong to."""
    return ALL if caller.sees == "all" else _VIEW


def seen(store: Store, versions: Sequence[Version], caller: Caller) -> list[Version]:
    """Return the versions that a client may see; whose Subscriptions are whose, somebody else looks at."""
    if caller.sees == "all":
        return list(versions)
    mine = {one.seq for one in store.supervised_business.of(versions)}
    return [one for one in versions if one.type in OWN or one.seq in mine]
