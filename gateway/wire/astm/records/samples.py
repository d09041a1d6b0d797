"""Samples: a message that tells of several samples, cut into messages of one each (LIS2-A2).

What an analyser sends in one session is often a whole rack. One sample that nobody knows, or a control among
them, must not hold up the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.wire.astm.records.lines import split_lines
from gateway.wire.astm.records.message import Message
from gateway.wire.astm.records.record import Record

_TELLING = ("3", "4", "12")
"""Fields of O that say which sample it is: its two numbers, and whether it is a control."""

_LAST = ("L",)


def is_same_sample(one: Record, other: Record) -> bool:
    """Tell whether two O are of one sample, and both or neither of a control."""
    return _sample(one) == _sample(other)


def _sample(record: Record) -> tuple[list[str], ...]:
    return tuple(record.fields[int(number) - 1 : int(number)] for number in _TELLING)


def samples(message: Message) -> list[bytes]:
    """Return a message for each sample, in their order: the message itself where there is one, or none.

    Each has H, P and L as they were written, and the records that belong to its O, byte for byte. What
    belongs to H or P alone stays with the first of their samples.
    """
    parts = list(_parts(message.records[1:]))
    if len(parts) < 2:
        return [message.raw]
    lines = _lines(message)
    if lines is None:
        return [message.raw]
    head, *others = message.records
    last = [one for one in others if one.type in _LAST]
    return [b"".join(lines[id(one)] for one in (head, *part, *last)) for part in parts]


def _parts(records: list[Record]) -> Iterator[list[Record]]:
    """Yield the records of each sample, its P before them."""
    patient: list[Record] = []
    part: list[Record] = []
    before: object = None
    for record in records:
        if record.type in _LAST:
            continue
        if record.type == "P":
            if before is not None:
                yield part
                part, before = [], None
            patient = [record]
            part.append(record)
        elif record.type == "O":
            here = _sample(record)
            if before is not None and here != before:
                yield part
                part = [*patient]
            before = here
            part.append(record)
        else:
            before = before or ([] if record.type == "R" else None)
            part.append(record)
    if part:
        yield part


def _lines(message: Message) -> dict[int, bytes] | None:
    """Return the bytes of each record with its end, None where records are no lines of bytes."""
    start, stop = message.span
    found = split_lines(message.raw[start:stop], message.delimiters.field)
    usual = (found[1] if len(found) > 1 else b"") or b"\r"
    records = [text + (end or usual) for text, end in _pairs(found) if text.strip()]
    if len(records) != len(message.records):
        return None
    return {id(record): line for record, line in zip(message.records, records, strict=True)}


def _pairs(found: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for at in range(0, len(found), 2):
        yield found[at], found[at + 1] if at + 1 < len(found) else b""
