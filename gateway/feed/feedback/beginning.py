"""Beginning: while the service is stopped no internet visit begins, by whatever write (YN-39)."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.canonical import Resource
from gateway.canonical.actor import Principal
from gateway.feed.feedback.stop import refusal_of
from gateway.feed.kinds import is_virtual
from gateway.feed.remark import remark
from gateway.store import Desk, DeskFacts, Made, Occasion

_BEGUN = 2
_STEPS: Mapping[object, int] = {
    "planned": 0,
    "cancelled": 0,
    "entered-in-error": 0,
    "arrived": 1,
    "triaged": 1,
}
"""Status → how far a visit has come; any other status is that of one that has begun."""


def check_beginning(desk: Desk, made: Made, occasion: Occasion) -> None:
    """Let no visit begin while the service is stopped; of messages one that has begun already is flagged.

    Raises:
        Refusal: conflict (YN-39): it comes, or comes nearer to its beginning.
    """
    version, after = made.version, made.after if made.method != "delete" else None
    if version is None or after is None or b'"VR"' not in version.body or not _begins(made.before, after):
        return
    refusal = refusal_of(DeskFacts(desk))
    if refusal is None:
        return
    if isinstance(occasion.caller, Principal) or _step(after) < _BEGUN:
        raise refusal
    ground = refusal.issues[0]
    said = f"{ground.text} [{ground.requirement}: {ground.article}]"
    desk.supervise([remark(desk, [after], ground.rule, ground.text_zh, said, "high")])


def _begins(before: Resource | None, after: Resource) -> bool:
    """Tell whether a write makes a visit an internet visit, or brings one on that had not begun."""
    if not is_virtual(after):
        return False
    return before is None or not is_virtual(before) or _step(after) > _step(before)


def _step(visit: Resource) -> int:
    return _STEPS.get(visit.get("status"), _BEGUN)
