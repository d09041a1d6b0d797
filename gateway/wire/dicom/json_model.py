"""The DICOM JSON Model (PS3.18 annex F): a data set as JSON and back, its text always in UTF-8.

Decimal and integer strings stay text, as annex F.2.2 allows: a number of JSON would lose digits.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from struct import error, pack
from typing import Any

from gateway.errors import Rejected
from gateway.wire.dicom.element import BULK, CHARSET, Element, name_of, vr_of
from gateway.wire.dicom.limits import LIMITS, Limits
from gateway.wire.dicom.record import Header
from gateway.wire.dicom.values import FORMS

UTF_8 = b"ISO_IR 192"
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def as_json(header: Header, wanted: Collection[int] | None = None, path: str = "") -> dict[str, Any]:
    """Return the attributes of a data set that have a value, and can be told in text.

    Args:
        header: what cannot be told is in its ``flaws`` afterwards.
        wanted: tags; None for all. A sequence is given whole.
        path: of the data set, for the flaws.
    """
    made: dict[str, Any] = {}
    for tag in sorted(header.elements if wanted is None else wanted):
        element = header.elements.get(tag)
        if element is None or tag == CHARSET:
            continue
        said = _values(header, element, f"{path}{name_of(tag)}")
        if said:
            made[f"{tag:08X}"] = {"vr": element.vr, "Value": said}
    return made


def _values(header: Header, element: Element, path: str) -> list[Any]:
    if element.items is not None:
        items = [as_json(item, None, f"{path}[{number}].") for number, item in enumerate(element.items, 1)]
        return items if any(items) else []
    element.read = True
    said = header.values(element, path)
    if element.vr == "PN":
        groups = [zip(_GROUPS, name.split("="), strict=False) for name in said]
        return [{group: text for group, text in one if text} for one in groups]
    if element.vr in FORMS:
        return [float(one) if element.vr in ("FL", "FD") else int(one) for one in said]
    return list(said)


def parsed(raw: bytes) -> Any:
    """Return JSON with its decimal numbers as text, the digits as they were written.

    Raises:
        Rejected: ``not-dicom-json``.
    """
    try:
        return json.loads(raw, parse_float=str)
    except (ValueError, RecursionError):
        raise _no_json() from None


def from_json(data: object, limits: Limits = LIMITS) -> Header:
    """Return the header that DICOM JSON says; values by reference are left out.

    Args:
        data: of one data set, as :func:`parsed` or ``json.loads`` returns it.

    Raises:
        Rejected: ``not-dicom-json``; ``too-large``.
    """
    header = _Reading(limits).dataset(data, None, 0)
    header.elements[CHARSET] = Element("CS", UTF_8)
    return header


class _Reading:
    """Reads one data set, and counts what it reads."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._count = limits, 0

    def dataset(self, data: object, parent: Header | None, depth: int) -> Header:
        if not isinstance(data, Mapping):
            raise _no_json()
        if depth > self._limits.depth:
            raise Rejected(
                "sequences stand deeper in each other than the limit", code="too-large", where="dataset"
            )
        header = Header(parent)
        for key, said in data.items():
            self._count += 1
            if self._count > self._limits.elements:
                raise Rejected(
                    "the header has more elements than the limit", code="too-large", where="dataset"
                )
            tag = _tag(key)
            if tag is None or not isinstance(said, Mapping):
                raise _no_json()
            header.elements[tag] = self._element(tag, said, header, depth)
        return header

    def _element(self, tag: int, said: Mapping[str, Any], header: Header, depth: int) -> Element:
        vr = said.get("vr") or vr_of(tag)
        values = said.get("Value", [])
        if not isinstance(vr, str) or len(vr) != 2 or not isinstance(values, list):
            raise _no_json()
        if vr == "SQ":
            return Element(vr, items=[self.dataset(one, header, depth + 1) for one in values])
        if vr in BULK or "BulkDataURI" in said:
            return Element(vr, left=0)
        return Element(vr, _bytes(vr, values))


def _tag(key: object) -> int | None:
    try:
        return int(key, 16) if isinstance(key, str) and len(key) == 8 else None
    except ValueError:
        return None


def _bytes(vr: str, values: list[Any]) -> bytes:
    """Return the bytes of values; those that are none of the VR make no JSON of DICOM."""
    try:
        if vr == "AT":
            return b"".join([pack("<HH", int(one[:4], 16), int(one[4:], 16)) for one in values])
        if form := FORMS.get(vr):
            number = float if vr in ("FL", "FD") else int
            return b"".join([pack(form, number(one)) for one in values])
        return "\\".join([_text(one) for one in values]).encode()
    except (ValueError, TypeError, error, OverflowError):
        raise _no_json() from None


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return "=".join([str(value.get(one) or "") for one in _GROUPS]).rstrip("=")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return str(value)


def _no_json() -> Rejected:
    return Rejected("this is no data set in DICOM JSON", code="not-dicom-json", where="dataset")
