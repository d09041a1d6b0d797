"""Segment: one line of a message, split into fields when first asked (HL7 v2.8 §2.5.2-2.5.3)."""

from __future__ import annotations


class Segment:
    """One segment, still escaped.

    Attributes:
        name: what stands before the first separator, normally three characters (``"PID"``). Blanks around it
            are the sender's layout: a patient whose segment is indented is another patient all the same.
        text: the whole segment without its terminator.
        fields: ``fields[n]`` is SEG-n as written, separators inside included; ``fields[0]`` is the
            name. In MSH, ``fields[1]`` is the field separator and ``fields[2]`` the encoding
            characters. Trailing fields that the sender left out are not there. Do not change it:
            ``Message.set`` does that.
    """

    __slots__ = ("_fields", "_separator", "name", "text")

    def __init__(self, text: str, separator: str) -> None:
        self.text = text
        self._separator = separator
        self._fields: list[str] | None = None
        self.name = text[:3] if text[3:4] == separator else text.partition(separator)[0].strip(" \t")

    @property
    def fields(self) -> list[str]:
        """The fields; see above."""
        found = self._fields
        if found is None:
            found = self._fields = self.text.split(self._separator)
            found[0] = self.name
            if self.name == "MSH":
                found.insert(1, self._separator)
        return found

    def replace(self, fields: list[str]) -> None:
        """Take ``fields`` (indexed as above) as the new content."""
        self._fields = fields
        written = [fields[0], *fields[2:]] if self.name == "MSH" else fields
        self.text = self._separator.join(written)

    def __repr__(self) -> str:
        return f"<Segment {self.name}>"
