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
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from html import escape
from operator import mul
from typing import TYPE_CHECKING, Any, Final, Literal

from gateway.mapping import times

if TYPE_CHECKING:
    from gateway.mapping.run import Run

EMPTY: Final = frozenset({"", '""'})
"""What counts as not valued: nothing, and the v2 null."""


class _Bad:
    """Says that a value stood there but is malformed: the field is lost, with a report."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Final = _Bad()

Convert = Callable[[Any, "Run"], Any]


@dataclass(slots=True, frozen=True)
class Function:
    """An entry of the closed table; ``result`` is the FHIR type that it makes, ``""`` for several."""

    kind: Literal["value", "raw", "field", "segment"]
    call: Convert
    result: str


FUNCTIONS: dict[str, Function] = {}
_EIGHT = ("",) * 8


def _function(kind: Literal["value", "raw", "field", "segment"], result: str) -> Callable[[Convert], Convert]:
    def register(call: Convert) -> Convert:
        name = call.__name__.removeprefix("to_")
        FUNCTIONS[name] = Function(kind, call, result)
        return call

    return register


_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_CODE = re.compile(r"[^\s]+(?: [^\s]+)*")
_BOOLEANS = {"Y": True, "N": False, "1": True, "0": False, "是": True, "否": False}
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]*={0,2}\s*")


def is_numeric(text: str) -> bool:
    """Return whether the text is one number and nothing else."""
    return _NUMBER.fullmatch(text.strip()) is not None


_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·•・]+")


def is_han(text: str) -> bool:
    """Return whether the text is written in Han characters only (the dot of transcribed names included)."""
    return _HAN.fullmatch(text) is not None


def count_of(field: str) -> int:
    """Return the number of repetitions of a raw field."""
    return field.count("~") + 1 if field else 0


def number(text: str) -> Decimal | None:
    """Return the decimal that a text is, digit by digit, None where it is none."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        return None
    return Decimal(text)


@_function("value", "string")
def string(text: str, run: Run) -> Any:
    """FHIR string: trimmed, without control characters."""
    return (_CONTROL.sub("", text) if _CONTROL.search(text) else text).strip() or None


FUNCTIONS["text"] = FUNCTIONS["markdown"] = FUNCTIONS["string"]


@_function("value", "code")
def code(text: str, run: Run) -> Any:
    """FHIR code: no leading, trailing or doubled white space."""
    text = text.strip()
    return (text if _CODE.fullmatch(text) else BAD) if text else None


@_function("value", "uri")
def uri(text: str, run: Run) -> Any:
    """FHIR uri: no white space."""
    text = text.strip()
    return (text if not re.search(r"\s", text) else BAD) if text else None


FUNCTIONS["url"] = FUNCTIONS["canonical"] = FUNCTIONS["uri"]


@_function("value", "uri")
def to_oid_uri(text: str, run: Run) -> Any:
    """``2.16.156…`` → ``urn:oid:2.16.156…``."""
    text = text.strip()
    return "urn:oid:" + text if re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", text) else BAD


@_function("value", "id")
def to_id(text: str, run: Run) -> Any:
    """FHIR id: letters, digits, ``-`` and ``.``, at most 64."""
    text = text.strip()
    return (text if re.fullmatch(r"[A-Za-z0-9.-]{1,64}", text) else BAD) if text else None


@_function("value", "xhtml")
def narrative(text: str, run: Run) -> Any:
    """Plain text → the div of a Narrative."""
    plain = string(text, run)
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{escape(plain, quote=False)}</div>' if plain else None


_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@_function("value", "uri")
def to_uuid_uri(text: str, run: Run) -> Any:
    """``67e55044-…`` → ``urn:uuid:67e55044-…``."""
    text = text.strip()
    return "urn:uuid:" + text.lower() if _UUID.fullmatch(text) else BAD


@_function("value", "uri")
def to_dns_uri(text: str, run: Run) -> Any:
    """``lis.example.org`` → ``urn:dns:lis.example.org``."""
    text = text.strip()
    return "urn:dns:" + text if re.fullmatch(r"[\w.-]+", text) else BAD


@_function("value", "date")
def to_date(text: str, run: Run) -> Any:
    """HL7 DT or TS → FHIR date."""
    return times.to_date(text.strip()) or BAD


