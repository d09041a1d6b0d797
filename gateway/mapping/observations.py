"""Observation values, reference ranges and dosage frequencies: functions that need more than one leaf."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gateway.mapping import times
from gateway.mapping.functions import BAD, FUNCTIONS, Function, string
from gateway.mapping.texts import EMPTY, NUMBER, is_numeric, number

MOST = 4096
"""Units and ranges that are remembered for one sender."""

if TYPE_CHECKING:
    from gateway.mapping.codes import Table
    from gateway.mapping.run import Run

UCUM = "http://unitsofmeasure.org"
ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

_COMPARED = re.compile(rf"(<=|>=|<|>|≤|≥|＜|＞)?\s*({NUMBER})")
_COMPARATOR = {"≤": "<=", "≥": ">=", "＜": "<", "＞": ">"}
_DIGITS = "0123456789"
_STARS = re.compile(r"[*＊]+|-{2,}")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])([+-]?\d+),(\d{1,2}|\d{4,})(?![\d.,])")
"""``5,6`` can be no thousands: the comma is the decimal sign of half of Europe. ``1,234`` may be either."""
_CARET_UNIT = re.compile(r"[×x*]?10\^\d+/\S+")
_RANGE = re.compile(
    r"(?P<low>[+-]?\d+(?:\.\d+)?)\s*(?:--|-|~|～|—|–|−|至|\.\.|\^|_|to|à|bis|tot)\s*(?P<high>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>[^\d:.].*)?"
)
_ONE_SIDED = re.compile(
    r"(?P<sign><=|>=|<|>|≤|≥|＜|＞)\s*(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>[^\d:.].*)?"
)


def _field(f: list[str], at: int) -> str:
    return f[at] if len(f) > at and f[at] != '""' else ""


def _first(raw: str) -> str:
    """Return the first repetition that says something."""
    return next((part for part in raw.split("~") if part not in EMPTY), "") if "~" in raw else raw


def _with_point(text: str) -> str:
    """Return a text whose decimal commas, where they can be nothing else, are points."""
    return _DECIMAL_COMMA.sub(r"\1.\2", text) if "," in text else text


def quantity(text: str, run: Run) -> Any:
    """``5.6``, ``<3``, ``≥100`` → Quantity with its comparator; anything else → None."""
    made = _measured(text)
    return None if made is None else dict(made)


@lru_cache(maxsize=8192)
def _measured(text: str) -> dict[str, Any] | None:
    """Return value and comparator; the same numbers come with every patient. It is shared: copy it."""
    found = _COMPARED.fullmatch(_with_point(text).strip())
    value = number(found[2]) if found else None
    if found is None or value is None:
        return None
    made: dict[str, Any] = {"value": value}
    if found[1]:
        made["comparator"] = _COMPARATOR.get(found[1], found[1])
    return made


def unit_of(raw: str, run: Run) -> dict[str, Any]:
    """Return ``unit``, ``system`` and ``code`` of a raw OBX-6; UCUM only where the units table knows it.

    ``10^9/L`` with raw carets is put together again: its second component could be nothing else. The
    result is remembered and shared: copy it, do not change it.
    """
    if not raw or raw == '""':
        return {}
    known = run.units.get(raw)
    if known is None:
        if len(run.units) >= MOST:
            run.units.clear()
        before = len(run.gaps)
        known = run.units[raw] = (_unit(raw, run), tuple(run.gaps[before:]))
    elif known[1]:
        run.gaps += known[1]
    return known[0]


def _unit(raw: str, run: Run) -> dict[str, Any]:
    whole = run.unescape(raw).strip()
    table = run.tables.get("units")
    # a unit inside another field (CQ of SPM-12, OBR-9) has its components one level down
    parts = [run.unescape(part).strip() for part in raw.split("&" if "&" in raw and "^" not in raw else "^")]
    if _CARET_UNIT.fullmatch(whole.split("~")[0]):
        parts = [whole]
    text = next((part for part in parts[:2] if part), "")
    if not text:
        return {}
    entry = next((found for part in parts[:2] if part and table and (found := table.get(part))), None)
    made: dict[str, Any] = {"unit": text}
    if entry is not None:
        made |= {"system": UCUM, "code": entry.code}
    elif len(parts) > 2 and parts[2].upper() == "UCUM":
        made |= {"system": UCUM, "code": parts[0]}
    elif len(parts) > 5 and parts[5].upper() == "UCUM" and parts[3]:
        made = {"unit": parts[4] or parts[3], "system": UCUM, "code": parts[3]}
    elif table is not None:
        run.gap(table, text)
    return made


def _quantity(text: str, unit: dict[str, Any], run: Run) -> dict[str, Any] | None:
    made = _measured(text)
    return None if made is None else {**made, **unit}


def _absent(text: str) -> dict[str, Any]:
    coding = {"system": ABSENT, "code": "unknown", "display": "Unknown"}
    return {"dataAbsentReason": {"coding": [coding], "text": text}}


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


def _text(raw: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    """ST, TX, FT and numbers typed as text: a number with a unit is a quantity, else it stays text."""
    lines = [string(run.unescape(part), run) for part in raw.split("~") if part != '""']
    text = "\n".join(line for line in lines if line)
    if not text:
        return {}
    if unit and (made := _quantity(text, unit, run)):
        return {"valueQuantity": made}
    if unit and any(char.isdigit() for char in text):
        return {"valueString": f"{text} {unit['unit']}"}
    return {"valueString": text}


def _coded(raw: str, kind: str, unit: dict[str, Any], run: Run) -> dict[str, Any]:
    first = _first(raw)
    if kind in ("IS", "ID") and "^" not in first:
        plain = run.unescape(first).strip()
        return _text(first, unit, run) if unit else {"valueCodeableConcept": {"text": plain}} if plain else {}
    made = run.by_map("CWE[CodeableConcept]", first)
    return {"valueCodeableConcept": made} if made else {}


_COMPOSITE = re.compile("AD|CK|CN|CP|CX|DLN|EIP?|FN|HD|JCC|MO|PLN?|PN|PPN|TN|XAD|XCN|XON|XPN|XTN")
"""Datatypes whose components R4 has no value for: they are read as one text, without HL7's delimiters."""


