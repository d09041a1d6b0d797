"""Acknowledgement: what a HIS answers, read as far as it can be (HL7 v2.8 §2.14.8)."""

from __future__ import annotations

import re

from gateway.errors import Rejected
from gateway.wire import er7

_NO_ASCII = re.compile(rb"[\x80-\xff]+")


def read(raw: bytes) -> er7.Message:
    """Return an acknowledgement.

    Its words may be cut in the middle of a character, or be of no charset: they are ``?`` then, and what it
    says of the message stands.

    Raises:
        Rejected: it is no message.
    """
    try:
        return er7.parse(raw)
    except Rejected as error:
        if error.code != "undecodable":
            raise
    return er7.parse(_NO_ASCII.sub(b"?", raw))


def bare(message: er7.Message, path: str) -> str:
    """Return the text at ``path`` without the blanks of fields of fixed length, ``""`` for none."""
    return (message.get(path) or "").strip()
