"""Wordings: what stands in OBX-5 instead of a number and has a meaning: titres, grades, why there is none.

A word gets its code beside it and stays as the text; one that no table knows stays a text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from gateway.mapping.quantities import COMPARATOR, LONGEST, folded, leading, measured
from gateway.mapping.texts import NUMBER
from gateway.mapping.units import known_unit

if TYPE_CHECKING:
    from gateway.mapping.codes import Entry
    from gateway.mapping.run import Run

ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
ORIGINAL = "http://hl7.org/fhir/StructureDefinition/originalText"

GRADES = "urn:qiao:codes:qualitative-result"
"""System of the grades of the table ``qualitative``."""

_NOT_COMPUTED = re.compile(r"[*＊]+(?:\.[*＊]+)?|-{2,}(?:\.-+)?|-\.-+|-(?:268435455|100000000)(?:\.0*)?")
"""Stars and dashes, and what chemistry analysers of Mindray write for no result: -0x0FFFFFFF, or -1E8."""

NO_RESULT = frozenset((-268435455, -100000000))
"""Numbers that say that there is no result; nothing that is measured comes near them."""
_TITRE = re.compile(r"(<=|>=|=<|=>|[<>≤≥＜＞])?\s*1\s*[:：]\s*(\d{1,6})")
_TITRE_UNITS = frozenset({"titer", "titre", "{titer}", "{titre}", "滴度", "效价"})
_FLAG = "[↑↓]{1,3}|HH?|LL?"
_FLAGGED = (
    re.compile(r"(?P<number>[^↑↓HL]+?)\s*(?P<flag>[↑↓]{1,3}|HH?|LL)"),
    re.compile(r"(?P<number>[^↑↓HL]+?)\s+(?P<flag>LL?)"),
    re.compile(rf"(?P<number>[^↑↓HL]+?)\s*[(\[](?P<flag>{_FLAG})[)\]]"),
    re.compile(r"(?P<flag>[↑↓]{1,3})\s*(?P<number>[^↑↓HL]+)"),
    re.compile(r"(?P<flag>HH?|LL?)\s+(?P<number>[^↑↓HL]+)"),
)
"""A number with its flag; an ``L`` without a blank may be litres."""
_CATEGORISED = re.compile(r"(?P<number>\S.*?)\s+(?P<flag>S|I|R|SDD|NS|敏感|中介|耐药)")
_OF_DRUGS = frozenset({"ug/mL", "mg/L", "mm"})
"""Units (UCUM) of susceptibilities: only there an S behind a number is no second."""
_SAID = rf"(?:<=|>=|[<>≤≥])?\s*(?:1:\d{{1,6}}|{NUMBER})"
_GRADED = (
    re.compile(rf"(?P<word>[^\d<>≤≥=.:]*[^\d<>≤≥=.:(])\s*[(:,]?\s*(?P<rest>{_SAID})\s*\)?"),
    re.compile(rf"(?P<rest>{_SAID})\s*\(?(?P<word>[^\d<>≤≥=.:]+?)\)?"),
    re.compile(
        rf"(?P<word>[1-4]\+|\+[1-4]|\+{{2,4}}|\+-|±)(?:\s+{_SAID}|\s*\((?P<rest>{_SAID})[a-zA-Z/%]*\))"
    ),
    re.compile(rf"(?P<word>\+)\s*\((?P<rest>{_SAID})[a-zA-Z/%]*\)"),
)
"""A grade in words, or of a test strip, with the number that it stands for."""
_PLAIN_UNITS = frozenset({"mm", "mmHg", "kPa", "fL", "fl", "pg", "秒"})
"""Units without a stroke or percent that nothing else is written like."""
_CATEGORIES = frozenset({"S", "I", "R", "SDD", "NS"})
"""Codes of v3-ObservationInterpretation that may be a result by themselves: of a susceptibility."""
OVER = "++++"
"""Four grades, or with a unit what some analysers print for a number above their range."""


@lru_cache(maxsize=4096)
def plainly(text: str) -> str:
    """Return a wording in one spelling: without blanks, nothing full width."""
    return normalize("NFKC", "".join(text.split())).rstrip(";,。")


def _entry(table: str, text: str, run: Run) -> Entry | None:
    known = run.tables.get(table)
    return known.get(plainly(text)) if known is not None and len(text) <= 40 else None


def absent(text: str, run: Run) -> dict[str, Any] | None:
    """``*****``, ``----``, ``稀释`` → a dataAbsentReason that keeps the text, None where it is a result."""
    entry = _entry("absent-results", text, run)
    coding = entry.coding() if entry else {"system": ABSENT, "code": "unknown", "display": "Unknown"}
    if entry is None and not _NOT_COMPUTED.fullmatch(text):
        return None
    return {"dataAbsentReason": {"coding": [coding], "text": text}}


def titre(text: str, unit: str) -> dict[str, Any] | None:
    """``1:80``, ``<1:20`` → Ratio with its original text; None where it may be a time or another ratio.

    Without a unit that says so the dilution must be one of the usual series (of twos, fives and tens).
    """
    found = _TITRE.fullmatch(text) if len(text) <= LONGEST else None
    return _ratio(found, text, unit) if found else None


def _ratio(found: re.Match[str], text: str, unit: str) -> dict[str, Any] | None:
    """Return the Ratio of a match of :data:`_TITRE` in a text."""
    if unit and unit not in _TITRE_UNITS:
        return None
    dilution = int(found[2])
    if dilution < 2 or not (unit or _is_diluted(dilution)):
        return None
    numerator: dict[str, Any] = {"value": 1}
    if found[1]:
        numerator = {"value": 1, "comparator": COMPARATOR.get(found[1], found[1])}
    original = {"url": ORIGINAL, "valueString": text}
    return {"extension": [original], "numerator": numerator, "denominator": {"value": dilution}}


def _is_diluted(number: int) -> bool:
    for factor in (2, 5):
        while number % factor == 0:
            number //= factor
    return number == 1


def concept(text: str, unit: str, run: Run) -> dict[str, Any] | None:
    """``阴性``, ``弱阳性``, ``±``, ``++`` → CodeableConcept that keeps the text, None for another wording."""
    if unit and text == OVER:
        return None
    codings = codings_of(text, run)
    return {"coding": codings, "text": text} if codings else None


def codings_of(text: str, run: Run) -> list[dict[str, str]]:
    """Return what a wording means: by our table of grades, and by HL7's where that has a code."""
    own = _entry("qualitative", text, run)
    if own is not None:
        official = _entry("qualitative-official", own.code, run)
        return [own.coding(), *([official.coding()] if official is not None else [])]
    said = None if plainly(text).isascii() else _entry("interpretation", text, run)
    return [said.coding()] if said is not None and said.code in _CATEGORIES else []


