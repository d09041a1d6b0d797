"""Message: one HL7 v2 message in ER7, lazy, and byte for byte what the sender wrote (HL7 v2.8 §2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property

from gateway.errors import Misconfigured, Rejected
from gateway.wire.er7.charset import writing_codec
from gateway.wire.er7.escape import escape, unescape
from gateway.wire.er7.leaves import all_leaves, read_leaves, write_leaf
from gateway.wire.er7.path import Path, read_path
from gateway.wire.er7.segment import Segment
from gateway.wire.er7.separators import Separators
from gateway.wire.er7.serialise import serialise


class Message:
    """A ``gateway.canonical.Record`` over ER7; make it with :func:`gateway.wire.er7.parse`.

    Attributes:
        raw: the bytes as received, without transport framing.
        start: how many of them stand before the text (blanks, byte order mark).
        text: all the rest, decoded.
        charset: the Python codec that decoded it; GBK and GB2312 are read as ``"gb18030"``.
        charset_repaired: True where the bytes contradicted the declared charset.
        separators: as declared by MSH-1 and MSH-2.
        segments: in source order, MSH first, unknown and Z-segments included.
        received: how many of them the sender wrote; the rest was added by ``set``.
        originals: text of the segments that ``set`` changed, by their place in ``segments``.
    """

    def __init__(
        self,
        raw: bytes,
        start: int,
        text: str,
        charset: str,
        repaired: bool,
        separators: Separators,
        segments: list[Segment],
    ) -> None:
        self.raw = raw
        self.start = start
        self.text = text
        self.charset = charset
        self.charset_repaired = repaired
        self.separators = separators
        self.segments = segments
        self.received = len(segments)
        self.originals: dict[int, str] = {}

    def header(self, number: int) -> str:
        """Return MSH-``number`` as written, still escaped; ``""`` where the sender left it out."""
        fields = self.segments[0].fields
        return fields[number] if number < len(fields) else ""

    @property
    def declared_charset(self) -> str:
        """MSH-18 as written, all repetitions."""
        return self.header(18)

    @property
    def type(self) -> str:
        """``"ADT^A01"`` from MSH-9.1 and 9.2; without 9.2 the event of EVN-1, else ``"ADT"`` alone."""
        code, event = self._parts_of_9(2)
        event = event or self._event()
        return f"{code}^{event}" if event else code

    @property
    def structure(self) -> str:
        """MSH-9.3, e.g. ``"ADT_A01"``; ``""`` before version 2.3.1."""
        return self._parts_of_9(3)[2]

    @property
    def control_id(self) -> str:
        """MSH-10 as written."""
        return self.header(10)

    @property
    def version(self) -> str:
        """MSH-12.1 as written, e.g. ``"2.5.1"``."""
        return self.header(12).partition(self.separators.component)[0]

    def _parts_of_9(self, count: int) -> list[str]:
        parts = self.header(9).partition(self.separators.repetition)[0].split(self.separators.component)
        return (parts + [""] * count)[: max(count, 2)]

    def _event(self) -> str:
        for segment in self.segments[1:3]:
            if segment.name == "EVN" and len(segment.fields) > 1:
                return segment.fields[1]
        return ""

    def get(self, path: str) -> str | None:
        """Return the first value at ``path``, unescaped, or None where the message has none."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at ``path`` in source order, unescaped; empty places are passed over.

        A path that stops above the leaves yields their whole text, separators included, so that
        ``OBX-5`` of a raw ``10^9/L`` is what the sender meant. The v2 null comes as ``'""'``.

        Raises:
            Misconfigured: ``path`` is no ER7 path.
        """
        wanted = read_path(path)
        places = self._places.get(wanted.segment, [])
        for place in places[wanted.occurrence - 1 : wanted.occurrence] if wanted.occurrence else places:
            segment = self.segments[place]
            if not wanted.field:
                self._asked.add((place,))
                yield unescape(segment.text, self.separators, self.charset)
                continue
            for address, text in read_leaves(segment.fields, wanted, self.separators):
                if text:
                    self._asked.add((place, *address))
                    yield text if len(address) == 1 else unescape(text, self.separators, self.charset)

    def unread(self) -> Iterator[str]:
        """Yield the shortest exact path of every valued leaf that ``get`` or ``each`` never gave."""
        seen: Counter[str] = Counter()
        for place, segment in enumerate(self.segments):
            seen[segment.name] += 1
            if (place,) in self._asked:
                continue
            alone = len(self._places[segment.name]) == 1
            name = segment.name if alone else f"{segment.name}[{seen[segment.name]}]"
            for address, path in all_leaves(segment.fields, self.separators):
                if not any((place, *address[:depth]) in self._asked for depth in range(2, 5)):
                    yield f"{name}-{path}"

    @cached_property
    def _places(self) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, segment in enumerate(self.segments):
            places.setdefault(segment.name, []).append(place)
        return places

    @cached_property
    def _asked(self) -> set[tuple[int, ...]]:
        return set()

    def set(self, path: str, value: str) -> None:
        """Write ``value`` (data, it is escaped here) at ``path``.

        An index that is left out means the first; a path without component replaces the whole
        field. A segment that does not exist yet is added at the end.

        Raises:
            Misconfigured: ``path`` names no field, or MSH-1 or MSH-2.
            Rejected: code ``"unencodable"``, where the sender's charset has no such character.
        """
        wanted = read_path(path)
        if not wanted.field or (wanted.segment == "MSH" and wanted.field < 3):
            raise Misconfigured(
                f"cannot write {path!r}: name a field other than MSH-1 and MSH-2", code="bad-path"
            )
        self._encodable(value, path)
        place = self._place_to_write(wanted)
        segment = self.segments[place]
        self.originals.setdefault(place, segment.text)
        fields = segment.fields + [""] * (wanted.field + 1 - len(segment.fields))
        fields[wanted.field] = write_leaf(
            fields[wanted.field], wanted, escape(value, self.separators), self.separators
        )
        segment.replace(fields)

    def serialise(self) -> bytes:
        """Return the message; segments that ``set`` did not touch come out byte for byte."""
        return serialise(self) if self.originals else self.raw

    def _encodable(self, value: str, path: str) -> None:
        try:
            value.encode(writing_codec(self.declared_charset, self.charset))
        except UnicodeError:
            raise Rejected(
                "the sender's charset cannot hold the value", code="unencodable", where=path
            ) from None

    def _place_to_write(self, wanted: Path) -> int:
        places = self._places.setdefault(wanted.segment, [])
        number = wanted.occurrence or 1
        if number > len(places):
            places.append(len(self.segments))
            self.segments.append(Segment(wanted.segment, self.separators.field))
            number = len(places)
        return places[number - 1]
