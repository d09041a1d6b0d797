"""Write: a tree of segments, fields and components → the bytes of a message (HL7 v2.8 §2.5, §2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway.errors import Misconfigured, Rejected
from gateway.wire.er7.charset import codec_of
from gateway.wire.er7.escape import escape
from gateway.wire.er7.separators import DEFAULT, Separators

Value = str | Mapping[str, Sequence["Value"]]
"""A text, or its components (or sub-components) by number: ``{"1": ["1002345"], "5": ["MR"]}``."""

Fields = Mapping[str, Sequence[Value]]
"""Field number → its repetitions."""


def write(segments: Sequence[tuple[str, Fields]], charset: str = "UNICODE UTF-8") -> bytes:
    """Return a message; the first segment is MSH, whose first two fields are written here.

    Args:
        charset: as MSH-18 names it, ``"GB 18030-2000"``.

    Raises:
        Misconfigured: nobody knows the charset.
        Rejected: code ``"undecodable"``, a character that it does not have.
    """
    return encoded("".join(f"{segment(name, fields)}\r" for name, fields in segments), charset)


def encoded(text: str, charset: str) -> bytes:
    """Return a text in the charset that a receiver reads; who says GB2312 reads GBK.

    Raises:
        Misconfigured: nobody knows the charset.
        Rejected: code ``"undecodable"``, a character that it does not have.
    """
    codec = codec_of(charset)
    if not codec:
        raise Misconfigured(f"nobody knows the charset {charset!r}", where="charset")
    try:
        return text.encode("gbk" if codec == "gb2312" else codec)
    except UnicodeEncodeError:
        raise Rejected(f"a character is not in the charset {charset}", code="undecodable") from None


def segment(name: str, fields: Fields, separators: Separators = DEFAULT) -> str:
    """Return one segment without its end; what follows the last field that is filled is left out."""
    written = [""] * max(map(int, fields), default=0)
    for number, values in fields.items():
        written[int(number) - 1] = _field(values, separators)
    if name == "MSH":
        written = [separators.encoding_characters, *written[2:]]
    return separators.field.join((name, *written)).rstrip(separators.field)


def _field(values: Sequence[Value], separators: Separators) -> str:
    marks = (separators.component, separators.subcomponent)
    return separators.repetition.join([_value(value, separators, marks) for value in values])


def _value(value: Value, separators: Separators, marks: tuple[str, ...]) -> str:
    if isinstance(value, str):
        return escape(value, separators)
    written = [""] * max(map(int, value))
    for number, parts in value.items():
        written[int(number) - 1] = _value(parts[0], separators, marks[1:])
    mark = marks[0] if marks else " "
    return mark.join(written).rstrip(mark)
