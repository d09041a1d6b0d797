"""Owns what a foreign text may do to a page: nothing. Controls are made visible, too much is cut."""

from __future__ import annotations

import re

from conformance.harness.words import Words
from conformance.report.wording import TEXT

LENGTH = 1200
"""Characters of a value that a page shows; the whole stands in the evidence."""
LINES = 24
"""Lines of a value that a page shows: a value of line ends alone would fill a sheet."""

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they turn what follows: a refusal reads as a grant
    "\ud800-\udfff\ufffe\uffff]"  # neither UTF-8 nor XML can say them
)


def visible(text: str) -> str:
    """Return a text in which nothing is hidden and that every format here can carry."""
    return _UNSEEN.sub(lambda found: _picture(found[0]), text.replace("\r\n", "\n"))


def shown(text: str, lang: str, length: int = LENGTH) -> str:
    """Return what is shown of a value: visible, and cut with a note where it is too long."""
    lines = text[:length].split("\n", LINES)
    part = "\n".join(lines[:LINES])
    if len(part) == len(text):
        return visible(text)
    return visible(part) + TEXT["cut"].filled(length=f"{len(text):,}").said(lang)


def shown_words(words: Words, length: int = LENGTH) -> Words:
    """Return what is shown of a text, in both languages."""
    return Words(shown(words.zh, "zh", length), shown(words.en, "en", length))


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
