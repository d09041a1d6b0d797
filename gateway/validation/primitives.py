"""The values of the primitive types (R4 §2.24.0.1): format, calendar, range.

The regular expressions of the specification are XML Schema's, where ``\\s`` and ``\\S`` know the four ASCII
spaces only: an ideographic space (U+3000) is a character like any other.
"""

from __future__ import annotations

import re
from binascii import Error as NotBase64
from binascii import a2b_base64
from collections.abc import Callable
from datetime import date as calendar_day
from decimal import Decimal
from functools import lru_cache
from typing import Any

from gateway.canonical.logical_id import is_id

Check = Callable[[Any], bool]

LONGEST = 1024 * 1024
"""Characters of a string (R4 §2.24.0.1: strings SHOULD NOT exceed 1 MB)."""

BRIEF = 256
"""Characters of a value worth remembering: longer ones would fill the memory, and hardly come twice."""

unfit = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]").search
spaced = re.compile(r"\s").search
_code = re.compile(r"[^ \t\r\n]+([ \t\r\n][^ \t\r\n]+)*").fullmatch
_uri = re.compile(r"[^ \t\r\n]+").fullmatch
_oid = re.compile(r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+").fullmatch
_uuid = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
_any_uuid = re.compile(r"urn:uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE).fullmatch
_year = "([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_day = r"(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1])%s)?)?"
_clock = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_zone = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_date = re.compile(_year + _day % "").fullmatch
_date_time = re.compile(_year + _day % f"(T{_clock}{_zone})?").fullmatch
_instant = re.compile(_year + f"-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])T{_clock}{_zone}").fullmatch
_time = re.compile(_clock).fullmatch


def string(value: Any) -> bool:
    """``string``, ``markdown``: not empty, no control characters but tab, CR and LF."""
    return xhtml(value) and len(value) <= LONGEST


def xhtml(value: Any) -> bool:
    """``xhtml`` as text, of any length; what is printable needs no search."""
    return type(value) is str and value != "" and (value.isprintable() or unfit(value) is None)


def _code_form(value: str) -> bool:
    return len(value) <= LONGEST and _code(value) is not None and unfit(value) is None


_is_code = lru_cache(4096)(_code_form)


def code(value: Any) -> bool:
    """``code``: no space at either end, single ones inside."""
    return type(value) is str and (_is_code(value) if len(value) <= BRIEF else _code_form(value))


def id_(value: Any) -> bool:
    """``id``: 1 to 64 of ``A-Z a-z 0-9 - .``"""
    return type(value) is str and is_id(value) is not None


def _uri_form(value: str) -> bool:
    return _uri(value) is not None and unfit(value) is None


_is_uri = lru_cache(4096)(_uri_form)


def is_urn(value: str) -> bool:
    """Return whether ``urn:oid:`` and ``urn:uuid:`` are followed by one; other URNs are let pass."""
    if value.startswith("urn:oid:"):
        return _oid(value.partition("|")[0]) is not None
    return not value.startswith("urn:uuid:") or _any_uuid(value) is not None


def uri(value: Any) -> bool:
    """``uri``, ``url``, ``canonical``: no spaces."""
    return type(value) is str and (_is_uri(value) if len(value) <= BRIEF else _uri_form(value))


def oid(value: Any) -> bool:
    """``oid``: ``urn:oid:`` and the arcs."""
    return type(value) is str and _oid(value) is not None


def uuid(value: Any) -> bool:
    """``uuid``: ``urn:uuid:`` in lower case."""
    return type(value) is str and _uuid(value) is not None


def boolean(value: Any) -> bool:
    """``boolean``: a JSON true or false, never a string."""
    return value is True or value is False


def integer(value: Any) -> bool:
    """``integer``: 32 bits with a sign."""
    return type(value) is int and -2147483648 <= value <= 2147483647


def unsigned_int(value: Any) -> bool:
    """``unsignedInt``: from 0."""
    return type(value) is int and 0 <= value <= 2147483647


def positive_int(value: Any) -> bool:
    """``positiveInt``: from 1."""
    return type(value) is int and 1 <= value <= 2147483647


def decimal(value: Any) -> bool:
    """``decimal``: a JSON number; NaN and infinity are none."""
    kind = type(value)
    if kind is Decimal:
        return bool(value.is_finite())
    return kind is int or (kind is float and value - value == 0.0)


