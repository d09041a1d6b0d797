"""Report status: what a report of an analyser is, where its sender does not say (R4 DiagnosticReport.status).

Analysers send results and know nothing of a report: it comes together test by test, and is unverified until
somebody has put their name to it or the sender's profile says that nobody will.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from gateway.canonical import Draft, Resource
from gateway.canonical.elements import each, references
from gateway.store.desk import Desk

_CHANGED: Final = ("corrected", "amended", "appended")
_FINAL: Final = frozenset(("final", *_CHANGED))
_OVER: Final = frozenset(("cancelled", "entered-in-error"))
_NOTHING: Final = frozenset(("registered", "unknown"))


def reported(
    desk: Desk, drafts: Sequence[Draft], orders: Iterable[Resource], *, validated: bool
) -> list[Draft]:
    """Return the drafts of a message, its reports with the status that follows from all of their results.

    Args:
        orders: those of the sample: a report is partial as long as one of those that it is based on has no
            result.
        validated: a final result is released as the analyser has it; nobody verifies it.
    """
    said = {f"{one.type}/{one.id}": one.body for one in drafts}
    return [
        _one(desk, one, said, list(orders), validated=validated) if _is_open(one) else one for one in drafts
    ]


def _is_open(draft: Draft) -> bool:
    return draft.type == "DiagnosticReport" and draft.owns and "status" in draft.fills


def _one(
    desk: Desk, draft: Draft, said: Mapping[str, Resource], orders: list[Resource], *, validated: bool
) -> Draft:
    stored = desk.read(draft.type, draft.id) or {}
    names = dict.fromkeys([*references(stored, "result"), *references(draft.body, "result")])
    named = set(references(draft.body, "basedOn"))
    orders = [one for one in orders if f"ServiceRequest/{one['id']}" in named] or orders
    results = [
        found
        for name in names
        if (found := said.get(name) or desk.gist(_essence, *name.split("/", 1))) is not None
    ]
    signed = validated or bool(draft.body.get("resultsInterpreter") or stored.get("resultsInterpreter"))
    status = status_of(results, orders, signed=signed)
    if status is None:
        return draft
    if status == "final" and _is_appended(stored, draft.body):
        status = "appended"
    fills = tuple(one for one in draft.fills if one != "status")
    return replace(draft, body={**draft.body, "status": status}, fills=fills, mark=b"")


def _essence(result: Resource) -> Resource:
    """Return what the status of its report hangs on: the result's status and what it is of."""
    coding = [
        {"system": one.get("system", ""), "code": one["code"]}
        for one in each(result, "code.coding")
        if isinstance(one, dict) and one.get("code")
    ]
    return {"status": result.get("status"), "code": {"coding": coding}}


def _is_appended(stored: Resource, body: Resource) -> bool:
    """Tell whether results were added to a report that was final, and none was changed."""
    was = stored.get("status")
    added = set(references(body, "result")) - set(references(stored, "result"))
    return was == "appended" or (was == "final" and bool(added))


def status_of(results: Sequence[Resource], orders: Sequence[Resource], *, signed: bool) -> str | None:
    """Return the status of a report with these results, None where it has none.

    Args:
        signed: somebody answers for them.
    """
    states = {str(one.get("status")) for one in results}
    if not states:
        return None
    if states <= _OVER:
        return "entered-in-error" if "entered-in-error" in states else "cancelled"
    left = states - _OVER
    if left <= _NOTHING:
        return "registered"
    if not left <= _FINAL or is_incomplete(results, orders):
        return "preliminary" if signed else "partial"
    if not signed:
        return "partial"
    return next((one for one in _CHANGED if one in left), "final")


def is_incomplete(results: Sequence[Resource], orders: Sequence[Resource]) -> bool:
    """Tell whether one of several ordered tests has no result, where others have one of their own name.

    Of a panel (血常规) nobody knows here how many results it has.
    """
    found = _codes(results)
    wanted = [codes for one in orders if one.get("status") not in ("revoked", "entered-in-error")
              if (codes := _codes([one]))]  # fmt: skip
    met = [bool(codes & found) for codes in wanted]
    return any(met) and not all(met)


def _codes(bodies: Iterable[Resource]) -> set[tuple[str, str]]:
    return {
        (str(one.get("system", "")), str(one["code"]))
        for body in bodies
        for one in each(body, "code.coding")
        if isinstance(one, dict) and one.get("code")
    }
