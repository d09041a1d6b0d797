"""Values: what a driver hands over, as text, digit by digit; and marks, which are kept and compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from math import isfinite
from typing import Any, Self

from gateway.errors import Rejected
from gateway.wire.text import decode

_SORTABLE = re.compile(r"\d{4}([-/.]?)\d{2}\1\d{2}(?:[ T]?\d{2}(:?)\d{2}\2\d{2}(?:\.\d{1,9})?)?")
_DIGITS = re.compile(r"\d+")

_BITS = {b"\x00": "0", b"\x01": "1"}
"""BIT(1) of MySQL and MariaDB; no text is such a byte alone."""

BYTES = "#bytes"
"""Behind the name of a column whose value is text in no known charset."""


class Beyond(str):
    """A moment that Python has no form of (``infinity``, years BC), as the database writes it."""

    __slots__ = ("__dict__",)
    moment: datetime

    def __new__(cls, text: str, zone: tzinfo | None) -> Self:
        """Return it with the moment that stands for it where it is compared: the first or the last."""
        made = super().__new__(cls, text)
        early = text.startswith("-") or text.endswith("BC")
        made.moment = datetime(1 if early else 9999, 1 if early else 12, 1 if early else 31, tzinfo=zone)
        return made


Mark = str | int | float | Decimal | datetime | date | bytes
"""What a view is read forward by: a time, a number, a row version, or a text that sorts by time."""


def text_of(value: Any, charset: str = "") -> str | None:
    """Return a value as text, None for NULL.

    Args:
        charset: of text that the driver hands over as bytes, or as if it were Latin-1.

    Raises:
        Rejected: ``undecodable``: bytes that are text in no charset that is known.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return _again(value, charset) if charset and not value.isascii() else value
    kind = type(value)
    if kind is int:
        return str(value)
    if kind is Decimal:
        return format(value, "f")
    if kind is float:
        return _plain_float(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _clock(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _decoded(bytes(value), charset)
    if hasattr(value, "read"):  # a large object of Oracle or DM
        return text_of(value.read(), charset)
    return str(value)


def texts_of(values: Iterable[Any], charset: str = "") -> list[str | None]:
    """Return the values of a row as :func:`text_of` does, quickly where they are texts already."""
    if charset:
        return [text_of(one, charset) for one in values]
    return [one if one is None or one.__class__ is str else text_of(one) for one in values]


def row_of(names: Sequence[str], values: Iterable[Any], charset: str = "") -> dict[str, str | None]:
    """Return column → text.

    A value that is text in no known charset costs its column alone: what it was stands under the name of the
    column with :data:`BYTES`, as hexadecimal, where no layout reads it and the account shows it.
    """
    values = list(values)
    try:
        return dict(zip(names, texts_of(values, charset), strict=True))
    except Rejected:
        row: dict[str, str | None] = {}
        for name, value in zip(names, values, strict=True):
            try:
                row[name] = text_of(value, charset)
            except Rejected:
                row[name + BYTES] = bytes(value).hex()
        return row


def key_of(values: Iterable[Any]) -> list[str | None]:
    """Return a key as texts; what is none is hexadecimal."""
    values = list(values)
    try:
        return texts_of(values)
    except Rejected:
        return [one.hex() if isinstance(one, bytes) else text_of(one) for one in values]


def _plain_float(value: float) -> str:
    """Return a number of DOUBLE or FLOAT as people write it: 1001, not 1001.0; 0.00001, not 1e-05."""
    if not isfinite(value):
        return str(value)
    said = format(Decimal(repr(value + 0.0)), "f")  # no -0
    return said.removesuffix(".0")


def _decoded(raw: bytes, charset: str) -> str:
    if raw in _BITS:
        return _BITS[raw]
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return decode(raw, charset).text


def _again(text: str, charset: str) -> str:
    """Return a text whose bytes were read as Latin-1; one that holds more than Latin-1 was not."""
    try:
        return decode(text.encode("latin-1"), charset).text
    except (UnicodeEncodeError, Rejected):
        return text


def _clock(value: timedelta) -> str:
    """Return a time of day that a driver hands over as a duration (MariaDB)."""
    seconds = int(value.total_seconds())
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def packed(value: Mark) -> str:
    """Return a mark as text that keeps its kind."""
    if isinstance(value, datetime):
        return f"t:{value.isoformat()}"
    if isinstance(value, date):
        return f"d:{value.isoformat()}"
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"b:{bytes(value).hex()}"
    if isinstance(value, bool):
        return f"i:{int(value)}"
    if isinstance(value, int):
        return f"i:{value}"
    if isinstance(value, (Decimal, float)):
        return f"n:{value}"
    return f"s:{value}"


def unpacked(text: str) -> Mark:
    """Return the mark that :func:`packed` wrote."""
    kind, _, said = text.partition(":")
    if kind == "t":
        return datetime.fromisoformat(said)
    if kind == "d":
        return date.fromisoformat(said)
    if kind == "b":
        return bytes.fromhex(said)
    return int(said) if kind == "i" else Decimal(said) if kind == "n" else said


def kind_of(value: Mark) -> str:
    """Return the kind of a mark: marks of two kinds cannot be compared."""
    zone = isinstance(value, datetime) and value.tzinfo is not None
    kind = packed(value)[:1]
    return "z" if zone else "i" if kind == "n" else kind


def sorts(value: Mark) -> bool:
    """Tell whether a mark sorts by time: of the texts only those that begin with year, month and day do."""
    return not isinstance(value, str) or _SORTABLE.fullmatch(value.strip()) is not None


def before(value: Mark, seconds: float) -> Mark:
    """Return a mark so much earlier: seconds of a time, as many numbers of a number."""
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    if isinstance(value, date):
        return value - timedelta(days=1)
    if isinstance(value, bytes):
        number = max(0, int.from_bytes(value, "big") - int(seconds))
        return number.to_bytes(len(value), "big")
    if isinstance(value, str):
        return _text_before(value, seconds)
    return value - int(seconds)


def _text_before(text: str, seconds: float) -> str:
    """Return a time in text so much earlier, in the same style."""
    digits = "".join(_DIGITS.findall(text))[:14]
    if len(digits) < 14:
        moment = datetime.strptime(digits[:8], "%Y%m%d") - timedelta(days=1)  # noqa: DTZ007
    else:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S") - timedelta(seconds=seconds)  # noqa: DTZ007
    left = iter(moment.strftime("%Y%m%d%H%M%S") + "0" * 9)
    return "".join(next(left) if sign.isdigit() else sign for sign in text)


def not_after(value: Mark, now: datetime) -> Mark:
    """Return a mark, or now where it lies in the future: else nothing would be read until then."""
    if isinstance(value, datetime):
        limit = now if value.tzinfo else now.replace(tzinfo=None)
        return min(value, limit)
    if isinstance(value, date):
        return min(value, now.date())
    if isinstance(value, str):
        digits = "".join(_DIGITS.findall(value))[:14]
        if len(digits) in (8, 14) and digits > now.strftime("%Y%m%d%H%M%S")[: len(digits)]:
            left = iter(now.strftime("%Y%m%d%H%M%S") + "0" * 9)
            return "".join(next(left) if sign.isdigit() else sign for sign in value)
    return value


def behind(value: Mark | None, now: datetime) -> int:
    """Return the seconds between a mark and now, -1 where it is no time."""
    if isinstance(value, str) and sorts(value) and len("".join(_DIGITS.findall(value))) >= 14:
        value = datetime.strptime("".join(_DIGITS.findall(value))[:14], "%Y%m%d%H%M%S")  # noqa: DTZ007
    if not isinstance(value, datetime):
        return -1
    moment = value if value.tzinfo else value.replace(tzinfo=now.tzinfo or UTC)
    return max(0, int((now - moment).total_seconds()))
