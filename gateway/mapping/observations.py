"""Observation values, reference ranges and dosage frequencies: functions that need more than one leaf."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from gateway.mapping import times, wordings
from gateway.mapping.functions import BAD, FUNCTIONS, Function, string
from gateway.mapping.local_tests import test_loinc
from gateway.mapping.quantities import measured
from gateway.mapping.ranges import ranges_of
from gateway.mapping.texts import EMPTY, is_numeric, number
from gateway.mapping.units import UCUM, unit_of

if TYPE_CHECKING:
    from gateway.mapping.codes import Table
    from gateway.mapping.run import Run


def _field(f: list[str], at: int) -> str:
    return f[at] if len(f) > at and f[at] != '""' else ""


def _first(raw: str) -> str:
    """Return the first repetition that says something."""
    return next((part for part in raw.split("~") if part not in EMPTY), "") if "~" in raw else raw


def quantity(text: str, run: Run) -> Any:
    """``5.6``, ``<3``, ``≥100`` → Quantity with its comparator; anything else → None."""
    made = measured(text)
    return None if made is None else dict(made)


def _quantity(text: str, unit: dict[str, Any]) -> dict[str, Any] | None:
    made = measured(text)
    return None if made is None or made["value"] in wordings.NO_RESULT else {**made, **unit}


_SIGNS = ("", "=", "<", ">", "<=", ">=")


def _structured(raw: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    """SN (chapter 2A): comparator ^ number ^ separator ^ number; text where it is no quantity of FHIR."""
    parts = [run.unescape(part).strip() for part in raw.split("^")] + ["", "", "", ""]
    sign, first, separator, second = parts[:4]
    if separator in (":", "/") and (made := run.by_map("SN[Ratio]", raw)):
        return {"valueRatio": {**made, "numerator": {**made["numerator"], **unit}}}
    if separator == "-" and (made := run.by_map("SN[Range]", raw)) and _rising(made):
        return {"valueRange": {**made, "low": {**made["low"], **unit}, "high": {**made["high"], **unit}}}
    if not separator and sign in _SIGNS and (made := run.by_map("SN[Quantity]", raw)):
        return {"valueQuantity": {**made, **unit}}
    text = "".join(part for part in (sign, first, separator, second) if part)
    return {"valueString": " ".join(one for one in (text, unit.get("unit", "")) if one)} if text else {}


def _sampled(raw: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    """NA: value ^ value …; how far apart they were measured the message does not say.

    Each repetition is one moment of as many channels as it has values.
    """
    rows = [one for one in raw.split("~") if one not in EMPTY]
    made = run.by_map("NA[SampledData]", "^".join(rows))
    if not made:
        return {}
    widths = {one.count("^") + 1 for one in rows}
    wide = {"dimensions": widths.pop()} if len(rows) > 1 and len(widths) == 1 else {}
    return {"valueSampledData": {**made, **wide, "origin": {**made["origin"], **unit}}}


def _between(raw: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    """VR: first ^ last value of a range that is coded."""
    text = "-".join(part for one in raw.split("^") if (part := run.unescape(one).strip()))
    return {"valueString": text} if text else {}


def _range(raw: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    """NR: low ^ high."""
    low, _, high = raw.partition("^")
    made = {name: {"value": value, **unit} for name, text in (("low", low), ("high", high.split("^")[0]))
            if (value := number(text)) is not None}  # fmt: skip
    return ({"valueRange": made} if _rising(made) else _between(raw, unit, run)) if made else {}


def _rising(limits: dict[str, Any]) -> bool:
    """Return whether low is not above high (rng-2)."""
    low, high = (limits.get(name, {}).get("value") for name in ("low", "high"))
    return low is None or high is None or bool(low <= high)


def _period(raw: str, run: Run) -> dict[str, Any]:
    start, _, end = raw.partition("^")
    ends = (("start", start), ("end", end.split("^")[0]))
    made = {name: value for name, text in ends if (value := times.to_datetime(text.strip(), run.zone))}
    if len(made) > 1 and not times.rising(made["start"], made["end"]):
        return {"valueString": f"{made['start']} - {made['end']}"}
    return {"valuePeriod": made} if made else {}


def _text(raw: str, unit: dict[str, Any], run: Run, flags: str = "") -> dict[str, Any]:
    """ST, TX, FT and numbers typed as text: a number with a unit is a quantity, else it stays text.

    A titre, a grade and a reason why there is no result are what they are, with the text beside them.
    """
    lines = [string(run.unescape(_whole(part)), run) for part in raw.split("~") if part != '""']
    text = "\n".join(line for line in lines if line)
    if not text:
        return {}
    if unit and (made := _quantity(text, unit)):
        return {"valueQuantity": made}
    if len(lines) == 1 and (meant := _meant(text, unit, run, flags)):
        return meant
    if unit and any(char.isdigit() for char in text):
        return {"valueString": f"{text} {unit['unit']}"}
    return {"valueString": text}


def _whole(part: str) -> str:
    """Return a text without the delimiters of components that are not there (``NEGATIVE^``)."""
    return part.rstrip("^") if part.endswith("^") and "^" not in part.rstrip("^") else part


def _meant(text: str, unit: dict[str, Any], run: Run, flags: str) -> dict[str, Any] | None:
    """Return what a wording says, None where it says no more than its letters."""
    if reason := wordings.absent(text, run):
        return reason
    shown = unit.get("unit", "")
    if ratio := wordings.titre(text, shown):
        return {"valueRatio": ratio}
    if concept := wordings.concept(text, shown, run):
        return {"valueCodeableConcept": concept}
    if not unit:
        inside = wordings.with_unit(text, run)
        return {"valueQuantity": inside} if inside else wordings.graded(text, "", flags, run)
    if text.endswith(shown) and (made := _quantity(text.removesuffix(shown), unit)):
        return {"valueQuantity": made}
    if flag := wordings.flagged(text, flags, unit, run):
        return {"valueQuantity": {**flag[0], **unit}, **flag[1]}
    if graded := wordings.graded(text, shown, flags, run):
        return graded
    return {"valueString": text} if text.endswith(shown) else None


def _coded(raw: str, kind: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    first = _first(raw)
    if kind in ("IS", "ID") and "^" not in first:
        plain = run.unescape(first).strip()
        if unit or not plain:
            return _text(first, unit, run)
        return wordings.absent(plain, run) or {
            "valueCodeableConcept": wordings.concept(plain, "", run) or {"text": plain}
        }
    made = run.by_map("CWE[CodeableConcept]", first)
    return {"valueCodeableConcept": _graded(made, run)} if made else {}


def _graded(concept: dict[str, Any], run: Run) -> dict[str, Any]:
    """Return a coded value with what its wording means beside the sender's own code."""
    known = concept.get("coding", ())
    words = (one[part] for part in ("display", "code") for one in known if part in one)
    said = concept.get("text") or next(words, "")
    more = [one for one in wordings.codings_of(said, run) if one not in known]
    return {**concept, "coding": [*known, *more]} if more else concept


