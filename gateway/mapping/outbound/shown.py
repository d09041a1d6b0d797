"""Shown: what an Observation says as texts: its value, why it has none, ranges and notes (FHIR R4 §10.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.mapping.outbound.tongue import Tongue
from gateway.mapping.outbound.words import code, name, text, unit

_AS_TEXT = ("valueString", "valueInteger", "valueDateTime", "valueTime")
_TRUE = {True: "是", False: "否"}


def shown(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Observation → its value as it is read, with its components; why there is none.

    ``arg``: ``unit`` for a quantity with its unit, where that has no place of its own.
    """
    if none := no_result(value):
        return _absent(value.get("dataAbsentReason", {}), speech) or f"无结果：{none}"
    own = _value(value, speech, with_unit=arg == "unit")
    parts = [_component(one, speech) for one in value.get("component", ())]
    if None in parts:
        return None
    if own is None and not parts and (reason := value.get("dataAbsentReason")):
        return _absent(reason, speech)
    return "；".join(filter(None, (own, *parts))) or None


def stated(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Observation → what was found of what, and where: ``左室射血分数 55%``, ``结节（右肺上叶） 12mm``."""
    said = shown(value, speech, "unit")
    return f"{_named(value, speech)} {said}" if said else None


def _named(observation: Mapping[str, Any], speech: Tongue) -> str:
    concept, site = observation.get("code", {}), observation.get("bodySite", {})
    at = name(site, speech) or code(site, speech)
    return f"{name(concept, speech) or code(concept, speech) or '-'}{f'（{at}）' if at else ''}"


def conclusion(value: Any, speech: Tongue, arg: Any) -> str | None:
    """DiagnosticReport → its conclusion, and what its codes say that stands nowhere in it."""
    said = str(value.get("conclusion") or "")
    coded = (name(one, speech) or code(one, speech) or "" for one in value.get("conclusionCode", ()))
    return "；".join(filter(None, (said, *dict.fromkeys(one for one in coded if one not in said)))) or None


def no_result(observation: Mapping[str, Any]) -> str:
    """Return why an Observation is no result, ``""`` where it may be one (R4 observation-status).

    Of one that was cancelled whatever stands in it is none; one whose state nobody knows may have one.
    """
    status = observation.get("status")
    if status == "unknown" and not any(key.startswith("value") or key == "component" for key in observation):
        return "状态未知"
    return "已取消" if status == "cancelled" else ""


def _component(one: Mapping[str, Any], speech: Tongue) -> str | None:
    """Return what a component says of what; None for what cannot be read."""
    said = _value(one, speech, with_unit=True)
    if said is None and (reason := one.get("dataAbsentReason")):
        said = _absent(reason, speech)
    concept = one.get("code", {})
    of = name(concept, speech) or code(concept, speech)
    return f"{of} {said}" if of and said else None


def _absent(reason: Mapping[str, Any], speech: Tongue) -> str | None:
    why = name(reason, speech) or code(reason, speech)
    return f"无结果：{why}" if why else None


def _value(one: Mapping[str, Any], speech: Tongue, *, with_unit: bool) -> str | None:
    """Return ``value[x]`` as it is read; None for none, and for what is no text (a curve)."""
    if quantity := one.get("valueQuantity"):
        return _quantity(quantity, speech, with_unit=with_unit)
    if concept := one.get("valueCodeableConcept"):
        return name(concept, speech) or code(concept, speech)
    if "valueBoolean" in one:
        return _TRUE.get(one["valueBoolean"])
    if said := one.get("valueRange"):
        return _range(said, speech)
    if said := one.get("valueRatio"):
        sides = [_quantity(said.get(side, {}), speech) for side in ("numerator", "denominator")]
        return ":".join(filter(None, sides)) if all(sides) else None
    if said := one.get("valuePeriod"):
        ends = [said.get(side) for side in ("start", "end")]
        return "/".join(map(str, ends)) if all(ends) else None
    found = next((one[key] for key in _AS_TEXT if key in one), None)
    return None if found is None else text(found, speech)


def remarked(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Observation → its name with site, ranges and notes, nothing without any; a concept, a text → its words.

    ``arg``: ``means`` for what the result means, where that has no place of its own.
    """
    if isinstance(value, str):
        return value
    if value.get("resourceType") != "Observation":
        return name(value, speech)
    ranges = [said for one in value.get("referenceRange", ()) if (said := _reference(one, speech))]
    notes = [f"备注：{one['text']}" for one in value.get("note", ()) if one.get("text")]
    told = value.get("interpretation", ()) if arg == "means" and not no_result(value) else ()
    means = [said for one in told if (said := name(one, speech) or code(one, speech))]
    if not means and not ranges and not notes and (arg == "means" or not value.get("bodySite")):
        return None
    return " ".join(filter(None, (_named(value, speech), "，".join((*means, *ranges, *notes)))))


def _reference(one: Mapping[str, Any], speech: Tongue) -> str | None:
    """Return a referenceRange as it is read: ``参考值 3.9~6.1mmol/L（成人）``."""
    said = one.get("text") or _range(one, speech)
    age = _range(one.get("age", {}), speech)
    concepts = (name(of, speech) for of in (one.get("type", {}), *one.get("appliesTo", ())))
    whom = "，".join(filter(None, (*concepts, f"年龄 {age}" if age else "")))
    return f"参考值 {said}{f'（{whom}）' if whom else ''}" if said else None


def _quantity(said: Mapping[str, Any], speech: Tongue, *, with_unit: bool = True) -> str | None:
    if "value" not in said:
        return None
    after = unit(said, speech) if with_unit else None
    return f"{said.get('comparator', '')}{text(said['value'], speech)}{after or ''}"


def _range(said: Mapping[str, Any], speech: Tongue) -> str | None:
    """Range → ``3~5mmol/L``, ``>=3``, ``<=5``."""
    low, high = (_quantity(said.get(side, {}), speech) for side in ("low", "high"))
    if low and high:
        same = unit(said["low"], speech) == unit(said["high"], speech)
        return f"{_quantity(said['low'], speech, with_unit=not same)}~{high}"
    return f">={low}" if low else f"<={high}" if high else None
