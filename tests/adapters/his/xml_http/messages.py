"""Messages of the services of a platform, made from their schemas; who is in them is invented."""

from __future__ import annotations

import re
import tarfile
from functools import cache

from lxml import etree

from gateway import registry

ARCHIVE = registry.one_root() / "tests/reference/wst-schemas/cda-and-v3-xsd.tar.xz"
V3 = "urn:hl7-org:v3"
XS = "{http://www.w3.org/2001/XMLSchema}"
RESIDENT, NAME = "990101197805123714", "陈远航"
REGISTERS = {
    "域ID": ("2.16.156.10011.2.5.1.5", "01"),
    "患者ID": ("2.16.156.10011.2.5.1.4", "1002345"),
    "门（急）诊号": ("2.16.156.10011.1.11", "MZ100234"),
    "住院号": ("2.16.156.10011.1.12", "ZY100234"),
    "就诊次数": ("2.16.156.10011.2.5.1.8", "3"),
    "就诊流水号": ("2.16.156.10011.2.5.1.9", "ZY2026000318"),
    "身份证号": ("2.16.156.10011.1.3", RESIDENT),
}
TEXTS = ("20260305142200", "20260305", "2026-03-05", "202603051422", "1", "48", "0", "true", "false")
PLACES = {"patient", "encounter", "encounterEvent"}


@cache
def schema_text(service: str) -> bytes:
    """Return the schema of a service."""
    with tarfile.open(ARCHIVE) as archive:
        found = archive.extractfile(f"./services/{service}.xsd")
        assert found is not None
        return found.read()


def valid(service: str, message: etree._Element) -> list[str]:
    """Return what a schema has against a message."""
    schema = etree.XMLSchema(etree.fromstring(schema_text(service)))
    schema.validate(etree.fromstring(etree.tostring(message)))
    return [f"{one.path}: {one.message}" for one in schema.error_log]


def message(service: str, number: int = 1) -> etree._Element:
    """Return a message with everything that its schema knows, each once."""
    declared = etree.fromstring(schema_text(service)).find(f"{XS}element")
    made = etree.Element(f"{{{V3}}}{declared.get('name')}", nsmap={None: V3})
    _fill(declared, made, number)
    made.find(f"{{{V3}}}processingCode").set("code", "P")
    return made


def _fill(declared: etree._Element, made: etree._Element, number: int) -> None:
    kind = declared.find(f"{XS}complexType")
    if kind is None:
        _text(declared, made)
        return
    for one in kind.iter(f"{XS}attribute"):
        if next(one.iterancestors(f"{XS}element")) is declared:
            made.set(one.get("name"), _attribute(one, declared, made, number))
    for group in kind.findall(f"{XS}sequence") + kind.findall(f"{XS}choice") + kind.findall(f"{XS}all"):
        _group(group, made, number)


def _group(group: etree._Element, made: etree._Element, number: int) -> None:
    parts = [one for one in group if one.tag in (f"{XS}element", f"{XS}sequence", f"{XS}choice")]
    for one in parts[:1] if group.tag == f"{XS}choice" else parts:
        if one.tag != f"{XS}element":
            _group(one, made, number)
            continue
        for _ in range(_times(one, made)):
            _fill(one, etree.SubElement(made, f"{{{V3}}}{one.get('name')}"), number)


def _registers(declared: etree._Element) -> list[tuple[str, str]]:
    """Return the numbers that the documentation of an ``item`` names, in its order."""
    said = " ".join("".join(one.itertext()) for one in declared.findall(f"{XS}annotation"))
    found = sorted((said.index(name), one) for name, one in REGISTERS.items() if name in said)
    return [one for _, one in found]


def _times(declared: etree._Element, made: etree._Element) -> int:
    if declared.get("name") != "item" or made.getparent() is None:
        return 1
    named = len(_registers(declared)) if etree.QName(made.getparent()).localname in PLACES else 1
    most = declared.get("maxOccurs", "1")
    return max(1, named if most == "unbounded" else min(named, int(most)))


