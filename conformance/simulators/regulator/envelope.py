"""Owns records of a platform's own form: JSON or XML, in the clear or as SM4 with SM3."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from conformance.simulators.exact import dumps, loads


@dataclass(slots=True, frozen=True)
class Keys:
    """Of SM4, 16 bytes; empty: records come in the clear, nothing is compared."""

    sm4: bytes = b""


@dataclass(slots=True, frozen=True)
class Reply:
    """An answer over HTTP."""

    status: int
    body: bytes = b""
    type: str = "application/json"


@dataclass(slots=True, frozen=True)
class Item:
    """What becomes of one record.

    Attributes:
        code: ``ok``, ``repeat``, ``again`` or ``refused``.
    """

    key: str
    code: str
    receipt: str = ""
    text: str = ""


_LIST = {"ok": "200", "repeat": "2001", "again": "500", "refused": "400"}
_XML = {"ok": "0", "repeat": "1", "again": "5", "refused": "9"}
"""Codes of the two example forms (``mappings/receivers``)."""


class Sealed(Exception):
    """What came cannot be opened, or is not what was hashed."""


def opened(body: bytes, keys: Keys) -> list[Any]:
    """Return the records of a request.

    Raises:
        Sealed: they cannot be read.
    """
    try:
        outer: Any = None if keys.sm4 and body.lstrip()[:1] not in b"{[<" else _parsed(body)
    except (ValueError, ET.ParseError):
        raise Sealed("it is neither JSON nor XML") from None
    sealed = body.decode("ascii", "replace") if outer is None else _payload(outer) if keys.sm4 else None
    found = outer if sealed is None else _parsed(_plain(sealed, keys.sm4))
    return _records(found)


def digest_fits(headers: dict[str, str], body: bytes, keys: Keys) -> bool | None:
    """Tell whether the header ``digest`` is the SM3 of the body; None where it says something else."""
    said = next((value for name, value in headers.items() if name.lower() == "digest"), "")
    if not said or not keys.sm4:
        return None
    return said.lower() == hashlib.new("sm3", body).hexdigest()


def answer(wire: str, code: str, text: str, items: Sequence[Item]) -> Reply:
    """Return what is answered to records: to XML as XML, to anything else as JSON."""
    if wire == "list":
        listed = [
            {"bussKey": one.key, "code": _LIST[one.code], "platformID": one.receipt, "msg": one.text}
            for one in items
        ]
        return Reply(200, dumps({"code": _LIST[code], "msg": text, "data": listed}).encode())
    root = ET.Element("response")
    _said(ET.SubElement(root, "result"), code=_XML[code], message=text)
    list_ = ET.SubElement(root, "items")
    for one in items:
        _said(ET.SubElement(list_, "item"), code=_XML[one.code], id=one.receipt, message=one.text)
    return Reply(200, ET.tostring(root, encoding="utf-8", xml_declaration=True), "application/xml")


def _said(element: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(element, name).text = text


def _plain(text: str, key: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
        work = Cipher(algorithms.SM4(key), modes.CBC(data[:16])).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        return unpadder.update(work.update(data[16:]) + work.finalize()) + unpadder.finalize()
    except (binascii.Error, ValueError):
        raise Sealed("it cannot be decrypted") from None


def _payload(outer: Any) -> str | None:
    """Return the longest text of a body: there the records are."""
    found = [one for one in outer.values() if isinstance(one, str)] if isinstance(outer, dict) else []
    longest = max(found, key=len, default="")
    return longest if len(longest) >= 24 else None


def _parsed(data: bytes) -> Any:
    if data.lstrip()[:1] != b"<":
        return loads(data)
    if b"<!DOCTYPE" in data[:2000] or b"<!ENTITY" in data:
        raise Sealed("a document type is not taken")
    return [_content(one) for one in ET.fromstring(data) if one.tag != "head"]  # noqa: S314


def _content(element: ET.Element) -> Any:
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for one in element:
        value = _content(one)
        if one.tag in found:
            there = found[one.tag]
            found[one.tag] = [*there, value] if isinstance(there, list) else [there, value]
        else:
            found[one.tag] = value
    return found


def _records(found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    inner = (
        next((one for one in found.values() if isinstance(one, list)), None)
        if isinstance(found, dict)
        else None
    )
    return [found] if inner is None else inner
