"""Transfer syntaxes: how the bytes of a data set are to be read (PS3.5 section 10, annex A).

Every encapsulated syntax is Explicit VR Little Endian before and after its pixels, so a header needs four.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, frozen=True)
class Syntax:
    """One way to write a data set.

    Attributes:
        explicit: each element names its VR.
        little: numbers begin with their least byte.
        deflated: everything behind the file's meta information is compressed (RFC 1951).
    """

    explicit: bool = True
    little: bool = True
    deflated: bool = False


IMPLICIT_UID = "1.2.840.10008.1.2"
EXPLICIT_UID = "1.2.840.10008.1.2.1"

EXPLICIT = Syntax()
IMPLICIT = Syntax(explicit=False)
_KNOWN = {
    IMPLICIT_UID: IMPLICIT,
    EXPLICIT_UID: EXPLICIT,
    "1.2.840.10008.1.2.1.99": Syntax(deflated=True),
    "1.2.840.10008.1.2.2": Syntax(little=False),
    "1.2.840.10008.1.2.4.95": Syntax(deflated=True),  # JPIP Referenced Deflate
    "1.2.840.10008.1.2.4.205": Syntax(deflated=True),  # JPIP HTJ2K Referenced Deflate
}


def syntax_of(uid: str) -> Syntax:
    """Return how a data set of a transfer syntax is read; an unknown one is an encapsulated one."""
    return _KNOWN.get(uid, EXPLICIT)


def detected(start: bytes, syntax: Syntax) -> Syntax:
    """Return how a data set is really written, by its first element: some writers declare another syntax.

    Args:
        start: its first eight bytes, or fewer.
        syntax: as declared.
    """
    if len(start) < 6 or syntax.deflated:
        return syntax
    named = start[4:6].isalpha() and start[4:6].isupper()
    group = int.from_bytes(start[:2], "little")
    little = syntax.little if named == syntax.explicit else True
    if named and group > 0x00FF and start[0] == 0:  # 0008 written 00 08: no first group is so high
        little = False
    return Syntax(explicit=named, little=little)