def _attribute(attribute: etree._Element, declared: etree._Element, made: etree._Element, number: int) -> str:
    if attribute.get("fixed"):
        return str(attribute.get("fixed"))
    name, element = str(attribute.get("name")), etree.QName(made).localname
    above = [etree.QName(one).localname for one in made.iterancestors()]
    wanted = {
        "root": "2.16.156.10011.1.4", "codeSystem": "2.16.156.10011.2.5.1.10", "unit": "次",
        "classCode": "ACT",
        "moodCode": "RQO", "code": "1", "value": "无", "extension": "N1", "displayName": "名称",
    }.get(name, "1")  # fmt: skip
    if element == "item" and name in ("root", "extension") and len(above) > 1 and above[1] in PLACES:
        named = _registers(declared) or ([REGISTERS["患者ID"]] if above[1] == "patient" else [])
        if named:
            at = min(len(made.getparent()) - 1, len(named) - 1)
            wanted = named[at][0 if name == "root" else 1]
    elif element == "item" and name in ("root", "extension") and above[1:2] == ["patientPerson"]:
        wanted = "2.16.156.10011.1.3" if name == "root" else RESIDENT
    elif name == "extension" and (len(above) == 1 or (element == "item" and above[1:2] == ["actId"])):
        wanted = f"6f1d2c3b-4a5e-4f60-8a7b-{number:012}"
    elif name == "extension":
        wanted = f"NR{number:06}{len(above)}"
    elif element == "lengthOfStayQuantity" and name == "value":
        wanted = "7"
    elif name == "value" and element in ("low", "high", "time", "creationTime", "birthTime", "effectiveTime"):
        wanted = "20260305142200"
    return _fitting(attribute.find(f"{XS}simpleType/{XS}restriction"), wanted, attribute.get("type") or "")


def _text(declared: etree._Element, made: etree._Element) -> None:
    name = etree.QName(made).localname
    if name == "name":
        item = etree.SubElement(made, f"{{{V3}}}item")
        etree.SubElement(item, f"{{{V3}}}part").set("value", NAME)
    elif declared.get("type") or declared.find(f"{XS}simpleType") is not None:
        facets = declared.find(f"{XS}simpleType/{XS}restriction")
        made.text = _fitting(facets, "无", declared.get("type") or "")


def _fitting(facets: etree._Element | None, wanted: str, kind: str) -> str:
    """Return what is wanted where the facets allow it, else something that they allow."""
    if kind.startswith("xs:") and kind not in ("xs:string", "xs:anySimpleType", "xs:token"):
        return {"xs:boolean": "false"}.get(kind, wanted if wanted.isdigit() and len(wanted) < 10 else "1")
    if facets is None:
        return wanted
    if listed := [one.get("value") for one in facets.findall(f"{XS}enumeration")]:
        return wanted if wanted in listed else str(listed[0])
    fixed = [one.get("value") for one in facets.findall(f"{XS}pattern")]
    found = next((text for text in (wanted, *TEXTS, *fixed) if _fits(facets, text)), None)
    least = next((int(one.get("value")) for one in facets if one.tag in (f"{XS}minLength", f"{XS}length")), 1)
    return "9" * least if found is None else found


def _fits(facets: etree._Element, text: str) -> bool:
    patterns = [one.get("value") for one in facets.findall(f"{XS}pattern")]
    if patterns and not any(re.fullmatch(one, text) for one in patterns):
        return False
    for one in facets:
        name, value = etree.QName(one).localname, one.get("value")
        bounds = {
            "length": lambda value=value: len(text) == int(value),
            "minLength": lambda value=value: len(text) >= int(value),
            "maxLength": lambda value=value: len(text) <= int(value),
            "minInclusive": lambda value=value: text.isdigit() and int(text) >= int(value),
            "maxInclusive": lambda value=value: text.isdigit() and int(text) <= int(value),
            "minExclusive": lambda value=value: text.isdigit() and int(text) > int(value),
            "maxExclusive": lambda value=value: text.isdigit() and int(text) < int(value),
        }
        if name in bounds and not bounds[name]():
            return False
    return facets.get("base") in ("xs:string", None) or text.isdigit()
