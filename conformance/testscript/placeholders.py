"""Replaces ``${name}``; makes the values of placeholders that R4 does not define, and Touchstone does."""

from __future__ import annotations

import random
import re
import string
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from conformance.testscript.unusable import Unsupported, Unusable

LONGEST = 1024 * 1024
"""Characters that one text may have after replacement."""

_each = re.compile(r"\$\{([^{}$]*)\}").sub
_drawn = re.compile(r"(CD|C|D)([1-9]|1\d|20)").fullmatch
_now = re.compile(r"CURRENTDATE(TIME)?((?:\s*,\s*[yMdHms]\s*,\s*[+-]?\d{1,5})*)").fullmatch
_offsets = re.compile(r"([yMdHms])\s*,\s*([+-]?\d+)").findall
_SIGNS = {"C": string.ascii_uppercase, "D": string.digits, "CD": string.ascii_uppercase + string.digits}
_SECONDS = {"d": 86400, "H": 3600, "m": 60, "s": 1}
_FOREIGN = re.compile(
    r"(?:DATE|DATETIME|CURRENTDATE|CURRENTDATETIME|UUID|FUNCTION)\b.*|CD?\d+|D\d+"
).fullmatch


def replaced(text: str, value: Callable[[str], str]) -> str:
    """Return a text with every ``${name}`` replaced by ``value(name)``.

    Raises:
        Unusable: ``value`` did, or the text became too long.
    """
    found = _each(lambda match: value(match[1]), text) if "${" in text else text
    if len(found) > LONGEST and len(found) > len(text):
        raise Unusable("替换变量后文本过长", "the text is too long with its variables replaced")
    return found


class Generated:
    """Values of Touchstone's placeholders for one run: ``C6``, ``D9``, ``CD14``, ``UUID``, dates."""

    def __init__(self, seed: int, now: datetime) -> None:
        self._random = random.Random(seed)  # noqa: S311 -- test data, to be the same for the same seed
        self._now = now.astimezone(UTC)
        self._kept: dict[str, str] = {}

    def value(self, name: str) -> str | None:
        """Return a placeholder's value, ``None`` for a name that is none.

        Raises:
            Unsupported: it is one of Touchstone's that is not made here.
        """
        if drawn := _drawn(name):
            signs = _SIGNS[drawn[1]]
            fresh = "".join(self._random.choice(signs) for _ in range(int(drawn[2])))
            return self._kept.setdefault(name, fresh)
        if name in ("UUID", "UUID-NODASH"):
            made = uuid.UUID(int=self._random.getrandbits(128), version=4)
            return made.hex if name.endswith("NODASH") else str(made)
        if when := _now(name):
            return self._moment(name, bool(when[1]), _offsets(when[2]))
        if _FOREIGN(name):
            raise Unsupported(f"占位符 ${{{name}}} 不支持", f"the placeholder ${{{name}}} is not supported")
        return None

    def _moment(self, name: str, whole: bool, offsets: list[tuple[str, str]]) -> str:
        moment = self._now
        try:
            for code, by in offsets:
                moment = _moved(moment, code, int(by))
        except (OverflowError, ValueError) as error:
            raise Unusable(f"占位符 ${{{name}}} 的日期无效", f"${{{name}}} gives no date") from error
        return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00" if whole else "%Y-%m-%d")


def _moved(moment: datetime, code: str, by: int) -> datetime:
    if code in _SECONDS:
        return moment + timedelta(seconds=by * _SECONDS[code])
    months = moment.year * 12 + moment.month - 1 + by * (12 if code == "y" else 1)
    year, month = divmod(months, 12)
    first = moment.replace(year=year, month=month + 1, day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(moment.day, last.day))
