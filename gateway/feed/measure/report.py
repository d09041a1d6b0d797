"""Report: a MeasureReport of one Measure over a period (R4 measurereport.html)."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gateway.canonical import Resource
from gateway.feed.bundle import ALGORITHMS, RANGE
from gateway.feed.measure.criteria import Found
from gateway.feed.measure.extract import Extract
from gateway.feed.measure.shipped import Shipped
from gateway.store.clock import instant

_NAMESPACE = uuid.UUID("9b1b7f6e-3d2c-5f0f-8f0d-0f3a2f6f3c11")
_PLACES = Decimal("0.0001")
_UNITS = {"review-time": ("min", "分钟"), "timeliness": ("min", "分钟")}


def evaluate(measure: Shipped, extract: Extract, at_us: int, reporter: Resource | None = None) -> Resource:
    """Return the figures of a period.

    Args:
        at_us: ``MeasureReport.date``; nothing else depends on it.
        reporter: Reference to the institution, None for none.
    """
    found = {key: one.of(extract) for key, one in measure.criteria.items()}
    url = f"{measure.resource['url']}|{measure.resource['version']}"
    made: Resource = {
        "resourceType": "MeasureReport",
        "id": _id(url, extract),
        **({"extension": [_range(extract)]} if measure.from_ledger and extract.entries else {}),
        "status": "complete",
        "type": "summary",
        "measure": url,
        "date": instant(at_us),
        **({"reporter": reporter} if reporter else {}),
        "period": {"start": extract.period.first.isoformat(), "end": extract.period.last.isoformat()},
    }
    if "improvementNotation" in measure.resource:
        made["improvementNotation"] = measure.resource["improvementNotation"]
    made["group"] = [
        _group(measure, group, {code: one for (at, code), one in found.items() if at == number})
        for number, group in enumerate(measure.resource["group"])
    ]
    return made


def figures(report: Resource) -> Iterator[tuple[str, str, object]]:
    """Yield (group, what, figure) of a report, for a table."""
    for group in report["group"]:
        name = group["code"]["coding"][0]["code"]
        for one in group.get("population", ()):
            yield name, one["code"]["coding"][0]["code"], one["count"]
        if "measureScore" in group:
            yield name, "score", group["measureScore"]["value"]
        for stratifier in group.get("stratifier", ()):
            for stratum in stratifier["stratum"]:
                score = stratum.get("measureScore", {}).get("value")
                yield (
                    name,
                    stratum["value"]["text"],
                    stratum["population"][0]["count"] if score is None else score,
                )


def _group(measure: Shipped, group: Mapping[str, Any], found: Mapping[str, Found]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "code": group["code"],
        "population": [
            {"code": one["code"], "count": found[code].n}
            for one in group["population"]
            if (code := one["code"]["coding"][0]["code"]) != "measure-observation"
        ],
    }
    score = _score(measure, found)
    if score is not None:
        made["measureScore"] = score
    told = found.get("measure-observation") or found["initial-population"]
    if told.strata:
        made["stratifier"] = [{"stratum": [_stratum(measure, name, told) for name in sorted(told.strata)]}]
    return made


def _score(measure: Shipped, found: Mapping[str, Found]) -> dict[str, Any] | None:
    if measure.scoring == "proportion":
        below = found["denominator"].n
        return {"value": _rounded(found["numerator"].n / below)} if below else None
    if measure.scoring == "continuous-variable":
        return _middle(measure, found["measure-observation"])
    return None


def _middle(measure: Shipped, found: Found) -> dict[str, Any] | None:
    if found.middle is None:
        return None
    code, unit = _UNITS.get(measure.name, ("1", ""))
    named = {"unit": unit, "system": "http://unitsofmeasure.org", "code": code} if unit else {}
    return {"value": _rounded(found.middle), **named}


def _stratum(measure: Shipped, name: str, found: Found) -> dict[str, Any]:
    own = Found(found.strata[name])
    code = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/measure-population",
                        "code": "initial-population"}]}  # fmt: skip
    made: dict[str, Any] = {"value": {"text": name}, "population": [{"code": code, "count": own.n}]}
    if measure.scoring == "continuous-variable" and (middle := _middle(measure, own)) is not None:
        made["measureScore"] = middle
    return made


def _range(extract: Extract) -> dict[str, Any]:
    """Say which entries the figures come from, and the head up to which the ledger was looked at."""
    found, head = extract.entries, extract.head
    return {
        "url": RANGE,
        "extension": [
            {"url": "first", "valuePositiveInt": found[0].n},
            {"url": "last", "valuePositiveInt": head.size},
            {"url": "count", "valueUnsignedInt": len(found)},
            {"url": "algorithm", "valueCode": ALGORITHMS[head.algorithm]},
            {"url": "head", "valueString": head.head.hex()},
        ],
    }


def _id(url: str, extract: Extract) -> str:
    name = (
        f"{url}\n{extract.tenant}\n{extract.period.first}\n{extract.period.last}\n{extract.head.head.hex()}"
    )
    return str(uuid.uuid5(_NAMESPACE, name))


def _rounded(value: float) -> Decimal:
    return Decimal(str(value)).quantize(_PLACES).normalize() + 0
