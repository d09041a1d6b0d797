"""The feed: a ledger pulled page by page, acknowledged, countersigned (docs/feed-pull.md).

Served twice: as operations below the FHIR base (``$feed``), and below ``/feed/{tenant}``, of any tenant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import negotiation, operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.query import Pairs, pairs_of
from gateway.canonical.operation_outcome import issue, operation_outcome
from gateway.errors import Rejected
from gateway.feed.bundle import Destination
from gateway.feed.pull import Asked, Pull
from gateway.feed.reconciliation.kinds import EVENTS, KINDS
from gateway.security.caller import caller_of

BASE = "/feed/{tenant}"
DEFINITION = "urn:qiao:operation"
PARAMETERS = ("after", "_count", "kind", "event")
MOST = 1000
"""Entries of a page."""

_HASH = re.compile(r"[0-9A-Fa-f]{64}").fullmatch


async def feed(request: Request) -> Response:
    """Answer with the next entries and their documents."""
    tenant, pull = tenant_of(request), pull_of(request)
    pairs = pairs_of(request)
    pretty = negotiation.check(request, allowed=PARAMETERS)
    asked = _asked(pairs)
    client = caller_of(request.scope).client
    destination = Destination(client, f"urn:qiao:client:{client}")
    return await operation.answer(
        request, pretty, lambda: pull.page(tenant, asked, destination, f"{_root(request)}/feed/{tenant}")
    )


async def status(request: Request) -> Response:
    """Answer with the head of the ledger, and how far everybody is."""
    tenant, pull = tenant_of(request), pull_of(request)
    pretty = negotiation.check(request)
    return await operation.answer(request, pretty, lambda: pull.status(tenant))


async def acknowledge(request: Request) -> Response:
    """Remember that the client has everything up to an entry."""
    tenant, pull = tenant_of(request), pull_of(request)
    given, pretty = await operation.given(request, {"n": "integer", "hash": "text"})
    n, hash_ = given.get("n"), given.get("hash", "")
    if not n or not _HASH(hash_):
        raise Rejected(
            "send n and hash: the number of an entry and its hash, 64 hexadecimal digits", code="value"
        )
    client = caller_of(request.scope).client

    def work() -> dict[str, object]:
        pull.acknowledge(tenant, client, n, hash_)
        return operation_outcome([issue("information", "informational", f"acknowledged up to entry {n}")])

    return await operation.answer(request, pretty, work)


async def countersign(request: Request) -> Response:
    """Keep the client's signature over the head of the ledger."""
    tenant, pull = tenant_of(request), pull_of(request)
    given, pretty = await operation.given(request, {"size": "integer", "signature": "text"})
    size, signature = given.get("size"), given.get("signature", "")
    if not size or not signature:
        raise Rejected("send size and signature", code="value")
    client = caller_of(request.scope).client

    def work() -> dict[str, object]:
        pull.countersign(tenant, size, signature, client)
        said = f"the head at size {size} is countersigned"
        return operation_outcome([issue("information", "informational", said)])

    return await operation.answer(request, pretty, work)


async def countersigned(request: Request) -> Response:
    """Answer with the heads that were countersigned."""
    tenant, pull = tenant_of(request), pull_of(request)
    pretty = negotiation.check(request)
    return await operation.answer(request, pretty, lambda: pull.countersigned(tenant))


def pull_of(request: Request) -> Pull:
    """Return what serves ledgers.

    Raises:
        NotFound: nothing does.
    """
    found = context(request).pull
    if found is None:
        raise NotFound("nothing is served at this address", code="not-found")
    return found


def _root(request: Request) -> str:
    root = context(request).options.public_url.rstrip("/")
    return root or f"{request.url.scheme}://{request.url.netloc}"


def _asked(pairs: Pairs) -> Asked:
    told: dict[str, list[str]] = {}
    for name, value in pairs:
        told.setdefault(name, []).append(value)
    numbers = {name: _number(name, told.get(name, [])) for name in ("after", "_count")}
    if numbers["_count"] == 0:  # a page of nothing would be followed by itself
        raise Rejected("is a number from 1 on", code="value", where="_count")
    count = min(MOST, numbers["_count"] or 100)
    return Asked(numbers["after"] or 0, count, _words("kind", told, KINDS), _words("event", told, EVENTS))


def _number(name: str, given: list[str]) -> int | None:
    if not given:
        return None
    if len(given) > 1 or not (given[0].isascii() and given[0].isdigit() and len(given[0]) < 16):
        raise Rejected("is a number that is not negative, once", code="value", where=name)
    return int(given[0])


def _words(name: str, told: dict[str, list[str]], known: Sequence[str]) -> tuple[str, ...]:
    """Return the codes that are asked for: of one that no ledger has an empty page would tell nothing."""
    found = tuple(word for value in told.get(name, []) for word in value.split(",") if word)
    if not set(found) <= set(known):
        raise Rejected(f"is one of {', '.join(known)}", code="value", where=name)
    return tuple(sorted(set(found)))


INTERACTIONS = (
    Interaction(
        "", "GET", "/$feed", feed, "The ledger page by page, with its documents, signed",
        parameters=PARAMETERS, definition=f"{DEFINITION}:feed",
    ),
    Interaction(
        "", "GET", "/$feed-status", status, "How the ledger stands, and how far everybody is",
        definition=f"{DEFINITION}:feed-status",
    ),
    Interaction(
        "", "POST", "/$feed-acknowledge", acknowledge, "Say that everything up to an entry has arrived",
        body="resource", definition=f"{DEFINITION}:feed-acknowledge",
    ),
    Interaction(
        "", "GET", "/$ledger-countersigned", countersigned, "The heads of the ledger that were countersigned",
        definition=f"{DEFINITION}:ledger-countersigned",
    ),
    Interaction(
        "", "POST", "/$ledger-countersign", countersign, "Countersign a head of the ledger", body="resource",
        definition=f"{DEFINITION}:ledger-countersign",
    ),
)  # fmt: skip
_PATHS = ("", "/status", "/acknowledgement", "/countersignature", "/countersignature")
SHORT = tuple(replace(one, path=path) for one, path in zip(INTERACTIONS, _PATHS, strict=True))
"""The same below :data:`BASE`."""
