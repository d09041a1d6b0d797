"""$delta: a result beside the one before of the same patient and test (docs/results.md)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import operation
from gateway.api.context import NotFound, check_known, context, tenant_of
from gateway.api.interaction import Interaction
from gateway.api.visit_parameters import Parameter
from gateway.canonical import Resource
from gateway.canonical.elements import patient_of
from gateway.canonical.json import loads
from gateway.canonical.moments import moment
from gateway.errors import Rejected
from gateway.feed.laboratory import Delta, DeltaRule, DeltaRules, compare, rule_of
from gateway.store import Store
from gateway.store.clock import instant

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("before", "Reference", "The result before, none where there is no comparable one", "out"),
    Parameter("change", "decimal", "By how much it rose (or fell: negative), in unit", "out"),
    Parameter("unit", "code", "UCUM unit of change", "out"),
    Parameter("percent", "decimal", "Of the value before", "out"),
    Parameter("beyond", "boolean", "Whether that is more than the hospital's rule for this test", "out", 1),
    Parameter("rule", "string", "The rule, as it is read", "out", 1),
)
DAY_US = 86_400_000_000
LOOKED_AT = 20
"""Results before that are looked at for one that can be compared."""
STATES = "final,amended,corrected,preliminary"


async def delta(request: Request, id: str) -> Response:
    """Answer with Parameters; nothing is written."""
    check_known("Observation", id)
    tenant, here = tenant_of(request), context(request)
    _, pretty = await operation.given(request, {})
    rules = here.delta

    def work() -> dict[str, Any]:
        if rules is None:
            raise NotFound("nothing is served at this address", code="not-found")
        return answer(here.store, tenant, rules, id)

    return await operation.answer(request, pretty, work)


def answer(store: Store, tenant: str, rules: DeltaRules, id_: str) -> dict[str, Any]:
    """Return what there is to say of a result.

    Raises:
        NotFound: there is no such result.
        Rejected: there is no rule for its test, or no patient or time in it.
    """
    version = store.read(tenant, "Observation", id_)
    if version is None or version.deleted:
        raise NotFound("there is no such resource", code="not-found")
    body = loads(version.body)
    found, taken = rule_of(rules, body), moment(body.get("effectiveDateTime"))
    patient = patient_of(body)
    if found is None or taken is None or not patient:
        raise Rejected(
            "there is no delta rule for this result, or it says no patient or time", code="business-rule"
        )
    code, rule = found
    before, difference = _before(store, tenant, body, (patient, "|".join(code), taken), rule)
    return {"resourceType": "Parameters", "parameter": _parameters(rule, before, difference)}


def _before(
    store: Store, tenant: str, body: Resource, asked: tuple[str, str, int], rule: DeltaRule
) -> tuple[Resource | None, Delta | None]:
    """Return the newest result before that can be compared."""
    patient, code, taken = asked
    pairs = [
        ("subject", patient), ("code", code), ("status", STATES), ("date", f"lt{instant(taken)}"),
        ("date", f"ge{instant(taken - rule.within * DAY_US)}"), ("_sort", "-date"),
        ("_count", str(LOOKED_AT)),
    ]  # fmt: skip
    for one in store.search(tenant, "Observation", pairs).matches:
        before = loads(one.body)
        difference = compare(rule, body, before) if _is_before(before, taken) else None
        if difference is not None:
            return before, difference
    return None, None


def _is_before(before: Resource, taken: int) -> bool:
    """Tell whether a result says when it was taken, and that is earlier: a day may be either."""
    said = str(before.get("effectiveDateTime", ""))
    return "T" in said and (moment(said) or taken) < taken


def _parameters(rule: DeltaRule, before: Resource | None, found: Delta | None) -> list[dict[str, Any]]:
    said = [
        f"{float(limit):g} {unit}" for limit, unit in ((rule.change, rule.unit), (rule.percent, "%")) if limit
    ]
    made: list[dict[str, Any]] = []
    if before is not None and found is not None:
        made += [
            {"name": "before", "valueReference": {"reference": f"Observation/{before['id']}"}},
            {"name": "change", "valueDecimal": found.change},
            {"name": "unit", "valueCode": rule.unit},
        ]
        made += [] if found.percent is None else [{"name": "percent", "valueDecimal": found.percent}]
    return [
        *made,
        {"name": "beyond", "valueBoolean": bool(found and found.beyond)},
        {"name": "rule", "valueString": f"{rule.name}: {' / '.join(said)}, {rule.within} d"},
    ]


INTERACTION = Interaction(
    "", "GET", "/Observation/{id}/$delta", delta, "How much a result differs from the one before",
    definition="urn:qiao:operation:delta",
)  # fmt: skip
