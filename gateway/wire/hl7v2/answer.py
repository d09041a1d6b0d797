"""Answer: Outcome → acknowledgement, the truth table of design §5 (HL7 v2.8 §2.9.2, §2.9.3, table 0357).

========================================  ====  =====================================================
stored                                    AA
quarantined: kept, resending is no use    AA    ERR warning with the inbox id and the reason
refused: breaks a rule                    AE    ERR with the rule and its article
not understood: given back                AR    ERR with 1xx or 2xx; kept if it begins with MSH
cannot be committed now                   AR    207: the sender keeps its message
========================================  ====  =====================================================

Enhanced mode (MSH-15 or MSH-16 valued), all on the connection on which the message came: MSH-15 asks for CA
(kept), CE (cannot be committed) or CR (not understood); MSH-16 for AA or AE, which follows the CA as a
frame of its own, at once and in the same write. Orders (ORM, OML) are answered by ORR or ORL with a word for
each order instead of by an ACK: OK, CR… where they are stored, UA, UC… with the reason where they are not;
``answer: ack`` in the profile of a sender leaves it at the ACK.
After CR and CE nothing follows. Where MSH-15 is all that is asked for, CA leaves as soon as the inbox is
committed, otherwise when the message has ended. Where nothing is asked for, nothing is sent. A repeat gets
the same bytes. MSH-7 is in the zone of the sender's profile.
"""

from __future__ import annotations

import re
from datetime import datetime, tzinfo
from functools import lru_cache

from gateway.canonical import Envelope, Issue, NotUnderstood, Outcome, Quarantined, Record, Refused, Stored
from gateway.errors import Rejected, Retry
from gateway.faults import in_chinese
from gateway.wire import er7
from gateway.wire.hl7v2 import order_answer

BETWEEN_FRAMES = b"\x1c\r\x0b"
"""End of one MLLP block and begin of the next: two answers to one message."""

_CONDITIONS = {"required": 101, "structure": 100, "value": 102, "code-invalid": 103, "not-supported": 200}
"""FHIR issue type → HL7 table 0357; everything else is 207."""

_TABLE = "HL70357/"
_LONGEST = 250
_ZONE = "+08:00"
"""Of an answer to somebody whose profile is not known."""


def answer(envelope: Envelope, record: Record | None, outcome: Outcome) -> bytes:
    """Return the acknowledgement of a message, ``b""`` where nothing is wanted, and of an acknowledgement."""
    message = record if isinstance(record, er7.Message) else _header_of(envelope.raw)
    if message is not None and er7.is_acknowledgement(message):
        return b""
    code = _code(outcome)
    if code == "R":
        return _answers(envelope, message, "R", "R", outcome)
    return _answers(envelope, message, "A", code, outcome)


def answer_busy(envelope: Envelope, retry: Retry) -> bytes:
    """Return the negative acknowledgement of a message that could not be committed (207)."""
    text, text_zh = f"not kept, send again: {retry.reason}", "未能保存，请重发"
    outcome = Refused([Issue("error", "transient", "", _TABLE + "207", text, text_zh)])
    return _answers(envelope, _header_of(envelope.raw), "E", "R", outcome)


def answer_oversize(limit: int) -> bytes:
    """Return the negative acknowledgement of a message above the door's limit of ``limit`` bytes."""
    error = er7.AckError(207, "E", f"the message is longer than {limit} bytes")
    return er7.acknowledge(
        None, code="AR", control_id="oversize", text=error.text, errors=[error], now=_now(_ZONE)
    )


def _answers(
    envelope: Envelope, message: er7.Message | None, commit: str, application: str, outcome: Outcome
) -> bytes:
    """Return the one or two acknowledgements that the sender asks for."""
    mode = er7.answer_mode(message) if message else er7.AnswerMode(False, "", "")
    codes = []
    if mode.wants("accept", success=commit == "A"):
        codes.append("C" + commit)
    if (commit == "A" or not codes) and mode.wants("application", success=application == "A"):
        codes.append("A" + application)
    return BETWEEN_FRAMES.join(_acknowledge(envelope, message, code, outcome) for code in codes)


