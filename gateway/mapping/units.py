"""Units of measurement as laboratories write them → UCUM, by the table ``units`` alone: never by guess."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

if TYPE_CHECKING:
    from gateway.mapping.run import Run

MOST = 4096
"""Units that are remembered for one sender."""

UCUM = "http://unitsofmeasure.org"

_CARETS = re.compile(r"[×xX*＊]?\s*10")
"""First component of ``10^9/L`` whose caret stands raw: the power is the second one."""
_POWER = re.compile(r"\d{1,2}(?!\d)")
_EXPONENT = re.compile(r"-?\d{1,2}(?!\d)")
"""What no unit's name begins with: ``/mm^3``, ``10^-3``, ``1.73m^2`` have a raw caret too."""
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_RAISED = re.compile(r"[⁻⁰¹²³⁴-⁹]+")
_TEN = re.compile(r"(?:[x×*](?=10))?10(?:\*\*|\*|\^|\(|[eE]\+?)0?(\d{1,2})\)?")
_RAISED_ODDLY = str.maketrans({"ˆ": "^", "∧": "^", "‸": "^", "＾": "^"})
_LITRE = re.compile(r"(?<=[/·. ])([munpfdkc]?)l(?![a-zA-Z])|^([munpfdkc]?)l(?![a-zA-Z])")
_DURING = re.compile(r"/(\d{1,2})(?:hours|hour|hrs|hr|h|小时)$")
_MEASURED_AT = re.compile(r"[(,]?37(?:℃|°C|Cel|C)[)]?$")
_DIMER = re.compile(r"[({]?(FEU|DDU)[)}]?$")
"""Which units of D-dimer are meant, as it stands behind the unit."""
NONE = frozenset({"-", "--", "---", "/", ".", "无", "N/A", "NA", "NULL", "null"})
"""What is written where a result has no unit."""


@lru_cache(maxsize=4096)
def spelled(text: str) -> str:
    """Return a unit in one spelling: ``×10⁹／l``, ``x 10**9/L`` and ``10E9/L`` are ``10*9/L``.

    What only looks different becomes the same (full width, micro sign, raised digits, litres, blanks); case
    stays: ``g`` is no ``G``.
    """
    text = _RAISED.sub(lambda one: "^" + one[0].translate(_SUPERSCRIPTS), text.translate(_RAISED_ODDLY))
    text = normalize("NFKC", text)
    text = "".join(text.split()).replace("μ", "u").replace("μ", "u").replace("⋅", ".").replace("·", ".")
    text = _TEN.sub(r"10*\1", re.sub(r"^X(?=10)", "x", text))
    text = _DIMER.sub(r"{\1}", _DURING.sub(r"/(\1.h)", _MEASURED_AT.sub("", text)))
    return _LITRE.sub(lambda one: f"{one[1] or one[2] or ''}L", text)


def same_unit(text: str, raw: str, run: Run) -> bool:
    """Tell whether a text is the unit of a raw OBX-6; where that is empty, whether UCUM knows it."""
    said, unit = unit_of(text, run), unit_of(raw, run)
    if "code" in said or "code" in unit:
        return "code" in said and said["code"] == unit.get("code", "" if unit else said["code"])
    return bool(unit) and spelled(text) == spelled(unit["unit"])


def known_unit(text: str, run: Run) -> dict[str, Any]:
    """Return a unit of which UCUM has a code, nothing for another text: it is no gap."""
    table = run.tables.get("units")
    entry = (table.get(text) or table.get(spelled(text))) if table and text else None
    return {"unit": text, "system": UCUM, "code": entry.code} if entry else {}


def unit_of(raw: str, run: Run) -> dict[str, Any]:
    """Return ``unit``, ``system`` and ``code`` of a raw OBX-6; UCUM only where the units table knows it.

    ``10^9/L`` with raw carets is put together again: its second component could be nothing else. The
    result is remembered and shared: copy it, do not change it.
    """
    if not raw or raw == '""':
        return {}
    known = run.units.get(raw)
    if known is None:
        if len(run.units) >= MOST:
            run.units.clear()
        before = len(run.gaps)
        known = run.units[raw] = (_unit(raw, run), tuple(run.gaps[before:]))
    elif known[1]:
        run.gaps += known[1]
    return known[0]


def _unit(raw: str, run: Run) -> dict[str, Any]:
    table = run.tables.get("units")
    parts = _parts(raw, run)
    text = next((part for part in parts[:2] if part), "")
    if not text or text in NONE:
        return {}
    asked = [one for part in parts[:2] if part for one in (part, spelled(part))]
    entry = next((found for one in asked if table and (found := table.get(one))), None)
    made: dict[str, Any] = {"unit": text}
    if entry is not None:
        made |= {"system": UCUM, "code": entry.code}
    elif len(parts) > 2 and parts[2].upper() == "UCUM":
        made |= {"system": UCUM, "code": parts[0]}
    elif len(parts) > 5 and parts[5].upper() == "UCUM" and parts[3]:
        made = {"unit": parts[4] or parts[3], "system": UCUM, "code": parts[3]}
    elif table is not None:
        run.gap(table, text)
    return made


def _parts(raw: str, run: Run) -> list[str]:
    """Return the components of a unit; inside another field (CQ of SPM-12, OBR-9) they are one level down."""
    parts = [run.unescape(part).strip() for part in raw.split("&" if "&" in raw and "^" not in raw else "^")]
    if len(parts) > 1 and _CARETS.fullmatch(parts[0]) and _POWER.match(parts[1]):
        return [f"{parts[0]}^{parts[1]}", "", *parts[2:]]
    if len(parts) == 2 and _EXPONENT.match(parts[1]):
        return [f"{parts[0]}^{parts[1]}"]
    return parts
