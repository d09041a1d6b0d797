"""Schemas: where documents deviate from the XML schemas (XSD) that an operator has, as a report.

WS/T 500 has a schema for each of its documents (``cdas/C0004.xsd``), named as the document is coded: the code
decides, not the templateId, which senders copy. A deviation never holds what stands in the document.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lxml import etree

from gateway.canonical import Issue
from gateway.errors import Misconfigured
from gateway.wire.xml.document import Document, location

MOST = 200
"""Deviations that are told of one document."""

LARGEST = 4_000_000
"""Bytes of one schema."""

_TYPE: Final = "{http://www.w3.org/2001/XMLSchema-instance}type"
_LOCATION: Final = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
_SPACE: Final = re.compile(r"\{[^}]*\}")
_NAMES: Final = re.compile(r"Expected is (?:one of )?\( ([^)]{0,2000}) \)")
_ATTRIBUTE: Final = re.compile(r"[Tt]he attribute '([\w:.-]+)' is (required|not allowed)")
_ON: Final = re.compile(r"attribute '(?:\{[^}]*\})?([\w.-]+)'")

_NO_VALUE: Final = ("is no value of the type that the schema asks for", "不符合规范要求的数据类型")
_NOT_FIXED: Final = ("is not the value that the schema fixes", "与规范规定的固定值不符")
_FACETS: Final = {
    "SCHEMAV_CVC_ENUMERATION_VALID": (
        "is none of the values that the schema lists",
        "不在规范允许的取值范围内",
    ),
    "SCHEMAV_CVC_PATTERN_VALID": ("does not have the form that the schema asks for", "不符合规范要求的格式"),
    "SCHEMAV_CVC_LENGTH_VALID": (
        "does not have the length that the schema asks for",
        "长度不符合规范要求",
    ),
    "SCHEMAV_CVC_MINLENGTH_VALID": ("is shorter than the schema allows", "长度小于规范要求"),
    "SCHEMAV_CVC_MAXLENGTH_VALID": ("is longer than the schema allows", "长度大于规范要求"),
    "SCHEMAV_CVC_MININCLUSIVE_VALID": ("is less than the schema allows", "小于规范允许的最小值"),
    "SCHEMAV_CVC_MAXINCLUSIVE_VALID": ("is more than the schema allows", "大于规范允许的最大值"),
    "SCHEMAV_CVC_AU": _NOT_FIXED,
    "SCHEMAV_CVC_ELT_5_2_2_2_2": _NOT_FIXED,
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": _NO_VALUE,
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_2": _NO_VALUE,
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_3": _NO_VALUE,
}
_SAME: Final = frozenset({"SCHEMAV_CVC_ATTRIBUTE_3"})
"""Say again what another one has said."""


@dataclass(slots=True, frozen=True)
class Deviation:
    """One place where a document is not as its schema asks.

    Attributes:
        line: in the document, counted from 1; 0 where nobody knows.
        path: names of the elements, outermost first.
        text: English sentence without a value of the document; ``text_zh``: the same in Chinese.
    """

    line: int
    path: str
    text: str
    text_zh: str

    def issue(self) -> Issue:
        """Return it as a remark on a message."""
        return Issue("information", "structure", f"{self.path} ({self.line})", "xsd", self.text, self.text_zh)


class Schemas:
    """The schemas of an operator: a folder, tar or zip archive with ``C0001.xsd`` to ``C0053.xsd`` anywhere.

    Raises:
        Misconfigured: there is no such folder or archive, or nothing of the kind in it.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._texts = dict(_files(place))
        self._known: dict[str, etree.XMLSchema | None] = {}
        if not self._texts:
            raise Misconfigured("no C0001.xsd … C0053.xsd is in it", where=str(place))

    def check(self, document: Document) -> list[Deviation] | None:
        """Return where a document deviates, None where there is no schema for its code."""
        code = document.root.find("{*}code")
        schema = self._schema("" if code is None else (code.get("code") or "").strip())
        if schema is None:
            return None
        root = deepcopy(document.root)
        for one in root.iter(etree.Element):  # the schemas know no datatypes: every xsi:type would be a fault
            one.attrib.pop(_TYPE, None)
            one.attrib.pop(_LOCATION, None)
        if schema.validate(root):
            return []
        found = dict.fromkeys(
            _deviation(error, root) for error in schema.error_log if error.type_name not in _SAME
        )
        return list(found)[:MOST]

    def _schema(self, name: str) -> etree.XMLSchema | None:
        if name not in self._known:
            text = self._texts.get(name)
            self._known[name] = None if text is None else self._compiled(name, text)
        return self._known[name]

    def _compiled(self, name: str, text: bytes) -> etree.XMLSchema:
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.XMLSchema(etree.fromstring(text, parser))
        except (etree.XMLSyntaxError, etree.XMLSchemaParseError):
            raise Misconfigured(f"{name}.xsd is no XML schema", where=str(self._place)) from None


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every schema of a document."""
    try:
        if place.is_dir():
            for path in sorted(place.rglob("C[0-9]*.xsd")):
                yield path.stem, path.read_bytes()
        elif zipfile.is_zipfile(place):
            with zipfile.ZipFile(place) as archive:
                for info in archive.infolist():
                    if _is_schema(info.filename) and info.file_size <= LARGEST:
                        yield Path(info.filename).stem, archive.read(info)
        else:
            with tarfile.open(place) as archive:
                for member in archive:
                    file = (
                        archive.extractfile(member) if _is_schema(member.name) and member.isfile() else None
                    )
                    if file is not None and member.size <= LARGEST:
                        yield Path(member.name).stem, file.read()
    except (OSError, tarfile.TarError, zipfile.BadZipFile):
        raise Misconfigured("no folder, tar or zip archive that can be read", where=str(place)) from None


def _is_schema(name: str) -> bool:
    return re.fullmatch(r"C\d{4}\.xsd", Path(name).name) is not None


def _deviation(error: etree._LogEntry, root: etree._Element) -> Deviation:
    text, text_zh = _told(error.type_name, _SPACE.sub("", error.message))
    on = _ON.search(_SPACE.sub("", error.message.partition(":")[0]))
    path = location(_place(error.path or "", root)) + (f"/@{on[1]}" if on else "")
    return Deviation(max(error.line, 0), path, text, text_zh)


def _place(path: str, root: etree._Element) -> etree._Element:
    """Return the element that libxml2 names, by the prefixes of the document; the root where it cannot."""
    prefixes = {name: uri for one in root.iter(etree.Element) for name, uri in one.nsmap.items() if name}
    try:
        found = root.getroottree().xpath(path, namespaces=prefixes) if path else []
    except etree.XPathError:
        return root
    return found[0] if isinstance(found, list) and found and etree.iselement(found[0]) else root


def _told(kind: str, message: str) -> tuple[str, str]:
    """Return what is wrong in words that hold no value of the document."""
    if kind in _FACETS:
        return _FACETS[kind]
    expected = _NAMES.search(message)
    names = " ".join(expected[1].replace(",", " ").split()) if expected else ""
    if "Missing child" in message:
        return f"something is missing in it: {names}", f"缺少子元素：{names}"
    if "This element is not expected" in message:
        if names:
            return f"the schema has another element here: {names}", f"此处应为：{names}"
        return "the schema has no such element here", "规范中此处没有该元素"
    if found := _ATTRIBUTE.search(message):
        missing = found[2] == "required"
        return (
            f"the attribute {found[1]} is {'missing' if missing else 'not one of the schema'}",
            f"{'缺少属性' if missing else '规范中没有属性'} {found[1]}",
        )
    if "Character content" in message or "content is not allowed" in message:
        return "the schema has no text here", "规范中此处不允许有文本"
    return "it is not as the schema asks", "不符合规范"
