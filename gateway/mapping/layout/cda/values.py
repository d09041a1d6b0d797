"""Values: ``observation/value`` by its ``xsi:type`` (HL7 V3 datatypes) → the columns of a statement.

=================  ==========================================================================
PQ, MO, RTO_PQ     ``quantity`` and ``unit``; a value that is no number is ``string``
REAL, INT          ``quantity``, ``integer``
CD, CE, CV, CO…    ``value_code``, ``value_name``, ``value_system``, ``value_text``
BL                 ``flag``: Y or N
TS                 ``moment``
IVL_TS             ``since`` and ``until``
IVL_PQ             ``low`` and ``high`` with ``unit``
ED                 ``data`` or ``url`` with ``media``, or ``string``
ST and others      ``string``
nothing said       ``absent``: why, as far as it is told
=================  ==========================================================================

A value is told as it stands: ``无`` is an answer (no allergies), ``-`` is none.
"""

from __future__ import annotations

import re
from typing import Any, Final
from unicodedata import normalize

from lxml import etree

from gateway.mapping.layout.cda.nodes import child, words
from gateway.mapping.layout.moments import normal
from gateway.mapping.texts import NUMBER, is_numeric

TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NOTHING: Final = frozenset({"", "-", "--", "---", "—", "——", "/", "\\", "NULL", "null", "NaN"})
_FLAGS: Final = {
    "true": "Y",
    "false": "N",
    "1": "Y",
    "0": "N",
    "是": "Y",
    "否": "N",
    "有": "Y",
    "Y": "Y",
    "N": "N",
}
_COMPARED: Final = re.compile(rf"\s*(?:<=|>=|[<>≤≥＜＞])?\s*{NUMBER}\s*")
_MOMENT: Final = re.compile(r"\d{4}(\d\d(\d\d(\d\d(\d\d(\d\d(\.\d+)?)?)?([+-]\d{4})?)?)?)?")

_WITH_ID: Final = etree.XPath("//*[@ID=$name]")

Columns = dict[str, str]


def value_columns(value: etree._Element) -> Columns:
    """Return what a value says; always something, of a value that says nothing ``absent``."""
    kind = (value.get(TYPE) or "").rpartition(":")[2].upper()
    text = words(value)
    made = _by_kind(kind, value, text)
    if made:
        return made
    return {"absent": value.get("nullFlavor") or value.get("value") or text or "NI"}


def _by_kind(kind: str, value: etree._Element, text: str) -> Columns:
    said = (value.get("value") or "").strip()
    if kind.startswith("IVL"):
        return _interval(kind, value)
    if kind in ("CD", "CE", "CV", "CO", "CS", "PQR", "SC") or (not kind and value.get("code")):
        return _coded(value, text)
    if kind == "BL":
        return _flag(said or text)
    if kind in ("TS", "GTS", "PIVL_TS"):
        return _moment(said or text)
    if kind in ("PQ", "MO", "REAL", "INT", "PQ_TIME") or (not kind and said):
        return _number(kind, said or text, value.get("unit") or value.get("currency") or "")
    if kind.startswith("RTO"):
        return _string("/".join(_parts(value, "numerator", "denominator")) or said or text)
    if value.get("representation") == "B64" and text:
        return {"data": "".join(text.split()), "media": value.get("mediaType") or "application/octet-stream"}
    if (reference := child(value, "reference")) is not None and reference.get("value"):
        if told := referred(value):
            return {"string": told}
        return {
            "url": reference.get("value") or "",
            "media": value.get("mediaType") or "application/octet-stream",
        }
    return _string(text or said or (value.get("displayName") or "").strip())


def referred(element: etree._Element) -> str:
    """Return the words of the narrative that an element refers to (``#cc1``), ``""`` for none."""
    reference = child(element, "reference")
    name = "" if reference is None else (reference.get("value") or "").strip()
    if len(name) < 2 or not name.startswith("#"):
        return ""
    found: Any = _WITH_ID(element.getroottree(), name=name[1:])
    return " ".join("".join(found[0].itertext()).split()) if found else ""


def _string(text: str) -> Columns:
    return {"string": text} if text not in NOTHING else {}


def _number(kind: str, said: str, unit: str) -> Columns:
    unit = "" if unit in NOTHING else unit.strip()
    if said in NOTHING:
        return {}
    plain = normalize("NFKC", said)
    if unit and plain.endswith(unit):
        plain = plain.removesuffix(unit).rstrip()
    if _COMPARED.fullmatch(plain):
        said = plain
    if kind == "INT" and not unit and re.fullmatch(r"[+-]?\d{1,9}", said):
        return {"integer": said}
    if _COMPARED.fullmatch(said):
        return {"quantity": said, "unit": unit} if unit else {"quantity": said}
    return {"string": f"{said} {unit}".strip()}


def _flag(said: str) -> Columns:
    known = _FLAGS.get(said) or _FLAGS.get(said.lower())
    return {"flag": known} if known else _string(said)


def _moment(said: str) -> Columns:
    moment = normal(said)
    return {"moment": moment} if _MOMENT.fullmatch(moment) else _string(said)


def _coded(value: etree._Element, text: str) -> Columns:
    made = {
        "value_code": (value.get("code") or "").strip(),
        "value_name": (value.get("displayName") or "").strip(),
        "value_system": (value.get("codeSystem") or "").strip(),
        "value_text": (text or _first(value, "originalText")).strip(),
    }
    kept = {name: said for name, said in made.items() if said not in NOTHING}
    if not kept.keys() - {"value_system"}:
        return {}
    if "value_code" not in kept:  # a name without a code is a text; two of them are no contradiction
        kept["value_text"] = kept.pop("value_name", "") or kept.get("value_text", "")
    return kept


def _first(value: etree._Element, name: str) -> str:
    found = child(value, name)
    return "" if found is None else words(found)


def _interval(kind: str, value: etree._Element) -> Columns:
    low, high = child(value, "low"), child(value, "high")
    said = {
        name: (one.get("value") or "").strip()
        for name, one in (("low", low), ("high", high))
        if one is not None
    }
    said = {name: one for name, one in said.items() if one not in NOTHING}
    if kind == "IVL_TS":
        moments = {"since" if name == "low" else "until": normal(one) for name, one in said.items()}
        if all(_MOMENT.fullmatch(one) for one in moments.values()):
            return moments
        return _string(" - ".join(said.values()))
    if not all(map(is_numeric, said.values())):
        return _string(" - ".join(said.values()))
    units = [one.get("unit") for one in (low, high) if one is not None and one.get("unit")]
    return {**said, **({"unit": str(units[0])} if units else {})} if said else {}


def _parts(value: etree._Element, *names: str) -> list[str]:
    found = [child(value, name) for name in names]
    texts = [f"{one.get('value') or ''}{one.get('unit') or ''}".strip() for one in found if one is not None]
    return [one for one in texts if one]
