"""What the value of an element says to a search: codes, texts, references, times, numbers (R4 §3.1.1.4).

Each takes a FHIR type name and a value as ``values`` gives them. A value that is not what its type says, says
nothing: what is malformed is not found by it, and costs nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from gateway.errors import Rejected
from gateway.store.dates import EARLIEST, LATEST, Range, date_range

QUANTITIES = frozenset(
    ("Age", "Count", "Distance", "Duration", "MoneyQuantity", "Quantity", "SimpleQuantity")
)
NUMBERS = frozenset(("decimal", "integer", "positiveInt", "unsignedInt"))
CURRENCIES = "urn:iso:std:iso:4217"
"""Code system of Money.currency."""

_BARE = frozenset(("code", "id", "string", "uri"))
_PARTS = {
    "HumanName": ("text", "family", "given", "prefix", "suffix"),
    "Address": ("text", "line", "city", "district", "state", "country", "postalCode"),
}


class Quantity(NamedTuple):
    """The numbers that an element stands for; None: open end. A plain value is one number."""

    low: Decimal | None
    high: Decimal | None
    system: str = ""
    code: str = ""
    unit: str = ""


def tokens(system: str, type_: str, value: Any) -> list[tuple[str, str]]:
    """Return (system, code) of what an element says as a token (R4 §3.1.1.4.10).

    Args:
        system: that of a ``code`` by its binding.
    """
    if type_ == "boolean":
        return [("", "true" if value else "false")] if isinstance(value, bool) else []
    if type_ in _BARE:
        return [(system if type_ == "code" else "", value)] if isinstance(value, str) and value else []
    if type_ == "CodeableConcept":
        return [one for coding in _list(value, "coding") for one in _pair(coding, "code")]
    if type_ == "Coding":
        return _pair(value, "code")
    return _pair(value, "value") if type_ in ("Identifier", "ContactPoint") else []


def identifier(value: Any) -> list[tuple[str, str]]:
    """Return (system, value) of the identifier of a Reference."""
    return _pair(value.get("identifier"), "value") if isinstance(value, dict) else []


def _pair(value: Any, name: str) -> list[tuple[str, str]]:
    code = _text(value, name)
    return [(_text(value, "system"), code)] if code else []


def texts(type_: str, value: Any) -> list[str]:
    """Return what ``:text`` looks at: text and displays of codes, the text of an identifier's type."""
    if type_ == "Identifier":
        return texts("CodeableConcept", value.get("type")) if isinstance(value, dict) else []
    if type_ == "CodeableConcept":
        displays = [_text(coding, "display") for coding in _list(value, "coding")]
        return [text for text in (_text(value, "text"), *displays) if text]
    if type_ in ("Coding", "Reference"):
        return [text] if (text := _text(value, "display")) else []
    return [value] if type_ == "string" and isinstance(value, str) else []


def strings(type_: str, value: Any) -> list[str]:
    """Return the texts of a string, HumanName or Address, as they stand.

    A name without a text has one of its parts besides: in China family name first and without a space.
    """
    if type_ not in _PARTS:
        return [value] if isinstance(value, str) and value else []
    if not isinstance(value, dict):
        return []
    found = [
        text for name in _PARTS[type_] for text in _each(value.get(name)) if isinstance(text, str) and text
    ]
    if type_ == "HumanName" and "text" not in value and (whole := _whole(value)):
        found.append(whole)
    return found


def _whole(name: dict[str, Any]) -> str:
    family = _text(name, "family")
    given = [text for text in _list(name, "given") if isinstance(text, str)]
    if not family or not given:
        return ""
    chinese = all("\u3400" <= letter <= "\u9fff" for letter in family + "".join(given))
    return family + "".join(given) if chinese else " ".join((*given, family))


