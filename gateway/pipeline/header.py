"""Header: what a message says of itself, and what makes it the same message again.

Design §5: a repeat has the same sender profile, MSH-10 and content apart from MSH-7, because many HIS
restart MSH-10 every day and stamp MSH-7 anew when they resend.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import blake2b

from gateway.canonical import Envelope, Issue, NotUnderstood, Quarantined, Record
from gateway.mapping import Laid
from gateway.wire import er7

Flaw = Quarantined | NotUnderstood
"""Why a message goes no further: it waits with us, or its sender has to mend it."""


@dataclass(slots=True, frozen=True)
class Header:
    """What a message says of itself.

    Attributes:
        type: ``"ADT^A01"``, ``""`` where it does not say.
        control_id: MSH-10, ``""`` for none.
        digest: of the content apart from MSH-7, 16 bytes; of what is not kept, none.
        receipt: the sender asks for an answer as soon as the message is kept.
        flaw: why it can go no further although it is kept, None where it can.
    """

    type: str
    control_id: str
    digest: bytes
    receipt: bool = False
    flaw: NotUnderstood | None = None

    @property
    def safe_type(self) -> str:
        """The type as far as it may be logged: a shifted header can hold anything, even a name."""
        return self.type if _TYPE.fullmatch(self.type) else "?"


PROCESSING = frozenset({"P", "D", "T"})
"""HL7 table 0103: production, debugging, training."""

QUALITY_CONTROL = "Q"
"""What analysers of Mindray and others write in MSH-11 for a control sample; not in table 0103."""

_TYPE = re.compile(r"[A-Z][A-Z0-9]{2}(\^[A-Z][A-Z0-9]{2})?")


def read_header(envelope: Envelope, record: Record | None, *, kept: bool = True) -> Header:
    """Return the header of a message; of one that could not be parsed, what its bytes say.

    Args:
        kept: whether anybody will look for a repeat of it; else it has no digest.
    """
    if not isinstance(record, er7.Message):
        return Header("", "", blake2b(envelope.raw, digest_size=16).digest())
    return Header(
        type=record.type,
        control_id=record.control_id,
        digest=_digest(record, envelope.adapter) if kept else b"",
        receipt=_wants_receipt_only(er7.answer_mode(record)),
        flaw=_flaw(record),
    )


def repeat_key(envelope: Envelope, header: Header) -> int:
    """Return the 64-bit number under which the store looks for a repeat."""
    text = f"{envelope.tenant}\x00{envelope.sender}\x00{header.control_id}\x00"
    content = text.encode("utf-8", "surrogatepass") + header.digest
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big", signed=True)


def is_message(raw: bytes) -> bool:
    """Return whether bytes that no codec could read are a message at all, and so worth keeping."""
    return b"MSH" in raw[:32].replace(b"\0", b"")


def processing_flaw(message: er7.Message, accepted: Collection[str], *, records: bool = True) -> Flaw | None:
    """Return why a message may not become part of a record, by MSH-11 (HL7 v2.8 §2.14.9.11, table 0103).

    A test patient or a control sample among real ones is worse than a message that waits.

    Args:
        accepted: values that the sender's profile takes; an empty MSH-11 counts as ``P``.
        records: it is to become part of a record; a control sample is nobody's result in any case.
    """
    said = message.header(11).partition(message.separators.component)[0].strip()
    said = "P" if said in ("", '""') else said
    if said in accepted or (said != QUALITY_CONTROL and not records):
        return None
    if said in PROCESSING or said == QUALITY_CONTROL:
        text = "MSH-11 says that this is not production; list its value in the sender's profile to take it"
        text_zh = "MSH-11 表明这不是生产数据；如需接收，请在发送方配置中列出该值"
        issue = Issue("warning", "business-rule", "MSH-11", "", text, text_zh)
        return Quarantined("not-production", [issue])
    text, text_zh = "MSH-11 is not in HL7 table 0103 (P, D, T)", "MSH-11 不在 HL7 表 0103（P、D、T）中"
    issue = Issue("error", "not-supported", "MSH-11", "HL70357/202", text, text_zh)
    return NotUnderstood("unsupported-processing-id", [issue])


def _wants_receipt_only(mode: er7.AnswerMode) -> bool:
    """Enhanced mode (HL7 v2 §2.9.2) that asks for the accept acknowledgement and nothing after it."""
    return mode.wants("accept", success=True) and mode.application in ("", "NE")


def _digest(message: er7.Message, adapter: str) -> bytes:
    if isinstance(message, Laid):  # the same document by another door is answered in the style of that door
        return blake2b(
            message.content or message.raw,
            digest_size=16,
            person=blake2b(adapter.encode(), digest_size=16).digest(),
        ).digest()
    first = message.segments[0]
    fields = [*first.fields[:7], *first.fields[8:]]
    head = message.separators.field.join(fields).encode("utf-8", "surrogatepass")
    rest = message.text[len(first.text) :].encode("utf-8", "surrogatepass")
    return blake2b(head + rest, digest_size=16).digest()


def _flaw(message: er7.Message) -> NotUnderstood | None:
    """Return what a header lacks that every message must have (HL7 table 0357 in the issue's rule)."""
    if not message.header(9):
        return _lacks("no-message-type", "MSH-9", "message type", "消息类型")
    if not message.control_id:
        return _lacks("no-control-id", "MSH-10", "message control id", "消息控制号")
    if message.version and not message.version.startswith("2"):
        said = "not a version of HL7 v2; correct MSH-12"
        said_zh = "不是 HL7 v2 版本，请更正 MSH-12"
        issue = Issue("error", "not-supported", "MSH-12", "HL70357/203", said, said_zh)
        return NotUnderstood("unsupported-version", [issue])
    return None


def _lacks(reason: str, where: str, name: str, name_zh: str) -> NotUnderstood:
    text, text_zh = f"{where} ({name}) is required", f"缺少 {where}（{name_zh}）"
    return NotUnderstood(reason, [Issue("error", "required", where, "HL70357/101", text, text_zh)])
