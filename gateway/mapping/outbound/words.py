"""Words: codes, names, quantities and flags as they are read (FHIR R4 §2.24)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from gateway.canonical.json import dumps
from gateway.mapping.outbound.tongue import Tongue

_DOUBTED = frozenset(("unconfirmed", "provisional", "differential"))
_INTERVALS = {"s": "S", "min": "M", "h": "H", "d": "D", "wk": "W", "mo": "L"}


def text(value: Any, speech: Tongue | None, arg: Any = None) -> str | None:
    """Whatever it is, as text; numbers without an exponent."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal | float):
        return format(Decimal(str(value)), "f")
    return None if isinstance(value, dict | list) else str(value)


def yes_no(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Boolean → Y, N (HL7 table 0136)."""
    return "Y" if value is True else "N" if value is False else None


def code(value: Any, speech: Tongue, arg: Any = None) -> str | None:
    """CodeableConcept or Coding → its first code; a code stays one."""
    if isinstance(value, str):
        return value
    return next((str(one["code"]) for one in codings(value) if one.get("code")), None)


def name(value: Any, speech: Tongue, arg: Any = None) -> str | None:
    """CodeableConcept or Coding → its words: the text, else the first display; words stay words."""
    if isinstance(value, str):
        return value
    if value.get("text"):
        return str(value["text"])
    return next((str(one["display"]) for one in codings(value) if one.get("display")), None)


def diagnosis(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Condition or CodeableConcept → its words, else its code, with ``？`` where it is only suspected."""
    if "resourceType" not in value:
        return name(value, speech)
    concept = value.get("code", {})
    said, doubts = name(concept, speech), value.get("verificationStatus", {}).get("coding", ())
    if not _DOUBTED & {one.get("code") for one in doubts}:
        return said
    said = said or code(concept, speech)
    return f"{said}？" if said else None


def label(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Code → what the table ``arg`` of the shapes calls it."""
    found = value if isinstance(value, str) else code(value, speech, arg)
    return speech.labels.get(arg, {}).get(found or "")


def whole_name(value: Any, speech: Tongue, arg: Any) -> str | None:
    """HumanName → the name in one piece; that of an organization is a string."""
    if isinstance(value, str):
        return value
    if value.get("text"):
        return str(value["text"])
    family, given = str(value.get("family", "")), [str(one) for one in value.get("given", ())]
    han = all("一" <= char <= "鿿" for char in family + "".join(given))
    return ("" if han else " ").join(filter(None, (family, *given) if han else (*given, family))) or None


def unit(value: Any, speech: Tongue, arg: Any = None) -> str | None:
    """Quantity → its unit as it is read, else its code."""
    return str(value.get("unit") or value.get("code") or "") or None


def uneven(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Range → something where it lacks an end, or its ends have not one unit; of an even one nothing."""
    low, high = (value.get(end, {}) for end in ("low", "high"))
    codes = [(one.get("system"), one.get("code")) for one in (low, high)]
    same = codes[0] == codes[1] if all(map(all, codes)) else unit(low, speech) == unit(high, speech)
    return None if same and "value" in low and "value" in high else "uneven"


def amount(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Quantity → number and unit together: ``0.5g``."""
    number = text(value["value"], speech) if "value" in value else None
    return f"{number}{unit(value, speech, arg) or ''}" if number else None


def interval(value: Any, speech: Tongue, arg: Any) -> str | None:
    """Duration → TQ.3 of before version 2.5 (``D5``); what is no whole number of one unit is nothing."""
    number, letter = text(value.get("value", ""), speech), _INTERVALS.get(str(value.get("code", "")))
    return f"{letter}{number}" if letter and number and number.isdigit() else None


def whole(value: Any, speech: Tongue, arg: Any) -> str | None:
    """An element, whole, as FHIR JSON."""
    return dumps(value).decode()


def codings(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the Codings of a CodeableConcept; a Coding is its own."""
    return list(value.get("coding", ())) if "coding" in value or "text" in value else [value]
