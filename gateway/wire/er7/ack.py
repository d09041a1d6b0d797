"""Acknowledge: the ACK for a message (HL7 v2.8 §2.9, §2.13.1; MSA §2.14.8, ERR §2.14.5, table 0357).

Written as the sender writes: its version, separators and charset, with MSH-18 echoed.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from gateway.errors import Misconfigured
from gateway.wire.er7.charset import writing_codec
from gateway.wire.er7.escape import escape
from gateway.wire.er7.message import Message
from gateway.wire.er7.path import Path, read_path
from gateway.wire.er7.separators import DEFAULT, Separators

CONDITIONS = {
    0: "Message accepted",
    100: "Segment sequence error",
    101: "Required field missing",
    102: "Data type error",
    103: "Table value not found",
    200: "Unsupported message type",
    201: "Unsupported event code",
    202: "Unsupported processing id",
    203: "Unsupported version id",
    204: "Unknown key identifier",
    205: "Duplicate key identifier",
    206: "Application record locked",
    207: "Application internal error",
}
"""HL7 table 0357, message error condition codes."""

Condition = Literal["", "AL", "NE", "ER", "SU"]
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f]+")


@dataclass(slots=True, frozen=True)
class AckError:
    """One error or warning of an ACK. Never patient data.

    Attributes:
        code: HL7 table 0357.
        severity: HL7 table 0516.
        text: for the people at the sender; names the rule or article.
        location: ER7 path of the culprit (``"PID-7"``), ``""`` for the whole message.
    """

    code: int
    severity: Literal["E", "W", "I"]
    text: str
    location: str = ""


@dataclass(slots=True, frozen=True)
class AnswerMode:
    """Which answers the sender wants (HL7 table 0155).

    ``AL`` always, ``NE`` never, ``ER`` on error or rejection, ``SU`` on success.

    Attributes:
        enhanced: False in original mode: exactly one answer, AA, AE or AR.
        accept: MSH-15, when to send CA, CE or CR.
        application: MSH-16, when to send AA, AE or AR.
    """

    enhanced: bool
    accept: Condition
    application: Condition

    def wants(self, which: Literal["accept", "application"], *, success: bool) -> bool:
        """Say whether that answer is to be sent, given how it went."""
        if not self.enhanced:
            return which == "application"
        condition = self.accept if which == "accept" else self.application
        return condition == "AL" or condition == ("SU" if success else "ER")


def answer_mode(message: Message) -> AnswerMode:
    """Return what MSH-15 and MSH-16 ask for; both empty (or unknown words) mean original mode (§2.9.2)."""
    accept, application = _condition(message.header(15)), _condition(message.header(16))
    return AnswerMode(bool(accept or application), accept, application)


def acknowledge(
    message: Message | None,
    *,
    code: str,
    control_id: str,
    text: str = "",
    errors: Sequence[AckError] = (),
    now: datetime,
    sending: tuple[str, str] = ("", ""),
) -> bytes:
    """Return the ACK, segments ended by CR, without framing.

    Args:
        message: what is acknowledged; None where it could not be parsed (then plain version 2.5).
        code: MSA-1: AA, AE, AR in original mode; CA, CE, CR in enhanced mode.
        control_id: MSH-10 of the ACK.
        text: one sentence for MSA-3 (versions before 2.7).
        errors: for ERR, and for MSA-6 before version 2.5.
        now: moment of the ACK, in the zone in which its receiver reads times.
        sending: our application and facility, where the message did not name its receiver.
    """
    separators = message.separators if message else DEFAULT
    version = numbers(message.version if message else "2.5")
    segments = [
        header(message, separators, version, control_id, now, sending, _ack_type(message, version)),
        verdict(message, separators, version, code, text, errors),
        *errors_of(separators, version, errors),
    ]
    return encode(message, "".join(segment + "\r" for segment in segments))


def header(
    message: Message | None,
    separators: Separators,
    version: tuple[int, ...],
    control_id: str,
    now: datetime,
    sending: tuple[str, str],
    kind: Sequence[str],
    more: Mapping[int, str] | None = None,
) -> str:
    """Return MSH, from the receiver of the message to its sender.

    Args:
        kind: components of MSH-9; ``more``: further fields by their number, escaped already.
    """

    def echo(number: int, default: str = "") -> str:
        return (_CONTROL.sub(" ", message.header(number)) if message else "") or default

    ours = [escape(name, separators) for name in sending]
    fields = [
        "MSH",
        separators.encoding_characters,
        echo(5, ours[0]),
        echo(6, ours[1]),
        echo(3),
        echo(4),
        now.strftime("%Y%m%d%H%M%S%z" if version >= (2, 3) else "%Y%m%d%H%M%S"),
        "",
        separators.component.join(kind),
        escape(control_id, separators),
        echo(11, "P"),
        echo(12, "2.5"),
        "",
        "",
        "",
        "",
        "",
        echo(18, "" if message else "UNICODE UTF-8"),
    ]
    for number, text in sorted((more or {}).items()):
        fields += [""] * (number - len(fields))
        fields[number - 1] = text
    return separators.field.join(fields).rstrip(separators.field)


def _ack_type(message: Message | None, version: tuple[int, ...]) -> list[str]:
    event = _CONTROL.sub("", message.type.partition("^")[2]) if message and version >= (2, 3, 1) else ""
    return ["ACK", event, "ACK"] if event else ["ACK"]


def verdict(
    message: Message | None,
    separators: Separators,
    version: tuple[int, ...],
    code: str,
    text: str,
    errors: Sequence[AckError],
    condition: str = "",
) -> str:
    """Return MSA; its text stands there before version 2.7, the first error before 2.5.

    Args:
        condition: MSA-6 where there is no error, for a receiver that looks for it.
    """
    echoed = _CONTROL.sub(" ", message.control_id) if message else ""
    fields = ["MSA", code, echoed, escape(text, separators) if version < (2, 7) else ""]
    if errors and (2, 3) <= version < (2, 5):
        fields += ["", "", _condition_code(errors[0].code, separators, separators.component)]
    elif condition:
        fields += ["", "", condition]
    return separators.field.join(fields).rstrip(separators.field)


def errors_of(separators: Separators, version: tuple[int, ...], errors: Sequence[AckError]) -> list[str]:
    """Return ERR: one for each error from version 2.5 on, before that one with all."""
    if version >= (2, 5):
        return [_new_err(error, separators) for error in errors]
    old = separators.repetition.join(_old_err(error, separators) for error in errors)
    return [f"ERR{separators.field}{old}"] if old else []


def _new_err(error: AckError, separators: Separators) -> str:
    place = _location(error.location)
    # Where the place is no ER7 path (a FHIR path), ERR-7 can still tell it.
    elsewhere = "" if place else escape(error.location, separators)
    parts = (place.segment, place.occurrence or 1, *place[2:]) if place else ()
    location = separators.component.join(str(part or "") for part in parts).rstrip(separators.component)
    fields = [
        "ERR",
        "",
        location,
        _condition_code(error.code, separators, separators.component),
        error.severity,
        "",
        "",
        elsewhere,
        escape(error.text, separators),
    ]
    return separators.field.join(fields).rstrip(separators.field)


def _old_err(error: AckError, separators: Separators) -> str:
    place = _location(error.location)
    parts = [place.segment, str(place.occurrence or 1), str(place.field or "")] if place else ["", "", ""]
    parts.append(_condition_code(error.code, separators, separators.subcomponent))
    return separators.component.join(parts)


def _condition_code(code: int, separators: Separators, between: str) -> str:
    return between.join((str(code), escape(CONDITIONS.get(code, ""), separators), "HL70357"))


def _location(location: str) -> Path | None:
    try:
        return read_path(location) if location else None
    except Misconfigured:
        return None


def encode(message: Message | None, text: str) -> bytes:
    """Return a text in the charset in which the sender of ``message`` writes, with its byte order mark."""
    if message is None:
        return text.encode("utf-8")
    codec = writing_codec(message.declared_charset, message.charset)
    marked = message.raw[: message.start].endswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    mark = "\ufeff" if marked and codec.startswith("utf-16") else ""
    return (mark + text).encode(codec, "replace")


def _condition(written: str) -> Condition:
    match written.strip().upper():
        case "AL":
            return "AL"
        case "NE":
            return "NE"
        case "ER":
            return "ER"
        case "SU":
            return "SU"
    return ""


def numbers(version: str) -> tuple[int, ...]:
    """Return ``(2, 5, 1)`` for ``"2.5.1"``; a version that is none counts as 2.5."""
    found = re.match(r"\d{1,2}(?:\.\d{1,2}){1,3}", version.strip())
    return tuple(int(n) for n in found.group().split(".")) if found else (2, 5)
