"""Template: a sentence with places for what varies, read in one pass over the text."""

from __future__ import annotations

import re

PLACE = re.compile(r"{(\w+)}")
"""What varies in a sentence; ``{…}`` and ``{use: home}`` stand for themselves."""


class Template:
    """An English sentence and its Chinese.

    No regular expression reads: parts of a text may come from a stranger, and this takes linear time.

    Attributes:
        head: what it begins with before anything varies.
        weight: characters that do not vary; of two templates that fit, the one with more says what is meant.
    """

    def __init__(self, english: str, chinese: str) -> None:
        self.head, *rest = PLACE.split(english)
        self._names, self._parts = rest[::2], rest[1::2]
        self._chinese = chinese
        self.weight = len(self.head) + sum(map(len, self._parts))

    def read(self, text: str) -> dict[str, str] | None:
        """Return what stands at each place, at least a character; None: the text is another sentence."""
        tail = self._parts[-1]
        if not text.startswith(self.head) or not text.endswith(tail):
            return None
        given, at = {}, len(self.head)
        for name, part in zip(self._names[:-1], self._parts[:-1], strict=True):
            end = text.find(part, at + 1)
            if end < 0:
                return None
            given[name], at = text[at:end], end + len(part)
        end = len(text) - len(tail)
        if end <= at:
            return None
        return {**given, self._names[-1]: text[at:end]}

    def chinese(self, given: dict[str, str]) -> str:
        """Return the Chinese with what stood at the places."""
        return PLACE.sub(lambda place: given[place[1]], self._chinese)
