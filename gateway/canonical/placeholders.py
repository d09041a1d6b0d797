"""Placeholders: what people and programs write into the place of a number that they do not have.

Two persons whose number is ``不详`` are not one person: a placeholder is no identifier and no part of a key.
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
