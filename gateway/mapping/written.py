"""Functions for names, places, telephone numbers, lines of text, and what identifiers and codes belong to."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from gateway.canonical import Issue
from gateway.mapping.functions import BAD, base64Binary, function, string
from gateway.mapping.run import Run
from gateway.mapping.texts import EMPTY, is_han, is_numeric, is_resident

_EIGHT = ("",) * 8


MOST_ATTACHED = 8 * 1024 * 1024
"""Characters of an attachment as it comes: a longer one stays with its message alone."""


def _hex(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None


@function("raw", "base64Binary")
def ed_data(raw: str, run: Run) -> Any:
    """ED.5 as ED.4 encodes it (v2-0299: ``Base64``, ``Hex``, ``A`` for plain text) → base64Binary."""
    if len(raw) > MOST_ATTACHED:
        _too_long(run)
        return None
    parts = [*raw.split("^", 4), *_EIGHT]
    data, encoding = run.unescape(parts[4]), parts[3].strip().upper()
    if not data.strip() or data == '""':
        return None
    if encoding in ("", "BASE64"):
        return base64Binary(data, run)
    found = _hex(data) if encoding == "HEX" else data.encode() if encoding == "A" else None
    return BAD if found is None else b64encode(found).decode()


def _too_long(run: Run) -> None:
    said = f"an attachment of more than {MOST_ATTACHED >> 20} MiB was left out; it is in the message"
    said_zh = f"附件超过 {MOST_ATTACHED >> 20} MiB，未写入资源，原文保留在收件箱"
    run.issues.append(
        Issue("warning", "too-long", f"{run.segment}:{run.segment}-5", "attachment", said, said_zh)
    )


@function("value", "string")
def resident_id(text: str, run: Run) -> Any:
    """Resident ID (GB 11643); one with a wrong check digit or birth date is malformed."""
    text = text.strip().upper()
    return (text if is_resident(text) else BAD) if text else None


@function("value", "CodeableConcept")
def concept_text(text: str, run: Run) -> Any:
    """A text without a code → CodeableConcept.text."""
    return {"text": text.strip()} if text.strip() else None


@function("value", "HumanName")
def han_name(text: str, run: Run) -> Any:
    """A whole name in one component → HumanName.text; family and given are not guessed."""
    return {"text": text.strip()} if text.strip() else None


@function("value", "uri")
def coding_system(text: str, run: Run) -> Any:
    """Name of a coding system (CWE.3, v2-0396) → its URI; an unknown one is named inside the tenant."""
    return run.coding_system(text.strip())


@function("raw", "uri")
def authority(raw: str, run: Run) -> Any:
    """HD (namespace & universal id & type) → URI of the assigning authority."""
    return run.authority(raw)


@function("value", "string")
def own_number(text: str, run: Run) -> Any:
    """Second number of a sample (EIP.2) → itself; nothing where it is the name of who gave the first.

    ``X^DQRM`` for ``X&DQRM``: as a number it would be that of every sample of the hospital.
    """
    text = text.strip()
    named = text in run.profile.authorities or text in run.profile.namespaces
    return None if named or not text else text


@function("value", "uri")
def identifier_system(text: str, run: Run) -> Any:
    """Kind of an identifier (``MR``, ``VN``, ``staff``) → the sender's system for it."""
    return run.profile.systems.get(text.strip()) or run.local("id", text.strip() or "unknown")


_NATIONAL = re.compile(r"NN[A-Z]{3}")
"""National person identifier: NN and a country code of ISO 3166."""


@function("value", "CodeableConcept")
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


@function("raw", "string")
def hd_name(raw: str, run: Run) -> Any:
    """HD → the namespace, or the universal id where there is none, as a name to read."""
    parts = [run.unescape(part).strip() for part in (raw.split("&") if "&" in raw else raw.split("^"))]
    return next((part for part in parts if part), None)


@function("raw", "string")
def ndl_bed_number(raw: str, run: Run) -> Any:
    """NDL.4 to NDL.6 → ward, room and bed, as PL writes them."""
    return _place(raw, 6, run, 3)


@function("raw", "string")
def ndl_room_number(raw: str, run: Run) -> Any:
    """NDL.4 and NDL.5 → ward and room, as PL writes them."""
    return _place(raw, 5, run, 3)


