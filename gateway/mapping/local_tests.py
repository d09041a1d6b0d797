"""Local tests: codes of instruments and laboratories → LOINC, where specimen and unit agree.

The tables of a sender (``tests`` of its profile, ``mappings/conceptmaps/lis-*``) name for each code the
tests that it may be; LOINC codes are another for another specimen or unit (serum or urine, moles or grams).
One that is left stands beside the local coding; where none or several are, that stays alone, marked with why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from gateway.mapping.functions import FUNCTIONS, Function
from gateway.mapping.units import MOST, unit_of

if TYPE_CHECKING:
    from gateway.mapping.codes import Entry, Table
    from gateway.mapping.run import Run

LOINC = "http://loinc.org"
Key = tuple[str, str, str, bool]
"""OBX-3, OBX-6 and the specimen as they are written, and whether OBX-5 is a number."""
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?").fullmatch
Why = Literal["no-map", "specimen", "unit", "several"]
"""Why a code stays local."""
BARE = "1"
"""Unit of a number without one (UCUM)."""
BETWEEN = "|"
"""Stands between the parts of a gap: code, unit, specimen, name."""


@dataclass(slots=True, frozen=True)
class Asked:
    """What is known of a test.

    Attributes:
        codes: its code, then its name.
        unit: UCUM code, ``"1"`` for a number without a unit, ``""`` for another result without one, None
            where UCUM has none for what was written.
        specimen: code of v2-0487, ``""`` where nobody says it.
    """

    codes: tuple[str, ...]
    unit: str | None
    specimen: str


def resolve(tables: Sequence[Table], asked: Asked) -> Entry | Why:
    """Return the test that is meant, or why it is not known.

    The first table is the sender's own: what it knows, the others are not asked about.
    """
    own = [one for table in tables[:1] for one in _found(table, asked)]
    found = own or [one for table in tables[1:] for one in _found(table, asked)]
    return _chosen(found, asked) if found else "no-map"


def _found(table: Table, asked: Asked) -> Iterator[Entry]:
    entry = next((found for code in asked.codes if (found := table.get(code)) is not None), None)
    if entry is not None:
        yield from (entry, *entry.also)


def _chosen(candidates: Sequence[Entry], asked: Asked) -> Entry | Why:
    units = [one for one in candidates if _agrees(one, "unit", asked.unit)]
    if not units:
        return "unit"
    left = [one for one in units if not asked.specimen or _agrees(one, "specimen", asked.specimen)]
    if not left:
        return "specimen"
    if not asked.specimen and any(one.extra.get("needs") for one in left):
        return "several"
    return left[0] if len({one.code for one in left}) == 1 else "several"


def is_of_tests(table: Table) -> bool:
    """Tell whether a table is one of tests: its entries name specimens or units."""
    return table.name.startswith("lis-") and table.target == LOINC


def _agrees(entry: Entry, what: str, said: str | None) -> bool:
    """Tell whether a test is one of this unit or specimen; one that names none is one of any.

    One that has no unit at all (``|``) says what is there, not how much: a number is none of its results.
    """
    allowed = entry.extra.get(what)
    return (
        not allowed or said in allowed or (what == "unit" and said == BARE and "" in allowed and any(allowed))
    )


def test_loinc(f: list[str], run: Run) -> Any:
    """OBX-3 with a local code → the LOINC coding of the test beside it, None where it is not sure."""
    if not run.profile.tests or len(f) < 4:
        return None
    coding = _test(f, run)[0]
    return dict(coding) if coding else None


def test_unmapped(f: list[str], run: Run) -> Any:
    """OBX-3 with a local code that stays alone → why; it is counted as a gap of the sender."""
    if not run.profile.tests or len(f) < 4:
        return None
    _, why, gap = _test(f, run)
    if not why:
        return None
    run.gap(run.tables[run.profile.tests[0]], gap)
    return why


def _test(f: list[str], run: Run) -> tuple[dict[str, str] | None, str, str]:
    """Return the coding of a test, why there is none, and what is counted then; it is remembered."""
    key = (f[3].partition("~")[0], f[6] if len(f) > 6 else "", _specimen_field(run), _is_number(f))
    known = run.tests.get(key)
    if known is None:
        lines, gaps = len(run.lineage), len(run.gaps)
        known = _meant(key, run)
        del run.lineage[lines:], run.gaps[gaps:]  # the rows that write code and unit tell of them
        if len(run.tests) >= MOST:
            run.tests.clear()
        if not any("\\" in one for one in key[:3]):  # what an escape sequence means depends on the charset
            run.tests[key] = known
    return known


def _meant(key: Key, run: Run) -> tuple[dict[str, str] | None, str, str]:
    asked = _asked(key, run)
    if asked is None:
        return None, "", ""
    found = resolve(tuple(run.tables[name] for name in run.profile.tests), asked)
    gap = BETWEEN.join((asked.codes[0], asked.unit or "", asked.specimen, *asked.codes[1:]))
    return (None, found, gap) if isinstance(found, str) else (found.coding(), "", "")


def said(gap: str) -> Asked:
    """Return what a gap says, as :func:`test_unmapped` has counted it."""
    code, unit, specimen, name = (*gap.split(BETWEEN), "", "", "")[:4]
    return Asked((code, name) if name else (code,), unit, specimen)


def _asked(key: Key, run: Run) -> Asked | None:
    """Return what OBX says of its test; None where it has a LOINC code, or none at all."""
    code, written, specimen, is_number = key
    made = run.by_map("CWE[CodeableConcept]", code) or {}
    codings = made.get("coding", ())
    if not codings or any(one.get("system") == LOINC for one in codings):
        return None
    words = tuple(one for one in (codings[0].get("code"), codings[0].get("display")) if one)
    unit = unit_of(written, run)
    bare = BARE if is_number else ""
    return Asked(words, unit.get("code") if unit else bare, _specimen(specimen, run))


def _is_number(f: list[str]) -> bool:
    """Tell whether a result (OBX) is a number: by its type, or as it reads."""
    return len(f) > 5 and (f[2] in ("NM", "SN") or NUMBER(f[5].strip()) is not None)


def _specimen_field(run: Run) -> str:
    """Return the raw specimen of a result: SPM-4, else OBR-15 with its components as those of SPM-4.

    Where neither says anything, what the profile says of its sender.
    """
    said = run.other("SPM", 4) or run.other("OBR", 15).partition("^")[0].replace("&", "^")
    return said or run.profile.specimen


def _specimen(raw: str, run: Run) -> str:
    """Return a specimen as a code of v2-0487, ``""`` where it is none that is known."""
    table = run.tables.get("specimen-type")
    for part in raw.split("^")[:2]:
        if part and table is not None and (entry := table.get(run.unescape(part))) is not None:
            return entry.code
    return ""


FUNCTIONS |= {
    "test_loinc": Function("segment", test_loinc, "Coding"),
    "test_unmapped": Function("segment", test_unmapped, "code"),
}
