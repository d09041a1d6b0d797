"""Parts: a code and a time of a clinical statement (HL7 V3 datatypes CD, IVL_TS) as columns."""

from __future__ import annotations

from lxml import etree

from gateway.mapping.layout.cda.nodes import HL7, child, words
from gateway.mapping.layout.cda.values import NOTHING
from gateway.mapping.layout.moments import normal

Said = dict[str, "str | list[dict[str, str]]"]


def code_of(element: etree._Element) -> Said:
    """Return ``code``, ``system`` and ``label`` of a code; the label of a qualifier where it has none."""
    made: Said = {}
    for key, name in (("code", "code"), ("system", "codeSystem"), ("label", "displayName")):
        text = (element.get(name) or "").strip()
        if text and text not in NOTHING:
            made[key] = text
    if "label" not in made and (text := (element.text or "").strip()) not in NOTHING:
        made["label"] = text
    if len(element):
        _add_inner(element, made)
    return made


def _add_inner(element: etree._Element, made: Said) -> None:
    """Add what stands in a code: its words, and the name of its qualifier."""
    original = child(element, "originalText")
    if original is not None and "label" not in made and (text := words(original)):
        made["label"] = text
    qualifier = element.find(f"{HL7}qualifier/{HL7}name")
    if qualifier is not None and (text := (qualifier.get("displayName") or "").strip()):
        if "label" not in made:
            made["label"] = text
        elif text != made["label"]:
            made["qualifier"] = text


def time_of(element: etree._Element) -> Said:
    """Return ``time``, or ``start`` and ``end``, of an effectiveTime."""
    made: Said = {}
    low, high = child(element, "low"), child(element, "high")
    for key, one in (("time", element), ("start", low), ("end", high)):
        if one is not None and (text := (one.get("value") or "").strip()) not in NOTHING:
            made[key] = normal(text)
    return made
