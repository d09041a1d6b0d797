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


def unit(value: Any, speech: Speech, arg: Any) -> str | None:
    """Quantity → its unit as it is read, else its code."""
    return str(value.get("unit") or value.get("code") or "") or None


def frequency(value: Any, speech: Speech, arg: Any) -> str | None:
    """Timing → the abbreviation that it came from, or that has the same rhythm (table ``frequency``)."""
    concept, table = value.get("code", {}), speech.table("frequency")
    if concept.get("text"):
        return str(concept["text"])
    codings = [one for one in concept.get("coding", ()) if one.get("code")]
    found = next((code for one in codings if (code := table.coding(one))), None)
    return found or table.timing(value.get("repeat", {})) or (str(codings[0]["code"]) if codings else None)


_INTERVALS = {"s": "S", "min": "M", "h": "H", "d": "D", "wk": "W", "mo": "L"}


def interval(value: Any, speech: Speech, arg: Any) -> str | None:
    """Duration → TQ.3 of before version 2.5 (``D5``); what is no whole number of one unit is nothing."""
    number, letter = text(value.get("value", ""), speech), _INTERVALS.get(str(value.get("code", "")))
    return f"{letter}{number}" if letter and number and number.isdigit() else None


def code(value: Any, speech: Speech, arg: Any) -> str | None:
    """CodeableConcept or Coding → its first code; a code stays one."""
    if isinstance(value, str):
        return value
    return next((str(one["code"]) for one in _codings(value) if one.get("code")), None)


def name(value: Any, speech: Speech, arg: Any) -> str | None:
    """CodeableConcept or Coding → its words: the text, else the first display."""
    if value.get("text"):
        return str(value["text"])
    return next((str(one["display"]) for one in _codings(value) if one.get("display")), None)


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


_PERIODS = {"h": "小时", "d": "日", "wk": "周", "mo": "月"}


def rate_value(value: Any, speech: Speech, arg: Any) -> str | None:
    """Timing → how often in its period: ``2`` of twice a day."""
    repeat = value.get("repeat", {})
    known = repeat.get("periodUnit") in _PERIODS and "frequency" in repeat
    return text(repeat["frequency"], speech) if known else None


def rate_unit(value: Any, speech: Speech, arg: Any) -> str | None:
    """Timing → the unit of :func:`rate_value`: ``次/日``, ``次/8小时``."""
    repeat = value.get("repeat", {})
    unit, period = _PERIODS.get(repeat.get("periodUnit", "")), text(repeat.get("period", 1), speech)
    return (
        None if unit is None or "frequency" not in repeat else f"次/{'' if period == '1' else period}{unit}"
    )


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
    """Observation → its value as it is read: number, words, or what the code means."""
    if quantity := value.get("valueQuantity"):
        number = text(quantity["value"], speech) if "value" in quantity else ""
        return f"{quantity.get('comparator', '')}{number}" or None
    if concept := value.get("valueCodeableConcept"):
        return name(concept, speech, arg)
    found = next(
        (value[key] for key in ("valueString", "valueInteger", "valueDateTime") if key in value), None
    )
    return None if found is None else text(found, speech)


FUNCTIONS: Mapping[str, Function] = {
    one.__name__: one
    for one in (
        *(text, yes_no, digits, second, day, written, system, oid, kind, authority, universal),
        *(universal_type, whole_name),
        *(unit, frequency, interval, code, name, age_value, age_unit, whole),
        *(document_id, credit_code, rate_value, rate_unit, shown),
        *(amount, days, label),
    )
}
"""Name → function."""
