"""Parse: bytes of one message → Message; decode first, then split into segments (HL7 v2.8 §2.5)."""

from __future__ import annotations

from gateway.errors import Rejected
from gateway.wire.er7.charset import decode
from gateway.wire.er7.lines import split_lines
from gateway.wire.er7.message import Message
from gateway.wire.er7.segment import Segment, is_damaged, is_glued
from gateway.wire.er7.separators import read_separators

MAX_SEGMENTS = 50_000
MAX_FIELDS = 500_000
"""Of one message; more is an attack on the memory, not a patient."""

_IN_FRONT = "\ufeff\x00\t\n\x0b\x0c\r\x1c "
_BEHIND = "\x00\n\x0b\r\x1a\x1c"


def parse(raw: bytes, *, charset: str = "") -> Message:
    """Return the message in ``raw``; fields are split when somebody asks for them.

    Args:
        raw: one message, without transport framing. CR, LF, CRLF, blank lines, a byte order mark,
            and blanks or VT in front are tolerated.
        charset: of the sender's profile, where MSH-18 is not to be believed; ``""`` for none.

    Raises:
        Rejected: ``"empty"``, ``"not-hl7"`` (does not begin with MSH), ``"bad-separators"``,
            ``"undecodable"``, ``"too-many-segments"``, ``"too-many-fields"``,
            ``"damaged-segment"`` (what follows it would be taken for somebody else's), or
            ``"several-messages"`` (a second MSH: see ``split_messages``).
        Misconfigured: ``charset`` is not a known name.
    """
    text, codec, start, repaired = decode(raw, charset)
    body = text.strip(_BEHIND).lstrip(_IN_FRONT)
    if not body.startswith("MSH"):
        raise _no_message(body)
    field = body[3:4]
    lines = split_lines(body, field)
    separators = read_separators(field, lines[0][4:].partition(field)[0] if field else "")
    if len(lines) > MAX_SEGMENTS:
        raise Rejected("more segments than a message can have", code="too-many-segments")
    if len(body) > MAX_FIELDS and body.count(field) > MAX_FIELDS:
        raise Rejected("more fields than a message can have", code="too-many-fields")
    segments = [Segment(line, field) for line in lines if line and not line.isspace()]
    if ("\rMSH" in body or "\nMSH" in body) and any(s.name == "MSH" for s in segments[1:]):
        raise Rejected("more than one MSH segment", code="several-messages", where="MSH")
    if any(len(s.name) != 3 and is_damaged(s.text) for s in segments) or is_glued(
        body, field, [s.name for s in segments]
    ):
        raise Rejected(
            "a PID, PV1, ORC, OBR, SPM or SAC is damaged: its name, its separators or the line end before it",
            code="damaged-segment",
        )
    return Message(raw, start, text, codec, repaired, separators, segments)


def _no_message(body: str) -> Rejected:
    if not body.strip():
        return Rejected("nothing there", code="empty")
    return Rejected("the text does not begin with an MSH segment", code="not-hl7", where="MSH")
