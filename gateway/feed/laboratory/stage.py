"""Stage: what order, samples and reports together say of how far a laboratory order is; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gateway.canonical import Resource
from gateway.canonical.elements import codes, each, has

LABORATORY: Final = "108252007"
"""Laboratory procedure (SNOMED CT), of ``ServiceRequest.category``."""

STAGES: Final[Mapping[str, tuple[str, str]]] = {
    "ordered": ("requested", "已申请"),
    "collected": ("accepted", "已采样"),
    "received": ("in-progress", "已接收"),
    "resulted": ("in-progress", "已出结果"),
    "validated": ("completed", "已审核"),
    "corrected": ("completed", "已更正"),
    "cancelled": ("cancelled", "已取消"),
}
"""Stage → (Task.status, what it is called)."""

_GONE = ("revoked", "entered-in-error")
_CHANGED = frozenset(("amended", "corrected", "appended"))
_OPEN = frozenset(("registered", "partial", "preliminary", "unknown"))


def is_laboratory(order: Resource) -> bool:
    """Tell whether an order is one of the laboratory: it says so, or has a sample; a draft is none yet."""
    said = LABORATORY in codes(order.get("category")) or has(order, "specimen")
    return said and order.get("status") != "draft" and order.get("intent") != "proposal"


def stage_of(order: Resource, specimens: Sequence[Resource], reports: Sequence[Resource]) -> str:
    """Return the stage of an order (one of :data:`STAGES`).

    Args:
        specimens: the samples that were taken for it.
        reports: the reports on it; what an analyser has told and nobody has verified does not hold up the
            report of the laboratory, which has a number.
    """
    if order.get("status") in _GONE:
        return "cancelled"
    reports = _answering(reports)
    states = {str(one.get("status")) for one in reports} - {"cancelled", "entered-in-error"}
    if states & _CHANGED and not states & _OPEN:
        return "corrected"
    if "final" in states and not states & _OPEN:
        return "validated"
    if any(has(one, "result") for one in reports if one.get("status") in states - {"registered"}):
        return "resulted"
    if states or any(has(one, "receivedTime") for one in specimens):
        return "received"
    taken = any(each(one, "collection.collectedDateTime") or has(one, "collection.collectedPeriod")
                for one in specimens)  # fmt: skip
    return "collected" if taken else "ordered"


def _answering(reports: Sequence[Resource]) -> Sequence[Resource]:
    """Return the reports that say how far an order is."""
    numbered = [one for one in reports if has(one, "identifier")]
    verified = any(one.get("status") in (*_CHANGED, "final") for one in numbered)
    return (
        [one for one in reports if one in numbered or one.get("status") != "partial"] if verified else reports
    )