def references(type_: str, value: Any) -> list[str]:
    """Return literal references, canonicals and URIs as they stand; an inlined resource is ``Type/id``."""
    if type_ == "Reference":
        return [text] if (text := _text(value, "reference")) else []
    if type_ == "Resource":
        kind, id_ = _text(value, "resourceType"), _text(value, "id")
        return [f"{kind}/{id_}"] if kind and id_ else []
    return [value] if isinstance(value, str) and value else []


def unversioned(reference: str) -> str:
    """Return a reference without ``/_history/n``, a canonical without ``|version``."""
    return reference.partition("/_history/")[0].partition("|")[0]


def spans(type_: str, value: Any, zone: str) -> list[Range]:
    """Return the closed ranges of microseconds of a date, dateTime, instant, Period or Timing.

    Of a Timing only the outer limits count (R4 §3.1.1.4.7). A date without a zone is read in ``zone``.
    """
    try:
        if type_ == "Period":
            return _period(value, zone)
        if type_ == "Timing":
            return _timing(value, zone)
        return [date_range(value, zone)] if type_ in ("date", "dateTime", "instant") else []
    except (Rejected, TypeError, ValueError, AttributeError):
        return []


def _period(value: dict[str, Any], zone: str) -> list[Range]:
    start, end = value.get("start"), value.get("end")
    if start is None and end is None:
        return []
    low = EARLIEST if start is None else date_range(start, zone)[0]
    high = LATEST if end is None else date_range(end, zone)[1]
    return [(low, high)] if low <= high else []


def _timing(value: dict[str, Any], zone: str) -> list[Range]:
    found = [date_range(event, zone) for event in value.get("event") or ()]
    bounds = (value.get("repeat") or {}).get("boundsPeriod")
    if bounds:
        found += _period(bounds, zone)
    return [(min(low for low, _ in found), max(high for _, high in found))] if found else []


def quantities(type_: str, value: Any) -> list[Quantity]:
    """Return the ranges of numbers that an element stands for, each with its unit."""
    if type_ in NUMBERS:
        number = _number(value)
        return [Quantity(number, number)] if number is not None else []
    if not isinstance(value, dict):
        return []
    if type_ in QUANTITIES:
        return list(_quantity(value))
    if type_ == "Money":
        number = _number(value.get("value"))
        return [Quantity(number, number, CURRENCIES, _text(value, "currency"))] if number is not None else []
    if type_ == "Range":
        return list(_limits(value))
    return list(_sampled(value)) if type_ == "SampledData" else []


def _quantity(value: dict[str, Any]) -> Iterator[Quantity]:
    number = _number(value.get("value"))
    if number is not None:
        comparator = _text(value, "comparator")
        low = None if comparator.startswith("<") else number
        high = None if comparator.startswith(">") else number
        yield Quantity(low, high, *_unit(value))


def _limits(value: dict[str, Any]) -> Iterator[Quantity]:
    low, high = (end if isinstance(end, dict) else {} for end in (value.get("low"), value.get("high")))
    least, most = _number(low.get("value")), _number(high.get("value"))
    if (least is not None or most is not None) and (least is None or most is None or least <= most):
        yield Quantity(least, most, *(_unit(low) if any(_unit(low)) else _unit(high)))


def _sampled(value: dict[str, Any]) -> Iterator[Quantity]:
    """Yield what the samples lie between: origin + factor · data."""
    origin = value.get("origin")
    zero = _number(origin.get("value")) if isinstance(origin, dict) else None
    factor = _number(value.get("factor", 1))
    data = [number for text in _text(value, "data").split() if (number := _spelt(text)) is not None]
    if zero is not None and factor is not None and data:
        try:
            ends = sorted((zero + factor * min(data), zero + factor * max(data)))
        except ArithmeticError:  # beyond what a decimal holds
            return
        yield Quantity(ends[0], ends[1], *_unit(origin or {}))


def _unit(value: dict[str, Any]) -> tuple[str, str, str]:
    return _text(value, "system"), _text(value, "code"), _text(value, "unit")


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return _spelt(str(value))


def _spelt(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _text(value: Any, name: str) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
