"""Steps: the way of one message as pure functions, receive → parse → map → validate.

No store and no I/O: the engine, ``qiao convert`` and ``qiao inbox replay`` walk the same way. Design §1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.canonical import Draft, Envelope, Issue, Quarantined, Refused, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, Profile
from gateway.pipeline.header import Header, is_message, processing_flaw, read_header
from gateway.spec import AdapterSpec
from gateway.wire import er7

Result = Translation | Quarantined | Refused
"""What the steps make of a message; the store turns a Translation into Stored, or refuses it."""

Validate = Callable[[Sequence[Draft]], list[Issue]]
"""A second opinion on what is about to be stored: reports, never prevents."""


@dataclass(slots=True)
class Reading:
    """A message whose header has been read.

    Attributes:
        record: None where it is a message, but cannot be parsed.
        profile: of its sender.
        flaw: why it goes no further, None where it does.
    """

    record: er7.Message | None
    profile: Profile
    header: Header
    flaw: Quarantined | None


def read(spec: AdapterSpec, maps: Maps, envelope: Envelope, sender: str = "") -> Reading:
    """Parse a message and find its sender's profile; sets ``envelope.sender`` and ``envelope.charset``.

    Args:
        sender: id of the profile, ``""`` to choose it by the message's header.

    Raises:
        Rejected: the bytes are no message of this format; there is nothing to keep.
        Misconfigured: ``sender`` is not a profile.
    """
    try:
        record = _parse(spec, envelope)
    except Rejected as error:
        return _unreadable(envelope, error)
    profile = maps.profile(envelope.adapter, sender, record)
    envelope.sender = profile.id
    if profile.charset and profile.charset != envelope.charset:
        envelope.charset = profile.charset
        try:
            record = _parse(spec, envelope)
        except Rejected as error:
            return _unreadable(envelope, error)
    header = read_header(envelope, record)
    return Reading(record, profile, header, header.flaw or processing_flaw(record, profile.processing))


def translate(maps: Maps, envelope: Envelope, reading: Reading, validate: Validate | None = None) -> Result:
    """Map a message to resources; never raises, because one message must not hold up the others."""
    if reading.flaw is not None or reading.record is None:
        return reading.flaw or Quarantined("unreadable")
    try:
        translation = maps.translate(reading.record, envelope, reading.profile)
        if validate is not None:
            translation.issues.extend(validate(translation.drafts))
    except Rejected as error:
        return _set_aside(maps, reading, error)
    except Exception as error:  # noqa: BLE001 -- a fault of ours in one message must cost that message only
        kind = type(error).__name__  # its text may hold a value of the message
        issue = Issue("fatal", "exception", "", "", f"{kind} while mapping: report it with the inbox id",
                      f"映射时发生 {kind}：请连同收件箱编号一起报告")  # fmt: skip
        return Quarantined("internal-error", [issue])
    return translation


def _parse(spec: AdapterSpec, envelope: Envelope) -> er7.Message:
    record = spec.parse(envelope)
    if not isinstance(record, er7.Message):
        raise Rejected("there are no maps for this format yet", code="unknown-format")
    return record


def _unreadable(envelope: Envelope, error: Rejected) -> Reading:
    """Return the reading of a message that is kept although nobody can read it yet, else raise again."""
    if not is_message(envelope.raw):
        if error.code == "undecodable":
            raise Rejected("the bytes do not begin with an MSH segment", code="not-hl7", where="MSH")
        raise error
    # Without separators not even the sender's own number can be echoed: AA would answer to nothing.
    rule = "HL70357/100" if error.code == "bad-separators" else ""
    flaw = Quarantined(error.code, [Issue("error", "structure", error.where, rule, error.reason)])
    return Reading(None, Profile(), read_header(envelope, None), flaw)


def _set_aside(maps: Maps, reading: Reading, error: Rejected) -> Quarantined | Refused:
    """Return what becomes of a message that cannot be mapped, by its sender's profile."""
    if error.code == "unknown-type" and reading.profile.unknown == "reject":
        code = reading.header.type.partition("^")[0]
        known = any(type_.partition("^")[0] == code for type_ in maps.messages)
        condition = "HL70357/201" if known else "HL70357/200"
        return Refused([Issue("error", "not-supported", "MSH-9", condition, error.reason)])
    return Quarantined(error.code, [Issue("error", "processing", error.where, "", error.reason)])
