"""Functions: the closed table of ``as`` in rows that lead out: a FHIR value → the text that leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from gateway.canonical.json import dumps
from gateway.mapping.outbound.directions import directions
from gateway.mapping.outbound.timing import (
    course,
    frequency,
    in_days,
    irregular,
    rate_unit,
    rate_value,
    rhythm,
    times,
    unspeakable,
)

if TYPE_CHECKING:
    from gateway.mapping.outbound.speech import Speech

Function = Callable[[Any, "Speech", Any], str | None]

_FRACTION = re.compile(r"\.\d+")
_MOMENT = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?\Z")
_ZONE = re.compile(r"([+-])(\d\d):?(\d\d)\Z")
_V2 = re.compile(r"http://terminology\.hl7\.org/CodeSystem/v2-(\d{4})\Z")
_OURS = re.compile(r"urn:qiao:[^:]+:(?:codes|id|authority|namespace):(.+)\Z")
_OID = "urn:oid:"


def text(value: Any, speech: Speech, arg: Any = None) -> str | None:
    """Whatever it is, as text; numbers without an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        return format(Decimal(str(value)), "f")
    return None if isinstance(value, dict | list) else str(value)


def yes_no(value: Any, speech: Speech, arg: Any) -> str | None:
    """Boolean → Y, N (HL7 table 0136)."""
    return "Y" if value is True else "N" if value is False else None


def digits(value: Any, speech: Speech, arg: Any) -> str | None:
    """date, dateTime, instant → HL7 TS, as precise as it is, in the zone of the receiver."""
    said = str(value)
    if match := _MOMENT.match(said):
        return "".join(part or "" for part in match.groups())
    moment = _moment(said, speech.zone)
    if moment is None:
        return None
    fraction = _FRACTION.search(said)
    return f"{moment:%Y%m%d%H%M%S}{fraction.group()[:5] if fraction else ''}"


def second(value: Any, speech: Speech, arg: Any) -> str | None:
    """dateTime, instant → 14 digits; what is not known to the second is nothing."""
    moment = _moment(str(value), speech.zone)
    return f"{moment:%Y%m%d%H%M%S}" if moment else None


def day(value: Any, speech: Speech, arg: Any) -> str | None:
    """date, dateTime, instant → 8 digits; a month or year is nothing."""
    found = digits(value, speech, arg) or ""
    return found[:8] if len(found) >= 8 else None


def written(value: Any, speech: Speech, arg: Any) -> str | None:
    """date, dateTime, instant → as ``arg`` says (``"%Y-%m-%d %H:%M:%S"``); what is less precise stays."""
    said = str(value)
    if match := _MOMENT.match(said):
        if match[3] is None or "%H" in arg:
            return said
        return date.fromisoformat(said).strftime(arg)
    moment = _moment(said, speech.zone)
    return moment.strftime(arg) if moment else None


def _moment(said: str, zone: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return None
    if found.tzinfo is None:
        return None
    return found.astimezone(_zone(zone))


def _zone(said: str) -> timezone:
    match = _ZONE.match(said)
    if match is None:
        return timezone(timedelta(hours=8))
    ahead = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-ahead if match[1] == "-" else ahead)


def system(value: Any, speech: Speech, arg: Any) -> str | None:
    """URI of a code system → its name (CWE.3, v2-0396)."""
    uri = str(value)
    if match := _V2.match(uri):
        return f"HL7{match[1]}"
    if name := speech.namespaces.get(uri) or speech.coding_systems.get(uri):
        return name
    return _bare(uri)


def oid(value: Any, speech: Speech, arg: Any) -> str | None:
    """``urn:oid:`` URI → the OID alone; another URI is nothing."""
    return str(value).removeprefix(_OID) if str(value).startswith(_OID) else None


def _bare(uri: str) -> str:
    match = _OURS.match(uri)
    return unquote(match[1]) if match else uri.removeprefix(_OID)


