"""Certainty: how sure a diagnosis is, as a document tells it in words (R4 Condition.verificationStatus)."""

from __future__ import annotations

import re
from typing import Final

from gateway.mapping.layout.cda.parts import Said

_REFUTED: Final = re.compile(r"^(?:已)?排除|^否认")
_DOUBTED: Final = re.compile(r"[?？]|^疑似|^可疑|可能$|待排|不除外|不能排除|未排除")


_NOTHING_FOUND: Final = frozenset(
    {"无", "暂无", "无特殊", "无异常", "未见异常", "未见明显异常", "未发现异常", "正常", "不详", "未知"}
)
"""What stands where a disease or a substance is named, and names none."""


def names_nothing(said: Said, *columns: str) -> bool:
    """Tell whether the first of some columns that says something says that there is nothing."""
    return next((text for one in columns if (text := said.get(one))), "") in _NOTHING_FOUND


def certainty(said: Said) -> str:
    """Return ``refuted``, ``differential`` or ``provisional``, ``""`` where nothing is said.

    Args:
        said: columns of a ``diagnosis``; its label is what the document calls it (鉴别诊断名称).
    """
    label = str(said.get("label", ""))
    names = [str(said.get(key, "")).strip() for key in ("name", "code_name", "code")]
    if said.get("negated") or label.startswith(("排除", "已排除")) or any(map(_REFUTED.search, names)):
        return "refuted"
    if "鉴别诊断" in label:
        return "differential"
    return "provisional" if "疑似" in label or any(map(_DOUBTED.search, names)) else ""