_COMPOSITE = re.compile("AD|CK|CN|CP|CX|DLN|EIP?|FN|HD|JCC|MO|PLN?|PN|PPN|TN|XAD|XCN|XON|XPN|XTN")
"""Datatypes whose components R4 has no value for: they are read as one text, without HL7's delimiters."""


def _spaced(raw: str) -> str:
    """``77^Smith^John`` → ``77 Smith John``: the parts that are valued, still escaped."""
    return " ".join(part.strip() for part in re.split(r"[&^]", raw) if part.strip() not in EMPTY)


_KINDS = {"SN": _structured, "NR": _range, "NA": _sampled, "VR": _between}


def obx_value(f: list[str], run: Run) -> Any:
    """OBX-2, OBX-5 and OBX-6 → the right ``value[x]`` of an Observation, or a ``dataAbsentReason``.

    What is no range, curve or period although OBX-2 says so stays as text: a result is not lost by its type.
    """
    raw = _field(f, 5)
    kind = _field(f, 2).strip().upper()
    if not raw or kind in ("ED", "RP"):
        return None
    unit = unit_of(_field(f, 6), run)
    first = _first(raw)
    if kind == "NM":
        made = _quantity(run.unescape(first), unit)
        return {"valueQuantity": made} if made else _text(raw, unit, run, _field(f, 8)) or None
    if kind in _KINDS:
        return _KINDS[kind](raw if kind == "NA" else first, unit, run) or _text(raw, unit, run) or None
    if kind in ("CE", "CWE", "CNE", "CF", "IS", "ID"):
        return _coded(raw, kind, unit, run) or None
    if kind == "DR":
        return _period(first, run) or _text(raw, {}, run) or None
    if kind == "CQ" and (made := run.by_map("CQ[Quantity]", first)):
        return {"valueQuantity": made}
    if kind == "SI" and is_numeric(first) and not {*".Ee"} & {*first}:
        return {"valueInteger": int(first)}
    if _COMPOSITE.fullmatch(kind):
        return _text("~".join(map(_spaced, raw.split("~"))), {}, run) or None
    if kind in ("DT", "TS", "DTM"):
        moment = times.to_datetime(run.unescape(first).split("^")[0].strip(), run.zone)
        return {"valueDateTime": moment} if moment else BAD
    if kind == "TM":
        moment = times.to_time(first.strip())
        return {"valueTime": moment} if moment else BAD
    return _text(raw, unit, run, _field(f, 8)) or None


_VALUE_ATTACHMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.valueAttachment"


def _component(f: list[str], one: str, run: Run) -> dict[str, Any]:
    """Return the value of one repetition of OBX-5."""
    kind = _field(f, 2).strip().upper()
    if kind in ("ED", "RP"):
        made = run.by_map(f"{kind}[Attachment]", one)
        return {"extension": [{"url": _VALUE_ATTACHMENT, "valueAttachment": made}]} if made else {}
    value = obx_value([*f[:5], one, *f[6:]], run)
    return value if isinstance(value, dict) else _text(one, {}, run)


