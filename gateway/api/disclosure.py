"""Disclosure: what a hospital tells the public of itself and its physicians, without a login (CQ49 3(3)).

Copies are made element by element: what is not named here is not told. Told of are institutions that offer a
service, their services, and physicians with a role at one of them, in tenants with ``[tenants.NAME] public``.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation
from gateway.api.context import Context, NotFound, base_of, context
from gateway.api.disclosed import is_physician, shown
from gateway.api.interaction import Interaction
from gateway.api.query import Pairs, once, pairs_of
from gateway.canonical import Resource
from gateway.canonical.elements import reference
from gateway.canonical.json import dumps, loads
from gateway.errors import Rejected
from gateway.store import Store

BASE = "/public/{tenant}"
PAGE = 50
"""Entries of one page at most."""
READ = ("Organization", "HealthcareService", "Practitioner", "PractitionerRole")
SEARCHED = ("HealthcareService", "PractitionerRole")
_KNOWN = frozenset(("organization", "_count", "_cursor", "_format", "_pretty"))
_ACTIVE = ("active:not", "false")
_NOT_THERE = "there is no such resource"


class Disclosed:
    """What the public may see of one tenant; for one request.

    Args:
        base: the tenant's own base URL, taken off absolute references.
    """

    def __init__(self, store: Store, tenant: str, base: str) -> None:
        self._store, self._tenant, self._base = store, tenant, base
        self._offers: dict[str, bool] = {}

    def read(self, type_: str, id_: str) -> Resource | None:
        """Return the copy of a resource, None where there is nothing to tell."""
        found = self._store.read(self._tenant, type_, id_)
        if found is None or found.deleted:
            return None
        resource = loads(found.body)
        return shown(resource) if self._is_public(resource) else None

    def search(self, type_: str, pairs: Pairs) -> tuple[list[Resource], str | None]:
        """Return the copies of one page, and the cursor of the next one."""
        page = self._store.search(self._tenant, type_, [*pairs, _ACTIVE], base=self._base)
        found = (loads(one.body) for one in page.matches)
        return [shown(one) for one in found if self._is_public(one)], page.cursor

    def _is_public(self, one: Resource) -> bool:
        if one.get("active", True) is not True:
            return False
        match one["resourceType"]:
            case "Organization":
                return self._offering(f"Organization/{one['id']}")
            case "HealthcareService":
                return bool(self._local(one.get("providedBy")))
            case "PractitionerRole":
                return is_physician(one) and self._offering(self._local(one.get("organization")))
            case _:
                return self._practises(str(one["id"]))

    def _practises(self, id_: str) -> bool:
        asked = [("practitioner", f"Practitioner/{id_}"), _ACTIVE, ("_count", str(PAGE))]
        roles = self._store.search(self._tenant, "PractitionerRole", asked, base=self._base).matches
        return any(self._is_public(loads(one.body)) for one in roles)

    def _offering(self, organization: str) -> bool:
        if organization not in self._offers:
            asked = [("organization", organization), _ACTIVE, ("_count", "1")]
            page = self._store.search(self._tenant, "HealthcareService", asked, base=self._base)
            self._offers[organization] = bool(organization) and bool(page.matches)
        return self._offers[organization]

    def _local(self, value: object) -> str:
        return reference(value).removeprefix(f"{self._base}/")


def interactions(here: Context) -> tuple[Interaction, ...]:
    """Return what is served below :data:`BASE`; nothing where no tenant is public.

    One thread answers all of it: strangers keep each other waiting, and no client.
    """
    if not here.options.public:
        return ()
    thread = ThreadPoolExecutor(1, "qiao-public")

    async def read(request: Request, type: str, id: str) -> Response:
        """Answer with the copy of one resource."""
        pretty, disclosed = negotiation.check(request), _disclosed(request)
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(thread, disclosed.read, type, id) if type in READ else None
        if found is None:
            raise NotFound(_NOT_THERE, code="not-found")
        return negotiation.answer(dumps(found), pretty)

    async def search(request: Request, type: str) -> Response:
        """Answer with a page of services, or of the roles of physicians."""
        disclosed = _disclosed(request)
        if type not in SEARCHED:
            raise NotFound(_NOT_THERE, code="not-found")
        pretty = negotiation.check(request, allowed=_KNOWN)
        asked = _asked(pairs_of(request))
        loop = asyncio.get_running_loop()
        found, cursor = await loop.run_in_executor(thread, disclosed.search, type, asked)
        return negotiation.answer(dumps(_bundle(_address(request), type, asked, found, cursor)), pretty)

    return (
        Interaction("", "GET", "/{type}/{id}", read, "What the public may know of one"),
        Interaction("", "GET", "/{type}", search, "What the public may know of services and physicians"),
    )


def _disclosed(request: Request) -> Disclosed:
    tenant = request.path_params["tenant"]
    if tenant not in context(request).options.public:
        raise NotFound("nothing is served at this address", code="not-found")
    return Disclosed(context(request).store, tenant, base_of(request))


def _asked(pairs: Pairs) -> Pairs:
    given = once(pairs, _KNOWN)
    count = given.get("_count", str(PAGE))
    if not (count.isascii() and count.isdigit() and len(count) < 10):
        raise Rejected("is a number that is not negative", code="value", where="_count")
    kept = [(name, given[name]) for name in ("organization", "_cursor") if name in given]
    return [*kept, ("_count", str(min(max(int(count), 1), PAGE)))]


def _address(request: Request) -> str:
    tenant = request.path_params["tenant"]
    return base_of(request).removesuffix(f"/t/{tenant}/fhir") + f"/public/{tenant}"


def _bundle(base: str, type_: str, asked: Pairs, found: list[Resource], cursor: str | None) -> Resource:
    """Return a searchset; how many there are in all is not told, since not all of them are."""
    links = [{"relation": "self", "url": f"{base}/{type_}?{urlencode(asked)}"}]
    if cursor is not None:
        onward = [*(pair for pair in asked if pair[0] != "_cursor"), ("_cursor", cursor)]
        links.append({"relation": "next", "url": f"{base}/{type_}?{urlencode(onward)}"})
    entries = [
        {"fullUrl": f"{base}/{type_}/{one['id']}", "resource": one, "search": {"mode": "match"}}
        for one in found
    ]
    made: Resource = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return {**made, "entry": entries} if entries else made
