"""Reference ranges: OBX-7 as it is written → low, high, for whom (sex, age) and of what kind (critical).

HL7 v2.5.1 §7.4.2.7 (OBX-7), LIS2-A2 §9.7 (R.6: several ranges, each with a description).
A text of which one part is not understood stays one text: half a range is a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gateway.mapping.functions import FUNCTIONS, Function
from gateway.mapping.quantities import COMPARATOR, folded, with_point
from gateway.mapping.texts import NUMBER, number
from gateway.mapping.units import MOST, UCUM, same_unit, unit_of

if TYPE_CHECKING:
    from gateway.mapping.codes import Table
    from gateway.mapping.run import Run

LONGEST = 512
"""Characters of an OBX-7 whose ranges are told apart."""
LONGEST_UNIT = 40
"""Characters behind a range that are read as its unit."""
GROUPS = "range-groups"
"""Table of the words that say for whom a range is, or of what kind."""
KINDS = ("http://terminology.hl7.org/CodeSystem/referencerange-meaning", "urn:qiao:codes:reference-range")
"""Systems of ``referenceRange.type``; all other codes say to whom it applies."""

_AGE_UNITS = {
    **dict.fromkeys(("周岁", "岁", "years", "year", "yrs", "yr", "y", "a"), "a"),
    **dict.fromkeys(("个月", "月龄", "月", "months", "month", "mo"), "mo"),
    **dict.fromkeys(("周", "weeks", "week", "wk", "w"), "wk"),
    **dict.fromkeys(("日龄", "天", "日", "days", "day", "d"), "d"),
}
_BETWEEN = r"(?:-{1,3}|~|—{1,2}|–|−|至|到|\.\.|\^|_|to|à|bis|tot)"
_SIGN = rf"(?:<=|>=|<|>|{'|'.join(sorted(COMPARATOR, key=lambda one: -len(one)))})"
_AGE_UNIT = "|".join(_AGE_UNITS)
_AGE = (
    rf"(?:(?P<from>\d{{1,3}})\s*(?P<unit>{_AGE_UNIT})?\s*{_BETWEEN}\s*(?P<until>\d{{1,3}})"
    rf"|(?P<sign>{_SIGN})\s*(?P<age>\d{{1,3}}))\s*(?P<units>{_AGE_UNIT})(?![a-zA-Z/])"
)
_LIMITS = (
    rf"(?P<low>{NUMBER})\s*%?\s*(?P<between>{_BETWEEN})\s*(?P<high>{NUMBER})"
    rf"|(?P<side>{_SIGN})\s*(?P<limit>{NUMBER})"
)
_FOUND = re.compile(rf"{_AGE}|(?<![\d.])(?:{_LIMITS})(?![\d:]|\.\d)")
"""Ages and limits in a text; what has an age's unit behind it is no limit."""
_AGES = re.compile(_AGE)
_BRACKETS = str.maketrans("()[]:", "     ")
_NAMED = re.compile(r"\s*(?:\((?P<in>[^()]*)\)|\^(?P<at>[^~;,]*))")
_ENDS = re.compile(r"[;,、~/\s]|$")


def reference_range(f: list[str], run: Run) -> Any:
    """OBX-7 (with the unit of OBX-6) → referenceRange: its text, low and high where they can be read.

    None where it says several: they are :func:`reference_ranges`.
    """
    found = ranges_of(f, run)
    return dict(found[0]) if len(found) == 1 else None


def reference_ranges(f: list[str], run: Run) -> Any:
    """OBX-7 that says several ranges (``男:3.5-9.5;女:3.0-8.0``) → a referenceRange for each."""
    found = ranges_of(f, run)
    return {"referenceRange": [dict(one) for one in found]} if len(found) > 1 else None


def ranges_of(f: list[str], run: Run) -> list[dict[str, Any]]:
    """Return all ranges of OBX-7; they are remembered and shared."""
    raw = f[7] if len(f) > 7 and f[7] != '""' else ""
    text = run.unescape(raw).strip()
    if not text:
        return []
    units = f[6] if len(f) > 6 else ""
    known = run.ranges.get((text, units))
    if known is None:
        if len(run.ranges) >= MOST:
            run.ranges.clear()
        gaps = len(run.gaps)
        known = _read(text, units, run) or [{"text": text}]
        del run.gaps[gaps:]  # a word behind a range is no unit of a result
        run.ranges[text, units] = known
    unit_of(units, run)  # a unit without a code is a gap every time
    return known


