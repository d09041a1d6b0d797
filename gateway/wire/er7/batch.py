"""Batch: messages that come together, and how many their sender says that there are (HL7 v2.8 §2.10.3).

``FHS { BHS { MSH… } BTS|count } FTS|batches``. What a trailer says is a claim of the sender's; what was in it
is counted here. Pure functions over bytes: a charset in which a delimiter is no byte (UTF-16) is no batch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.errors import Rejected
from gateway.wire.er7.charset import detect

_BEGIN = re.compile(rb"(?:\A|(?<=[\r\n]))(?:\xef\xbb\xbf)?(FHS|BHS|MSH|BTS|FTS)([^A-Za-z0-9\s])")
_CONTROL_ID, _SENDER, _RECEIVER = 11, (3, 4), (5, 6)
_LONGEST = 64


@dataclass(slots=True)
class Batch:
    """One batch.

    Attributes:
        id: its control id (BHS-11), ``""`` where it has none.
        header: its BHS, as it came; empty where messages stand outside of one.
        messages: as they came.
        said: how many its trailer says (BTS-1), None where it does not.
    """

    id: str = ""
    header: bytes = b""
    messages: list[bytes] = field(default_factory=list)
    said: int | None = None


@dataclass(slots=True)
class File:
    """Batches that came together.

    Attributes:
        said: how many batches the trailer of the file says (FTS-1), None where it does not.
    """

    batches: list[Batch] = field(default_factory=list)
    said: int | None = None

    @property
    def true(self) -> bool:
        """Whether everything that is said is so."""
        return self.said in (None, len(self.batches)) and all(
            one.said in (None, len(one.messages)) for one in self.batches
        )


def batches_in(raw: bytes) -> File | None:
    """Return the batches in what was received, None where it does not begin with FHS or BHS."""
    found = list(_BEGIN.finditer(raw))
    if not found or found[0].start() or found[0][1] not in (b"FHS", b"BHS"):
        return None
    file, open_ = File(), False
    ends = [one.start() for one in found[1:]] + [len(raw)]
    for mark, end in zip(found, ends, strict=True):
        segment = raw[mark.start() : end].removeprefix(b"\xef\xbb\xbf")
        name, fields = mark[1], _fields(segment, mark[2])
        if name == b"BHS" or (name == b"MSH" and not open_):
            file.batches.append(Batch(_text(fields, _CONTROL_ID - 1), segment if name == b"BHS" else b""))
            open_ = True
        if name == b"MSH":
            file.batches[-1].messages.append(segment.rstrip(b"\r\n") + b"\r")
        elif name == b"BTS" and open_:
            file.batches[-1].said, open_ = _count(fields), False
        elif name == b"FTS":
            file.said = _count(fields)
    return file


def acknowledge_batch(batch: Batch, answers: Sequence[bytes], now: datetime) -> bytes:
    """Return the batch of the answers to those of a batch; its trailer says where the counts differ."""
    given = batch.header[3:4] or b"|"
    fields = _fields(batch.header, given)

    def field_of(number: int) -> bytes:
        return fields[number - 1] if len(fields) >= number else b""

    header = [
        b"BHS", field_of(2) or b"^~\\&", *map(field_of, _RECEIVER), *map(field_of, _SENDER),
        now.strftime("%Y%m%d%H%M%S%z").encode(), b"", b"", b"", b"", field_of(_CONTROL_ID),
    ]  # fmt: skip
    trailer = [b"BTS", b"%d" % len(answers)]
    if batch.said not in (None, len(batch.messages)):
        trailer.append(b"BTS-1 says %d, there are %d" % (batch.said or 0, len(batch.messages)))
    parts = [given.join(header), *(one.rstrip(b"\r") for one in answers), given.join(trailer)]
    return b"\r".join(parts) + b"\r"


def _fields(segment: bytes, mark: bytes) -> list[bytes]:
    """Return the fields of a segment; a byte of a character that looks like the separator is none."""
    line = re.split(rb"[\r\n]", segment, maxsplit=1)[0]
    try:
        text, charset = detect(line)
    except Rejected:
        return line.split(mark)
    return [one.encode(charset) for one in text.split(mark.decode("latin-1"))]


def _text(fields: Sequence[bytes], at: int) -> str:
    said = fields[at] if len(fields) > at else b""
    return "".join(one for one in said.decode("ascii", "replace") if one.isprintable())[:_LONGEST]


def _count(fields: Sequence[bytes]) -> int | None:
    said = fields[1].strip() if len(fields) > 1 else b""
    return int(said) if said.isdigit() and len(said) < 10 else None
