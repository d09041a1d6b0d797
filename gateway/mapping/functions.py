"""The closed table of conversion functions that a row may name in ``as``.

Four kinds, each a plain function:

=========  ==============================  ====================================================
kind       called with                     returns
=========  ==============================  ====================================================
value      unescaped text of one leaf, Run the FHIR value; None for nothing; BAD for malformed
raw        one repetition as it stands     the same
field      the field, all repetitions      the same
segment    the segment's fields, Run       a dict merged into the resource, None for nothing
=========  ==============================  ====================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final, Literal

from gateway.canonical.logical_id import is_id
from gateway.mapping import times
from gateway.mapping.layout.moments import normal
from gateway.mapping.run import Run
from gateway.mapping.texts import number


class _Bad:
    """Says that a value stood there but is malformed: the field is lost, with a report."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()
Convert = Callable[[Any, Run], Any]


@dataclass(slots=True, frozen=True)
class Function:
    """An entry of the closed table; ``result`` is the FHIR type that it makes, ``""`` for several."""

    kind: Literal["value", "raw", "field", "segment"]
    call: Convert
    result: str


FUNCTIONS: dict[str, Function] = {}


def function(kind: Literal["value", "raw", "field", "segment"], result: str) -> Callable[[Convert], Convert]:
    """Return what puts a conversion into the closed table, under its name without ``to_``."""

    def register(call: Convert) -> Convert:
        name = call.__name__.removeprefix("to_")
        FUNCTIONS[name] = Function(kind, call, result)
        return call

    return register


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODE = re.compile(r"[^\s]+(?: [^\s]+)*")
_BOOLEANS = {"Y": True, "N": False, "1": True, "0": False, "是": True, "否": False}
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


@function("value", "string")
def string(text: str, run: Run) -> Any:
    """FHIR string: trimmed, without control characters."""
    return (_CONTROL.sub("", text) if _CONTROL.search(text) else text).strip() or None


FUNCTIONS["text"] = FUNCTIONS["markdown"] = FUNCTIONS["string"]


@function("value", "code")
def code(text: str, run: Run) -> Any:
    """FHIR code: no leading, trailing or doubled white space."""
    text = text.strip()
    return (text if _CODE.fullmatch(text) else BAD) if text else None


@function("value", "uri")
def uri(text: str, run: Run) -> Any:
    """FHIR uri: no white space."""
    text = text.strip()
    return (text if not re.search(r"\s", text) else BAD) if text else None


FUNCTIONS["url"] = FUNCTIONS["canonical"] = FUNCTIONS["uri"]


@function("value", "uri")
def to_oid_uri(text: str, run: Run) -> Any:
    """``2.16.156…`` → ``urn:oid:2.16.156…``."""
    text = text.strip()
    return "urn:oid:" + text if re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", text) else BAD


@function("value", "id")
def to_id(text: str, run: Run) -> Any:
    """FHIR id: letters, digits, ``-`` and ``.``, at most 64."""
    text = text.strip()
    return (text if is_id(text) else BAD) if text else None


@function("value", "xhtml")
def narrative(text: str, run: Run) -> Any:
    """Plain text → the div of a Narrative."""
    plain = string(text, run)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(plain, quote=False)}</div>' if plain else None


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@function("value", "uri")
def to_uuid_uri(text: str, run: Run) -> Any:
    """``67e55044-…`` → ``urn:uuid:67e55044-…``."""
    text = text.strip()
    return "urn:uuid:" + text.lower() if _UUID.fullmatch(text) else BAD


@function("value", "uri")
def to_dns_uri(text: str, run: Run) -> Any:
    """``lis.example.org`` → ``urn:dns:lis.example.org``."""
    text = text.strip()
    return "urn:dns:" + text if re.fullmatch(r"[\w.-]+", text) else BAD


@function("value", "date")
def to_date(text: str, run: Run) -> Any:
    """HL7 DT or TS, or a date in another style that is not ambiguous (``2026/3/7``) → FHIR date."""
    return times.to_date(text.strip()) or times.to_date(normal(text)) or BAD


@function("value", "dateTime")
def to_dateTime(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 TS → FHIR dateTime with its real precision."""
    return times.to_datetime(text.strip(), run.zone) or times.to_datetime(normal(text), run.zone) or BAD


@function("value", "instant")
def to_instant(text: str, run: Run) -> Any:
    """HL7 TS → FHIR instant; without minutes it is malformed."""
    return times.to_instant(text.strip(), run.zone) or times.to_instant(normal(text), run.zone) or BAD


@function("value", "time")
def to_time(text: str, run: Run) -> Any:
    """HL7 TM → FHIR time."""
    return times.to_time(text.strip()) or BAD


@function("value", "decimal")
def decimal(text: str, run: Run) -> Any:
    """HL7 NM → FHIR decimal, its digits kept."""
    value = number(text)
    return BAD if value is None else value


def _whole(text: str, least: int, most: int = 2**31 - 1) -> Any:
    value = number(text)
    if value is None or value != value.to_integral_value() or not least <= value <= most:
        return BAD
    return int(value)


@function("value", "integer")
def integer(text: str, run: Run) -> Any:
    """HL7 NM → FHIR integer (32 bits)."""
    return _whole(text, -(2**31))


@function("value", "positiveInt")
def positiveInt(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 NM → FHIR positiveInt."""
    return _whole(text, 1)


@function("value", "unsignedInt")
def unsignedInt(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 NM → FHIR unsignedInt."""
    return _whole(text, 0)


@function("value", "boolean")
def boolean(text: str, run: Run) -> Any:
    """v2-0136 Y/N (and 1/0, 是/否) → FHIR boolean."""
    return _BOOLEANS.get(text.strip().upper(), BAD)


@function("value", "base64Binary")
def base64Binary(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """Base64 text, checked for its alphabet and length."""
    bare = "".join(text.split())
    return bare if bare and _BASE64.fullmatch(bare) and len(bare) % 4 == 0 else BAD
