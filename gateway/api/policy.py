"""$policy: the rules in force for a tenant today, with article, validity and texts (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.canonical import now_us
from gateway.canonical.moments import day_of
from gateway.errors import Rejected
from gateway.policy import EVENTS, Policy
from gateway.policy.rule import Pack, Rule

DEFINITION = "urn:qiao:operation:policy"


async def policy(request: Request) -> Response:
    """Answer with Parameters: the packs, what their parameters are set to, and a ``rule`` for each.

    ``event`` and ``jurisdiction`` may be given several times: the rules of these events, of these packs.
    """
    tenant = tenant_of(request)
    given, pretty = await operation.given(request, {"event": "texts", "jurisdiction": "texts"})
    find = context(request).policy
    if find is None:
        raise NotFound("nothing is served at this address", code="not-found")
    events, packs = given.get("event", ()), given.get("jurisdiction", ())
    return await operation.answer(request, pretty, lambda: described(find(tenant), events, packs))


def described(
    policy: Policy, events: Sequence[str] = (), jurisdictions: Sequence[str] = ()
) -> dict[str, Any]:
    """Return what the packs of a tenant say today, as a Parameters resource.

    Args:
        events: only the rules of these events; () for all.
        jurisdictions: only these packs, their parameters and rules; () for all of the tenant.

    Raises:
        Rejected: there is no such event, or the tenant has no such pack.
    """
    _check("event", events, EVENTS)
    _check("jurisdiction", jurisdictions, [one.name for one in policy.packs])
    asked = [one for one in policy.packs if not jurisdictions or one.name in jurisdictions]
    names = {name for one in asked for name in one.parameters}
    own = {rule.id for one in asked for rule in one.rules}
    said = [(name, one) for name, one in policy.parameters.items() if name in names and one != ()]
    values = [_part("parameter", _parameter(*one)) for one in said]  # an empty list would be no valid part
    rules = [
        _part("rule", _rule(rule, lapsed))
        for rule, lapsed in policy.in_force(day_of(now_us()))
        if rule.id in own and (not events or not set(events).isdisjoint(rule.on))
    ]
    packs = [_part("pack", _pack(one)) for one in asked]
    return {"resourceType": "Parameters", "parameter": [*packs, *values, *rules]}


def _check(name: str, given: Sequence[str], known: Sequence[str]) -> None:
    if not set(given) <= set(known):
        raise Rejected(f"there are {', '.join(known)}", code="value", where=name)


def _pack(pack: Pack) -> list[dict[str, Any]]:
    ends = [{"name": "to", "valueDate": str(pack.end)}] if pack.end else []
    notes = [("note", pack.note), ("note-zh", pack.note_zh)]
    return [
        {"name": "jurisdiction", "valueCode": pack.name},
        {"name": "title", "valueString": pack.title},
        {"name": "title-zh", "valueString": pack.title_zh},
        {"name": "from", "valueDate": str(pack.start)},
        *ends,
        *({"name": name, "valueString": said} for name, said in notes if said),
    ]


def _parameter(name: str, value: object) -> list[dict[str, Any]]:
    if isinstance(value, bool):
        return [{"name": name, "valueBoolean": value}]
    if isinstance(value, int):
        return [{"name": name, "valueInteger": value}]
    texts = value if isinstance(value, tuple) else (value,)
    return [{"name": name, "valueString": str(one)} for one in texts]


def _rule(rule: Rule, lapsed: bool) -> list[dict[str, Any]]:
    ends = [{"name": "to", "valueDate": str(rule.end)}] if rule.end else []
    return [
        {"name": "id", "valueCode": rule.id},
        *({"name": "requirement", "valueString": one} for one in rule.requirements),
        {"name": "article", "valueString": rule.article},
        {"name": "quote", "valueString": rule.quote},
        {"name": "from", "valueDate": str(rule.start)},
        *ends,
        {"name": "lapsed", "valueBoolean": lapsed},
        {"name": "observed", "valueBoolean": rule.observed},
        *({"name": "on", "valueCode": one} for one in rule.on),
        {"name": "verdict", "valueCode": rule.verdict},
        {"name": "code", "valueCode": rule.code},
        {"name": "text", "valueString": rule.text},
        {"name": "text-zh", "valueString": rule.text_zh},
    ]


def _part(name: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "part": parts}


INTERACTION = Interaction(
    "",
    "GET",
    "/$policy",
    policy,
    "The rules that documents of internet visits are held to",
    definition=DEFINITION,
    parameters=("event", "jurisdiction"),
)