def _spaced(raw: str) -> str:
    """``77^Smith^John`` → ``77 Smith John``: the parts that are valued, still escaped."""
    return " ".join(part.strip() for part in re.split(r"[&^]", raw) if part.strip() not in EMPTY)


_KINDS = {"SN": _structured, "NR": _range, "NA": _sampled, "VR": _between}


def obx_value(f: list[str], run: Run) -> Any:
    """OBX-2, OBX-5 and OBX-6 → the right ``value[x]`` of an Observation, or a ``dataAbsentReason``."""
    raw = _field(f, 5)
    kind = _field(f, 2).strip().upper()
    if not raw or kind in ("ED", "RP"):
        return None
    if raw[0] not in _DIGITS and _STARS.fullmatch(raw.strip()):
        return _absent(raw.strip())
    unit = unit_of(_field(f, 6), run)
    first = _first(raw)
    if kind == "NM":
        made = _quantity(run.unescape(first), unit, run)
        return {"valueQuantity": made} if made else _text(raw, unit, run) or None
    if kind in _KINDS:
        return _KINDS[kind](raw if kind == "NA" else first, unit, run) or None
    if kind in ("CE", "CWE", "CNE", "CF", "IS", "ID"):
        return _coded(raw, kind, unit, run) or None
    if kind == "DR":
        return _period(first, run) or None
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
    return _text(raw, unit, run) or None


_VALUE_ATTACHMENT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.valueAttachment"


def _component(f: list[str], one: str, run: Run) -> dict[str, Any]:
    """Return the value of one repetition of OBX-5."""
    kind = _field(f, 2).strip().upper()
    if kind in ("ED", "RP"):
        made = run.by_map(f"{kind}[Attachment]", one)
        return {"extension": [{"url": _VALUE_ATTACHMENT, "valueAttachment": made}]} if made else {}
    value = obx_value([*f[:5], one, *f[6:]], run)
    return value if isinstance(value, dict) else {}


def obx_components(f: list[str], run: Run) -> Any:
    """OBX with several values in OBX-5 → a component for each; lines of text are one value."""
    raw = _field(f, 5)
    code = run.by_map("CWE[CodeableConcept]", _field(f, 3).split("~", 1)[0])
    if "~" not in raw or code is None or _field(f, 2).strip().upper() in ("", "ST", "TX", "FT"):
        return None
    limits = reference_range(f, run)
    made = []
    for one in raw.split("~"):
        value = _component(f, one, run) if one and one != '""' else {}
        if value:
            made.append({"code": code, **value, **({"referenceRange": [limits]} if limits else {})})
    return {"component": made} if made else None


def reference_range(f: list[str], run: Run) -> Any:
    """OBX-7 (with the unit of OBX-6) → referenceRange: its text, low and high where they can be read."""
    text = run.unescape(_field(f, 7)).strip()
    if not text:
        return None
    key = (text, _field(f, 6))
    known = run.ranges.get(key)
    if known is None:
        if len(run.ranges) >= MOST:
            run.ranges.clear()
        known = run.ranges[key] = _reference_range(f, text, run)
    else:
        unit_of(key[1], run)  # a unit without a code is a gap every time
    return dict(known)


def _reference_range(f: list[str], text: str, run: Run) -> dict[str, Any]:
    unit = unit_of(_field(f, 6), run)
    made: dict[str, Any] = {}
    limits = _with_point(text)
    if found := _RANGE.fullmatch(limits):
        low, high = number(found["low"]), number(found["high"])
        if low is not None and high is not None and low <= high:
            made = {"low": {"value": low, **unit}, "high": {"value": high, **unit}}
    elif found := _ONE_SIDED.fullmatch(limits):
        side = "high" if _COMPARATOR.get(found["sign"], found["sign"]).startswith("<") else "low"
        made = {side: {"value": number(found["value"]), **unit}}
    return {**made, "text": text}


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
    "reference_range": Function("segment", reference_range, "Observation.referenceRange"),
    "quantity": Function("value", quantity, "Quantity"),
    "frequency": Function("value", frequency, "Timing"),
}
