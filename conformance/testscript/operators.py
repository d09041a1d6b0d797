"""The operators of R4's assertions (assert-operator-codes), over lists of values.

Of several values, ``equals``, ``in``, ``contains``, ``greaterThan`` and ``lessThan`` hold where they hold for
one; ``notEquals``, ``notIn`` and ``notContains`` where their opposite does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from conformance.simulators.exact import Number, dumps
from conformance.testscript.unusable import Unusable

_OPPOSITES = {"notEquals": "equals", "notIn": "in", "notContains": "contains"}
_numeric = re.compile(r"[+-]?[0-9]{1,50}(?:\.[0-9]{1,50})?").fullmatch
_moment = re.compile(r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d.*)?)?)?").fullmatch


def holds(operator: str, actual: list[Any], expected: list[Any] | None) -> bool:
    """Return whether an operator holds.

    Args:
        expected: values to compare with; several only where they were taken from another resource.

    Raises:
        Unusable: there is nothing to compare with, or the values have no order.
    """
    if operator in ("empty", "notEmpty"):
        return is_empty(actual) == (operator == "empty")
    if expected is None:
        raise Unusable(f"运算符 {operator} 需要 value", f"the operator {operator} needs a value")
    if operator in _OPPOSITES:
        return not _positive(_OPPOSITES[operator], actual, expected)
    return _positive(operator, actual, expected)


def is_empty(values: list[Any]) -> bool:
    """Return whether there is no value, or only empty ones."""
    return all(one in (None, "", [], {}) for one in values)


def text(value: Any) -> str:
    """Return a value as scripts write it: ``true``, ``5.60``, a text as it is."""
    return value if type(value) is str else dumps(value, ordered=True)


def _positive(operator: str, actual: list[Any], expected: list[Any]) -> bool:
    if operator == "equals" and len(expected) != 1:
        return [text(one) for one in actual] == [text(one) for one in expected]
    test = _TESTS.get(operator)
    if test is None:
        raise Unusable(f"运算符 {operator} 在此不适用", f"the operator {operator} does not apply here")
    return any(test(one, text(each)) for one in actual for each in expected)


def _equal(one: Any, other: str) -> bool:
    if (
        isinstance(one, Number | int)
        and not isinstance(one, bool)
        and _numeric(other)
        and _numeric(text(one))
    ):
        return Decimal(text(one)) == Decimal(other)
    return text(one) == other


def _in(one: Any, other: str) -> bool:
    return any(_equal(one, each.strip()) for each in other.split(","))


def _contains(one: Any, other: str) -> bool:
    if not other:
        raise Unusable("空文本包含于一切文本", "an empty text is in every text")
    return other in text(one)


def _order(one: str, other: str) -> int:
    if _numeric(one) and _numeric(other):
        left, right = Decimal(one), Decimal(other)
        return (left > right) - (left < right)
    if _moment(one) and _moment(other):
        return (one > other) - (one < other)
    raise Unusable(f"无法比较大小：{one}，{other}", f"these have no order: {one}, {other}")


_TESTS: dict[str, Callable[[Any, str], bool]] = {
    "equals": _equal,
    "in": _in,
    "contains": _contains,
    "greaterThan": lambda one, other: _order(text(one), other) > 0,
    "lessThan": lambda one, other: _order(text(one), other) < 0,
}
