"""Owns how a difference is printed in a terminal, in either language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from conformance.harness.words import Words, same
from conformance.result.difference import Change, Difference, Side
from conformance.result.model import State

SHOWN = 50
"""Changes of one kind that are printed; ``--json`` has all."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_HEADS = {
    "failures": Words("新的不通过", "New failures"),
    "lost": Words("不再得到证明", "No longer shown"),
    "mended": Words("已改正", "Mended"),
    "changed": Words("其他结论变化", "Other changes of verdict"),
    "came": Words("新增", "Came"),
    "went": Words("消失", "Went"),
    "reasons": Words("原因变化", "Other reasons"),
}
_VERDICTS = {
    "pass": Words("通过", "pass"),
    "fail": Words("不通过", "fail"),
    "skip": Words("跳过", "skip"),
    "error": Words("检测程序出错", "error of the harness"),
    "not-applicable": Words("不适用", "not applicable"),
    "not-tested": Words("未测", "not tested"),
    **{one.value: one.words for one in State},
}
_KINDS = {"check": Words("检测", "check"), "requirement": Words("要求", "requirement")}
_NONE = same("—")


def text(difference: Difference, lang: str) -> str:
    """Return a difference as lines, ending with one line that says what it comes to.

    Args:
        lang: ``zh`` or ``en``.
    """
    lines = [_side("A", difference.a, lang), _side("B", difference.b, lang)]
    if difference.ground:
        lines += ["", Words("检测条件不同", "The runs stand on different ground").said(lang)]
        rows = [
            (one.what.said(lang), f"{one.before or '—'} → {one.after or '—'}") for one in difference.ground
        ]
        lines += _columns(rows)
    for name, head in _HEADS.items():
        changes: Sequence[Change] = getattr(difference, name)
        if changes:
            lines += ["", f"{head.said(lang)} ({len(changes)})", *_changes(changes, lang)]
    return "\n".join([*lines, "", _verdict(difference).said(lang)])


def _side(name: str, side: Side, lang: str) -> str:
    score = Words(f"得分 {side.score}", f"score {side.score}").said(lang)
    whole = "" if side.complete else Words("（未完成）", " (incomplete)").said(lang)
    return _clean(f"{name}  {side.run}  {side.started}  {side.target}  {score}{whole}")


def _changes(changes: Sequence[Change], lang: str) -> list[str]:
    shown = changes[:SHOWN]
    rows = [(_KINDS[one.kind].said(lang), one.id, _turn(one, lang), _why(one, lang)) for one in shown]
    more = len(changes) - len(shown)
    return [*_columns(rows), *([f"  … +{more}"] if more else [])]


def _turn(one: Change, lang: str) -> str:
    before, after = (_word(said).said(lang) for said in (one.before, one.after))
    return before if one.before == one.after else f"{before} → {after}"


def _word(verdict: str | None) -> Words:
    return _NONE if verdict is None else _VERDICTS.get(verdict, same(verdict))


def _why(one: Change, lang: str) -> str:
    reason = one.reason_after or (one.reason_before if one.after is None else None)
    return reason.said(lang) if reason else ""


def _verdict(difference: Difference) -> Words:
    if difference.worse:
        failures, lost = len(difference.failures), len(difference.lost)
        return Words(
            f"B 不如 A：新的不通过 {failures} 项，不再得到证明 {lost} 项",
            f"B is worse than A: {failures} new failures, {lost} no longer shown",
        )
    if difference.equal:
        return Words("结论和原因完全相同", "The runs say the same")
    return Words("没有新的不通过", "No new failures")


def _columns(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return rows with their columns under each other; the last is as wide as it is."""
    clean = [[_clean(one) for one in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*clean, strict=True)]
    return [
        "  "
        + "  ".join(
            one + " " * (width - _width(one)) for one, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in clean
    ]


def _width(said: str) -> int:
    """A Chinese character is two columns wide."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in said)


def _clean(said: str) -> str:
    """A target's answer must not move the reader's cursor."""
    return _CONTROL.sub(" ", said)
