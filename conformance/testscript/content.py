"""Owns what travels or lies in a file: bytes with headers, read as JSON or XML only when somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lxml import etree

from conformance.simulators.exact import Resource, dumps, loads
from conformance.testscript import xml_reading, xml_writing
from conformance.testscript.unusable import Unusable

LARGEST = 16 * 1024 * 1024
"""Bytes of a script, a fixture or an answer."""

MEDIA = {"json": "application/fhir+json", "xml": "application/fhir+xml"}


@dataclass(frozen=True)
class Content:
    """A fixture, a request or an answer.

    Attributes:
        headers: by lower-case name.
        status: of an answer.
        method: of a request; ``url`` is its whole address.
    """

    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    method: str = ""
    url: str = ""

    @cached_property
    def format(self) -> str:
        """``json``, ``xml``, or ``""``, by the first sign of the body: headers may be wrong."""
        first = self.body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
        return {b"{": "json", b"[": "json", b"<": "xml"}.get(first, "")

    @cached_property
    def json(self) -> Any:
        """The body as JSON, numbers as they are written. Raises ``Unusable``: it is none."""
        if self.format == "xml":
            return self.resource
        return read_json(self.body)

    @cached_property
    def resource(self) -> Resource:
        """The body as a resource. Raises ``Unusable``: it is empty, unreadable, or no resource of R4."""
        if not self.format:
            raise Unusable(
                "没有内容，或不是 JSON 也不是 XML", "there is no body, or it is neither JSON nor XML"
            )
        if self.format == "xml":
            found, unknown = xml_reading.resource(self._root)
            if unknown:
                raise Unusable(f"XML 含 R4 没有的元素：{unknown[0]}", f"R4 has no element {unknown[0]}")
            return found
        return _resource(read_json(self.body))

    @cached_property
    def type(self) -> str:
        """Type of the resource, ``""`` where the body is none."""
        try:
            return str(self.resource["resourceType"])
        except Unusable:
            return ""

    @cached_property
    def _root(self) -> etree._Element:
        return xml_reading.parse(self.body)

    @cached_property
    def xml(self) -> etree._Element:
        """The body as elements, for XPath; JSON in the form of XML. Raises ``Unusable``."""
        return self._root if self.format == "xml" else xml_writing.tree(self.resource)

    def written(self, form: str) -> bytes:
        """Return the body as ``json`` or ``xml``: its own bytes where it is that. Raises ``Unusable``."""
        if form == self.format:
            return self.body
        return xml_writing.to_xml(self.resource) if form == "xml" else dumps(self.resource).encode()


def read_json(text: bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        Unusable: it is none, or nested too deeply.
    """
    try:
        found = loads(text.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise Unusable(f"JSON 无法读取：{error}", f"the JSON cannot be read: {error}") from error
    if _too_deep(found):
        raise Unusable(
            f"JSON 嵌套超过 {xml_reading.DEEPEST} 层",
            f"the JSON is nested deeper than {xml_reading.DEEPEST} levels",
        )
    return found


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(xml_reading.DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _resource(found: Any) -> Resource:
    if not isinstance(found, dict) or not isinstance(found.get("resourceType"), str):
        raise Unusable(
            "JSON 不是 FHIR 资源（没有 resourceType）", "the JSON is no resource: it has no resourceType"
        )
    return found
