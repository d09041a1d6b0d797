"""Synthetic WS/T 500 documents of all 53 types, made from the schemas; who is in them is invented."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from lxml import etree

ARCHIVE = Path(__file__).parents[2] / "reference/wst-schemas/cda-and-v3-xsd.tar.xz"
CODES = [f"C{number:04}" for number in range(1, 54)]
HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
XS = "{http://www.w3.org/2001/XMLSchema}"
STATEMENTS = (
    "observation",
    "organizer",
    "procedure",
    "substanceAdministration",
    "act",
    "encounter",
    "supply",
)

RESIDENT = "99010119710215002X"
NUMBERS = {
    "门（急）诊号": ("2.16.156.10011.1.11", "MZ2026030700101"),
    "住院号": ("2.16.156.10011.1.12", "ZY2026000711"),
    "处方编号": ("2.16.156.10011.1.20", "CF2026030700087"),
    "检验报告单": ("2.16.156.10011.1.33", "JY2026030700412"),
    "检查报告单": ("2.16.156.10011.1.32", "JC2026030700041"),
    "电子申请单": ("2.16.156.10011.1.24", "SQ2026030700500"),
    "标本": ("2.16.156.10011.1.14", "BB2026030700013"),
    "健康档案": ("2.16.156.10011.1.2", "99010100100700325"),
    "健康卡": ("2.16.156.10011.1.19", "99010166200071"),
    "病案号": ("2.16.156.10011.1.13", "1000711"),
}
TEXTS = ("20260307", "20260307103000", "202603071030", "2026-03-07", "2026", "1", "37.2", "A")
SECTIONS = (
    ("10154-3", "CHIEF COMPLAINT"), ("29545-1", "PHYSICAL EXAMINATION"), ("30954-2", "STUDIES SUMMARY"),
)  # fmt: skip
ELEMENTS = ("DE04.01.117.00", "DE04.10.258.00", "DE06.00.296.00", "DE02.10.028.00", "DE99.99.999.00")


@cache
def schema_root(code: str) -> etree._Element:
    with tarfile.open(ARCHIVE) as archive:
        found = archive.extractfile(f"./cdas/{code}.xsd")
        assert found is not None
        return etree.fromstring(found.read())


@dataclass
class Builder:
    """Makes one document from its schema: every element once, alternatives one after the other."""

    code: str
    typed: bool = True
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def document(self) -> etree._Element:
        declared = schema_root(self.code).find(f"{XS}element")
        made = etree.Element(f"{{{HL7}}}ClinicalDocument", nsmap={None: HL7, "xsi": XSI})
        self._content(declared, made)
        return made

    def _content(self, declared: etree._Element, made: etree._Element) -> None:
        name = etree.QName(made).localname
        kind = declared.find(f"{XS}complexType")
        for attribute in _own(declared, kind):
            made.set(attribute.get("name"), self._attribute(attribute, made))
        if declared.get("type") == "xs:string" or declared.find(f"{XS}simpleType") is not None:
            made.text = self._text(declared, made)
        elif name == "value" and kind is None:
            self._value(made)
        if kind is not None:
            for group in (*kind.findall(f"{XS}sequence"), *kind.findall(f"{XS}choice")):
                self._group(group, made)
        if name == "patient" and made.find(f"{{{HL7}}}name") is not None:
            made.find(f"{{{HL7}}}name").text = "孟秋禾"

    def _group(self, group: etree._Element, made: etree._Element) -> None:
        parts = [one for one in group if one.tag in (f"{XS}element", f"{XS}sequence", f"{XS}choice")]
        if group.tag == f"{XS}choice":
            parts = parts[:1]
        name = etree.QName(made).localname
        if name in ("entry", "entryRelationship") and len(parts) > 1:
            parts = self._alternatives(made, parts)
        for one in parts:
            if one.tag != f"{XS}element":
                self._group(one, made)
                continue
            for _ in range(self._times(one, made)):
                self._content(one, etree.SubElement(made, f"{{{HL7}}}{one.get('name')}"))

    def _alternatives(self, made: etree._Element, parts: list[etree._Element]) -> list[etree._Element]:
        """An entry is one of its alternatives: the first here, the others in entries of their own."""
        other = [one for one in parts if one.get("name") not in STATEMENTS]
        statements = [one for one in parts if one.get("name") in STATEMENTS]
        for one in statements[1:]:
            beside = etree.SubElement(made.getparent(), made.tag, dict(made.attrib))
            self._content(one, etree.SubElement(beside, f"{{{HL7}}}{one.get('name')}"))
        return [*other, *statements[:1]]

    def _times(self, declared: etree._Element, made: etree._Element) -> int:
        name, around = declared.get("name"), etree.QName(made).localname
        if name == "id" and around == "patientRole":
            return max(1, len(self._registers(declared)))
        if name == "component" and around == "structuredBody":
            return len(SECTIONS)
        if name == "component" and around == "organizer" and declared.get("maxOccurs") == "unbounded":
            return 2
        return 1

    @staticmethod
    def _registers(declared: etree._Element) -> list[tuple[str, str]]:
        said = "".join(declared.find(f"{XS}annotation").itertext()) if len(declared) else ""
        return [number for name, number in NUMBERS.items() if name in said] or [NUMBERS["门（急）诊号"]]

    def _attribute(self, attribute: etree._Element, made: etree._Element) -> str:
        name, element = attribute.get("name"), etree.QName(made).localname
        if attribute.get("fixed"):
            return str(attribute.get("fixed"))
        around = "" if made.getparent() is None else etree.QName(made.getparent()).localname
        wanted = self._wanted(name, element, around, made)
        facets = attribute.find(f"{XS}simpleType/{XS}restriction")
        return _fitting(facets, wanted, attribute.get("type") or "")

    def _wanted(self, name: str, element: str, around: str, made: etree._Element) -> str:
        if element == "id" and around in ("patientRole", "patient"):
            root, number = ("2.16.156.10011.1.3", RESIDENT)
            if around == "patientRole":
                at = len(made.getparent().findall(f"{{{HL7}}}id")) - 1
                declared = next(
                    one for one in schema_root(self.code).iter(f"{XS}element")
                    if one.get("name") == "patientRole"
                )  # fmt: skip
                ids = declared.find(f".//{XS}element[@name='id']")
                root, number = self._registers(ids)[at]
            return root if name == "root" else number
        if element == "id" and around == "ClinicalDocument":
            return "2.16.156.10011.1.1" if name == "root" else f"{self.code}2026030710300000000000000000"
        if element == "code" and around == "section":
            at = len(made.getparent().getparent().getparent()) - 1
            return {"code": SECTIONS[at % 3][0], "displayName": SECTIONS[at % 3][1]}.get(
                name, "2.16.840.1.113883.6.1" if name == "codeSystem" else "LOINC"
            )
        if element == "code" and around == "observation" and name == "code":
            return ELEMENTS[next(self.numbers) % len(ELEMENTS)]
        if element == "code" and around == "ClinicalDocument" and name == "codeSystem":
            return "2.16.156.10011.2.4"
        return {
            "root": "2.16.156.10011.1.4", "codeSystem": "2.16.156.10011.2.2.1", "unit": "次",
            "value": "20260307", "codeSystemName": "卫生信息数据元目录",
            "displayName": f"名称{next(self.numbers)}", "extension": f"N{next(self.numbers)}",
        }.get(name, f"V{next(self.numbers)}")  # fmt: skip

    def _text(self, declared: etree._Element, made: etree._Element) -> str:
        element = etree.QName(made).localname
        wanted = (
            f"叙述 {next(self.numbers)} <&> 双肺呼吸音清" if element == "text" else f"文{next(self.numbers)}"
        )
        return _fitting(declared.find(f"{XS}simpleType/{XS}restriction"), wanted, "")

    def _value(self, made: etree._Element) -> None:
        number = next(self.numbers)
        kind = ("ST", "CD", "PQ", "BL", "INT", "TS", "REAL", "MO")[number % 8] if self.typed else "ST"
        if self.typed:
            made.set(f"{{{XSI}}}type", kind)
        if kind == "ST":
            made.text = f"文字 {number}"
        elif kind == "CD":
            made.set("code", f"K{number}")
            made.set("codeSystem", "2.16.156.10011.2.3.3.11")
            made.set("displayName", f"所见 {number}")
        else:
            said = {"BL": "true", "TS": "20260307103000", "PQ": f"{number}.50", "REAL": f"{number}.5"}
            made.set("value", said.get(kind, str(number)))
            if kind == "PQ":
                made.set("unit", "mmol/L")


def _own(declared: etree._Element, kind: etree._Element | None) -> list[etree._Element]:
    if kind is None:
        return []
    return [one for one in kind.iter(f"{XS}attribute") if next(one.iterancestors(f"{XS}element")) is declared]


def _fitting(facets: etree._Element | None, wanted: str, kind: str) -> str:
    """Return what is wanted where the facets allow it, else something that they allow."""
    if kind in ("xs:float", "xs:double", "xs:decimal", "xs:byte", "xs:short", "xs:int", "xs:integer"):
        return "1"
    if facets is None:
        return wanted
    listed = [one.get("value") for one in facets.findall(f"{XS}enumeration")]
    if listed:
        return listed[0]
    for text in (wanted, *TEXTS, "915000000000000001"):
        if _fits(facets, text):
            return text
    least = next((int(one.get("value")) for one in facets if one.tag in (f"{XS}minLength", f"{XS}length")), 1)
    return ("9" * least) if least else "1"


def _fits(facets: etree._Element, text: str) -> bool:
    number = facets.get("base") not in ("xs:string", None)
    for one in facets:
        name, value = etree.QName(one).localname, one.get("value")
        if name == "pattern" and not re.fullmatch(value, text):
            return False
        if name == "length" and len(text) != int(value):
            return False
        if name == "minLength" and len(text) < int(value):
            return False
        if name == "maxLength" and len(text) > int(value):
            return False
        if name in ("minInclusive", "maxInclusive"):
            if not text.isdigit():
                return False
            if (int(text) < int(value)) if name == "minInclusive" else (int(text) > int(value)):
                return False
    return not number or text.isdigit()


@pytest.fixture(scope="session")
def make() -> Callable[..., etree._Element]:
    """``make("C0004")`` → a document of that type as an element; a new one each time."""
    return lambda code, typed=True: Builder(code, typed).document()


@pytest.fixture(scope="session")
def schemas() -> Path:
    """The schemas, as an operator has them."""
    return ARCHIVE