def _acknowledge(envelope: Envelope, message: er7.Message | None, code: str, outcome: Outcome) -> bytes:
    errors = [] if code == "CA" else _errors(envelope, outcome, chinese=_takes_chinese(message))
    if message is not None and code[0] == "A" and envelope.answer != "ack" and order_answer.is_of(message):
        return _of_orders(envelope, message, code, outcome, errors)
    return er7.acknowledge(
        message,
        code=code,
        control_id=code[0] + envelope.id[-19:],
        text=errors[0].text if errors else "",
        errors=errors,
        now=_now(envelope.zone),
    )


def _of_orders(
    envelope: Envelope, message: er7.Message, code: str, outcome: Outcome, errors: list[er7.AckError]
) -> bytes:
    """Return the answer to laboratory orders; where the message was not understood, without them."""
    text = errors[0].text if errors else ""
    taken = isinstance(outcome, Stored)
    lines = [] if code == "AR" else order_answer.told(message, taken=taken, why="" if taken else text)
    return er7.respond(
        message, order_answer.KINDS[message.type], lines, code=code, control_id=code[0] + envelope.id[-19:],
        text=text, errors=errors, now=_now(envelope.zone),
        more={15: "NE", 16: "NE"} if er7.answer_mode(message).enhanced else {},
    )  # fmt: skip


def _code(outcome: Outcome) -> str:
    if isinstance(outcome, Stored):
        return "A"
    if isinstance(outcome, NotUnderstood):
        return "R"
    return "E" if isinstance(outcome, Refused) else "A"


def _errors(envelope: Envelope, outcome: Outcome, *, chinese: bool) -> list[er7.AckError]:
    if isinstance(outcome, Stored):
        return []
    if isinstance(outcome, Quarantined):
        said = "; ".join([outcome.reason, *(_text(issue, chinese) for issue in outcome.issues)])
        return [er7.AckError(0, "W", f"kept in quarantine as {envelope.id}: {said}"[:_LONGEST])]
    return [
        er7.AckError(_condition(issue), "E", _text(issue, chinese)[:_LONGEST], issue.where)
        for issue in outcome.issues
        if issue.severity in ("fatal", "error")
    ] or [er7.AckError(207, "E", "refused")]


def _condition(issue: Issue) -> int:
    number = issue.rule.removeprefix(_TABLE)
    if number != issue.rule and number.isdigit():
        return int(number)
    return _CONDITIONS.get(issue.code, 207)


def _text(issue: Issue, chinese: bool) -> str:
    text_zh = (issue.text_zh or in_chinese(issue.text)) if chinese else ""
    text = f"{issue.text} {text_zh}" if text_zh not in ("", issue.text) else issue.text
    return text if not issue.rule or issue.rule.startswith(_TABLE) else f"{issue.rule}: {text}"


def _takes_chinese(message: er7.Message | None) -> bool:
    return message is not None and message.charset.startswith(("utf", "gb"))


def _header_of(raw: bytes) -> er7.Message | None:
    """Return the message as far as its header can be answered to: Latin-1 reads, and echoes, any bytes."""
    for part, charset in ((raw, ""), (raw, "8859/1"), (_first_line(raw), "8859/1")):
        try:
            return er7.parse(part, charset=charset)
        except Rejected:
            continue
    return None


def _first_line(raw: bytes) -> bytes:
    """Return the header alone: what comes after it may be what made the message unreadable."""
    return re.split(rb"[\r\n]", raw.lstrip(), maxsplit=1)[0]


def _now(zone: str) -> datetime:
    return datetime.now(_offset(zone))


@lru_cache(maxsize=64)
def _offset(zone: str) -> tzinfo | None:
    return datetime.strptime(zone, "%z").tzinfo
