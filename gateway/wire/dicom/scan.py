"""Scan: a data set read as it comes, piece by piece; what is no header is passed over and never kept.

The memory that it needs is that of the header: of an object of four gigabytes the pixels are counted down.
It goes on behind them, for some elements come after. What is damaged ends the reading there: what was read
until then is kept, and :attr:`Header.damage` says so.
"""

from __future__ import annotations

import zlib
from collections.abc import Generator
from struct import unpack_from

from gateway.errors import Rejected
from gateway.wire.dicom.element import BULK, LONG, PIXELS, WIDTHS, Element, vr_of
from gateway.wire.dicom.limits import LIMITS, Limits
from gateway.wire.dicom.record import Header
from gateway.wire.dicom.syntax import IMPLICIT, Syntax, detected

Steps = Generator[None, None, None]

_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_NAMES = {bytes((a, b)): chr(a) + chr(b) for a in range(65, 91) for b in range(65, 91)}
"""Two capitals → the same as text: what may stand for a VR."""

_NEVER = frozenset((0x0000, 0x0002))
"""Groups of commands and of files' meta information: in a data set they are nobody's (PS3.7, PS3.10)."""

_INFLATED = 1 << 16
"""Bytes that are inflated at a time."""


class _Damaged(Exception):
    """The bytes end, or are none of a data set, from here on."""