@_function("value", "dateTime")
def to_dateTime(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 TS → FHIR dateTime with its real precision."""
    return times.to_datetime(text.strip(), run.zone) or BAD


@_function("value", "instant")
def to_instant(text: str, run: Run) -> Any:
    """HL7 TS → FHIR instant; without minutes it is malformed."""
    return times.to_instant(text.strip(), run.zone) or BAD


@_function("value", "time")
def to_time(text: str, run: Run) -> Any:
    """HL7 TM → FHIR time."""
    return times.to_time(text.strip()) or BAD


@_function("value", "decimal")
def decimal(text: str, run: Run) -> Any:
    """HL7 NM → FHIR decimal, its digits kept."""
    value = number(text)
    return BAD if value is None else value


def _whole(text: str, least: int, most: int = 2**31 - 1) -> Any:
    value = number(text)
    if value is None or value != value.to_integral_value() or not least <= value <= most:
        return BAD
    return int(value)


@_function("value", "integer")
def integer(text: str, run: Run) -> Any:
    """HL7 NM → FHIR integer (32 bits)."""
    return _whole(text, -(2**31))


@_function("value", "positiveInt")
def positiveInt(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 NM → FHIR positiveInt."""
    return _whole(text, 1)


@_function("value", "unsignedInt")
def unsignedInt(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """HL7 NM → FHIR unsignedInt."""
    return _whole(text, 0)


@_function("value", "boolean")
def boolean(text: str, run: Run) -> Any:
    """v2-0136 Y/N (and 1/0, 是/否) → FHIR boolean."""
    return _BOOLEANS.get(text.strip().upper(), BAD)


@_function("value", "base64Binary")
def base64Binary(text: str, run: Run) -> Any:  # noqa: N802 (the FHIR name)
    """Base64 text, checked for its alphabet and length."""
    bare = re.sub(r"\s+", "", text)
    return bare if bare and _BASE64.fullmatch(bare) and len(bare) % 4 == 0 else BAD


def _hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


@_function("raw", "base64Binary")
def ed_data(raw: str, run: Run) -> Any:
    """ED.5 as ED.4 encodes it (v2-0299: ``Base64``, ``Hex``, ``A`` for plain text) → base64Binary."""
    parts = [*raw.split("^", 4), *_EIGHT]
    data, encoding = run.unescape(parts[4]), parts[3].strip().upper()
    if not data.strip() or data == '""':
        return None
    if encoding in ("", "BASE64"):
        return base64Binary(data, run)
    found = _hex(data) if encoding == "HEX" else data.encode() if encoding == "A" else None
    return BAD if found is None else b64encode(found).decode()


_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def is_resident_id(text: str) -> bool:
    """Return whether the text is a resident ID: 18 characters, a possible birth date, check digit (GB 11643).

    The check digit is ISO 7064 MOD 11-2 over the first 17 digits.
    """
    if not _RESIDENT.fullmatch(text) or times.to_date(text[6:14]) is None:
        return False
    total = sum(map(mul, _WEIGHTS, map(int, text[:17])))
    return "10X98765432"[total % 11] == text[17]


@lru_cache(maxsize=256)
def is_resident(text: str) -> bool:
    """Return whether the text is a resident ID as people write it (a small x, blanks around it).

    Remembered for a moment: several rows ask about the number of the same message.
    """
    return len(text) >= 18 and is_resident_id(text.strip().upper())


@_function("value", "string")
def resident_id(text: str, run: Run) -> Any:
    """Resident ID (GB 11643); one with a wrong check digit or birth date is malformed."""
    text = text.strip().upper()
    return (text if is_resident_id(text) else BAD) if text else None


@_function("value", "CodeableConcept")
def concept_text(text: str, run: Run) -> Any:
    """A text without a code → CodeableConcept.text."""
    return {"text": text.strip()} if text.strip() else None


@_function("value", "HumanName")
def han_name(text: str, run: Run) -> Any:
    """A whole name in one component → HumanName.text; family and given are not guessed."""
    return {"text": text.strip()} if text.strip() else None


@_function("value", "uri")
def coding_system(text: str, run: Run) -> Any:
    """Name of a coding system (CWE.3, v2-0396) → its URI; an unknown one is named inside the tenant."""
    return run.coding_system(text.strip())


@_function("raw", "uri")
def authority(raw: str, run: Run) -> Any:
    """HD (namespace & universal id & type) → URI of the assigning authority."""
    return run.authority(raw)


@_function("value", "uri")
def identifier_system(text: str, run: Run) -> Any:
    """Kind of an identifier (``MR``, ``VN``, ``staff``) → the sender's system for it."""
    return run.profile.systems.get(text.strip()) or run.local("id", text.strip() or "unknown")


_NATIONAL = re.compile(r"NN[A-Z]{3}")
"""National person identifier: NN and a country code of ISO 3166."""


@_function("value", "CodeableConcept")
def identifier_type(text: str, run: Run) -> Any:
    """Identifier type code (v2-0203) → CodeableConcept; an unknown one keeps its code, locally."""
    text = text.strip()
    if not text:
        return None
    table = run.tables.get("identifier-type")
    entry = table.get(text) if table else None
    if entry is not None:
        return {"coding": [entry.coding()]}
    if _NATIONAL.fullmatch(text):
        return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": text}]}
    if table is not None:
        run.gap(table, text)
    return {"coding": [{"system": run.local("codes", "identifier-type"), "code": text}]}


@_function("raw", "string")
def hd_name(raw: str, run: Run) -> Any:
    """HD → the namespace, or the universal id where there is none, as a name to read."""
    parts = [run.unescape(part).strip() for part in (raw.split("&") if "&" in raw else raw.split("^"))]
    return next((part for part in parts if part), None)


@_function("raw", "string")
def ndl_bed_number(raw: str, run: Run) -> Any:
    """NDL.4 to NDL.6 → ward, room and bed, as PL writes them."""
    return _place(raw, 6, run, 3)


@_function("raw", "string")
def ndl_room_number(raw: str, run: Run) -> Any:
    """NDL.4 and NDL.5 → ward and room, as PL writes them."""
    return _place(raw, 5, run, 3)


@_function("raw", "string")
def hd_text(raw: str, run: Run) -> Any:
    """HD → all that it says, to read: ``LIS - L:4711``."""
    parts = [run.unescape(part).strip() for part in (raw.split("&") if "&" in raw else raw.split("^"))]
    name, uid, kind = [*parts, "", "", ""][:3]
    number = f"{kind}:{uid}" if kind and uid else uid
    return " - ".join(part for part in (name, number) if part) or None


@_function("field", "string")
def lines(field: str, run: Run) -> Any:
    """All repetitions as lines of one text; a text that is there already is continued on the next line."""
    texts = (string(run.unescape(one), run) for one in field.split("~") if one != '""')
    return "\n".join(text for text in texts if text) or None


@_function("field", "Attachment")
def text_attachment(field: str, run: Run) -> Any:
    """All repetitions as lines of one plain text → Attachment."""
    text = lines(field, run)
    return {"contentType": "text/plain", "data": b64encode(text.encode()).decode()} if text else None


@_function("raw", "string")
def name_text(raw: str, run: Run) -> Any:
    """Family and given name → the whole name: ``张三`` in Han characters, ``San Zhang`` otherwise."""
    separator = "^" if "^" in raw else "&"
    parts = [run.unescape(part.partition("&")[0]).strip() for part in raw.split(separator)]
    if len(parts) > 2 and not is_han(parts[0]) and is_han(parts[1]):
        parts = parts[1:]
    family, given = [*parts, "", ""][:2]
    if is_han(family) and is_han(given):
        return family + given
    return " ".join(part for part in (given, family) if part) or None


def _place(raw: str, most: int, run: Run, first: int = 0) -> str | None:
    parts = (run.unescape(part.partition("&")[0]).strip() for part in raw.split("^")[first:most])
    return "-".join(part for part in parts if part not in EMPTY) or None


@_function("raw", "string")
def bed_number(raw: str, run: Run) -> Any:
    """PL → ``W0304-305-12``: ward, room and bed, for bed 12 of one ward is not bed 12 of another."""
    return _place(raw, 3, run)


@_function("raw", "string")
def room_number(raw: str, run: Run) -> Any:
    """PL → ``W0304-305``: ward and room."""
    return _place(raw, 2, run)


@_function("raw", "string")
def raw_text(raw: str, run: Run) -> Any:
    """All of a repetition as it was sent, with its delimiters: ``ADT^A01^ADT_A01``."""
    return string(run.unescape(raw), run)


@_function("raw", "string")
def spaced_text(raw: str, run: Run) -> Any:
    """The components that are valued, with blanks between them: SN ``>^5^:^80`` → ``> 5 : 80``."""
    parts = (run.unescape(part).strip() for part in raw.split("^"))
    return " ".join(part for part in parts if part not in EMPTY) or None


@_function("raw", "string")
def sampled_data(raw: str, run: Run) -> Any:
    """NA → SampledData.data: numbers with blanks between them, ``E`` where one is missing or none."""
    parts = [run.unescape(part).strip() for part in raw.split("^")]
    if not any(is_numeric(part) for part in parts):
        return None
    return " ".join(part.removeprefix("+") if is_numeric(part) else "E" for part in parts)


@_function("raw", "string")
def phone_text(raw: str, run: Run) -> Any:
    """XTN.5 to .8 → one number, ``+86 23 12345678 X801``."""
    parts = [*raw.split("^", 8), *_EIGHT][4:8]
    country, area, local, extension = (run.unescape(part).strip() for part in parts)
    number = " ".join(part for part in ("+" + country.lstrip("+") if country else "", area, local) if part)
    return f"{number} X{extension}" if extension and number else number or None
