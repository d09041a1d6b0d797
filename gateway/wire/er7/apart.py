"""Apart: results of several samples or patients that came in one message, as a message for each.

What waits for one tube, or is a control, must not hold up the tubes beside it. An OUL^R22 or R23 is cut
before each SPM, an ORU^R01 before each PID, one of nobody with a number before each order. Each part begins
with the header and what stands before the first sample (PID, PV1). Results that could belong to more than one
part keep their message whole. Pure functions over bytes: a charset in which a delimiter is no byte (UTF-16)
is not cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_SEGMENT = re.compile(rb"(?:\A|(?<=[\r\n]))([A-Z][A-Z0-9]{2})(?=[^A-Za-z0-9\s]|[\r\n]|\Z)")
_TYPE, _ROLE = 8, 11
_PARENTS = (26, 29)
"""OBR that names the result or order it follows from: that may stand in another part."""

_UNITS = {(b"OUL", b"R22"): b"SPM", (b"OUL", b"R23"): b"SPM", (b"ORU", b"R01"): b"PID"}
"""Type of message → the segment that begins what belongs to one sample or patient."""

_RESULTS = frozenset((b"OBR", b"ORC", b"OBX", b"SPM"))

_MOST = 10_000
"""Parts; a message with more stays whole."""

_MOST_REPEATED = 16 * 1024 * 1024
"""Bytes of what stands before the samples, in all parts together; beyond them a message stays whole."""

Segment = tuple[bytes, bytes]
"""Name, and the bytes with their line end."""


@dataclass(slots=True, frozen=True)
class Part:
    """A sample or patient of a message.

    Attributes:
        before: what stands before it in each part; not copied until the message is cut.
        own: the segments that are in this part alone.
    """

    before: tuple[bytes, ...]
    own: list[Segment]

    def has(self, *names: bytes) -> bool:
        """Tell whether it has a segment of these names of its own."""
        return any(name in names for name, _ in self.own)


def apart(raw: bytes) -> list[bytes]:
    """Return a message for each sample or patient, in their order; ``[raw]`` where there is one of them."""
    unit = _unit(raw)
    if not unit or max(raw.count(unit), raw.count(b"OBR") * (unit == b"PID")) < 2:
        return [raw]
    found = list(_SEGMENT.finditer(raw))
    ends = [one.start() for one in found[1:]] + [len(raw)]
    segments = [(one[1], _ended(raw[one.start() : end])) for one, end in zip(found, ends, strict=True)]
    parts = _by_patient(segments) if unit == b"PID" else _by_sample(segments)
    if parts is None or not 1 < len(parts) <= _MOST or _is_joined(segments, raw[3:4]):
        return [raw]
    if sum(len(text) for part in parts for text in part.before) > _MOST_REPEATED:
        return [raw]
    lead = raw[: found[0].start()]
    return [b"".join((lead, *part.before, *(text for _, text in part.own))) for part in parts]


def roles(raw: bytes) -> set[bytes]:
    """Return what the samples of a message are (SPM-11.1, table 0369), ``b""`` where it does not say."""
    given, component = raw[3:4], raw[4:5]
    lines = [line.split(given) for line in re.split(rb"[\r\n]+", raw) if line.startswith(b"SPM" + given)]
    return {one[_ROLE].split(component)[0].strip() if len(one) > _ROLE else b"" for one in lines}


def _unit(raw: bytes) -> bytes:
    """Return the segment at which a message may be cut, ``b""`` for none."""
    if not raw.startswith(b"MSH") or b"\0" in raw[:64]:
        return b""
    fields = re.split(rb"[\r\n]", raw, maxsplit=1)[0].split(raw[3:4])
    parts = fields[_TYPE].split(raw[4:5]) if len(fields) > _TYPE else []
    return _UNITS.get((parts[0], parts[1]), b"") if len(parts) > 1 else b""


def _is_joined(segments: Sequence[Segment], given: bytes) -> bool:
    """Tell whether a message goes on in another one, or its parts refer to each other."""
    if any(name == b"DSC" for name, _ in segments):
        return True
    orders = [text.rstrip(b"\r\n").split(given) for name, text in segments if name == b"OBR"]
    return any(len(one) > at and one[at].strip(b"^&") for one in orders for at in _PARENTS)


def _by_patient(segments: Sequence[Segment]) -> list[Part] | None:
    """Return the parts of an ORU^R01; results of one patient may refer to each other, and stay together."""
    at = [place for place, (name, _) in enumerate(segments) if name == b"PID"]
    if len(at) < 2:
        return _by_order(segments) if not at or _is_nobody(segments[at[0]]) else None
    head = segments[: at[0]]
    if any(name in _RESULTS for name, _ in head) or len({_person(segments[one]) for one in at}) < len(at):
        return None
    before = (_joined(head),)
    parts = [Part(before, list(segments[one:end])) for one, end in pairwise([*at, len(segments)])]
    return parts if all(part.has(b"OBR") for part in parts) else None


def _is_nobody(segment: Segment) -> bool:
    """Tell whether a PID has no number (PID-2, PID-3)."""
    text = segment[1].rstrip(b"\r\n")
    fields = text.split(text[3:4])
    numbers = [re.split(rb"[\^&]", one)[0].strip() for one in fields[2:4]]
    return not any(one and one != b'""' for one in numbers)


def _by_order(segments: Sequence[Segment]) -> list[Part] | None:
    """Return the parts of an ORU^R01 of nobody in particular: its samples may be of several people."""
    first = next((at for at, (name, _) in enumerate(segments) if name in (b"ORC", b"OBR")), len(segments))
    before = (_joined(segments[:first]),)
    parts: list[Part] = []
    numbers: list[bytes] = []
    opened = False
    for name, text in segments[first:]:
        if name == b"ORC" or (name == b"OBR" and not opened):
            parts.append(Part(before, []))
        opened = name == b"ORC"
        if name == b"OBR":
            fields = text.rstrip(b"\r\n").split(text[3:4])
            numbers.append(b"|".join(fields[2:4]))
        parts[-1].own.append((name, text))
    told_apart = len(set(numbers)) == len(numbers) == len(parts) and all(one.strip(b"|^") for one in numbers)
    return parts if told_apart and not any(name in _RESULTS for name, _ in segments[:first]) else None


def _person(segment: Segment) -> bytes:
    """Return what a PID says, apart from its number in the message."""
    text = segment[1].rstrip(b"\r\n")
    return text[4:].partition(text[3:4])[2].rstrip(text[3:4])


def _by_sample(segments: Sequence[Segment]) -> list[Part] | None:
    """Return the parts of an OUL^R22 or R23; the patient goes with each of his samples."""
    head: list[Segment] = []
    patient: list[Segment] = []
    parts: list[Part] = []
    before: tuple[bytes, ...] = ()
    of_patient = False
    for segment in segments:
        if segment[0] == b"SPM":
            before = before or (parts[0].before[0] if parts else _joined(head), _joined(patient))
            parts.append(Part(before, [segment]))
            of_patient = False
        elif segment[0] == b"PID":
            if of_patient:  # somebody without a sample would be in no part
                return None
            patient, of_patient, before = [segment], True, ()
        elif segment[0] in _RESULTS and (of_patient or not parts):
            return None
        else:
            (patient if of_patient else parts[-1].own if parts else head).append(segment)
    return parts if not of_patient and all(part.has(b"OBR", b"ORC") for part in parts) else None


def _joined(segments: Sequence[Segment]) -> bytes:
    return b"".join(text for _, text in segments)


def _ended(text: bytes) -> bytes:
    """Return a segment with its line end."""
    return text if text.endswith((b"\r", b"\n")) else text + b"\r"
