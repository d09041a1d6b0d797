"""Operators: equality, order, logic, arithmetic (FHIRPath 2.0 §6)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gateway.validation.fhirpath.context import Items, NotEvaluated, single
from gateway.validation.fhirpath.model import Node, plain
from gateway.validation.fhirpath.system import Moment, Quantity, Time, compare, moved

LARGEST = 1000
"""Digits of a number that are written out: 1e999999999 is a short text, its digits fill the memory."""


def identity(item: Any) -> Any:
    """Return something hashable that two items share where they are equal."""
    return _identity(plain(item))


def _identity(value: Any) -> Any:
    if type(value) is dict:
        return ("{", frozenset((name, _identity(one)) for name, one in value.items()))
    if type(value) is list:
        return ("[", tuple(_identity(one) for one in value))
    if type(value) is bool:
        return ("b", value)
    if type(value) is float:
        return Decimal(str(value))
    return value


def same(one: Any, other: Any) -> bool | None:
    """Return whether two items are equal; None where that cannot be told (a year and a day of it)."""
    first, second = plain(one), plain(other)
    if type(first) in ORDERED or type(second) in ORDERED:
        try:
            order = compare(first, second)
        except TypeError:
            return False
        return None if order is None else order == 0
    if first is None or second is None:
        return False
    return bool(_identity(first) == _identity(second))


ORDERED = (Moment, Time, Quantity)
"""Types whose equality is a matter of precision or unit."""


def equal(left: Items, right: Items) -> Items:
    """``=``: empty where a side is empty (§6.1.1)."""
    if not left or not right:
        return []
    if len(left) != len(right):
        return [False]
    unknown = False
    for one, other in zip(left, right, strict=True):
        alike = same(one, other)
        if alike is False:
            return [False]
        unknown = unknown or alike is None
    return [] if unknown else [True]


def unequal(left: Items, right: Items) -> Items:
    """``!=`` (§6.1.3)."""
    return [not one for one in equal(left, right)]


def equivalent(left: Items, right: Items) -> Items:
    """``~``: in any order, without regard to case and spaces (§6.1.2)."""
    if len(left) != len(right):
        return [False]
    rest = [plain(one) for one in right]
    for one in left:
        at = next((at for at, other in enumerate(rest) if _alike(plain(one), other)), None)
        if at is None:
            return [False]
        del rest[at]
    return [True]


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, Decimal) or isinstance(other, Decimal):
        if isinstance(one, bool) or isinstance(other, bool):
            return False
        if isinstance(one, int | Decimal) and isinstance(other, int | Decimal):
            # To the precision of the less precise one.
            least = max(int(Decimal(number).as_tuple().exponent) for number in (one, other))
            step = Decimal(1).scaleb(min(least, 0))
            return Decimal(one).quantize(step) == Decimal(other).quantize(step)
    if type(one) is Moment or type(other) is Moment:
        return same(one, other) is True
    return bool(_loose(one) == _loose(other))


def _loose(value: Any) -> Any:
    if type(value) is str:
        return " ".join(value.split()).casefold()
    if type(value) is dict:
        return {name: _loose(one) for name, one in value.items() if name != "id"}
    if type(value) is list:
        return sorted((_loose(one) for one in value), key=repr)
    return _identity(value)


def unlike(left: Items, right: Items) -> Items:
    """``!~`` (§6.1.4)."""
    return [not one for one in equivalent(left, right)]


def ordered(test: Callable[[int], bool]) -> Callable[[Items, Items], Items]:
    """Return ``<``, ``<=``, ``>`` or ``>=``: empty where the order cannot be told (§6.2)."""

    def operator(left: Items, right: Items) -> Items:
        one, other = single(left, "a comparison"), single(right, "a comparison")
        if one is None or other is None:
            return []
        try:
            order = compare(one, other)
        except TypeError as error:
            raise NotEvaluated(str(error)) from None
        return [] if order is None else [test(order)]

    return operator


def union(left: Items, right: Items) -> Items:
    """``|``: both, without repetition (§6.5.1)."""
    return distinct(left + right)


def distinct(items: Items) -> Items:
    """Return the items without repetition, the first of each."""
    return list({identity(item): item for item in reversed(items)}.values())[::-1]


def within(left: Items, right: Items) -> Items:
    """``in`` (§6.4.1)."""
    if not left:
        return []
    if len(left) > 1:
        raise NotEvaluated("in takes one value on its left")
    return [any(same(left[0], one) is True for one in right)]


def containing(left: Items, right: Items) -> Items:
    """``contains`` (§6.4.2)."""
    return within(right, left)


def joined(left: Items, right: Items) -> Items:
    """``&``: strings one after the other, an empty side as nothing (§6.6.4)."""
    one, other = single(left, "&"), single(right, "&")
    return [text(one) + text(other)]


def text(value: Any) -> str:
    """Return a value as FHIRPath writes it (§5.5.8)."""
    if value is None:
        return ""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) in (Moment, Time):
        return str(value.text)
    if type(value) is Quantity:
        return f"{value.value} '{value.unit}'"
    if type(value) is Decimal:
        return f"{value:f}" if abs(value.adjusted()) <= LARGEST else str(value)
    return str(value)


def integer(value: Decimal | int) -> int:
    """Return a number without its decimals.

    Raises:
        NotEvaluated: it has so many digits that to write them out would keep everybody waiting.
    """
    if isinstance(value, Decimal) and (not value.is_finite() or value.adjusted() > LARGEST):
        raise NotEvaluated("the number is too large")
    return int(value)


def computed(name: str, compute: Callable[[Any, Any], Any]) -> Callable[[Items, Items], Items]:
    """Return an operator of arithmetic: empty where a side is empty, or the divisor zero (§6.6)."""

    def operator(left: Items, right: Items) -> Items:
        one, other = single(left, name), single(right, name)
        if one is None or other is None:
            return []
        try:
            value = compute(one, other)
        except (TypeError, ArithmeticError) as error:
            if isinstance(error, ZeroDivisionError):
                return []
            raise NotEvaluated(f"{name} is not for these values") from None
        return [value]

    return operator


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError
    return value


def _plus(one: Any, other: Any) -> Any:
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    if type(one) is Moment and type(other) is Quantity:
        return moved(one, other, 1)
    return _summed(one, other, 1)


def _minus(one: Any, other: Any) -> Any:
    if type(one) is Moment and type(other) is Quantity:
        return moved(one, other, -1)
    return _summed(one, other, -1)


def _summed(one: Any, other: Any, sign: int) -> Any:
    if type(one) is Quantity and type(other) is Quantity:
        if one.unit != other.unit:
            raise TypeError
        return Quantity(one.value + other.value * sign, one.unit)
    return _number(one) + _number(other) * sign


def _times(one: Any, other: Any) -> Any:
    if type(one) is Quantity:
        return Quantity(one.value * _number(other), one.unit)
    if type(other) is Quantity:
        return Quantity(_number(one) * other.value, other.unit)
    return _number(one) * _number(other)


def _divided(one: Any, other: Any) -> Any:
    if type(one) is Quantity:
        return Quantity(one.value / _divisor(other), one.unit)
    return Decimal(_number(one)) / _divisor(other)


def _divisor(value: Any) -> Any:
    if _number(value) == 0:
        raise ZeroDivisionError
    return value


def _whole(one: Any, other: Any) -> int:
    return integer(Decimal(_number(one)) / _divisor(other))


def _rest(one: Any, other: Any) -> Any:
    value = Decimal(_number(one)) % Decimal(_divisor(other))
    return int(value) if isinstance(one, int) and isinstance(other, int) else value


def negative(items: Items) -> Items:
    """``-`` before a number or quantity (§6.6)."""
    value = single(items, "-")
    if value is None:
        return []
    return [Quantity(-value.value, value.unit) if type(value) is Quantity else -_number(value)]


OPERATORS: dict[str, Callable[[Items, Items], Items]] = {
    "=": equal,
    "!=": unequal,
    "~": equivalent,
    "!~": unlike,
    "<": ordered(lambda order: order < 0),
    "<=": ordered(lambda order: order <= 0),
    ">": ordered(lambda order: order > 0),
    ">=": ordered(lambda order: order >= 0),
    "|": union,
    "in": within,
    "contains": containing,
    "&": joined,
    "+": computed("+", _plus),
    "-": computed("-", _minus),
    "*": computed("*", _times),
    "/": computed("/", _divided),
    "div": computed("div", _whole),
    "mod": computed("mod", _rest),
}
"""Operators that look at both sides, by what they are written as."""


def nodes(items: Items) -> list[Node]:
    """Return the items that are elements, not computed values."""
    return [item for item in items if type(item) is Node]
