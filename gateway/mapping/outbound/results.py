"""Results: the Observations that a report tells, each with a text; what could not be told is refused.

A panel is told by its members (``Observation.hasMember``); what was entered in error is no result. Of one
that was cancelled it is told that there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.canonical import Resource
from gateway.canonical.elements import each, listed, name_of, reference, texts
from gateway.errors import Rejected
from gateway.mapping.outbound.path import Pool
from gateway.mapping.outbound.shown import no_result, shown
from gateway.mapping.outbound.unsaid import MODIFIER, modified

_SAID = ("final", "amended", "corrected")
_TELLS = ("component", "derivedFrom", "interpretation", "note")
"""What an Observation without a value may say all the same."""

MOST_NAMED = 12
"""Results that a refusal names at most."""


def with_results(report: Resource, pool: Pool) -> Resource:
    """Return a report whose ``result`` names each Observation that is told, without panels.

    Raises:
        Rejected: a result is not there, is not final, or has a value that is no text; or there is neither a
            result nor a conclusion. It names every place.
    """
    wrong: dict[str, list[str]] = {}
    told = list(_told(listed(report.get("result")), pool, wrong, {name_of(report)}))
    for why, names in wrong.items():
        more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
        which = ", ".join(names[:MOST_NAMED]) + more
        raise Rejected(f"{why}: {which}", code="result")  # Chinese: gateway/faults/writebacks.py
    tells = told or report.get("conclusion") or texts(each(report, "conclusionCode"))
    if not tells and report.get("status") in (*_SAID, "appended"):  # else that is what is wrong with it
        raise Rejected(
            "the report has neither a result nor a conclusion; a document has no place for what is attached",
            code="result",
            where=name_of(report),
        )
    rest = {name: value for name, value in report.items() if name != "result"}
    return {**rest, "result": told} if told else rest


def _told(named: list[Any], pool: Pool, wrong: dict[str, list[str]], seen: set[str]) -> Iterator[Any]:
    for one in named:
        name = reference(one) or str(one.get("reference") or one.get("display") or "?")
        found = pool.resource(name)
        if found is None:
            wrong.setdefault("a result that is referred to is not there", []).append(name)
        elif name not in seen and found.get("status") != "entered-in-error":
            seen.add(name)
            members = listed(found.get("hasMember"))
            if why := _unsaid(found):
                wrong.setdefault(why, []).append(name)
            if not members or _has_value(found):
                yield one
            yield from _told(members, pool, wrong, seen)


def _unsaid(one: Resource) -> str:
    """Return why a result cannot be told, ``""`` where it can."""
    if one.get("status") not in _SAID and not no_result(one):
        return "a result is not final (status): write the report when it is"
    if modified(one):
        return f"a result has a {MODIFIER}"
    silent = shown(one, None, "unit") is None  # type: ignore[arg-type]  # no table is asked
    return "a result has a value that the document cannot say" if silent and _has_value(one) else ""


def _has_value(one: Resource) -> bool:
    return any(key.startswith("value") or key in _TELLS for key in one) or "dataAbsentReason" in one
