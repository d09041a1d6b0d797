"""Delimiters: the characters that H declares before and in its field 2 (LIS2-A2 §5)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Rejected

_RECOMMENDED = "\\^&"


class Delimiters(NamedTuple):
    """One character each."""

    field: str
    repeat: str
    component: str
    escape: str

    @property
    def declared(self) -> str:
        """H.2 as it has to be written."""
        return self.repeat + self.component + self.escape


DEFAULT = Delimiters("|", *_RECOMMENDED)


@lru_cache(maxsize=64)
def read_delimiters(field: str, declared: str) -> Delimiters:
    """Return the delimiters of a message.

    Args:
        field: what follows the H.
        declared: H.2 as written; what it leaves out, or says twice, is one of ``\\^&``.

    Raises:
        Rejected: code ``"bad-separators"``, where one is a letter, digit, blank or control character.
    """
    said = [one for one in dict.fromkeys(declared) if one != field][:3]
    rest = [one for one in _RECOMMENDED + "~!" if one not in said and one != field]
    for place, recommended in enumerate(_RECOMMENDED):
        if place >= len(said):
            said.append(recommended if recommended in rest else rest[0])
            rest.remove(said[-1])
    if not field or any(not one.isprintable() or one.isalnum() or one == " " for one in (field, *said)):
        raise Rejected(
            "the delimiters after H are not distinct punctuation characters",
            code="bad-separators",
            where="H.2",
        )
    return Delimiters(field, *said)
