"""Documents of all 53 types in the shapes that senders really write: nothing that they say is lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from lxml import etree

from gateway.canonical import Envelope, Translation
from gateway.canonical.json import dumps
from gateway.mapping import Maps, load_maps
from gateway.settings import Settings
from gateway.validation import draft_validator
from gateway.wire import xml
from gateway.wire.xml.document import location

CODES = [f"C{number:04}" for number in range(1, 54)]
HL7 = "urn:hl7-org:v3"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}type"
DE = "2.16.156.10011.2.2.1"
APART = ("Composition", "DocumentReference", "Provenance")
FORM = {"classCode", "moodCode", "typeCode", "determinerCode", "codeSystemName", "codeSystem", "root", XSI,
        "contextConductionInd", "contextControlCode", "inversionInd", "nullFlavor",
        "representation"}  # fmt: skip
Make = Callable[..., etree._Element]


@pytest.fixture(scope="module")
def maps() -> Maps:
    return load_maps()


@pytest.fixture(scope="module")
def check() -> Any:
    return draft_validator(Settings(), "report")


@dataclass
class Hand:
    """Writes into a document what no schema forbids a sender; every word and number comes once."""

    dice: random.Random
    numbers: Iterator[int] = field(default_factory=lambda: count(100_000))
    coded: list[tuple[str, str]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def word(self) -> str:
        return f"词{next(self.numbers)}"

    def add(self, around: etree._Element, name: str, text: str = "", **said: str) -> etree._Element:
        made = etree.SubElement(
            around, f"{{{HL7}}}{name}", {key.rstrip("_"): one for key, one in said.items()}
        )
        made.text = text or None
        return made

    def section(self, around: etree._Element, depth: int = 0) -> None:
        made = self.add(self.add(around, "component"), "section")
        if self.dice.random() < 0.7:
            self.add(made, "code", code=f"L{next(self.numbers)}", displayName=self.word(),
                     codeSystem="2.16.840.1.113883.6.1")  # fmt: skip
        if self.dice.random() < 0.5:
            self.add(made, "title", self.word())
        self.narrative(made)
        for _ in range(self.dice.randint(1, 3)):
            self.statement(self.add(made, "entry"), 0)
        if depth < 2 and self.dice.random() < 0.5:
            self.section(made, depth + 1)

    def narrative(self, section: etree._Element) -> None:
        text = self.add(section, "text", self.word())
        for _ in range(self.dice.randint(0, 4)):
            getattr(self, self.dice.choice(("paragraphs", "table", "items", "inline", "media")))(text)

    def paragraphs(self, text: etree._Element) -> None:
        made = self.add(text, "paragraph", self.word())
        self.add(made, "br").tail = self.word()
        self.add(made, "content", self.word(), styleCode="Bold").tail = self.word()

    def inline(self, text: etree._Element) -> None:
        self.add(text, "sub", self.word()).tail = self.word()
        self.add(text, "sup", self.word())
        self.add(text, "linkHtml", self.word(), href="https://example.org/").tail = self.word()

    def media(self, text: etree._Element) -> None:
        self.add(self.add(text, "renderMultiMedia", referencedObject="M1"), "caption", self.word())

    def items(self, text: etree._Element) -> None:
        made = self.add(text, "list", listType=self.dice.choice(("ordered", "unordered")))
        self.add(made, "caption", self.word())
        for _ in range(2):
            self.add(self.add(made, "item", self.word()), "content", self.word())

    def table(self, text: etree._Element) -> None:
        made = self.add(text, "table", border="1")
        self.add(made, "caption", self.word())
        self.add(self.add(self.add(made, "thead"), "tr"), "th", self.word())
        row = self.add(self.add(made, "tbody"), "tr")
        self.add(self.add(row, "td", colspan="2"), "paragraph", self.word())

    def statement(self, around: etree._Element, depth: int) -> None:
        kind = self.dice.choice(("observation", "observation", "organizer", "act", "procedure", "drug"))
        if kind == "organizer" and depth < 3:
            made = self.add(around, "organizer", classCode="CLUSTER", moodCode="EVN")
            self.add(made, "statusCode")
            for _ in range(2):
                self.statement(self.add(made, "component"), depth + 1)
            return
        if kind == "drug":
            self.drug(around)
            return
        name = "observation" if kind == "organizer" else kind
        made = self.add(around, name, classCode="OBS", moodCode="EVN")
        code = f"DE90.{next(self.numbers)}.00"
        self.add(made, "code", code=code, displayName=self.word(), codeSystem=DE)
        if name == "procedure":
            self.add(made, "effectiveTime", value="20260305100000")
            self.coded.append((code, ""))
        else:
            if self.dice.random() < 0.3:
                self.add(made, "effectiveTime", value="20260305")
            self.coded.append((code, self.value(made)))
        if self.dice.random() < 0.2:
            who = self.add(self.add(made, "performer"), "assignedEntity")
            self.add(who, "id", root="2.16.156.10011.1.4", extension=f"Y{next(self.numbers)}")
            self.add(self.add(who, "assignedPerson"), "name", self.word())
        if depth < 3 and self.dice.random() < 0.4:
            self.statement(self.add(made, "entryRelationship", typeCode="COMP"), depth + 1)

    def drug(self, around: etree._Element) -> None:
        made = self.add(around, "substanceAdministration", classCode="SBADM", moodCode="EVN")
        self.add(made, "text", self.word())
        self.add(made, "routeCode", code="1", displayName="口服", codeSystem="2.16.156.10011.2.3.1.158")
        self.add(made, "doseQuantity", value="0.5", unit="g")
        self.add(made, "rateQuantity", value="2", unit="次/日")
        product = self.add(self.add(made, "consumable"), "manufacturedProduct")
        label, code, name = (
            self.add(product, "manufacturedLabeledDrug"),
            f"YP{next(self.numbers)}",
            self.word(),
        )
        self.add(label, "code", code=code)
        self.add(label, "name", name)
        self.coded.append((code, name))

    def value(self, around: etree._Element) -> str:
        """Write a value of some type; return what has to be found again."""
        kind = self.dice.choice(
            ("ST", "CD", "PQ", "REAL", "INT", "BL", "TS", "IVL_TS", "IVL_PQ", "ED", "B64", "null", "text")
        )
        number, word = str(next(self.numbers)), self.word()
        made = self.add(around, "value")
        if kind == "null":
            made.set("nullFlavor", "UNK")
            return ""
        if kind != "text":
            made.set(XSI, "ED" if kind == "B64" else kind)
        if kind in ("ST", "ED", "text"):
            made.text = word
            return word
        if kind == "B64":
            made.set("representation", "B64")
            made.set("mediaType", "image/png")
            made.text = "iVBORw0K" + number + "=="
            return "iVBORw0K" + number
        if kind == "CD":
            for key, text in (
                ("code", f"K{number}"),
                ("displayName", word),
                ("codeSystem", "2.16.156.10011.2.3.2.38"),
            ):
                made.set(key, text)
            return f"K{number}"
        if kind.startswith("IVL"):
            low, high = (
                ("20260305", "20260306") if kind == "IVL_TS" else (number, str(int(number) + 1_000_000))
            )
            self.add(made, "low", value=low)
            self.add(made, "high", value=high)
            return "2026-03-06" if kind == "IVL_TS" else high
        said = {"BL": "true", "TS": "20260305101500"}.get(kind, number)
        made.set("value", said)
        if kind == "PQ":
            made.set("unit", "mmol/L")
        return {"BL": "true", "TS": "2026-03-05T10:15"}.get(kind, number)


def written(root: etree._Element, charset: str) -> bytes:
    text = etree.tostring(root, encoding="unicode")
    names = {"utf-8": "UTF-8", "gb18030": "GB2312"}
    declared = f'<?xml version="1.0" encoding="{names[charset]}"?>' if charset in names else ""
    return (declared + text).encode("utf-8" if charset == "utf-8" else "gb18030")


def translated(maps: Maps, raw: bytes) -> Translation:
    envelope = Envelope("0" * 32, "default", "his/cda", "", 1_790_000_000_000_000, "text/xml", "", raw)
    message = maps.lay(xml.parse(raw), envelope)
    return maps.translate(message, envelope, maps.profile("his/cda", "", message))


def compare(sections: list[dict[str, Any]], around: list[etree._Element]) -> None:
    """Every section is there, nested as it stood, with its code, its title and every word."""
    assert len(sections) == len(around)
    for one, node in zip(sections, around, strict=True):
        code, title, text = (node.find(f"{{{HL7}}}{name}") for name in ("code", "title", "text"))
        if code is not None and code.get("code"):
            assert one["code"]["coding"][0]["code"] == code.get("code")
        if title is not None:
            assert one["title"] == title.text
        words = [] if text is None else "".join(f" {part} " for part in text.itertext()).split()
        if words:
            div = etree.fromstring(one["text"]["div"])
            told = "".join(f" {part} " for part in div.itertext()).split()
            assert told == words
        assert one["text"]["div"]
        compare(one.get("section", []), node.findall(f"{{{HL7}}}component/{{{HL7}}}section"))


def said(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Every text and attribute of the statements that says something, with its path."""
    for entry in root.iter(f"{{{HL7}}}entry"):
        for one in entry.iter(etree.Element):
            for name, text in one.attrib.items():
                if name not in FORM:
                    yield text, f"{location(one)}/@{etree.QName(name).localname}"
            if one.text and one.text.strip():
                yield one.text.strip(), location(one)


