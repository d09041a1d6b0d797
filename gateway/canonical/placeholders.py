"""Placeholders: what people and programs write into the place of a number or a moment that they do not have.

Two persons whose number is ``不详`` are not one person: a placeholder is no identifier and no part of a key.
Nobody died on 0001-01-01: a placeholder is no moment.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

PLACEHOLDERS: Final = frozenset((
    *("无", "没有", "暂无", "暂缺", "缺", "空", "未知", "不详", "不明"),
    *("未提供", "未填", "未填写", "待补", "待补充"),
    *("无号", "无卡", "无证", "无证件", "无身份证", "无卡号", "无编号", "无此号"),
    *("无病案号", "无病历号", "未办理"),
    *("null", "(null)", r"\n", "none", "n/a", "undefined", "unknown"),
))  # fmt: skip
"""The closed list, as :func:`spelled` writes them. ``NA`` is sodium, ``NIL`` may be a code: not these."""

_LONGEST = max(map(len, PLACEHOLDERS))
_ZEROS = 6
"""Zeros alone are no number from so many on; a small register may well have 0 and 000."""

_SAYS_SOMETHING = re.compile(r"[^\W_0]")


def spelled(text: str) -> str:
    """Return a number without case, width (NFKC) and blanks around it."""
    return unicodedata.normalize("NFKC", text).strip().casefold()


def is_placeholder(text: str) -> bool:
    """Tell whether somebody who had no number wrote this: ``不详``, ``N/A``, ``--``, ``000000``.

    An empty text is none: there is nothing that could be taken for a number.
    """
    text = text.strip()
    if len(text) <= _LONGEST and spelled(text) in PLACEHOLDERS:
        return True
    if not text or _SAYS_SOMETHING.search(text):
        return False
    digits = spelled(text)
    return "0" not in digits or (len(digits) >= _ZEROS and not digits.strip("0"))


NO_DAYS: Final = frozenset((
    "00000000",  # MySQL: zero date
    "00010101",  # .NET: DateTime.MinValue; Go: time.Time{}
    "17530101",  # SQL Server: the first day of datetime
    "18991230",  # OLE, Delphi, Access: day zero; also a time of day without a day
    "18991231",  # day zero of Excel; 1900-01-01 at midnight in China, told in UTC
    "19000101",  # SQL Server: '' as datetime; a time of day without a day; day one of Excel
    "29991231",
))  # fmt: skip
"""The closed list of days that say "none", whatever time stands behind, ``YYYYMMDD``; and all of 9999.

1900-01-01 is none for births, too. Whoever was born on it would be older than anybody ever was, while '' in a
column of SQL Server is that day: as a birth date it would be an invented age and, in matching, the same
birthday of everybody who has none. A resident ID that says so keeps it.
"""

_NO_YEAR = "9999"


def is_no_moment(text: str) -> bool:
    """Tell whether a date or time in the form of HL7 v2 stands for none: ``00010101000000``, ``99991231``.

    A year or a month alone is none of these, except in 9999.
    """
    return text[:8] in NO_DAYS or text.startswith(_NO_YEAR)
