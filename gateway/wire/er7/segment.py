"""Segment: one line of a message, split into fields when first asked (HL7 v2.8 §2.5.2-2.5.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_PLAIN = re.compile(r"[A-Z][A-Z0-9]{2}")
_DAMAGED = re.compile(
    r"[^A-Za-z]{0,8}(?:PID|PV1|ORC|OBR|SPM|SAC)[^A-Za-z0-9\s]{0,3}?([^\w\s^~\\&])(?:[^\r\n]*?\1){2}"
)
_NUMBERED = ("PID", "OBR", "SPM")
"""Segments that say whose the following ones are, and begin with their number."""

_SIGNS = r"[\s\x00-\x20\ufeff\u200b-\u200f\"]+"
_AROUND = re.compile(rf"\A{_SIGNS}|{_SIGNS}\Z")


class Segment:
    """One segment, still escaped.

    Attributes:
        name: what stands before the first separator, normally three characters (``"PID"``). Blanks, control
            characters, marks and quotes around it, and small letters, are the sender's layout: a patient
            whose segment is indented is another patient all the same.
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
        self.name = name_of(text, separator)

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


def name_of(text: str, separator: str) -> str:
    """Return the name of a segment without what stands around it; what is none stays as it is."""
    written = text[:3] if text[3:4] == separator else text.partition(separator)[0]
    if len(written) == 3 and written.isupper() and written.isalnum() and written.isascii():
        return written
    name = _AROUND.sub("", written).upper() if len(written) < 16 else ""
    return name if _PLAIN.fullmatch(name) else written.strip(" \t")


def is_damaged(text: str) -> bool:
    """Tell whether a line that is no segment can only be one that says whose the following ones are.

    ``1PID|2||``, ``PID;2;;``; what follows it would be taken for somebody else's.
    """
    return _DAMAGED.match(text) is not None


def is_glued(body: str, field: str, names: Sequence[str]) -> bool:
    """Tell whether the end of the segment before a PID, OBR or SPM is missing: it stands in the middle of it.

    Args:
        names: of the segments that were found.
    """
    for name in _NUMBERED:
        if body.count(name + field) > names.count(name) and _glued(name, field).search(body):
            return True
    return False


@lru_cache(maxsize=64)
def _glued(name: str, field: str) -> re.Pattern[str]:
    """Return what finds such a segment: ``…083000PID|2||``, ``…|F|||PID|2||``, and not ``RAPID||``."""
    mark = re.escape(field)
    return re.compile(rf"[^A-Za-z\s{mark}]{name}{mark}\d{{0,4}}{mark}|{mark}{name}{mark}\d{{1,4}}{mark}")
