"""$ledger-proof: an entry is in the ledger, a head goes on from another one (docs/ledger.md, RFC 9162)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, tenant_of
from gateway.api.feed import DEFINITION, pull_of
from gateway.api.interaction import Interaction
from gateway.errors import Rejected
from gateway.feed import proof as proofs
from gateway.feed.pull import Pull
from gateway.store import Entered

_KINDS: dict[str, operation.Kind] = {
    "n": "integer",
    "serial": "text",
    "reference": "text",
    "size": "integer",
    "from": "integer",
}
_WAYS = ("n", "serial", "reference", "from")


async def ledger_proof(request: Request) -> Response:
    """Answer with a proof of inclusion (``n``, ``serial`` or ``reference``) or of consistency (``from``)."""
    tenant, pull = tenant_of(request), pull_of(request)
    given, pretty = await operation.given(request, _KINDS)
    ways = [name for name in _WAYS if name in given]
    if len(ways) != 1:
        raise Rejected("send one of n, serial, reference and from", code="value")
    return await operation.answer(request, pretty, lambda: proven(pull, tenant, given))


def proven(pull: Pull, tenant: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the proof that was asked for.

    Raises:
        Rejected: ``not-found``: there is no such entry, or the ledger has not so many.
    """
    ledger, size = pull.store.ledger, given.get("size")
    if "from" in given:
        return proofs.consistency(ledger.consistency(tenant, given["from"], size), pull.seal(tenant))
    entry = _entry(pull, tenant, given, size)
    proof = ledger.proof(tenant, entry.n, size)
    return proofs.inclusion(proof, ledger.members(entry), pull.seal(tenant))


def _entry(pull: Pull, tenant: str, given: dict[str, Any], size: int | None) -> Entered:
    """Return the entry that is meant; of a document that has several the newest below ``size``."""
    ledger = pull.store.ledger
    if "n" in given:
        found = [entry] if (entry := ledger.entry(tenant, given["n"])) else []
    elif "serial" in given:
        found = ledger.of_serial(tenant, given["serial"])
    else:
        type_, _, rest = given["reference"].partition("/")
        id_, _, ver = rest.partition("/_history/")
        if ver and not (ver.isascii() and ver.isdigit() and len(ver) < 10):
            raise NotFound("the ledger has no such entry", code="not-found")
        found = ledger.about(tenant, type_, id_, int(ver) if ver else None)
    found = [one for one in found if size is None or one.n <= size]
    if not found:
        raise NotFound("the ledger has no such entry", code="not-found")
    return found[-1]


INTERACTION = Interaction(
    "", "GET", "/$ledger-proof", ledger_proof, "Prove that an entry is in the ledger, or that it only grew",
    parameters=tuple(_KINDS), definition=f"{DEFINITION}:ledger-proof",
)  # fmt: skip
SHORT = Interaction("", "GET", "/proof", ledger_proof, INTERACTION.summary, parameters=INTERACTION.parameters)
"""The same below ``/feed/{tenant}``."""
