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


def undeclared(start: bytes) -> Syntax:
    """Return how a data set is written of which nothing is declared, by its first element.

    Args:
        start: its first eight bytes, or fewer.
    """
    named = _names_its_vr(start)
    high = len(start) >= 2 and start[0] == 0 and start[1] > 0  # 0008 written 00 08: no first group is so high
    return Syntax(explicit=named, little=not (named and high))


def detected(start: bytes, syntax: Syntax) -> Syntax:
    """Return whether a data set really names its VRs, by its first element: some writers declare otherwise.

    Args:
        start: its first eight bytes, or fewer.
        syntax: as declared; the order of its bytes is believed.
    """
    if len(start) < 6 or syntax.deflated:
        return syntax
    named = _names_its_vr(start)
    return syntax if named == syntax.explicit else Syntax(explicit=named)


def _names_its_vr(start: bytes) -> bool:
    return start[4:6].isalpha() and start[4:6].isupper()