def obx_components(f: list[str], run: Run) -> Any:
    """OBX with several values in OBX-5 → a component for each; lines of text are one value."""
    raw = _field(f, 5)
    code = run.by_map("CWE[CodeableConcept]", _field(f, 3).split("~", 1)[0])
    if "~" not in raw or code is None or _field(f, 2).strip().upper() in ("", "ST", "TX", "FT"):
        return None
    if (test := test_loinc(f, run)) is not None:
        code = {**code, "coding": [*code["coding"], test]}
    limits = ranges_of(f, run)
    made = []
    for one in raw.split("~"):
        value = _component(f, one, run) if one and one != '""' else {}
        if value:
            made.append({"code": code, **value, **({"referenceRange": limits} if limits else {})})
    return {"component": made} if made else None


_EVERY = re.compile(r"Q(\d{1,2})(S|MIN|M|H|D|W|L)", re.IGNORECASE)
_EVERY_UNITS = {"S": "s", "MIN": "min", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_ON_DAYS = re.compile(r"Q(\d{1,2})J([1-7]{1,7})", re.IGNORECASE)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES_A_DAY = re.compile(r"(\d{1,2})\s*(?:ID|X/?D|次/[日天])|[每一][日天]\s*(\d{1,2})\s*次", re.IGNORECASE)
_EVERY_ZH = re.compile(r"每\s*(\d{1,2})\s*(?:个)?小时(?:1次|一次)?")


_AT_MEALS = re.compile(r"(?P<base>.+?)[\s,，、.(（-]*(?P<when>AC|PC|[饭餐][前后])[)）]?", re.IGNORECASE)
"""``TID AC``, ``一日三次，饭后``: a rhythm and when it falls."""


def frequency(text: str, run: Run) -> Any:
    """Dosage frequency (``BID``, ``Q8H``, ``每日三次``) → Timing; the original stays as ``code.text``."""
    text = text.strip()
    if not text:
        return None
    made: dict[str, Any] = {"code": {"text": text}}
    table = run.tables.get("frequency")
    entry = table.get(text) if table else None
    if entry is not None and entry.code:
        made["code"]["coding"] = [entry.coding()]
    repeat = _repeat(text, table)
    if repeat is None and table is not None and entry is None:
        run.gap(table, text)
    return {"repeat": repeat, **made} if repeat else made


def _repeat(text: str, table: Table | None) -> dict[str, Any] | None:
    """Return Timing.repeat, empty for a rhythm that counts to zero, None where nothing is known."""
    entry = table.get(text) if table else None
    if entry is not None and "timing" in entry.extra:
        return dict(entry.extra["timing"])
    if found := _EVERY.fullmatch(text):
        repeat = {"frequency": 1, "period": int(found[1]), "periodUnit": _EVERY_UNITS[found[2].upper()]}
    elif found := _ON_DAYS.fullmatch(text):
        days = [_DAYS[int(day) - 1] for day in dict.fromkeys(found[2])]
        repeat = {"frequency": 1, "period": int(found[1]), "periodUnit": "wk", "dayOfWeek": days}
    elif found := _TIMES_A_DAY.fullmatch(text):
        repeat = {"frequency": int(found[1] or found[2]), "period": 1, "periodUnit": "d"}
    elif found := _EVERY_ZH.fullmatch(text):
        repeat = {"frequency": 1, "period": int(found[1]), "periodUnit": "h"}
    elif len(text) <= 64 and (found := _AT_MEALS.fullmatch(text)):
        base, meal = _repeat(found["base"], table), _repeat(found["when"], table)
        return {**base, **meal} if base and meal and "when" not in base else None
    else:
        return None
    return repeat if repeat["period"] and repeat["frequency"] else {}


_DURATION = re.compile(
    r"(?P<unit>[SMHDWL])(?P<number>\d{1,6})|(?P<number2>\d{1,6})(?P<unit2>[SMHDWL天日周月])", re.IGNORECASE
)
_DURATION_UNITS = {"S": "s", "M": "min", "H": "h", "D": "d", "W": "wk", "L": "mo"}
_DURATION_UNITS |= {"天": "d", "日": "d", "周": "wk", "月": "mo"}


def tq_duration(text: str, run: Run) -> Any:
    """TQ.3 (``D5``, ``W2``, also ``5天``) → Duration with its UCUM unit."""
    found = _DURATION.fullmatch(text.strip())
    if not found:
        return None
    unit = _DURATION_UNITS[(found["unit"] or found["unit2"]).upper()]
    return {"value": int(found["number"] or found["number2"]), "unit": unit, "system": UCUM, "code": unit}


def unit(raw: str, run: Run) -> Any:
    """CWE of a unit → the unit part of a Quantity (``unit``, ``system``, ``code``)."""
    return unit_of(raw, run) or None


FUNCTIONS |= {
    "tq_duration": Function("value", tq_duration, "Duration"),
    "unit": Function("raw", unit, "Quantity"),
    "obx_value": Function("segment", obx_value, ""),
    "obx_components": Function("segment", obx_components, ""),
    "quantity": Function("value", quantity, "Quantity"),
    "frequency": Function("value", frequency, "Timing"),
}
