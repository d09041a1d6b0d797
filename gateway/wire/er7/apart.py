"""Apart: results of several samples or patients that came in one message, as a message for each.

What waits for one tube, or is a control, must not hold up the tubes beside it. An OUL^R22 or R23 is cut
before each SPM, an ORU before each PID, one of nobody with a number before each order; ORU, OUL^R21 and R24
whose orders name several samples are cut by those (``tubes``). Each part begins with the header and what
stands before the first sample (PID, PV1). Results that could belong to more than one part keep their message
whole. Fields are read as text, since a byte of a Chinese character may look like a delimiter; what goes into
the parts are the bytes as they came. A charset in which a line end is no byte (UTF-16) is not cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from gateway.errors import Rejected
from gateway.wire.er7.charset import decode
from gateway.wire.er7.lines import split_lines
from gateway.wire.er7.segment import is_damaged, is_glued, name_of
from gateway.wire.er7.separators import Separators, read_separators
from gateway.wire.er7.tubes import CONTAINER_FIRST, ORDER_FIRST, tubes

_TYPE, _ROLE = 8, 11
_PARENTS = (26, 29)
"""OBR that names the result or order it follows from: that may stand in another part."""

_UNITS = {
    ("OUL", "R21"): "SAC", ("OUL", "R22"): "SPM", ("OUL", "R23"): "SPM", ("OUL", "R24"): "OBR",
    **{("ORU", event): "PID" for event in ("R01", "R30", "R31", "R32")},
}  # fmt: skip
"""Type of message → the segment that begins what belongs to one sample or patient."""

_MAY_BE = re.compile(rb"[\s\x00]*+[^\r\n]*?(?:OUL[^A-Za-z0-9]R2[1-4]|ORU[^A-Za-z0-9]R(?:01|3[0-2]))")
"""To look is cheap, to read is not: what has none of these in its first line is of another type."""

_RESULTS = frozenset(("OBR", "ORC", "OBX", "SPM"))

_BELONGING = frozenset(("PID", "ORC", "OBR", "SPM", "SAC"))
"""What says whose the segments after it are."""

_MOST = 10_000
"""Parts; a message with more stays whole."""

_MOST_REPEATED = 16 * 1024 * 1024
"""Bytes of what stands before the samples, in all parts together; beyond them a message stays whole."""

_WIDE = "utf-16"
_NARROW = ("iso8859", "cp1252")
"""Charsets that read any bytes: who writes Chinese may say one of them all the same."""


class Segment(NamedTuple):
    """A segment of a message.

    Attributes:
        raw: its bytes with their line end; ``charset``: the codec in which they are text.
    """

    name: str
    raw: bytes
    charset: str

    def fields(self, mark: str) -> list[str]:
        """Return its fields as written, the name first."""
        return self.raw.decode(self.charset).rstrip("\r\n").split(mark)


@dataclass(slots=True, frozen=True)
class Part:
    """A sample or patient of a message.

    Attributes:
        before: what stands before it in each part; not copied until the message is cut.
        own: the segments that are in this part alone.
    """

    before: tuple[bytes, ...]
    own: list[Segment]

    def has(self, *names: str) -> bool:
        """Tell whether it has a segment of these names of its own."""
        return any(one.name in names for one in self.own)


def apart(raw: bytes) -> list[bytes]:
    """Return a message for each sample or patient, in their order; ``[raw]`` where there is one of them."""
    if max(map(raw.count, (b"SPM", b"PID", b"OBR"))) < 2 or not _MAY_BE.match(raw):
        return [raw]
    try:
        charsets, start = _charsets(raw)
        cuts = [_cut(raw, start, one) for one in charsets]
    except (Rejected, UnicodeError):
        return [raw]
    return cuts[0] if cuts and all(one == cuts[0] for one in cuts) else [raw]


def told_apart(parts: int) -> list[dict[str, str]]:
    """Return what the envelope of each part says of it: their headers are the same, their ids must not be."""
    if parts == 1:
        return [{}]
    return [{"part": str(at), "parts": str(parts)} for at in range(1, parts + 1)]


def roles(raw: bytes) -> set[str]:
    """Return what the samples of a message are (SPM-11.1, table 0369), ``""`` where it does not say."""
    try:
        text = decode(raw).text
        separators = _separators(text.partition("\r")[0].partition("\n")[0])
    except Rejected:
        return set()
    lines = [one.split(separators.field) for one in split_lines(text, separators.field)]
    return {
        one[_ROLE].split(separators.component)[0].strip() if len(one) > _ROLE else ""
        for one in lines
        if one[0] == "SPM"
    }


def _charsets(raw: bytes) -> tuple[list[str], int]:
    """Return in which charsets a message may be, and where it begins. Raises ``Rejected``: in none."""
    found = decode(raw)
    if found.charset.startswith(_WIDE):
        return [], 0
    charsets = [found.charset]
    if found.charset.startswith(_NARROW) and not raw.isascii():
        try:
            raw.decode("gb18030")
            charsets.append("gb18030")
        except UnicodeDecodeError:
            pass
    return charsets, found.start


def _cut(raw: bytes, start: int, charset: str) -> list[bytes]:
    """Return the parts of a message, read in one charset. Raises ``Rejected``: its header cannot be read."""
    lead, body = raw[:start], raw[start:]
    header = re.split(rb"[\r\n]", body, maxsplit=1)[0].decode(charset)
    separators = _separators(header)
    unit = _unit(header, separators)
    if not unit:
        return [raw]
    found = list(_begins(separators.field).finditer(body))
    ends = [one.start() for one in found[1:]] + [len(body)]
    segments = [
        Segment(one[1].decode(), _ended(body[one.start() : end]), charset)
        for one, end in zip(found, ends, strict=True)
    ]
    glued = is_glued(body.decode(charset), separators.field, [one.name for one in segments])
    if glued or any(_hides_one(one, separators.field) for one in segments):
        return [raw]
    parts = _by_unit(unit, segments, separators)
    if parts is None or not 1 < len(parts) <= _MOST or _is_joined(segments, separators):
        return [raw]
    if sum(len(one) for part in parts for one in part.before) > _MOST_REPEATED:
        return [raw]
    return [b"".join((lead, *part.before, *(one.raw for one in part.own))) for part in parts]


def _hides_one(segment: Segment, mark: str) -> bool:
    """Tell whether another segment begins within one: it is written in another way than ``_begins`` finds."""
    texts = [one.decode(segment.charset) for one in segment.raw.splitlines()[1:] if one.strip()]
    return any(name_of(one, mark) in _BELONGING or is_damaged(one) for one in texts)


def _separators(header: str) -> Separators:
    """Return the separators that a header declares. Raises ``Rejected``: there is none, or they are bad."""
    if not header.startswith("MSH"):
        raise Rejected("the text does not begin with an MSH segment", code="not-hl7", where="MSH")
    field = header[3:4]
    return read_separators(field, header[4:].partition(field)[0] if field else "")


@lru_cache(maxsize=64)
def _begins(field: str) -> re.Pattern[bytes]:
    """Return what finds where a segment begins: no charset but UTF-16 has a line end inside a character."""
    mark = re.escape(field.encode())
    return re.compile(rb"(?:\A|(?<=[\r\n]))[ \t]*+([A-Z][A-Z0-9]{2})(?=[ \t]*+(?:" + mark + rb"|[\r\n]|\Z))")


def _unit(header: str, separators: Separators) -> str:
    """Return the segment at which a message may be cut, ``""`` for none."""
    fields = header.split(separators.field)
    parts = fields[_TYPE].split(separators.component) if len(fields) > _TYPE else []
    return _UNITS.get((parts[0], parts[1]), "") if len(parts) > 1 else ""


def _is_joined(segments: Sequence[Segment], separators: Separators) -> bool:
    """Tell whether a message goes on in another one, or its parts refer to each other."""
    if any(one.name == "DSC" for one in segments):
        return True
    orders = [one.fields(separators.field) for one in segments if one.name == "OBR"]
    empty = separators.component + separators.subcomponent
    return any(len(one) > at and one[at].strip(empty) for one in orders for at in _PARENTS)


def _by_unit(unit: str, segments: Sequence[Segment], separators: Separators) -> list[Part] | None:
    """Return the parts of a message that is cut before such segments."""
    if unit == "SPM":
        return _by_sample(segments)
    if unit != "PID":
        return _by_tube(segments, separators, CONTAINER_FIRST if unit == "SAC" else ORDER_FIRST)
    patients = _by_patient(segments, separators)
    return patients and [one for part in patients for one in _tubes_of(part, separators)]


def _by_tube(segments: Sequence[Segment], separators: Separators, leads: frozenset[str]) -> list[Part] | None:
    """Return the parts of a message of one patient, or of nobody, whose orders name their samples."""
    named = tubes([one.fields(separators.field) for one in segments], separators, leads)
    if named is None:
        return None
    first, groups = named
    before = (_joined(segments[:first]),)
    return [Part(before, [segments[at] for at in group]) for group in groups]


def _tubes_of(part: Part, separators: Separators) -> list[Part]:
    """Return what belongs to one patient, cut by his samples where his orders name several."""
    cut = _by_tube(part.own, separators, ORDER_FIRST) if len(part.own) > 1 else None
    return [Part((*part.before, *one.before), one.own) for one in cut] if cut else [part]


def _by_patient(segments: Sequence[Segment], separators: Separators) -> list[Part] | None:
    """Return the parts of an ORU; results of one sample may refer to each other, and stay together."""
    mark = separators.field
    at = [place for place, one in enumerate(segments) if one.name == "PID"]
    if len(at) < 2:
        nobody = not at or _is_nobody(segments[at[0]].fields(mark), separators)
        apart_by_order = _by_order(segments, separators) if nobody else None
        return apart_by_order or _by_tube(segments, separators, ORDER_FIRST)
    head = segments[: at[0]]
    said = [_person(segments[one].fields(mark)) for one in at]
    people = [who for who in said if who]  # nobody is not somebody who comes twice
    if any(one.name in _RESULTS for one in head) or len(set(people)) < len(people):
        return None
    before = (_joined(head),)
    parts = [Part(before, list(segments[one:end])) for one, end in pairwise([*at, len(segments)])]
    return parts if all(part.has("OBR") for part in parts) else None


def _is_nobody(fields: Sequence[str], separators: Separators) -> bool:
    """Tell whether a PID has no number (PID-2, PID-3)."""
    numbers = [
        one.split(separators.component)[0].split(separators.subcomponent)[0].strip() for one in fields[2:4]
    ]
    return not any(one and one != '""' for one in numbers)


def _person(fields: Sequence[str]) -> tuple[str, ...]:
    """Return what a PID says, apart from its number in the message."""
    said = list(fields[2:])
    while said and not said[-1]:
        said.pop()
    return tuple(said)


def _by_order(segments: Sequence[Segment], separators: Separators) -> list[Part] | None:
    """Return the parts of an ORU^R01 of nobody in particular: its samples may be of several people."""
    first = next((at for at, one in enumerate(segments) if one.name in ("ORC", "OBR")), len(segments))
    before = (_joined(segments[:first]),)
    parts: list[Part] = []
    numbers: list[tuple[str, ...]] = []
    opened = False
    for one in segments[first:]:
        if one.name == "ORC" or (one.name == "OBR" and not opened):
            parts.append(Part(before, []))
        opened = one.name == "ORC"
        if one.name == "OBR":
            said = (number.strip(separators.component) for number in one.fields(separators.field)[2:4])
            numbers.append(tuple(said))
        parts[-1].own.append(one)
    told_apart = len(set(numbers)) == len(numbers) == len(parts) and all(map(any, numbers))
    return parts if told_apart and not any(one.name in _RESULTS for one in segments[:first]) else None


def _by_sample(segments: Sequence[Segment]) -> list[Part] | None:
    """Return the parts of an OUL^R22 or R23; the patient goes with each of his samples."""
    head: list[Segment] = []
    patient: list[Segment] = []
    parts: list[Part] = []
    before: tuple[bytes, ...] = ()
    of_patient = False
    for segment in segments:
        if segment.name == "SPM":
            before = before or (parts[0].before[0] if parts else _joined(head), _joined(patient))
            parts.append(Part(before, [segment]))
            of_patient = False
        elif segment.name == "PID":
            if of_patient:  # somebody without a sample would be in no part
                return None
            patient, of_patient, before = [segment], True, ()
        elif segment.name in _RESULTS and (of_patient or not parts):
            return None
        else:
            (patient if of_patient else parts[-1].own if parts else head).append(segment)
    return parts if not of_patient and all(part.has("OBR", "ORC") for part in parts) else None


def _joined(segments: Sequence[Segment]) -> bytes:
    return b"".join(one.raw for one in segments)


def _ended(raw: bytes) -> bytes:
    """Return a segment with its line end."""
    return raw if raw.endswith((b"\r", b"\n")) else raw + b"\r"