@dataclass(slots=True, frozen=True)
class _Part:
    """One range of a text: its numbers, the words that say for whom, and what stands behind it as a unit."""

    limits: re.Match[str]
    label: str
    unit: str
    text: str


def _read(text: str, units: str, run: Run) -> list[dict[str, Any]]:
    """Return the ranges of a text, none where one part is not understood."""
    if len(text) > LONGEST:
        return []
    parts = _parts(text, units, run)
    made = []
    for one in parts:
        meant, limits = _meant(one.label, run), _limits(one, units, run)
        if meant is None or not limits or (len(parts) > 1 and not meant):
            return []
        made.append({**limits, "text": one.text if len(parts) > 1 else text, **meant})
    return made


def _parts(text: str, units: str, run: Run) -> list[_Part]:
    """Cut a text into its ranges: of the words between two, a unit or brackets go with the one before."""
    plain = folded(with_point(text))
    found = [one for one in _FOUND.finditer(plain) if not one["units"]]
    starts, made = [0], []
    labels = [plain[: found[0].start()]] if found else []
    behind = []
    for at, one in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(plain)
        said, named, length = _behind(plain[one.end() : end], units, run)
        behind.append((said, named))
        starts.append(one.end() + length)
        labels.append(plain[one.end() + length : end])
    for at, one in enumerate(found):
        last = labels[at + 1] if at + 1 == len(found) else ""
        words = " ".join((labels[at], behind[at][1], last))
        shown = text[starts[at] : len(text) if last else starts[at + 1]]
        made.append(_Part(one, words, behind[at][0], shown.strip(" ,，、;；\n~～/")))
    return made


def _behind(text: str, units: str, run: Run) -> tuple[str, str, int]:
    """Return the unit at the beginning of a text, or the words in brackets, and how long it is."""
    start = len(text) - len(text.lstrip(")] "))
    if named := _NAMED.match(text, start):
        return "", named["in"] or named["at"] or "", named.end()
    ends = [one.start() for one in _ENDS.finditer(text, start, start + LONGEST_UNIT) if one.start() > start]
    for end in reversed(ends):
        said = text[start:end].rstrip(")] ")
        if said and same_unit(said, units, run):
            return said, "", end
    return "", "", start


def _limits(part: _Part, units: str, run: Run) -> dict[str, Any]:
    """Return low and high in the unit of the result, or in the one behind them where the result has none."""
    found, unit = part.limits, unit_of(units or part.unit, run)
    if found["side"]:
        side = "high" if COMPARATOR.get(found["side"], found["side"]).startswith("<") else "low"
        return {side: {"value": number(found["limit"]), **unit}}
    low, high = number(found["low"]), number(found["high"])
    if low is None or high is None or low > high or (low < 0 and found["between"].count("-") > 1):
        return {}  # -3--1 may end at 1 or at -1
    return {"low": {"value": low, **unit}, "high": {"value": high, **unit}}


def _meant(label: str, run: Run) -> dict[str, Any] | None:
    """Return for whom a range is and of what kind, None where a word is none that is known."""
    ages = list(_AGES.finditer(label))
    table = run.tables.get(GROUPS)
    made: dict[str, Any] = {"age": _age(ages[0])} if len(ages) == 1 else {}
    for word in _words(_AGES.sub(" ", label), table):
        entry = table.get(word) if table else None
        if entry is None:
            return None
        concept = {"coding": [entry.coding()], "text": word}
        if entry.system not in KINDS:
            made["appliesTo"] = [*made.get("appliesTo", ()), concept]
        elif made.setdefault("type", concept) is not concept:
            return None
    return None if len(ages) > 1 else made


def _words(label: str, table: Table | None) -> list[str]:
    """Return the words of a label: all of it where the table knows that, else one by one."""
    plain = " ".join(re.split(r"[\s,;、~/^]+", label.translate(_BRACKETS))).strip()
    return [plain] if table and table.get(plain) else plain.split()


def _age(found: re.Match[str]) -> dict[str, Any]:
    def years(number: str, written: str) -> dict[str, Any]:
        return {"value": int(number), "unit": written, "system": UCUM, "code": _AGE_UNITS[written]}

    if found["sign"]:
        sign = COMPARATOR.get(found["sign"], found["sign"])
        return {"high" if sign.startswith("<") else "low": years(found["age"], found["units"])}
    return {
        "low": years(found["from"], found["unit"] or found["units"]),
        "high": years(found["until"], found["units"]),
    }


FUNCTIONS |= {
    "reference_range": Function("segment", reference_range, "Observation.referenceRange"),
    "reference_ranges": Function("segment", reference_ranges, ""),
}
