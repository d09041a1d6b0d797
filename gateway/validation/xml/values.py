"""Values: what stands in the attribute ``value`` of a primitive, and the same in JSON (R4 §2.24, §2.6.1)."""

from __future__ import annotations

import re
from decimal import Decimal
from math import isfinite
from typing import Any

from gateway.canonical.json import LONGEST

_integer = re.compile(r"-?(?:0|[1-9][0-9]{0,200})").fullmatch
_decimal = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_BOOLEANS = {"true": True, "false": False}
_special = re.compile('[&<>"\x00-\x1f\ufffe\uffff\ud800-\udfff]').search
_escape = re.compile('[&<>"\t\n\r]').sub
_forbidden = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]").search
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}


class Unwritable(ValueError):
    """The JSON is no resource that XML could hold.

    Attributes:
        path: where, e.g. ``"name[0].family"``; ``""`` for the resource itself.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.path = ""

    def under(self, place: str) -> Unwritable:
        """Put ``place`` in front of the path and return the error."""
        between = "." if self.path and self.path[0] != "[" else ""
        self.path = f"{place}{between}{self.path}"
        return self


def typed(kind: str, text: str) -> bool | int | Decimal | str:
    """A value as its JSON type; a text that is none of its type stays, for a validator to name."""
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    if _integer(text):
        return int(text)
    if kind != "decimal" or not _decimal(text):
        return text
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent of more than 18 digits
        return text


def attribute(value: Any, kind: str) -> str:
    """Return the value of a primitive as it stands in XML."""
    if kind == "text":
        return value if type(value) is str and not _special(value) else text_of(value)
    if kind == "boolean" and type(value) is bool:
        return "true" if value else "false"
    if type(value) is int and kind != "boolean":
        return str(value)
    if kind == "decimal" and type(value) is Decimal and value.is_finite():
        exponent = value.as_tuple().exponent
        # With an exponent above zero, plain digits would claim a precision that is not there.
        return format(value, "f") if isinstance(exponent, int) and -LONGEST <= exponent <= 0 else str(value)
    if kind == "decimal" and type(value) is float and isfinite(value):
        return repr(value)
    raise Unwritable(f"it must be of the JSON type {'number' if kind in ('integer', 'decimal') else kind}")


def text_of(value: Any, name: str = "", *, escaped: bool = True) -> str:
    """Return a text as it stands between quotation marks; ``name`` is its place in an error."""
    if type(value) is not str or _forbidden(value):
        told = "it must be a text" if type(value) is not str else "it has a character that XML forbids"
        error = Unwritable(told)
        raise error.under(name) if name else error
    return _escape(lambda found: _ESCAPED[found[0]], value) if escaped else value
