"""Separators: the delimiters that MSH-1 and MSH-2 declare (HL7 v2.8 §2.5.4, §2.14.9.1-2)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Rejected

RECOMMENDED = "^~\\&"
"""MSH-2 as the standard recommends it: component, repetition, escape, subcomponent."""

# A letter, digit or full stop would collide with segment names and with the bodies of escape
# sequences (\.br\, \X0D\); the control characters end segments and MLLP frames.
_IMPOSSIBLE = frozenset("\r\n\x00\x0b\x1c.")


class Separators(NamedTuple):
    """One character each; ``truncation`` is ``""`` unless MSH-2 has a fifth character (v2.7+)."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        """MSH-2 as it has to be written."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


DEFAULT = Separators("|", *RECOMMENDED)


@lru_cache(maxsize=64)
def read_separators(field: str, encoding_characters: str) -> Separators:
    """Return the separators of a message.

    Args:
        field: MSH-1, one character.
        encoding_characters: MSH-2 as written; what is missing at its end is filled with
            ``^~\\&``, because senders that leave it out mean the recommended ones.

    Raises:
        Rejected: code ``"bad-separators"``, where they are not distinct punctuation or MSH-2 has
            more than five characters.
    """
    written = (
        encoding_characters
        if len(encoding_characters) > 4
        else (encoding_characters + RECOMMENDED[len(encoding_characters) :])
    )
    every = field + written
    if not field or len(written) > 5 or len(set(every)) != len(every) or any(map(_impossible, every)):
        raise Rejected(
            "the separators are not four or five distinct punctuation characters",
            code="bad-separators",
            where="MSH-2",
        )
    return Separators(field, *written)


def _impossible(character: str) -> bool:
    return character in _IMPOSSIBLE or (character.isascii() and character.isalnum())
