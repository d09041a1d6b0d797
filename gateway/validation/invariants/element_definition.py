"""Native invariants of ElementDefinition (R4 §2.28)."""

from __future__ import annotations

import re
from typing import Any

from gateway.validation.invariants.native import distinct, holds, there, typed

Value = dict[str, Any]

_slice_name = re.compile(r"[a-zA-Z0-9\/\-_\[\]\@]+").fullmatch
_part = r"[^\s\.,:;\'\"\/|?!@#$%&*()\[\]{}]{1,64}"
_path = re.compile(_part + r"(\." + _part + r"(\[x\])?(\:[^\s\.]+)?)*").fullmatch
_plain_path = re.compile(r"[A-Za-z][A-Za-z0-9]*(\.[a-z][A-Za-z0-9]*(\[x])?)*").fullmatch
_integer = re.compile(r"[+-]?\d{1,18}").fullmatch


@holds("discriminator.exists() or description.exists()")
def eld_1(v: Value, _: Any) -> bool:
    """A slicing says how."""
    return "discriminator" in v or there(v, "description")


@holds("min.empty() or max.empty() or (max = '*') or iif(max != '*', min <= max.toInteger())", "min", "max")
def eld_2(v: Value, _: Any) -> bool:
    """The least is not above the most."""
    most = v["max"]
    return most == "*" or (_integer(most) is not None and bool(v["min"] <= int(most)))


@holds("empty() or ($this = '*') or (toInteger() >= 0)")
def eld_3(v: str, _: Any) -> bool:
    """The most is a number or a star."""
    return v == "*" or (_integer(v) is not None and int(v) >= 0)


@holds("aggregation.empty() or (code = 'Reference') or (code = 'canonical')", "aggregation")
def eld_4(v: Value, _: Any) -> bool:
    """Aggregation is for references."""
    return v.get("code") in ("Reference", "canonical")


@holds(
    "contentReference.empty() or (type.empty() and defaultValue.empty() and "
    "fixed.empty() and pattern.empty() and "
    "example.empty() and minValue.empty() and maxValue.empty() and maxLength.empty() and binding.empty())",
    "contentReference",
)
def eld_5(v: Value, _: Any) -> bool:
    """What refers to another element has nothing of its own."""
    plain = "type" in v or "example" in v or there(v, "maxLength") or "binding" in v
    return not plain and not any(
        typed(v, name) for name in ("defaultValue", "fixed", "pattern", "minValue", "maxValue")
    )


@holds("fixed.empty() or (type.count()  <= 1)", "type")
def eld_6(v: Value, _: Any) -> bool:
    """A fixed value has one type."""
    return len(v["type"]) <= 1 or not typed(v, "fixed")


@holds("pattern.empty() or (type.count() <= 1)", "type")
def eld_7(v: Value, _: Any) -> bool:
    """A pattern has one type."""
    return len(v["type"]) <= 1 or not typed(v, "pattern")


@holds("pattern.empty() or fixed.empty()")
def eld_8(v: Value, _: Any) -> bool:
    """A pattern or a fixed value, not both."""
    return not typed(v, "pattern") or not typed(v, "fixed")


@holds(
    "binding.empty() or type.code.empty() or type.select((code = 'code') or (code = 'Coding') or "
    "(code='CodeableConcept') or (code = 'Quantity') or (code = 'string') or (code = 'uri')).exists()",
    "binding",
)
def eld_11(v: Value, _: Any) -> bool:
    """As R4 writes it, any type will do: false is something that exists, too."""
    return True


@holds(
    "valueSet.exists() implies (valueSet.startsWith('http:') or valueSet.startsWith('https') or "
    "valueSet.startsWith('urn:'))",
    "valueSet",
)
def eld_12(v: Value, _: Any) -> bool:
    """A value set is named by an absolute URL."""
    return bool(v["valueSet"].startswith(("http:", "https", "urn:")))


@holds("type.select(code).isDistinct()", "type")
def eld_13(v: Value, _: Any) -> bool:
    """A type comes once."""
    return distinct(v["type"], "code")


@holds("constraint.select(key).isDistinct()", "constraint")
def eld_14(v: Value, _: Any) -> bool:
    """A constraint's key comes once."""
    return distinct(v["constraint"], "key")


@holds("defaultValue.empty() or meaningWhenMissing.empty()", "meaningWhenMissing")
def eld_15(v: Value, _: Any) -> bool:
    """A default or a meaning, not both."""
    return not typed(v, "defaultValue")


@holds(r"sliceName.empty() or sliceName.matches('^[a-zA-Z0-9\\/\\-_\\[\\]\\@]+$')", "sliceName")
def eld_16(v: Value, _: Any) -> bool:
    """A slice has a plain name."""
    return _slice_name(v["sliceName"]) is not None


@holds("(code='Reference' or code = 'canonical') or targetProfile.empty()", "targetProfile")
def eld_17(v: Value, _: Any) -> bool:
    """Targets are for references."""
    return v.get("code") in ("Reference", "canonical")


@holds("(isModifier.exists() and isModifier) implies isModifierReason.exists()", "isModifier")
def eld_18(v: Value, _: Any) -> bool:
    """A modifier says why."""
    return v["isModifier"] is False or there(v, "isModifierReason")


@holds(
    r"path.matches('[^\\s\\.,:;\\\'"
    r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\''
    r'"\\/|?!@#$%&*()\\[\\]{}]{1,64}'
    r"(\\[x\\])?(\\:[^\\s\\.]+)?)*')",
    "path",
)
def eld_19(v: Value, _: Any) -> bool:
    """A path is made of plain names; all of it, not only a part."""
    return _path(v["path"]) is not None


@holds(r"path.matches('[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*')", "path")
def eld_20(v: Value, _: Any) -> bool:
    """A path is made of letters and digits; all of it, not only a part."""
    return _plain_path(v["path"]) is not None


@holds("expression.exists()")
def eld_21(v: Value, _: Any) -> bool:
    """A constraint has an expression."""
    return there(v, "expression")


@holds("sliceIsConstraining.exists() implies sliceName.exists()", "sliceIsConstraining")
def eld_22(v: Value, _: Any) -> bool:
    """Only a slice constrains one."""
    return there(v, "sliceName")
