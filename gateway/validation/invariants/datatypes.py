"""Native invariants of the data types (R4 §2.24)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gateway.validation.invariants.moments import after
from gateway.validation.invariants.native import holds, there, typed

UCUM = "http://unitsofmeasure.org"
Value = dict[str, Any]


@holds("start.hasValue().not() or end.hasValue().not() or (start <= end)", "start", "end")
def per_1(v: Value, _: Any) -> bool:
    """A period does not end before it starts; precisions that do not compare are let pass."""
    return not after(v["start"], v["end"])


@holds("code.empty() or system.exists()", "code")
def qty_3(v: Value, _: Any) -> bool:
    """A coded unit says of which system."""
    return there(v, "system")


@holds("comparator.empty()", "comparator")
def sqty_1(v: Value, _: Any) -> bool:
    """A SimpleQuantity has no comparator."""
    return False


@holds(
    "(code.exists() or value.empty()) and (system.empty() or system = %ucum) and "
    "(value.empty() or value.hasValue().not() or value > 0)"
)
def age_1(v: Value, _: Any) -> bool:
    """An age has a UCUM code and is above 0."""
    return _ucum_code(v) and ("value" not in v or v["value"] > 0)


@holds(
    "(code.exists() or value.empty()) and (system.empty() or system = %ucum) and "
    "(code.empty() or code = '1') and "
    "(value.empty() or value.hasValue().not() or value.toString().contains('.').not())"
)
def cnt_3(v: Value, _: Any) -> bool:
    """A count is a whole number of the unit 1."""
    whole = "value" not in v or "." not in str(v["value"])
    return _ucum_code(v) and v.get("code", "1") == "1" and whole


@holds("(code.exists() or value.empty()) and (system.empty() or system = %ucum)")
def dis_1(v: Value, _: Any) -> bool:
    """A distance has a UCUM code."""
    return _ucum_code(v)


@holds("code.exists() implies ((system = %ucum) and value.exists())", "code")
def drt_1(v: Value, _: Any) -> bool:
    """A duration with a code has a value in UCUM."""
    return v.get("system") == UCUM and there(v, "value")


@holds("(code.exists() or value.empty()) and (system.empty() or system = 'urn:iso:std:iso:4217')")
def mqty_1(v: Value, _: Any) -> bool:
    """A money quantity has a currency."""
    return (there(v, "code") or not there(v, "value")) and v.get("system", "urn:iso:std:iso:4217") == (
        "urn:iso:std:iso:4217"
    )


def _ucum_code(v: Value) -> bool:
    return (there(v, "code") or not there(v, "value")) and v.get("system", UCUM) == UCUM


@holds("low.empty() or high.empty() or (low <= high)", "low", "high")
def rng_2(v: Value, _: Any) -> bool:
    """The low end of a range is not above the high one; units that differ do not compare."""
    low, high = v["low"], v["high"]
    if "value" not in low or "value" not in high:
        return True
    if (low.get("system"), low.get("code", low.get("unit"))) != (
        high.get("system"),
        high.get("code", high.get("unit")),
    ):
        return True
    return bool(Decimal(str(low["value"])) <= Decimal(str(high["value"])))


@holds("(numerator.empty() xor denominator.exists()) and (numerator.exists() or extension.exists())")
def rat_1(v: Value, _: Any) -> bool:
    """A ratio has both numbers, or neither and an extension."""
    return ("numerator" in v) == ("denominator" in v) and ("numerator" in v or "extension" in v)


@holds("data.empty() or contentType.exists()", "data")
def att_1(v: Value, _: Any) -> bool:
    """Data says of which content type it is."""
    return there(v, "contentType")


@holds("value.empty() or system.exists()", "value")
def cpt_2(v: Value, _: Any) -> bool:
    """A contact's value says of which system it is."""
    return there(v, "system")


@holds("where(use = 'home').empty()", "use")
def not_home(v: Value, _: Any) -> bool:
    """An organization has no home (org-2, org-3)."""
    return bool(v["use"] != "home")


@holds(
    "reference.startsWith('#').not() or "
    "(reference.substring(1).trace('url') in %rootResource.contained.id.trace('ids'))",
    "reference",
)
def ref_1(v: Value, c: Any) -> bool:
    """A local reference finds its contained resource; "#" alone is the container."""
    to: str = v["reference"]
    return not to.startswith("#") or to == "#" or to[1:] in c.contained


@holds("expression.exists() or reference.exists()")
def exp_1(v: Value, _: Any) -> bool:
    """An expression is there or referred to."""
    return there(v, "expression") or there(v, "reference")


@holds("duration.empty() or durationUnit.exists()", "duration")
def tim_1(v: Value, _: Any) -> bool:
    """A duration has a unit."""
    return there(v, "durationUnit")


@holds("period.empty() or periodUnit.exists()", "period")
def tim_2(v: Value, _: Any) -> bool:
    """A period has a unit."""
    return there(v, "periodUnit")


@holds("duration.exists() implies duration >= 0", "duration")
def tim_4(v: Value, _: Any) -> bool:
    """A duration is not negative."""
    return bool(v["duration"] >= 0)


@holds("period.exists() implies period >= 0", "period")
def tim_5(v: Value, _: Any) -> bool:
    """A period is not negative."""
    return bool(v["period"] >= 0)


@holds("periodMax.empty() or period.exists()", "periodMax")
def tim_6(v: Value, _: Any) -> bool:
    """A largest period needs a period."""
    return there(v, "period")


@holds("durationMax.empty() or duration.exists()", "durationMax")
def tim_7(v: Value, _: Any) -> bool:
    """A largest duration needs a duration."""
    return there(v, "duration")


@holds("countMax.empty() or count.exists()", "countMax")
def tim_8(v: Value, _: Any) -> bool:
    """A largest count needs a count."""
    return there(v, "count")


@holds(
    "offset.empty() or (when.exists() and when.select($this in ('C' | 'CM' | 'CD' | 'CV')).allFalse())",
    "offset",
)
def tim_9(v: Value, _: Any) -> bool:
    """An offset is from an event that is not a meal itself."""
    when = v.get("when", [])
    return bool(when) and not {"C", "CM", "CD", "CV"}.intersection(when)


@holds("timeOfDay.empty() or when.empty()", "timeOfDay", "when")
def tim_10(v: Value, _: Any) -> bool:
    """A time of day or an event, not both."""
    return False


@holds("path.exists() xor searchParam.exists()")
def drq(v: Value, _: Any) -> bool:
    """A filter names a path or a search parameter (drq-1, drq-2)."""
    return there(v, "path") != there(v, "searchParam")


@holds("data.empty() or timing.empty()", "data")
def trd_1(v: Value, _: Any) -> bool:
    """A trigger has data or a timing."""
    return not typed(v, "timing")


@holds("condition.exists() implies data.exists()", "condition")
def trd_2(v: Value, _: Any) -> bool:
    """A condition is on data."""
    return "data" in v
