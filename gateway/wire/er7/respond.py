"""Respond: messages of our own to who has sent one (RSP, ORL, ORR, DSR, OML), written as they write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.wire.er7.ack import AckError, encode, errors_of, header, numbers, verdict
from gateway.wire.er7.message import Message


def respond(
    message: Message,
    kind: Sequence[str],
    segments: Sequence[str],
    *,
    code: str,
    control_id: str,
    text: str = "",
    errors: Sequence[AckError] = (),
    now: datetime,
    more: Mapping[int, str] | None = None,
    condition: str = "",
) -> bytes:
    """Return an application's own answer to a message (RSP, ORL, ORR, DSR): MSH, MSA, ERR and what it says.

    Args:
        kind: components of MSH-9; its third, the structure, is told from version 2.5 on.
        segments: behind ERR, written in the separators of the message, without their ends.
        code: MSA-1; ``control_id``, ``text``, ``errors``, ``now``: as of :func:`acknowledge`.
        more: further fields of MSH by their number, escaped already.
        condition: as of ``verdict``.
    """
    separators, version = message.separators, numbers(message.version)
    lines = [
        opening(message, kind, control_id, now, more or {}),
        verdict(message, separators, version, code, text, errors, condition),
        *errors_of(separators, version, errors),
        *segments,
    ]
    return encoded_like(message, lines)


def opening(
    message: Message, kind: Sequence[str], control_id: str, now: datetime, more: Mapping[int, str]
) -> str:
    """Return MSH of a message of our own to who has sent ``message``, see :func:`respond`."""
    version = numbers(message.version)
    told = kind if version >= (2, 5) else kind[:2]
    return header(message, message.separators, version, control_id, now, ("", ""), told, more)


def encoded_like(message: Message, segments: Sequence[str]) -> bytes:
    """Return segments as the bytes of a message in the charset of another one."""
    return encode(message, "".join(line + "\r" for line in segments))