class Scanner:
    """Reads one data set.

    Args:
        syntax: of the data set; where its first element is written otherwise, that one counts.
        only: stops before the first element of another group (0002: the meta information of a file).
    """

    def __init__(self, syntax: Syntax, limits: Limits = LIMITS, *, only: int | None = None) -> None:
        self.header = Header()
        self._syntax, self._limits, self._only = syntax, limits, only
        self._data, self._at, self._base = bytearray(), 0, 0
        self._ended = self._done = False
        self._kept = self._count = self._passing = 0
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS) if syntax.deflated else None
        self._steps = self._begin()

    @property
    def offset(self) -> int:
        """Bytes of the data set that have been read."""
        return self._base + self._at

    @property
    def done(self) -> bool:
        """Whether further bytes change nothing."""
        return self._done

    def feed(self, piece: bytes) -> None:
        """Read the next piece.

        Raises:
            Rejected: ``too-large``: the header is beyond the limits.
        """
        if self._done:
            return
        if self._inflate is None:
            self._take(piece)
            return
        while piece and not self._done:
            try:
                self._take(self._inflate.decompress(piece, _INFLATED))
            except zlib.error:
                self._ended = True
                self._go()
                self.header.damage = self.header.damage or "inflate"
                return
            piece = b"" if self._inflate.eof else self._inflate.unconsumed_tail

    def close(self) -> Header:
        """Return the header: nothing comes any more.

        Raises:
            Rejected: as :meth:`feed`.
        """
        if not self._done:
            self._ended = True
            self._go()
        return self.header

    def _take(self, piece: bytes) -> None:
        """Go on with a piece; what of it is passed over is not even copied."""
        passed = min(self._passing, len(piece))
        self._passing -= passed
        self._base += passed
        if not self._passing:
            self._data += memoryview(piece)[passed:]
            self._go()

    def _go(self) -> None:
        try:
            next(self._steps)
        except StopIteration:
            self._done = True
        except _Damaged as error:
            self._done, self.header.damage = True, str(error)
        if self._at:
            del self._data[: self._at]
            self._base, self._at = self._base + self._at, 0

    def _begin(self) -> Steps:
        while len(self._data) < 8 and not self._ended:
            yield
        self._syntax = detected(bytes(self._data[:8]), self._syntax)
        if self._inflate is not None:
            self._syntax = Syntax()
        yield from self._dataset(self.header, None, self._syntax, 0)

    def _there(self, count: int) -> Generator[None, None, bool]:
        """Wait for so many bytes; tell whether they came."""
        while len(self._data) - self._at < count:
            if self._ended:
                return False
            yield
        return True

    def _dataset(self, header: Header, end: int | None, syntax: Syntax, depth: int) -> Steps:
        """Read the elements of a data set or item, up to an offset or its delimiter."""
        data, tags = self._data, "<HH" if syntax.little else ">HH"
        while end is None or self._base + self._at < end:
            if len(data) - self._at < 8 and not (yield from self._there(8)):
                if depth or len(data) > self._at:
                    raise _Damaged("truncated")
                return
            group, number = unpack_from(tags, data, self._at)
            tag = group << 16 | number
            if self._only is not None and group != self._only and not depth:
                return
            if group == 0xFFFE:
                self._at += 8
                if depth and end is None:
                    return
                if tag == _ITEM:
                    raise _Damaged("item outside of a sequence")
                continue
            yield from self._element(header, tag, syntax, depth)

    def _element(self, header: Header, tag: int, syntax: Syntax, depth: int) -> Steps:
        self._count += 1
        if self._count > self._limits.elements:
            raise Rejected("the header has more elements than the limit", code="too-large", where="dataset")
        data, order = self._data, "<" if syntax.little else ">"
        if (tag >> 16 in _NEVER and self._only is None) or not tag & 0xFFFF:
            header = Header(header)  # nobody's; and a group's length is none of what is written again
        vr = _NAMES.get(bytes(data[self._at + 4 : self._at + 6])) if syntax.explicit else None
        if (
            vr is None
        ):  # implicit, or no VR stands where one should: then it is written as if it were implicit
            (length,) = unpack_from(f"{order}I", data, self._at + 4)
            vr, head = vr_of(tag), 8
        elif vr in LONG:
            if len(data) - self._at < 12 and not (yield from self._there(12)):
                raise _Damaged("truncated")
            (length,) = unpack_from(f"{order}I", data, self._at + 8)
            head = 12
        else:
            (length,) = unpack_from(f"{order}H", data, self._at + 6)
            head = 8
        self._at += head
        if vr == "UN" and length != _UNDEFINED and (known := vr_of(tag)) != "SQ":
            vr = known  # PS3.5 section 6.2.2: whoever did not know it wrote it so
        if length == _UNDEFINED and (tag in PIXELS or vr in ("OB", "OW")):
            yield from self._fragments(header, tag, vr, order)
        elif vr == "SQ" or length == _UNDEFINED:
            inside = IMPLICIT if vr == "UN" else syntax  # PS3.5 section 6.2.2, note
            yield from self._sequence(header, tag, length, inside, depth + 1)
        elif tag in PIXELS or length > (self._limits.bulk if vr in BULK else self._limits.value):
            header.elements[tag] = Element(vr, left=length)
            yield from self._skip(length)
        else:
            if len(data) - self._at < length and not (yield from self._there(length)):
                raise _Damaged("truncated")
            value = bytes(data[self._at : self._at + length])
            self._at += length
            self._keep(length)
            header.elements[tag] = Element(vr, value if syntax.little else _swapped(value, vr))

    def _keep(self, length: int) -> None:
        self._kept += length + 8
        if self._kept > self._limits.header:
            raise Rejected("the header is larger than the limit", code="too-large", where="dataset")

    def _skip(self, length: int) -> Steps:
        """Pass over bytes; none of them is kept."""
        there = min(length, len(self._data) - self._at)
        self._at += there
        self._passing = length - there
        while self._passing:
            if self._ended:
                raise _Damaged("truncated")
            yield

    def _fragments(self, header: Header, tag: int, vr: str, order: str) -> Steps:
        """Pass over encapsulated pixels: items up to their delimiter (PS3.5 section A.4)."""
        element = header.elements[tag] = Element(vr, left=0)
        while True:
            if not (yield from self._there(8)):
                raise _Damaged("truncated")
            group, number, length = unpack_from(f"{order}HHI", self._data, self._at)
            self._at += 8
            if group << 16 | number == _SEQUENCE_END:
                return
            if group << 16 | number != _ITEM or length == _UNDEFINED:
                raise _Damaged("no item among the fragments of pixels")
            element.left = (element.left or 0) + length
            yield from self._skip(length)

    def _sequence(self, header: Header, tag: int, length: int, syntax: Syntax, depth: int) -> Steps:
        if depth > self._limits.depth:
            raise Rejected(
                "sequences stand deeper in each other than the limit", code="too-large", where="dataset"
            )
        element = header.elements[tag] = Element("SQ", items=[])
        assert element.items is not None
        end = None if length == _UNDEFINED else self.offset + length
        while end is None or self.offset < end:
            if not (yield from self._there(8)):
                raise _Damaged("truncated")
            order = "<" if syntax.little else ">"
            group, number, long = unpack_from(f"{order}HHI", self._data, self._at)
            self._at += 8
            if group << 16 | number == _SEQUENCE_END:
                return
            if group << 16 | number != _ITEM:
                raise _Damaged("no item in a sequence")
            self._count += 1
            self._keep(0)
            item = Header(header)
            element.items.append(item)
            stop = None if long == _UNDEFINED else self.offset + long
            yield from self._dataset(item, stop, syntax, depth)


def _swapped(value: bytes, vr: str) -> bytes:
    """Return numbers of big endian in little endian."""
    width = WIDTHS.get(vr)
    if width is None or len(value) % width:
        return value
    return b"".join([value[at : at + width][::-1] for at in range(0, len(value), width)])
