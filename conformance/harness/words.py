"""Words: one text in both languages; which of them is shown is the reader's choice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

LANGUAGES = ("zh", "en")


@dataclass(slots=True, frozen=True)
class Words:
    """A text in Chinese and in English."""

    zh: str
    en: str

    def as_json(self) -> dict[str, str]:
        """Return ``{"zh": …, "en": …}``."""
        return {"zh": self.zh, "en": self.en}

    @classmethod
    def from_json(cls, said: Any) -> Words:
        """Return what :meth:`as_json` made; a plain text holds in both languages."""
        if isinstance(said, dict):
            return cls(str(said.get("zh") or said.get("en", "")), str(said.get("en") or said.get("zh", "")))
        return cls(str(said), str(said))

    def said(self, lang: str) -> str:
        """Return the text in one language."""
        return self.zh if lang.startswith("zh") else self.en

    def filled(self, **values: object) -> Words:
        """Return the text with ``{names}`` replaced; what is not given stays as it stands."""
        zh, en = self.zh, self.en
        for name, value in values.items():
            zh, en = zh.replace(f"{{{name}}}", str(value)), en.replace(f"{{{name}}}", str(value))
        return Words(zh, en)

    def __add__(self, other: Words) -> Words:
        return Words(self.zh + other.zh, self.en + other.en)


def same(text: str) -> Words:
    """Return a text that needs no translation: a name, a number, a code."""
    return Words(text, text)
