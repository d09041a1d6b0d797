"""Rights: what a request needs, told from its method and path alone (R4 §3.1.0, the table of interactions).

Whatever the tables do not name needs ``other``, which only operators have: a route that is added and
forgotten here is closed, and a test walks all routes.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.security.roles import Right

OPERATIONS: Mapping[str, Right] = {
    "$validate": "operations",
    "$everything": "operations",
    "$lastn": "operations",
    "$match": "operations",
    "$decide-match": "write",
    "$acknowledge": "write",
    "$critical-values": "write",
    "$delta": "write",
    "$lookup": "terminology",
    "$validate-code": "terminology",
    "$subsumes": "terminology",
    "$expand": "terminology",
    "$translate": "terminology",
    "$export": "export",
    "$import": "import",
    "$purge": "purge",
    "$policy": "read",
    "$doors": "doors",
    "$readiness": "operations",
    "$submit": "visit",
    "$review": "visit",
    "$cancel": "visit",
    "$terminate": "visit",
    "$redeem": "visit",
    "$refer": "visit",
    "$assign-serial": "serials",
    "$deliveries": "visit",
    "$feed": "feed",
    "$feed-status": "feed",
    "$feed-acknowledge": "feed",
    "$ledger-countersign": "feed",
    "$ledger-countersigned": "feed",
    "$ledger-proof": "feed",
    "$feed-counts": "feedback",
    "$feed-reconciliation": "feedback",
    "$feed-evidence": "feedback",
    "$finding": "feedback",
    "$complaint": "feedback",
    "$breach": "feedback",
    "$stop-service": "feedback",
    "$resume-service": "feedback",
    "$accept": "feedback",
    "$answer": "feedback",
    "$return": "feedback",
    "$close": "feedback",
    "$reopen": "feedback",
    "$withdraw": "feedback",
    "$evaluate-measure": "operations",
    "$status": "subscribe",
    "$events": "subscribe",
    "$topic-list": "subscribe",
}
"""Operation → what it needs, on whatever level it is called."""

_JOBS: Mapping[str, Right] = {"export": "export", "import": "import"}
"""How the addresses of jobs begin that run on (``$export-status``, ``$import-job``)."""

_READS = ("GET", "HEAD")
_WRITES = ("POST", "PUT", "PATCH", "DELETE")
PUBLIC = "/public/"
"""Below it stands what tenants tell the public: to be read without a token, where one of them does."""
OWN = ("Subscription",)
"""Types that need ``subscribe`` whatever is done with them: a channel's headers may hold a secret."""


def is_public(method: str, path: str) -> bool:
    """Tell whether an address (decoded, from the root) may be asked by anybody."""
    return method in _READS and path.startswith(PUBLIC)


def right_of(method: str, path: str) -> Right:
    """Return what a request needs.

    Args:
        method: of HTTP.
        path: below the FHIR base, decoded, without query: ``"/Patient/1"``, ``""`` for the base itself.
    """
    if method == "OPTIONS":
        return "read"
    parts = [part for part in path.split("/") if part]
    for part in parts:
        if part.startswith("$"):
            right = _operation(part)
            return "subscribe" if right == "operations" and parts[0] in OWN else right
    if parts and parts[0] in OWN:
        return "subscribe"
    if parts and parts[-1] == "_search" and method == "POST":
        return "search"
    if "_history" in parts:
        return _history(method, parts)
    if method in _READS:
        return _reading(parts)
    if method == "POST" and not parts:
        return "transaction"
    return "write" if method in _WRITES and 1 <= len(parts) <= 2 else "other"


def _operation(part: str) -> Right:
    return OPERATIONS.get(part) or _JOBS.get(part[1:].partition("-")[0], "other")


def _history(method: str, parts: list[str]) -> Right:
    if method not in _READS:
        return "other"
    return "read" if len(parts) == 4 and parts[2] == "_history" else "history"


def _reading(parts: list[str]) -> Right:
    """A type or its compartment is searched, an instance is read."""
    return "read" if len(parts) == 2 else "search"
