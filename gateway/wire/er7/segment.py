"""Segment: one line of a message, split into fields when first asked (HL7 v2.8 §2.5.2-2.5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING


class Segment:
    """One segment, still escaped.

    Attributes:
        name: what stands before the first separator, normally three characters (``"PID"``).
        text: the whole segment without its terminator.
        fields: ``fields[n]`` is SEG-n as written, separators inside included; ``fields[0]`` is the
            name. In MSH, ``fields[1]`` is the field separator and ``fields[2]`` the encoding
            characters. Trailing fields that the sender left out are not there. Do not change it:
            ``Message.set`` does that.
    """

    __slots__ = ("_separator", "fields", "name", "text")

    def __init__(self, text: str, separator: str) -> None:
        self.text = text
        self._separator = separator
        self.name = text[:3] if text[3:4] == separator else text.partition(separator)[0]

    if TYPE_CHECKING:
        fields: list[str]
    else:
        # Reached only while the slot is empty: afterwards ``fields`` costs a plain slot access,
        # which the mapping engine does a hundred times per message.
        def __getattr__(self, attribute: str) -> list[str]:
            if attribute != "fields":
                raise AttributeError(attribute)
            self.fields = _fields(self.text, self._separator)
            return self.fields

    def replace(self, fields: list[str]) -> None:
        """Take ``fields`` (indexed as above) as the new content."""
        self.fields = fields
        written = [fields[0], *fields[2:]] if self.name == "MSH" else fields
        self.text = self._separator.join(written)

    def __repr__(self) -> str:
        return f"<Segment {self.name}>"


def _fields(text: str, separator: str) -> list[str]:
    fields = text.split(separator)
    if fields[0] == "MSH":
        fields.insert(1, separator)
    return fields
