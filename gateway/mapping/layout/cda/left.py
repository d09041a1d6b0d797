"""Left: what says something in a document and no layout has read, counted by its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from unicodedata import normalize

from lxml import etree

from gateway.mapping.layout.cda.values import NOTHING, referred
from gateway.mapping.layout.moments import normal
from gateway.wire.xml import Document
from gateway.wire.xml.document import location

TELLS_NOTHING: Final = frozenset(
    {"classCode", "moodCode", "typeCode", "determinerCode", "contextControlCode", "contextConductionInd"}
    | {"codeSystemName", "codeSystemVersion", "nullFlavor", "root", "assigningAuthorityName", "ID"}
    | {"representation", "inversionInd"}
    | {"{http://www.w3.org/2001/XMLSchema-instance}type"}
    | {"{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"}
)
"""Attributes that are the form of a document, or the register of a number that is read or counted itself."""

_CODED: Final = frozenset({"codeSystem", "displayName", "unit"})
"""Attributes that belong to a code or value beside them."""

_HEADER_ONLY: Final = frozenset({"realmCode", "typeId", "templateId", "languageCode"})

Left = dict[str, int]
"""Path, without positions → how often."""


def not_said(elements: Iterable[etree._Element], said: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the path of what stands in some parts of a statement and is in none of its columns."""
    texts, flag = _texts(said), any("flag" in one for one in said)
    for one in elements:
        for name, value in one.items():
            if name in TELLS_NOTHING or (text := value.strip()) in texts or text in NOTHING:
                continue
            local = name.rpartition("}")[2]
            told = (flag and local == "value") or _is_told(text, texts)
            if not told and not _coded(one, name) and not _resolved(one, name, value):
                yield f"{location(one)}/@{local}"
        text = (one.text or "").strip()
        if text not in texts and text not in NOTHING and not flag and not _is_told(text, texts):
            yield location(one)


def _is_told(text: str, texts: set[str]) -> bool:
    """Tell whether a text that is no column stands in one, or in another form."""
    return normal(text) in texts or normalize("NFKC", text) in texts or _inside(text, texts)


def _coded(element: etree._Element, name: str) -> bool:
    """Tell whether an attribute is that of a code that is not there."""
    return name == "codeSystem" and not (element.get("code") or "").strip()


def _resolved(element: etree._Element, name: str, value: str) -> bool:
    """Tell whether an attribute refers to words of the narrative, which stand in a column."""
    around = element.getparent()
    return name == "value" and value.startswith("#") and around is not None and referred(around) != ""


def _inside(text: str, texts: set[str]) -> bool:
    return any(text in one for one in texts if len(one) > len(text))


def _texts(said: Sequence[Mapping[str, Any]]) -> set[str]:
    found: set[str] = set()
    for columns in said:
        if "quantity" in columns and "unit" in columns:
            found.add(f"{columns['quantity']}{columns['unit']}")  # some write it behind the number too
        for value in columns.values():
            if isinstance(value, str):
                found.add(value)
            else:
                found.update(text for one in value for text in one.values())
    return found


def unread(document: Document, read: set[etree._Element]) -> Left:
    """Return the paths of what neither an XPath has asked for nor the body has read, with their counts."""
    asked, left = document.asked, Left()
    whole = read | {element for element, name in asked if name in ("code", "")}
    for element in document.root.iter(etree.Element):
        if element in whole:
            continue
        for name, value in element.attrib.items():
            if name in TELLS_NOTHING or value in NOTHING or (element, name) in asked:
                continue
            if name in _CODED and ((element, "code") in asked or (element, "value") in asked):
                continue
            count(left, f"{location(element)}/@{etree.QName(name).localname}")
        text = element.text
        if text and (text := text.strip()) and text not in NOTHING and (element, "") not in asked:
            count(left, location(element))
    return {path: number for path, number in left.items() if path.split("/")[1] not in _HEADER_ONLY}


def count(left: Left, path: str) -> None:
    """Count one path."""
    left[path] = left.get(path, 0) + 1
