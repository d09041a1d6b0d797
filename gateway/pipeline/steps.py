"""Steps: the way of one message as pure functions, receive → parse → map → validate.

No store and no I/O: the engine, ``qiao convert`` and ``qiao inbox replay`` walk the same way. Design §1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.canonical import Draft, Envelope, Issue, NotUnderstood, Quarantined, Refused, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, Profile
from gateway.pipeline.header import Flaw, Header, is_message, processing_flaw, read_header
from gateway.spec import AdapterSpec
from gateway.wire import er7
from gateway.wire.rows.faulty import CONTENT_TYPE as FAULTY

Result = Translation | Quarantined | Refused | NotUnderstood
"""What the steps make of a message; the store turns a Translation into Stored, or refuses it."""


class Validate(Protocol):
    """Checks what is about to be stored."""

    strict: bool
    """Whether a message with an error is refused; else its issues are kept beside it."""

    def __call__(self, drafts: Sequence[Draft], /) -> list[Issue]:
        """Return what is wrong with the resources of one message."""


@dataclass(slots=True)
class Reading:
    """A message whose header has been read.

    Attributes:
        record: None where it is a message, but cannot be parsed, or was parsed by another process.
        profile: of its sender.
        flaw: why it goes no further, None where it does.
        parse: parses it again, where another process has the record.
        echoed: the answer to its sender says something of it, as an ACK does of MSH.
    """

    record: er7.Message | None
    profile: Profile
    header: Header
    flaw: Flaw | None
    parse: Callable[[], er7.Message] | None = None
    echoed: bool = True

    def message(self) -> er7.Message | None:
        """Return the record; it is parsed where that has not been done here."""
        if self.record is None and self.parse is not None:
            self.record = self.parse()
        return self.record

    @property
    def wants_receipt(self) -> bool:
        """Answer as soon as the bytes are committed (the sender's profile, or enhanced mode)."""
        asked = self.header.receipt or self.profile.acknowledge == "receipt"
        return asked and self.flaw is None


def read(
    spec: AdapterSpec, maps: Maps, envelope: Envelope, sender: str = "", *, records: bool = True
) -> Reading:
    """Parse a message and find its sender's profile; sets the envelope's ``sender``, ``charset``, ``zone``.

    Args:
        sender: id of the profile, ``""`` to choose it by the message's header.
        records: whether it is to become part of a record: then only what is production may (MSH-11).

    Raises:
        Rejected: the bytes are no message of this format; there is nothing to keep.
        Misconfigured: ``sender`` is not a profile.
    """
    try:
        record = parse(spec, maps, envelope)
    except Rejected as error:
        return _unreadable(spec, envelope, error)
    profile = maps.profile(envelope.adapter, sender, record)
    envelope.sender, envelope.zone, envelope.answer = profile.id, profile.zone, profile.answer
    if profile.charset and profile.charset != envelope.charset:
        envelope.charset = profile.charset
        try:
            record = parse(spec, maps, envelope)
        except Rejected as error:
            return _unreadable(spec, envelope, error)
    header = read_header(envelope, record, kept=records)
    flaw = header.flaw or processing_flaw(record, profile.processing, records=records)
    return Reading(record, profile, header, flaw)


def translate(maps: Maps, envelope: Envelope, reading: Reading, validate: Validate | None = None) -> Result:
    """Map a message to resources; never raises, because one message must not hold up the others."""
    message = reading.message()
    if reading.flaw is not None or message is None:
        return reading.flaw or Quarantined("unreadable")
    told: list[Issue] = []  # which repairs ran matters most where the message fails
    try:
        translation = maps.translate(message, envelope, reading.profile, told)
        if validate is not None:
            issues = validate(translation.drafts)
            if validate.strict and any(one.severity in ("error", "fatal") for one in issues):
                return _invalid(reading, [*issues, *told])
            translation.issues.extend(issues)
    except Rejected as error:
        return _unmapped(maps, reading, error, told)
    except Exception as error:  # noqa: BLE001 -- a fault of ours in one message must cost that message only
        return _broken(error, told)
    return translation


def _broken(error: Exception, told: Sequence[Issue] = ()) -> Quarantined:
    kind = type(error).__name__  # its text may hold a value of the message
    issue = Issue("fatal", "exception", "", "", f"{kind} while mapping: report it with the inbox id",
                  f"映射时发生 {kind}：请连同收件箱编号一起报告")  # fmt: skip
    return Quarantined("internal-error", [issue, *told])


def read_one_of_many(spec: AdapterSpec, maps: Maps, envelope: Envelope) -> Reading:
    """Parse one of several messages; a fault of ours in it must not cost the others.

    Raises:
        Rejected: as :func:`read`.
    """
    try:
        return read(spec, maps, envelope)
    except Rejected:
        raise
    except Exception as error:  # noqa: BLE001 -- as in translate
        return set_aside(envelope, _broken(error))


def set_aside(envelope: Envelope, flaw: Flaw) -> Reading:
    """Return the reading of a message that is kept although nobody could read it."""
    return Reading(None, Profile(), read_header(envelope, None), flaw)


def _invalid(reading: Reading, issues: list[Issue]) -> Quarantined | Refused:
    """A sender that has its receipt already will not hear of a refusal: then the message waits with us."""
    return Quarantined("invalid", issues) if reading.wants_receipt else Refused(issues)


HL7 = "hl7-v2"
"""In the content type of what begins with MSH."""

UNKNOWN = "unknown-type"
"""Of what could be read, but no layout is for it: it is kept, because a layout may come."""

WAITING = frozenset({UNKNOWN, "unknown-word", "several-patients", "several-visits", "several-orders"})
"""What could be read, and what becomes of it nobody but an operator can decide: it is kept."""


def parse(spec: AdapterSpec, maps: Maps, envelope: Envelope) -> er7.Message:
    """Return the message in an envelope; what is not HL7 v2 is laid out as one. Raises ``Rejected``."""
    record = spec.parse(envelope)
    return record if isinstance(record, er7.Message) else maps.lay(record, envelope)


def _unreadable(spec: AdapterSpec, envelope: Envelope, error: Rejected) -> Reading:
    """Return the reading of a message that is kept although nobody can read it yet, else raise again."""
    keeps = spec.keeps or envelope.content_type == FAULTY
    if not is_message(envelope.raw) and error.code not in WAITING and not keeps:
        if error.code == "undecodable" and HL7 in envelope.content_type:
            raise Rejected("the bytes do not begin with an MSH segment", code="not-hl7", where="MSH")
        raise error
    # Without separators not even the sender's own number can be echoed: AA would answer to nothing.
    given_back = error.code == "bad-separators" and not keeps
    issue = Issue("error", "structure", error.where, "HL70357/100" if given_back else "", error.reason)
    flaw: Flaw = (NotUnderstood if given_back else Quarantined)(error.code, [issue])
    return set_aside(envelope, flaw)


def _unmapped(maps: Maps, reading: Reading, error: Rejected, told: Sequence[Issue]) -> Flaw:
    """Return what becomes of a message that cannot be mapped, by its sender's profile.

    Args:
        told: what was remarked on it before.
    """
    # A sender that has its receipt already will not hear of it: then the message waits with us.
    if error.code == "unknown-type" and reading.profile.unknown == "reject" and not reading.wants_receipt:
        code = reading.header.type.partition("^")[0]
        known = any(type_.partition("^")[0] == code for type_ in maps.messages)
        condition = "HL70357/201" if known else "HL70357/200"
        issue = Issue("error", "not-supported", "MSH-9", condition, error.reason)
        return NotUnderstood(error.code, [issue, *told])
    return Quarantined(error.code, [Issue("error", "processing", error.where, "", error.reason), *told])
