"""Element: one attribute of a data set as its sender wrote it; a value that is left out is a fact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword

if TYPE_CHECKING:
    from gateway.wire.dicom.record import Header

TEXT = frozenset(("LO", "LT", "PN", "SH", "ST", "UC", "UT"))
"""VRs whose bytes are in the Specific Character Set (PS3.5 section 6.1.2.3)."""

SINGLE = frozenset(("LT", "ST", "UT", "UR"))
"""VRs of text in which a backslash is a backslash."""

BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))
"""VRs whose values have no form that a header could be read by."""

LONG = BULK | {"SQ", "SV", "UC", "UR", "UT", "UV"}
"""VRs with a length of four bytes where the VR is named (PS3.5 section 7.1.2)."""

WIDTHS = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8, "SV": 8, "UV": 8, "AT": 2,
          "OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}  # fmt: skip
"""VR → bytes of one number, for the order of its bytes."""

PIXELS = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
"""Pixel data of any kind: left out, whatever its length."""

CHARSET = 0x00080005


@dataclass(slots=True)
class Element:
    """One attribute.

    Attributes:
        vr: as written, or as the dictionary has it.
        value: its bytes, numbers in little endian; empty where it is left out or a sequence.
        items: of a sequence, else None.
        left: bytes of a value that was left out, None where nothing was.
        read: somebody has asked for it.
    """

    vr: str
    value: bytes = b""
    items: list[Header] | None = None
    left: int | None = None
    read: bool = False


@lru_cache(maxsize=8192)
def vr_of(tag: int) -> str:
    """Return the VR of the dictionary (PS3.6), ``"UN"`` for what it does not know."""
    group, element = tag >> 16, tag & 0xFFFF
    if group & 1:
        return "LO" if 0x10 <= element <= 0xFF else "UN"
    if element == 0:
        return "UL"
    try:
        named = dictionary_VR(tag)
    except KeyError:
        return "UN"
    return "OW" if named == "OB or OW" else named.partition(" or ")[0]


@lru_cache(maxsize=4096)
def tag_of(name: str) -> int | None:
    """Return the tag of a keyword, None where the dictionary has none."""
    return tag_for_keyword(name)


@lru_cache(maxsize=8192)
def name_of(tag: int) -> str:
    """Return the keyword of a tag, ``"0029,1010"`` where the dictionary has none."""
    return keyword_for_tag(tag) or f"{tag >> 16:04X},{tag & 0xFFFF:04X}"
