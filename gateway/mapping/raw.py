"""Raw text: how the parts of a field are cut out, as chapter 2.5 of HL7 v2 separates them."""

from __future__ import annotations

from gateway.mapping.texts import EMPTY


def part(text: str, separator: str, number: int) -> str:
    """Return component ``number`` (1-based) of a raw text, ``""`` for none."""
    if separator not in text:
        return text if number == 1 else ""
    parts = text.split(separator)
    return parts[number - 1] if number <= len(parts) else ""


def first_valued(*texts: str) -> str:
    """Return the first text that is neither empty nor the v2 null, else the null where one of them is."""
    return next((text for text in texts if text not in EMPTY), '""' if '""' in texts else "")


def repetition(field: str, number: int) -> str:
    """Return repetition ``number`` (1-based) of a raw field, ``""`` for none."""
    return part(field, "~", number)