@function("raw", "string")
def hd_text(raw: str, run: Run) -> Any:
    """HD → all that it says, to read: ``LIS - L:4711``."""
    parts = [run.unescape(part).strip() for part in (raw.split("&") if "&" in raw else raw.split("^"))]
    name, uid, kind = [*parts, "", "", ""][:3]
    number = f"{kind}:{uid}" if kind and uid else uid
    return " - ".join(part for part in (name, number) if part) or None


@function("field", "string")
def lines(field: str, run: Run) -> Any:
    """All repetitions as lines of one text; a text that is there already is continued on the next line."""
    if run.clean and "~" not in field:
        return field.strip() or None if field != '""' else None
    texts = (string(run.unescape(one), run) for one in field.split("~") if one != '""')
    return "\n".join(text for text in texts if text) or None


@function("value", "string")
def behind(text: str, run: Run) -> Any:
    """A text that stands behind the one that is there already: the unit of a dose in words, ``0.5-1 g``."""
    return string(text, run)


@function("field", "Attachment")
def text_attachment(field: str, run: Run) -> Any:
    """All repetitions as lines of one plain text → Attachment."""
    text = lines(field, run)
    return {"contentType": "text/plain", "data": b64encode(text.encode()).decode()} if text else None


@function("raw", "string")
def name_text(raw: str, run: Run) -> Any:
    """Family and given name → the whole name: ``张三`` in Han characters, ``San Zhang`` otherwise."""
    return _whole_name(raw, run.unescape) if "\\" in raw else _plain_name(raw)


@lru_cache(maxsize=256)
def _plain_name(raw: str) -> str | None:
    """Return the same of a text without escape sequences; several rows ask for the names of one message."""
    return _whole_name(raw, str)


def _whole_name(raw: str, unescape: Callable[[str], str]) -> str | None:
    separator = "^" if "^" in raw else "&"
    parts = [unescape(part.partition("&")[0]).strip() for part in raw.split(separator)]
    if len(parts) > 2 and not is_han(parts[0]) and is_han(parts[1]):
        parts = parts[1:]
    family, given = [*parts, "", ""][:2]
    if is_han(family) and is_han(given):
        return family + given
    return " ".join(part for part in (given, family) if part) or None


def _place(raw: str, most: int, run: Run, first: int = 0) -> str | None:
    parts = (run.unescape(part.partition("&")[0]).strip() for part in raw.split("^")[first:most])
    return "-".join(part for part in parts if part not in EMPTY) or None


@function("raw", "string")
def bed_number(raw: str, run: Run) -> Any:
    """PL → ``W0304-305-12``: ward, room and bed, for bed 12 of one ward is not bed 12 of another."""
    return _place(raw, 3, run)


@function("raw", "string")
def room_number(raw: str, run: Run) -> Any:
    """PL → ``W0304-305``: ward and room."""
    return _place(raw, 2, run)


@function("raw", "string")
def raw_text(raw: str, run: Run) -> Any:
    """All of a repetition as it was sent, with its delimiters: ``ADT^A01^ADT_A01``."""
    return string(run.unescape(raw), run)


@function("raw", "string")
def spaced_text(raw: str, run: Run) -> Any:
    """The components that are valued, with blanks between them: SN ``>^5^:^80`` → ``> 5 : 80``."""
    parts = (run.unescape(part).strip() for part in raw.split("^"))
    return " ".join(part for part in parts if part not in EMPTY) or None


@function("raw", "string")
def sampled_data(raw: str, run: Run) -> Any:
    """NA → SampledData.data: numbers with blanks between them, ``E`` where one is missing or none."""
    parts = [run.unescape(part).strip() for part in raw.split("^")]
    if not any(is_numeric(part) for part in parts):
        return None
    return " ".join(part.removeprefix("+") if is_numeric(part) else "E" for part in parts)


@function("raw", "string")
def phone_text(raw: str, run: Run) -> Any:
    """XTN.5 to .8 → one number, ``+86 23 12345678 X801``."""
    parts = [*raw.split("^", 8), *_EIGHT][4:8]
    country, area, local, extension = (run.unescape(part).strip() for part in parts)
    number = " ".join(part for part in ("+" + country.lstrip("+") if country else "", area, local) if part)
    return f"{number} X{extension}" if extension and number else number or None