COLUMNS = {"/code/@displayName": "people.as", "/time/@value": "people.when", "/statusCode/@code": "status",
           "/statusCode": "status_label"}  # fmt: skip
"""Ends of paths that are counted under the name of their column."""


def counted(path: str, translation: Translation) -> bool:
    names = [column for end, column in COLUMNS.items() if path.endswith(end)]
    return path in translation.unmapped or any(
        one.endswith(f".{name}") for one in translation.unmapped for name in names
    )


@pytest.mark.parametrize("code", CODES)
def test_nothing_of_a_document_is_lost(code: str, make: Make, maps: Maps, check: Any) -> None:
    root, hand = make(code), Hand(random.Random(code))
    body = root.find(f"{{{HL7}}}component/{{{HL7}}}structuredBody")
    for _ in range(4):
        hand.section(body)
    root.find(f"{{{HL7}}}templateId").set("root", "2.16.156.10011.2.1.1.21")
    charset = ("utf-8", "gb18030", "undeclared")[int(code[1:]) % 3]
    translation = translated(maps, written(root, charset))

    (composition,) = [one.body for one in translation.drafts if one.type == "Composition"]
    compare(composition["section"], body.findall(f"{{{HL7}}}component/{{{HL7}}}section"))

    texts = [dumps(one.body).decode() for one in translation.drafts if one.type not in APART]
    for key, value in hand.coded:
        assert any(key in one and value in one for one in texts), (key, value)

    everything = "".join(texts)
    numbers = everything.replace("-", "").replace(":", "").replace("T", "")
    lost = [
        (text, path)
        for text, path in said(root)
        if text not in everything and text not in numbers and not counted(path, translation)
        and text not in ("true", "-", "UNK")
    ]  # fmt: skip
    assert lost == []
    assert [one for one in check(translation.drafts) if one.severity in ("error", "fatal")] == []