def kind(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → its type code (v2-0203), else what the receiver calls its register."""
    for one in value.get("type", {}).get("coding", ()):
        if one.get("code"):
            return str(one["code"])
    return speech.kinds.get(str(value.get("system", "")))


def authority(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → HD.1 of its register; nothing where the kind of number says which one it is of."""
    uri = str(value.get("system", ""))
    if not uri or uri in speech.kinds:
        return None
    if name := speech.namespaces.get(uri):
        return name
    match = re.match(r"urn:qiao:[^:]+:authority:(.+)\Z", uri)
    return unquote(match[1]) if match else None


def universal(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → HD.2 of its register: an OID or URI, where it has no name here."""
    uri = str(value.get("system", ""))
    if not uri or uri in speech.kinds or uri in speech.namespaces or uri.startswith("urn:qiao:"):
        return None
    return uri.removeprefix(_OID)


def universal_type(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → HD.3: what :func:`universal` is (table 0301)."""
    found = universal(value, speech, arg)
    return None if found is None else "ISO" if str(value["system"]).startswith(_OID) else "URI"


def whole_name(value: Any, speech: Speech, arg: Any) -> str | None:
    """HumanName → the name in one piece; that of an organization is a string."""
    if isinstance(value, str):
        return value
    if value.get("text"):
        return str(value["text"])
    family, given = str(value.get("family", "")), [str(one) for one in value.get("given", ())]
    han = all("一" <= char <= "鿿" for char in family + "".join(given))
    return ("" if han else " ").join(filter(None, (family, *given) if han else (*given, family))) or None


def unit(value: Any, speech: Speech, arg: Any = None) -> str | None:
    """Quantity → its unit as it is read, else its code."""
    return str(value.get("unit") or value.get("code") or "") or None


_INTERVALS = {"s": "S", "min": "M", "h": "H", "d": "D", "wk": "W", "mo": "L"}


def interval(value: Any, speech: Speech, arg: Any) -> str | None:
    """Duration → TQ.3 of before version 2.5 (``D5``); what is no whole number of one unit is nothing."""
    number, letter = text(value.get("value", ""), speech), _INTERVALS.get(str(value.get("code", "")))
    return f"{letter}{number}" if letter and number and number.isdigit() else None


def code(value: Any, speech: Speech, arg: Any = None) -> str | None:
    """CodeableConcept or Coding → its first code; a code stays one."""
    if isinstance(value, str):
        return value
    return next((str(one["code"]) for one in _codings(value) if one.get("code")), None)


def name(value: Any, speech: Speech, arg: Any = None) -> str | None:
    """CodeableConcept or Coding → its words: the text, else the first display; words stay words."""
    if isinstance(value, str):
        return value
    if value.get("text"):
        return str(value["text"])
    return next((str(one["display"]) for one in _codings(value) if one.get("display")), None)


_DOUBTED = frozenset(("unconfirmed", "provisional", "differential"))


def diagnosis(value: Any, speech: Speech, arg: Any) -> str | None:
    """Condition or CodeableConcept → its words, else its code, with ``？`` where it is only suspected."""
    if "resourceType" not in value:
        return name(value, speech)
    concept = value.get("code", {})
    said, codings = name(concept, speech), value.get("verificationStatus", {}).get("coding", ())
    if not _DOUBTED & {one.get("code") for one in codings}:
        return said
    said = said or code(concept, speech)
    return f"{said}？" if said else None


def number(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → its value where it is of a kind that ``arg`` lists.

    ``""``: of a register that the receiver calls nothing; ``"?"``: that nobody knows.
    """
    found = kind(value, speech, None)
    return text(value.get("value", ""), speech) if ("?" if found is None else found) in arg else None


def _codings(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(value.get("coding", ())) if "coding" in value or "text" in value else [value]


def age_value(value: Any, speech: Speech, arg: Any) -> str | None:
    """birthDate → the age on the day of the document, a number; ``arg``: units, from years to days."""
    return _age(str(value), speech, arg)[0]


def age_unit(value: Any, speech: Speech, arg: Any) -> str | None:
    """birthDate → the unit of :func:`age_value`."""
    return _age(str(value), speech, arg)[1]


def _age(said: str, speech: Speech, units: list[str]) -> tuple[str | None, str | None]:
    on = speech.facts.get("day", "")
    try:
        born, now = date.fromisoformat(said), datetime.strptime(on, "%Y%m%d").date()  # noqa: DTZ007 -- a day
    except ValueError:
        return None, None
    if born > now:
        return None, None
    years = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    days = (now - born).days
    if years >= 1:
        return str(years), units[0]
    if len(units) > 2 and days >= 28:
        months = (now.year - born.year) * 12 + now.month - born.month - (now.day < born.day)
        count = days // 7 if units[1] == "周" else max(1, months)
        return str(count), units[1]
    return str(days), units[-1]


def whole(value: Any, speech: Speech, arg: Any) -> str | None:
    """An element, whole, as FHIR JSON."""
    return dumps(value).decode()


def document_id(value: Any, speech: Speech, arg: Any) -> str | None:
    """Resource → the id of the document that says this version of it: a UUID, 36 characters."""
    version = str(value.get("meta", {}).get("versionId", ""))
    return str(uuid5(NAMESPACE_URL, f"{value['resourceType']}/{value.get('id', '')}/{version}"))


def credit_code(value: Any, speech: Speech, arg: Any) -> str | None:
    """Identifier → a unified social credit code or another code of 18 characters (GB 32100)."""
    said = str(value.get("value", "") if isinstance(value, dict) else value)
    return said if len(said) == 18 else None


def amount(value: Any, speech: Speech, arg: Any) -> str | None:
    """Quantity → number and unit together: ``0.5g``."""
    number = text(value["value"], speech) if "value" in value else None
    return f"{number}{unit(value, speech, arg) or ''}" if number else None


def days(value: Any, speech: Speech, arg: Any) -> str | None:
    """Period → its length in whole days, both ends counted as moments."""
    first, last = (str(value.get(name, ""))[:10] for name in ("start", "end"))
    try:
        return str((date.fromisoformat(last) - date.fromisoformat(first)).days)
    except ValueError:
        return None


def label(value: Any, speech: Speech, arg: Any) -> str | None:
    """Code → what the table ``arg`` of the shapes calls it."""
    found = value if isinstance(value, str) else code(value, speech, arg)
    return speech.labels.get(arg, {}).get(found or "")


def shown(value: Any, speech: Speech, arg: Any) -> str | None:
    """Observation → its value as it is read, with its components; why there is none.

    ``arg``: ``unit`` for a quantity with its unit, where that has no place of its own.
    """
    own = _value(value, speech, with_unit=arg == "unit")
    parts = [_component(one, speech) for one in value.get("component", ())]
    if None in parts:
        return None
    if own is None and not parts and (reason := value.get("dataAbsentReason")):
        return _absent(reason, speech)
    return "；".join(filter(None, (own, *parts))) or None


def _component(one: Mapping[str, Any], speech: Speech) -> str | None:
    """Return what a component says of what; None for what cannot be read."""
    said = _value(one, speech, with_unit=True)
    if said is None and (reason := one.get("dataAbsentReason")):
        said = _absent(reason, speech)
    concept = one.get("code", {})
    of = name(concept, speech) or code(concept, speech)
    return f"{of} {said}" if of and said else None


def _absent(reason: Mapping[str, Any], speech: Speech) -> str | None:
    why = name(reason, speech) or code(reason, speech)
    return f"无结果：{why}" if why else None


_AS_TEXT = ("valueString", "valueInteger", "valueDateTime", "valueTime")
_TRUE = {True: "是", False: "否"}


def _value(one: Mapping[str, Any], speech: Speech, *, with_unit: bool) -> str | None:
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


def _quantity(said: Mapping[str, Any], speech: Speech, *, with_unit: bool = True) -> str | None:
    if "value" not in said:
        return None
    after = unit(said, speech) if with_unit else None
    return f"{said.get('comparator', '')}{text(said['value'], speech)}{after or ''}"


def _range(said: Mapping[str, Any], speech: Speech) -> str | None:
    """Range → ``3~5mmol/L``, ``>=3``, ``<=5``."""
    low, high = (_quantity(said.get(side, {}), speech) for side in ("low", "high"))
    if low and high:
        same = unit(said["low"], speech) == unit(said["high"], speech)
        return f"{_quantity(said['low'], speech, with_unit=not same)}~{high}"
    return f">={low}" if low else f"<={high}" if high else None


FUNCTIONS: Mapping[str, Function] = {
    one.__name__: one
    for one in (
        *(text, yes_no, digits, second, day, written, system, oid, kind, authority, universal),
        *(universal_type, whole_name),
        *(unit, interval, code, name, diagnosis, number, age_value, age_unit, whole),
        *(
            frequency,
            rhythm,
            irregular,
            unspeakable,
            times,
            rate_value,
            rate_unit,
            course,
            in_days,
            directions,
        ),
        *(document_id, credit_code, shown),
        *(amount, days, label),
    )
}
"""Name → function."""