def graded(text: str, unit: str, flags: str, run: Run) -> dict[str, Any] | None:
    """``阴性(0.12)``, ``2+(5.6)`` → the grade with all of its text; ``1:80阳性`` → the titre, and positive.

    Args:
        flags: OBX-8; where it says something, that is the interpretation.
    """
    plain = folded(text).strip()
    for pattern in _GRADED if len(text) <= LONGEST else ():
        found = pattern.fullmatch(plain)
        codings = codings_of(found["word"], run) if found else []
        if found is None or not codings or codings[0]["system"] != GRADES:
            continue
        if pattern in _GRADED[:2] and not any(one.isalpha() for one in found["word"]):
            continue
        if dilution := _TITRE.fullmatch(found["rest"] or ""):
            ratio = _ratio(dilution, text, unit)
            says = {"interpretation": [{"coding": codings[1:], "text": found["word"]}]}
            return {"valueRatio": ratio, **(says if codings[1:] and not flags else {})} if ratio else None
        said = text if not unit or text.endswith(unit) else f"{text} {unit}"
        return {"valueCodeableConcept": {"coding": codings, "text": said}}
    return None


def with_unit(text: str, run: Run) -> dict[str, Any] | None:
    """``<20 copies/mL``, ``>10^5 CFU/ml`` → the number in the unit that stands with it, if UCUM has it."""
    found = leading(text) if len(text) <= LONGEST else None
    if found is None or not (found[1] in _PLAIN_UNITS or {*"/%‰"} & {*found[1]}):
        return None
    unit = known_unit(found[1], run)
    return {**found[0], **unit} if unit else None


def flagged(
    text: str, flags: str, unit: dict[str, Any], run: Run
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """``12.5↑``, ``12.5 H``, ``↓2.1`` → the number, and its interpretation where OBX-8 does not say it.

    Args:
        flags: OBX-8. One that says otherwise leaves the text as it is.
        unit: of the result: ``<=0.5 S`` is a category in the units of susceptibilities.
    """
    plain = folded(text).strip()
    patterns = (*_FLAGGED, _CATEGORISED) if unit.get("code") in _OF_DRUGS else _FLAGGED
    found = (
        next((one for p in patterns if (one := p.fullmatch(plain))), None) if len(text) <= LONGEST else None
    )
    if found is None:
        return None
    made, entry = measured(found["number"]), _entry("interpretation", found["flag"], run)
    if made is None or entry is None:
        return None
    if not flags:
        return made, {"interpretation": [{"coding": [entry.coding()], "text": found["flag"]}]}
    same = _entry("interpretation", re.split(r"[~^]", flags, maxsplit=1)[0], run)
    return (made, {}) if same is not None and same.code == entry.code else None
