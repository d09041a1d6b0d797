"""Functions of strings, numbers, conversions and the clock (FHIRPath 2.0 §5.5–§5.7, §5.9)."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from gateway.validation.fhirpath.context import Context, Expression, Items, NotEvaluated, single
from gateway.validation.fhirpath.functions import function
from gateway.validation.fhirpath.model import plain
from gateway.validation.fhirpath.operators import integer, text
from gateway.validation.fhirpath.system import CALENDAR, Moment, Quantity, Time, boundary, moment, time

TRUE = frozenset({"true", "t", "yes", "y", "1", "1.0"})
FALSE = frozenset({"false", "f", "no", "n", "0", "0.0"})

_quantity = re.compile(r"([+-]?\d+(?:\.\d+)?)(?:\s+(?:'([^']+)'|([a-zA-Z]+)))?").fullmatch


def _string(items: Items, name: str) -> str | None:
    value = single(items, name)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Moment | Time | bool | int | Decimal):
        return text(value)  # what FHIR writes as a string or number is one for the functions of strings
    raise NotEvaluated(f"{name} takes a string")


def _texts(name: str, count: int, compute: Callable[..., Any]) -> None:
    """Register a function of one string and ``count`` strings; empty where one of them is."""

    def call(context: Context, items: Items, *arguments: Expression) -> Items:
        values = [_string(items, name), *(_string(context.argument(one), name) for one in arguments)]
        return [] if None in values else [compute(*values)]

    function(name, least=count)(call)


@lru_cache(256)
def _pattern(regex: str) -> re.Pattern[str]:
    try:
        return re.compile(regex, re.DOTALL)
    except re.error:
        raise NotEvaluated("the regular expression is none") from None


_texts("startsWith", 1, str.startswith)
_texts("endsWith", 1, str.endswith)
_texts("contains", 1, lambda value, part: part in value)
_texts("indexOf", 1, str.find)
_texts("lastIndexOf", 1, str.rfind)
_texts("upper", 0, str.upper)
_texts("lower", 0, str.lower)
_texts("trim", 0, str.strip)
_texts("length", 0, len)
_texts("replace", 2, lambda value, old, new: value.replace(old, new))
_texts("matches", 1, lambda value, regex: _pattern(regex).search(value) is not None)
_texts("matchesFull", 1, lambda value, regex: _pattern(regex).fullmatch(value) is not None)
_texts(
    "replaceMatches",
    2,
    lambda value, regex, new: _pattern(regex).sub(re.sub(r"\$(\d+)", r"\\g<\1>", new), value),
)


@function("substring", least=1, most=2)
def substring(context: Context, items: Items, start: Expression, length: Expression | None = None) -> Items:
    """Part of a string; empty where it starts outside."""
    value = _string(items, "substring")
    begin = single(context.argument(start), "substring")
    if value is None or type(begin) is not int or not 0 <= begin < len(value):
        return []
    size = None if length is None else single(context.argument(length), "substring")
    return [value[begin:] if size is None else value[begin : begin + max(size, 0)]]


@function("toChars")
def to_chars(_: Context, items: Items) -> Items:
    """The characters of a string."""
    return list(_string(items, "toChars") or "")


@function("split", least=1)
def split(context: Context, items: Items, separator: Expression) -> Items:
    """The parts of a string."""
    value, by = _string(items, "split"), _string(context.argument(separator), "split")
    return [] if value is None else value.split(by) if by else list(value)


@function("join", most=1)
def join(context: Context, items: Items, separator: Expression | None = None) -> Items:
    """Strings as one."""
    by = "" if separator is None else _string(context.argument(separator), "join") or ""
    return [by.join(text(plain(item)) for item in items)]


@function("encode", least=1)
def encode(context: Context, items: Items, form: Expression) -> Items:
    """A string as base64, urlbase64 or hex."""
    value = _string(items, "encode")
    forms = {"base64": b64encode, "urlbase64": urlsafe_b64encode, "hex": lambda raw: raw.hex().encode()}
    return [] if value is None else [_form(context, form, forms)(value.encode()).decode()]


@function("decode", least=1)
def decode(context: Context, items: Items, form: Expression) -> Items:
    """A string from base64, urlbase64 or hex."""
    value = _string(items, "decode")
    forms = {"base64": b64decode, "urlbase64": urlsafe_b64decode, "hex": bytes.fromhex}
    return [] if value is None else [_form(context, form, forms)(value).decode()]


def _form(context: Context, form: Expression, forms: dict[str, Any]) -> Any:
    name = _string(context.argument(form), "encode")
    if name not in forms:
        raise NotEvaluated("this encoding is not known")
    return forms[name]


def _numbers(name: str, compute: Callable[[Any], Any]) -> None:
    def call(_: Context, items: Items) -> Items:
        value = single(items, name)
        if value is None:
            return []
        if type(value) is Quantity:
            return [Quantity(Decimal(compute(value.value)), value.unit)]
        return [compute(_number(value, name))]

    function(name)(call)


def _number(value: Any, name: str) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotEvaluated(f"{name} takes a number")
    return value


_numbers("abs", abs)
_numbers("ceiling", lambda value: integer(Decimal(value).to_integral_value(ROUND_CEILING)))
_numbers("floor", lambda value: integer(Decimal(value).to_integral_value(ROUND_FLOOR)))
_numbers("truncate", integer)
_numbers("exp", lambda value: Decimal(value).exp())
_numbers("ln", lambda value: Decimal(value).ln())


@function("sqrt")
def sqrt(_: Context, items: Items) -> Items:
    """The square root; empty for a negative number."""
    value = single(items, "sqrt")
    return [] if value is None or _number(value, "sqrt") < 0 else [Decimal(value).sqrt()]


@function("round", most=1)
def round_(context: Context, items: Items, digits: Expression | None = None) -> Items:
    """A number with fewer decimals."""
    value = single(items, "round")
    places = 0 if digits is None else single(context.argument(digits), "round")
    if value is None or places is None:
        return []
    return [Decimal(_number(value, "round")).quantize(Decimal(1).scaleb(-int(places)), ROUND_HALF_UP)]


@function("log", "power", least=1)
def _unsupported(_: Context, __: Items, ___: Expression) -> Items:
    """No invariant uses them."""
    raise NotEvaluated("the function is not supported")


def _totals(name: str, compute: Callable[[list[Any]], Any]) -> None:
    def call(_: Context, items: Items) -> Items:
        values = [plain(item) for item in items]
        return [compute(values)] if values else []

    function(name)(call)


_totals("sum", sum)
_totals("min", min)
_totals("max", max)
_totals("avg", lambda values: Decimal(sum(values)) / len(values))


def _boolean(value: Any) -> bool | None:
    if type(value) is bool:
        return value
    word = text(value).lower()
    return True if word in TRUE else False if word in FALSE else None


def _to_integer(value: Any) -> int | None:
    if isinstance(value, bool | int):
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d{1,18}", value) else None


def _to_decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool | int | Decimal):
        return Decimal(value)
    return Decimal(value) if isinstance(value, str) and re.fullmatch(r"[+-]?\d+(\.\d+)?", value) else None


def _to_moment(value: Any) -> Moment | None:
    return value if type(value) is Moment else moment(value) if isinstance(value, str) else None


def _to_date(value: Any) -> Moment | None:
    found = _to_moment(value)
    return None if found is None else Moment(found.text.partition("T")[0], found.parts[:3])


def _to_time(value: Any) -> Time | None:
    return value if type(value) is Time else time(value) if isinstance(value, str) else None


def _to_quantity(value: Any) -> Quantity | None:
    if type(value) is Quantity:
        return value
    if isinstance(value, bool | int | Decimal):
        return Quantity(Decimal(value), "1")
    found = _quantity(value) if isinstance(value, str) else None
    if found is None or (found[3] and found[3] not in CALENDAR):
        return None
    return Quantity(Decimal(found[1]), found[2] or found[3] or "1")


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "Boolean": _boolean,
    "Integer": _to_integer,
    "Decimal": _to_decimal,
    "String": lambda value: None if isinstance(value, dict | list) else text(value),
    "Date": _to_date,
    "DateTime": _to_moment,
    "Time": _to_time,
    "Quantity": _to_quantity,
}


def _conversion(name: str, convert: Callable[[Any], Any]) -> None:
    def converted(_: Context, items: Items) -> Items:
        value = single(items, f"to{name}")
        made = None if value is None else convert(value)
        return [] if made is None else [made]

    def converts(context: Context, items: Items) -> Items:
        return [bool(converted(context, items))] if items else []

    function(f"to{name}")(converted)
    function(f"convertsTo{name}")(converts)


for _name, _convert in CONVERSIONS.items():
    _conversion(_name, _convert)


@function("now")
def now(context: Context, _: Items) -> Items:
    """The time of the evaluation."""
    return [moment(context.clock().isoformat(timespec="milliseconds"))]


@function("today")
def today(context: Context, _: Items) -> Items:
    """The day of the evaluation."""
    return [moment(context.clock().date().isoformat())]


@function("timeOfDay")
def time_of_day(context: Context, _: Items) -> Items:
    """The time of day of the evaluation."""
    return [time(context.clock().time().isoformat(timespec="milliseconds"))]


def _boundaries(name: str, last: bool) -> None:
    def call(_: Context, items: Items) -> Items:
        value = single(items, name)
        if value is not None and type(value) is not Moment:
            raise NotEvaluated(f"{name} takes a date")
        return [] if value is None else [boundary(value, last)]

    function(name)(call)


_boundaries("lowBoundary", False)
_boundaries("highBoundary", True)
