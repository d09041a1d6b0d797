"""Native invariants of Bundle (R4 §2.36)."""

from __future__ import annotations

from typing import Any

from gateway.validation.invariants.native import holds, there

Value = dict[str, Any]


@holds("total.empty() or (type = 'searchset') or (type = 'history')", "total")
def bdl_1(v: Value, _: Any) -> bool:
    """Only a search or a history has a total."""
    return v.get("type") in ("searchset", "history")


@holds("entry.search.empty() or (type = 'searchset')", "entry")
def bdl_2(v: Value, _: Any) -> bool:
    """Only a search says why an entry is there."""
    return v.get("type") == "searchset" or not any("search" in one for one in v["entry"])


@holds(
    "entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or "
    "%resource.type = 'history'))",
    "entry",
)
def bdl_3(v: Value, _: Any) -> bool:
    """Batches, transactions and histories have requests, others have none."""
    wanted = v.get("type") in ("batch", "transaction", "history")
    return all(("request" in one) == wanted for one in v["entry"])


@holds(
    "entry.all(response.exists() = (%resource.type = 'batch-response' or "
    "%resource.type = 'transaction-response' or %resource.type = 'history'))",
    "entry",
)
def bdl_4(v: Value, _: Any) -> bool:
    """Responses and histories have responses, others have none."""
    wanted = v.get("type") in ("batch-response", "transaction-response", "history")
    return all(("response" in one) == wanted for one in v["entry"])


@holds("resource.exists() or request.exists() or response.exists()")
def bdl_5(v: Value, _: Any) -> bool:
    """An entry has something in it."""
    return "resource" in v or "request" in v or "response" in v


@holds(
    "(type = 'history') or "
    "entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()",
    "entry",
)
def bdl_7(v: Value, _: Any) -> bool:
    """A fullUrl comes once, or once per version."""
    if v.get("type") == "history":
        return True
    seen = [
        (one["fullUrl"], one.get("resource", {}).get("meta", {}).get("versionId"))
        for one in v["entry"]
        if "fullUrl" in one
    ]
    return len(set(seen)) == len(seen)


@holds("fullUrl.exists() implies fullUrl.contains('/_history/').not()", "fullUrl")
def bdl_8(v: Value, _: Any) -> bool:
    """A fullUrl names no version."""
    return "/_history/" not in v["fullUrl"]


@holds("type = 'document' implies (identifier.system.exists() and identifier.value.exists())")
def bdl_9(v: Value, _: Any) -> bool:
    """A document has an identifier."""
    identifier = v.get("identifier", {})
    return v.get("type") != "document" or (there(identifier, "system") and there(identifier, "value"))


@holds("type = 'document' implies (timestamp.hasValue())")
def bdl_10(v: Value, _: Any) -> bool:
    """A document has a date."""
    return v.get("type") != "document" or "timestamp" in v


@holds("type = 'document' implies entry.first().resource.is(Composition)")
def bdl_11(v: Value, _: Any) -> bool:
    """A document begins with its Composition."""
    return v.get("type") != "document" or _first(v) == "Composition"


@holds("type = 'message' implies entry.first().resource.is(MessageHeader)")
def bdl_12(v: Value, _: Any) -> bool:
    """A message begins with its MessageHeader."""
    return v.get("type") != "message" or _first(v) == "MessageHeader"


def _first(v: Value) -> Any:
    entries = v.get("entry", [{}])
    return entries[0].get("resource", {}).get("resourceType") if entries else None
