"""Write: records, fields, repeats and components → the bytes of a message (LIS2-A2 §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.wire.astm.records.delimiters import DEFAULT, Delimiters
from gateway.wire.astm.records.escape import escape
from gateway.wire.er7.write import encoded

Value = str | Mapping[int, str]
"""A text, or its components by number: ``{4: "GLU"}``."""

Fields = Mapping[int, Value | Sequence[Value]]
"""Number of a field → its value, or its repeats; field 1 is the type, H.2 the delimiters."""


def write(
    records: Sequence[tuple[str, Fields]], charset: str = "UTF-8", delimiters: Delimiters = DEFAULT
) -> bytes:
    """Return a message, each record ended by CR; the first one is H.

    Args:
        charset: as HL7 table 0211 names it, ``"GB 18030-2000"``; ``"GBK"``.

    Raises:
        Misconfigured: nobody knows the charset.
        Rejected: code ``"undecodable"``, a character that it does not have.
    """
    return encoded("".join(f"{record(name, fields, delimiters)}\r" for name, fields in records), charset)


def record(type: str, fields: Fields, delimiters: Delimiters = DEFAULT) -> str:
    """Return one record without its end; what follows the last field that is filled is left out."""
    written = [_field(fields.get(number, ""), delimiters) for number in range(1, max(fields, default=1) + 1)]
    written[0] = type
    if type == "H":
        written[1:2] = [delimiters.declared]
    return delimiters.field.join(written).rstrip(delimiters.field)


def _field(values: Value | Sequence[Value], delimiters: Delimiters) -> str:
    if isinstance(values, str | Mapping):
        return _value(values, delimiters)
    return delimiters.repeat.join(_value(value, delimiters) for value in values)


def _value(value: Value, delimiters: Delimiters) -> str:
    if isinstance(value, str):
        return escape(value, delimiters)
    parts = [escape(value.get(number, ""), delimiters) for number in range(1, max(value, default=0) + 1)]
    return delimiters.component.join(parts).rstrip(delimiters.component)
