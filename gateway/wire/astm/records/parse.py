"""Parse: bytes of one message → Message; decode first, then split into records (LIS2-A2 §5)."""

from __future__ import annotations

import re

from gateway.errors import Rejected
from gateway.wire.astm.records.delimiters import read_delimiters
from gateway.wire.astm.records.levels import link
from gateway.wire.astm.records.lines import split_lines
from gateway.wire.astm.records.message import Message
from gateway.wire.er7 import charset as charsets
from gateway.wire.text import decode as recognise

MAX_RECORDS = 100_000
"""Of one message; more is an attack on the memory, not a laboratory."""

_LATIN = "iso8859-1"
_SIGNS = re.compile(rb"(?:[\x00-\x7f]|(?<![\x80-\xff])[\xb0-\xb3\xb5\xb7\xd7](?![\x80-\xff]))*")
"""ASCII and single signs of units (° ± ² ³ µ · ×) as Western instruments write them; ``µI`` is no 礗."""

_DAMAGED = r"[^A-Za-z]{{0,8}}[HPOQRhpoqr][ \t]*(?:{field}|([^\w\s^\\&.,:()'-])(?:.*?\1){{2}})"
"""What can only be a result, or a record that says whose the following ones are: ``2P|``, ``P;1;;``."""

_IN_FRONT = "\ufeff\x00\t\n\x0b\x0c\r\x1c "
_BEHIND = "\x00\n\x0b\r\x1a\x1c"


def parse(raw: bytes, *, charset: str = "") -> Message:
    """Return the message in ``raw``; fields are split when somebody asks for them.

    Args:
        raw: one message, without framing. CR, LF, CRLF, blank lines, a byte order mark and blanks in
            front are tolerated.
        charset: of the sender's profile, by a name of HL7 table 0211 or of Python; ``""``: UTF-8 or
            GB18030, whichever the bytes are, piece by piece where they are both; ISO 8859-1 where they are
            ASCII but for signs of units.

    Raises:
        Rejected: ``"empty"``, ``"not-astm"`` (does not begin with H and its delimiters),
            ``"bad-separators"``, ``"undecodable"``, ``"too-many-records"``, ``"damaged-record"`` (what
            follows it would be taken for somebody else's).
        Misconfigured: ``charset`` is not a known name.
    """
    text, codec, start, repaired = _decoded(raw, charset)
    head = len(text) - len(text.lstrip(_IN_FRONT))
    body = text[head:].rstrip(_BEHIND)
    if not body.strip():
        raise Rejected("nothing there", code="empty")
    field = body[1:2]
    if body[:1] not in ("H", "h") or not field or field.isalnum() or field.isspace() or not field.isascii():
        raise Rejected("the text does not begin with an H record", code="not-astm", where="H")
    start += len(text[:head].encode(codec))
    behind = len(text[head + len(body) :].encode(codec))
    pieces = split_lines(body, field)
    if len(pieces) > 2 * MAX_RECORDS:
        raise Rejected("more records than a message can have", code="too-many-records")
    delimiters = read_delimiters(field, pieces[0][2:].partition(field)[0].strip())
    message = Message(raw, (start, len(raw) - behind), codec, repaired, delimiters, pieces)
    damaged = re.compile(_DAMAGED.format(field=re.escape(field)), re.DOTALL).match
    if any(not one.type and damaged(one.text) for one in message.records):
        raise Rejected(
            "a line looks like H, P, O, Q or R and is none: its letter or delimiters are damaged",
            code="damaged-record",
        )
    link(message.records)
    return message


def _decoded(raw: bytes, charset: str) -> tuple[str, str, int, bool]:
    try:
        if not charset and not raw.isascii() and _SIGNS.fullmatch(raw):
            charset = _LATIN
        return charsets.decode(raw, charset)
    except Rejected as error:
        if error.code != "undecodable":
            raise
    found = recognise(raw)
    return found.text, found.charset, 0, True
