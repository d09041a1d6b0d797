"""Measure: read, search and $evaluate-measure (R4 operation-measure-evaluate-measure)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api import artefact, negotiation, operation
from gateway.api.context import NotFound, context, tenant_of
from gateway.api.interaction import Interaction, Served
from gateway.api.operation import Kind
from gateway.canonical import Resource, now_us
from gateway.errors import Rejected
from gateway.feed.measure import evaluate, load_measures
from gateway.feed.measure.extract import extract
from gateway.feed.measure.periods import between
from gateway.policy.systems import INSTITUTION

KIND = "Measure"
_KNOWN: dict[str, Kind] = {
    "periodStart": "text",
    "periodEnd": "text",
    "measure": "text",
    "reportType": "text",
    "size": "integer",
}


async def read(request: Request, id: str) -> Response:
    """Answer with one Measure."""
    tenant_of(request)
    pretty = negotiation.check(request)
    return await operation.answer(request, pretty, lambda: load_measures().of(_plain(id)).resource)


async def search(request: Request) -> Response:
    """Answer with the Measures."""
    tenant_of(request)
    pairs, pretty = await artefact.wanted(request)
    given = dict(pairs)

    def work() -> dict[str, Any]:
        found = [one.resource for one in load_measures() if _fits(one.resource, given)]
        return artefact.searchset(request, None, KIND, pairs, found)

    return await operation.answer(request, pretty, work)


async def evaluate_measure(request: Request, id: str = "") -> Response:
    """Answer with the MeasureReport of a period; ``size``: of the ledger, up to which it is looked at."""
    tenant = tenant_of(request)
    given, pretty = await operation.given(request, _KNOWN)
    name = id or str(given.get("measure", ""))
    if given.get("reportType", "summary") not in ("summary", "population"):
        raise Rejected(
            "only summaries of the whole institution are made", code="not-supported", where="reportType"
        )
    if not name or not given.get("periodStart") or not given.get("periodEnd"):
        raise Rejected("say measure, periodStart and periodEnd", code="value", where="periodStart")
    period = between(given["periodStart"], given["periodEnd"])

    def work() -> dict[str, Any]:
        shipped = load_measures().of(name)
        return evaluate(shipped, extract(context(request).store, tenant, period, given.get("size")), now_us(),
                        _reporter(request, tenant))  # fmt: skip

    return await operation.answer(request, pretty, work)


def _reporter(request: Request, tenant: str) -> Resource | None:
    obligations = context(request).obligations
    code = obligations.duties(tenant).organization if obligations else ""
    return {"identifier": {"system": INSTITUTION, "value": code}} if code else None


def _plain(id_: str) -> str:
    if not any(one.resource["id"] == id_ for one in load_measures()):
        raise NotFound("there is no such resource", code="not-found")
    return id_


def _fits(measure: Resource, given: dict[str, str]) -> bool:
    return (
        given.get("url") in (None, measure["url"])
        and given.get("_id") in (None, measure["id"])
        and str(measure["name"]).lower().startswith(given.get("name", "").lower())
    )


_EVALUATE = "Compute the figures of a period"
SERVED = Served(
    KIND,
    (
        Interaction(
            "", "GET", f"/{KIND}/$evaluate-measure", evaluate_measure, _EVALUATE, parameters=tuple(_KNOWN)
        ),
        Interaction("", "POST", f"/{KIND}/$evaluate-measure", evaluate_measure, _EVALUATE, body="resource"),
        Interaction(
            "",
            "GET",
            f"/{KIND}/{{id}}/$evaluate-measure",
            evaluate_measure,
            _EVALUATE,
            parameters=tuple(_KNOWN),
        ),
        Interaction(
            "", "POST", f"/{KIND}/{{id}}/$evaluate-measure", evaluate_measure, _EVALUATE, body="resource"
        ),
        *artefact.searches(KIND, search, "The quality figures that can be computed"),
        Interaction("read", "GET", f"/{KIND}/{{id}}", read, "One of them"),
    ),
    ("evaluate-measure",),
)
