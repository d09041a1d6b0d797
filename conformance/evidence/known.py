"""Known: the values that a run has seen in places for them, found again in whatever text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.evidence.marks import Kind, plainly
from conformance.evidence.seen import SEPARATOR, Span

_WINDOW = 4
_CHINESE = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_RUNS = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·•]{2,}")
_LETTER = re.compile(r"[^\W\d_]", re.ASCII)
_BESIDE = {
    "name": (_LETTER, _LETTER),
    "birth": (re.compile(r"\d", re.ASCII), re.compile(r"\d|[ t]\d\d|-\d", re.ASCII)),
}
"""What must not stand beside: a name in Latin letters is no part of a word, a birth date none of a moment."""
_NOBODY = re.compile(
    "患者|病人|医生|(?:(?:副?主任|主治|住院)?医|药)师|副?主任|护士|技师|本人|家属|父亲|母亲|配偶|子女|无名氏|匿名|未知"
    "|不详|测试|管理员|系统|先生|女士|医院|门诊|住院|急诊"
)
"""What is written in a name's place and is none: masked everywhere, it would hide what evidence is for."""


def _worth(kind: Kind, plain: str) -> bool:
    """Tell whether a value is distinct enough to be looked for everywhere, not only in its own place."""
    if SEPARATOR in plain:
        return False
    if kind == "name":
        if _CHINESE.search(plain):
            return not _NOBODY.fullmatch(plain) and (len(plain) >= _WINDOW or bool(_RUNS.fullmatch(plain)))
        return len(plain) >= 5 and bool(re.search(r"\w[ ,+'-]+\w", plain))
    if kind == "secret":
        return len(plain) >= 8 or (len(plain) >= 6 and any(one.isdigit() for one in plain))
    if kind == "address":
        return (
            len(plain) >= 6 and not plain.isascii()
        )  # no postal code, which every ID of a region begins with
    if kind in ("number", "phone"):
        return sum(one.isalnum() for one in plain) >= 7
    return kind == "birth" or "@" in plain


class Known:
    """An index of values by a piece of each, so that a text is gone through once, however many there are."""

    def __init__(self) -> None:
        self._kinds: dict[str, Kind] = {}
        self._by_end: dict[str, list[str]] = {}
        self._by_start: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def add(self, kind: Kind, value: str) -> bool:
        """Add a value; returns whether it will be looked for: it is long and distinct enough."""
        plain = plainly(value).strip()
        if plain in self._kinds:
            return True
        if not _worth(kind, plain):
            return False
        self._kinds[plain] = kind
        if len(plain) >= _WINDOW:  # its end: numbers and addresses of a region all begin alike
            self._by_end.setdefault(plain[-_WINDOW:], []).append(plain)
        else:
            self._by_start.setdefault(plain[:2], []).append(plain)
        return True

    def has(self, kind: Kind, value: str) -> bool:
        """Tell whether a value was added."""
        return self._kinds.get(plainly(value).strip()) == kind

    def spans(self, plain: str) -> Iterator[Span]:
        """Yield where values stand in a text of :func:`~conformance.evidence.marks.plainly`, in no order."""
        for value in self._candidates(plain):
            kind = self._kinds[value]
            apart = _BESIDE.get(kind) if kind == "birth" or _LETTER.match(value) else None
            start = plain.find(value)
            while start >= 0:
                end = start + len(value)
                if not apart or not (
                    apart[0].match(plain[max(0, start - 1) : start]) or apart[1].match(plain, end)
                ):
                    yield Span(start, end, kind)
                start = plain.find(value, start + 1)

    def _candidates(self, plain: str) -> Iterator[str]:
        if self._by_end:
            ends = self._by_end
            for window in {plain[at : at + _WINDOW] for at in range(len(plain) - _WINDOW + 1)}:
                if window in ends:
                    yield from ends[window]
        if self._by_start:
            starts = self._by_start
            pairs = {run[at : at + 2] for run in _RUNS.findall(plain) for at in range(len(run) - 1)}
            for pair in pairs:
                if pair in starts:
                    yield from starts[pair]