@lru_cache(8192)
def _is_date(value: str, form: Callable[[str], Any]) -> bool:
    if form(value) is None:
        return False
    if len(value) < 10:
        return True
    try:
        calendar_day(int(value[:4]), int(value[5:7]), int(value[8:10]))
    except ValueError:
        return False
    return True


def date(value: Any) -> bool:
    """``date``: YYYY, YYYY-MM or a day of the calendar."""
    return type(value) is str and len(value) <= BRIEF and _is_date(value, _date)


def date_time(value: Any) -> bool:
    """``dateTime``: a date, or seconds with a zone."""
    return type(value) is str and len(value) <= BRIEF and _is_date(value, _date_time)


def instant(value: Any) -> bool:
    """``instant``: at least seconds, and a zone."""
    return type(value) is str and len(value) <= BRIEF and _is_date(value, _instant)


def time(value: Any) -> bool:
    """``time``: hh:mm:ss, without a zone."""
    return type(value) is str and _time(value) is not None


_SPACES = " \t\r\n"
_spaces = re.compile(f"[{_SPACES}]+")


def base64_binary(value: Any) -> bool:
    """``base64Binary``: whole groups of four; white space may stand between."""
    if type(value) is not str or not value.isascii():
        return False
    packed = _spaces.sub("", value) if any(one in value for one in _SPACES) else value
    try:
        a2b_base64(packed, strict_mode=True)
    except NotBase64:
        return False
    return packed != ""


CHECKS: dict[str, Check] = {
    "base64Binary": base64_binary,
    "boolean": boolean,
    "canonical": uri,
    "code": code,
    "date": date,
    "dateTime": date_time,
    "decimal": decimal,
    "id": id_,
    "instant": instant,
    "integer": integer,
    "markdown": string,
    "oid": oid,
    "positiveInt": positive_int,
    "string": string,
    "time": time,
    "unsignedInt": unsigned_int,
    "uri": uri,
    "url": uri,
    "uuid": uuid,
    "xhtml": xhtml,
}
"""Check of each primitive type's value."""

FORM: dict[str, tuple[str, str]] = {
    "base64Binary": ("base64 in groups of four", "四位一组的 base64"),
    "boolean": ("true or false without quotes", "不带引号的 true 或 false"),
    "canonical": ("a URI without spaces", "不含空格的 URI"),
    "code": ("a code without spaces at its ends", "首尾无空格的代码"),
    "date": ("a real date: YYYY, YYYY-MM or YYYY-MM-DD", "真实日期：YYYY、YYYY-MM 或 YYYY-MM-DD"),
    "dateTime": (
        "a real date, or YYYY-MM-DDThh:mm:ss with a zone such as +08:00",
        "真实日期，或带时区（如 +08:00）的 YYYY-MM-DDThh:mm:ss",
    ),
    "decimal": ("a number without quotes", "不带引号的数字"),
    "id": ("1 to 64 letters, digits, - or .", "1 至 64 个字母、数字、- 或 ."),
    "instant": (
        "YYYY-MM-DDThh:mm:ss with a zone such as +08:00",
        "带时区（如 +08:00）的 YYYY-MM-DDThh:mm:ss",
    ),
    "integer": ("a whole number of 32 bits without quotes", "不带引号的 32 位整数"),
    "markdown": ("text without control characters", "不含控制字符的文本"),
    "oid": ("urn:oid: and an OID", "urn:oid: 加 OID"),
    "positiveInt": ("a whole number from 1 without quotes", "不带引号、不小于 1 的整数"),
    "string": ("text that is not empty, without control characters", "非空且不含控制字符的文本"),
    "time": ("hh:mm:ss without a zone", "不带时区的 hh:mm:ss"),
    "unsignedInt": ("a whole number from 0 without quotes", "不带引号、不小于 0 的整数"),
    "uri": ("a URI without spaces", "不含空格的 URI"),
    "url": ("a URL without spaces", "不含空格的 URL"),
    "uuid": ("urn:uuid: and a UUID in lower case", "urn:uuid: 加小写 UUID"),
    "xhtml": ("XHTML text", "XHTML 文本"),
}
"""How a value of each type is written, in English and Chinese, for messages."""
