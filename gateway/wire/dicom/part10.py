"""Part 10: an object as a file (PS3.10), read up to and around its pixels, and written again without them.

What is written is canonical: Explicit VR Little Endian, the values' own bytes, elements in order.
How long what was left out had been stands in the file's Private Information (0002,0102), so that it is read
again as it was.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from struct import pack

from gateway.errors import Rejected
from gateway.wire.dicom.element import LONG, WIDTHS, Element, name_of
from gateway.wire.dicom.limits import LIMITS, Limits
from gateway.wire.dicom.record import Header
from gateway.wire.dicom.scan import Scanner
from gateway.wire.dicom.syntax import EXPLICIT, EXPLICIT_UID, syntax_of, undeclared

PREAMBLE = 128
LEFT_OUT = "2.25.286170233137915263264106264331250428653"
"""Creator of our Private Information: which values of what length were left out."""

_SYNTAX, _CREATOR, _PRIVATE, _LENGTH = 0x00020010, 0x00020100, 0x00020102, 0x00020000
_CLASS, _INSTANCE = 0x00080016, 0x00080018
_FIRST = frozenset((0x0002, 0x0004, 0x0008, 0x0010, 0x0018, 0x0020))
"""Groups that a data set without a preamble begins with."""


class File:
    """Reads one file as it comes.

    Args:
        limits: of its header.
    """

    def __init__(self, limits: Limits = LIMITS) -> None:
        self._limits = limits
        self._start = bytearray()
        self._meta: Scanner | None = None
        self._rest: Scanner | None = None

    def feed(self, piece: bytes) -> None:
        """Read the next piece.

        Raises:
            Rejected: ``not-dicom``; ``too-large``.
        """
        if self._rest is not None:
            self._rest.feed(piece)
            return
        self._start += piece
        if len(self._start) > max(self._limits.header, 1 << 20):
            self._open()
        elif len(self._start) >= PREAMBLE + 4 + 8:
            self._open_whole()

    def _open_whole(self) -> None:
        """Open it once all of its meta information is there."""
        at = self._begins()
        if self._start[at : at + 2] != b"\x02\0":
            self._open()
            return
        scanner = Scanner(EXPLICIT, self._limits, only=2)
        scanner.feed(bytes(self._start[at:]))
        if scanner.done:
            self._open()

    def _begins(self) -> int:
        return PREAMBLE + 4 if self._start[PREAMBLE : PREAMBLE + 4] == b"DICM" else 0

    def _open(self) -> None:
        """Read the meta information, and begin with the data set.

        Raises:
            Rejected: ``not-dicom``.
        """
        at, start = self._begins(), bytes(self._start)
        self._meta = Scanner(EXPLICIT, self._limits, only=2)
        if start[at : at + 2] == b"\x02\0":
            self._meta.feed(start[at:])
        meta = self._meta.close()
        meta.damage = ""
        at += self._meta.offset
        group = int.from_bytes(start[at : at + 2], "little")
        swapped = int.from_bytes(start[at : at + 2], "big")
        if not at and (len(start) < 8 or (group not in _FIRST and swapped not in _FIRST)):
            raise Rejected("these bytes are no DICOM object", code="not-dicom", where="file")
        said = _plain(meta.elements.get(_SYNTAX))
        self._rest = Scanner(syntax_of(said) if said else undeclared(start[at : at + 8]), self._limits)
        self._start.clear()
        self._rest.feed(start[at:])

    def close(self) -> Header:
        """Return its header.

        Raises:
            Rejected: as :meth:`feed`; also of a file without one element that is whole.
        """
        if self._rest is None:
            self._open()
        assert self._rest is not None and self._meta is not None
        header = self._rest.close()
        header.meta = self._meta.header
        if not header.elements:
            raise Rejected("these bytes are no DICOM object", code="not-dicom", where="file")
        _left_again(header)
        return header


def header_of(raw: bytes | Iterable[bytes], limits: Limits = LIMITS) -> Header:
    """Return the header of a file, given whole or in pieces.

    Raises:
        Rejected: ``not-dicom``; ``too-large``.
    """
    file = File(limits)
    for piece in (raw,) if isinstance(raw, bytes) else raw:
        file.feed(piece)
    return file.close()


def written(header: Header) -> bytes:
    """Return the canonical file of a header."""
    left = dict(header.left())
    meta = dict(header.meta.elements) if header.meta else {}
    sop = {0x00020002: header.elements.get(_CLASS), 0x00020003: header.elements.get(_INSTANCE)}
    for tag, one in sop.items():
        if one is not None and tag not in meta:
            meta[tag] = Element("UI", one.value)
    meta.pop(_LENGTH, None)
    if left:
        text = json.dumps(left, separators=(",", ":"), sort_keys=True).encode()
        meta[_CREATOR] = Element("UI", LEFT_OUT.encode())
        meta[_PRIVATE] = Element("OB", text)
    meta.setdefault(_SYNTAX, Element("UI", EXPLICIT_UID.encode()))
    was = _plain(meta[_SYNTAX])
    if not syntax_of(was).explicit or syntax_of(was).deflated or not syntax_of(was).little:
        meta[_SYNTAX] = Element("UI", EXPLICIT_UID.encode())
    head = dataset(meta)
    return (
        b"\0" * PREAMBLE
        + b"DICM"
        + _element(_LENGTH, Element("UL", pack("<I", len(head))))
        + head
        + dataset(header.elements)
    )


def dataset(elements: dict[int, Element]) -> bytes:
    """Return a data set in Explicit VR Little Endian."""
    return b"".join([_element(tag, elements[tag]) for tag in sorted(elements)])


def _element(tag: int, element: Element) -> bytes:
    value = element.value
    if element.items is not None:
        value = b"".join(
            [
                pack("<HHI", 0xFFFE, 0xE000, len(made)) + made
                for made in (dataset(one.elements) for one in element.items)
            ]
        )
    if len(value) % 2 and element.vr not in WIDTHS:  # half a number, filled up, would be a number
        value += b" " if element.vr not in ("UI", "OB", "UN") else b"\0"
    vr = element.vr if element.vr in LONG or len(value) <= 0xFFFF else "UN"
    head = pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    return head + (pack("<HI", 0, len(value)) if vr in LONG else pack("<H", len(value))) + value


def _left_again(header: Header) -> None:
    """Mark again what the writer of a canonical file had left out."""
    meta = header.meta.elements if header.meta else {}
    if _plain(meta.get(_CREATOR)) != LEFT_OUT or _PRIVATE not in meta:
        return
    try:
        left = json.loads(meta[_PRIVATE].value.rstrip(b"\0").decode())
    except ValueError:
        return
    known = dict(_leaves(header))
    for path, length in left.items() if isinstance(left, dict) else ():
        if path in known and isinstance(length, int):
            known[path].left = length
    del meta[_CREATOR], meta[_PRIVATE]


def _leaves(header: Header) -> Iterable[tuple[str, Element]]:
    for tag, element in header.elements.items():
        yield name_of(tag), element
        for number, item in enumerate(element.items or (), 1):
            for path, one in _leaves(item):
                yield f"{name_of(tag)}[{number}].{path}", one


def _plain(element: Element | None) -> str:
    return element.value.decode("ascii", "replace").strip(" \0") if element is not None else ""
