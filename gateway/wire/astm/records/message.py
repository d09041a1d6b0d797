"""Message: the records from H to L, lazy, and byte for byte what the sender wrote (LIS2-A2 §5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from gateway.errors import Misconfigured, Rejected
from gateway.wire.astm.records.delimiters import Delimiters
from gateway.wire.astm.records.escape import escape
from gateway.wire.astm.records.lines import split_lines
from gateway.wire.astm.records.path import read_path
from gateway.wire.astm.records.record import Record


class Message:
    """A ``gateway.canonical.Record`` over records; make it with :func:`gateway.wire.astm.records.parse`.

    Attributes:
        raw: the bytes as received, without framing.
        span: where in them the text begins and ends.
        charset: the Python codec that decoded it; GBK and GB2312 are read as ``"gb18030"``.
        charset_repaired: True where the bytes contradicted the charset that was told.
        delimiters: as declared by H.
        records: in source order, H first, unknown ones included.
    """

    def __init__(
        self,
        raw: bytes,
        span: tuple[int, int],
        charset: str,
        repaired: bool,
        delimiters: Delimiters,
        pieces: list[str],
    ) -> None:
        self.raw, self.span = raw, span
        self.charset, self.charset_repaired = charset, repaired
        self.delimiters = delimiters
        self._pieces = pieces  # records and what ends them, by turns
        self._places: list[int] = []
        self.records: list[Record] = []
        for place in range(0, len(pieces), 2):
            text = pieces[place].rstrip("\n")
            if text and not text.isspace():
                self._places.append(place)
                self.records.append(Record(text, delimiters, charset))
        self._changed: set[int] = set()

    def header(self, number: int) -> str:
        """Return H.``number`` as written, still escaped; ``""`` where the sender left it out."""
        fields = self.records[0].fields
        return fields[number - 1] if number <= len(fields) else ""

    def get(self, path: str) -> str | None:
        """Return the first value at ``path``, unescaped, or None where the message has none."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at ``path`` in source order, unescaped; empty places are passed over.

        A path without a component yields the whole repeat, delimiters included.

        Raises:
            Misconfigured: ``path`` is no path of records, see ``path.py``.
        """
        wanted = read_path(path)
        found = self.of(wanted.record)
        for record in found[wanted.occurrence - 1 : wanted.occurrence] if wanted.occurrence else found:
            yield from record.read(wanted)

    def of(self, type: str) -> list[Record]:
        """Return the records of a type, ``"R"``."""
        return self._types.get(type, [])

    def under(self, parent: Record, type: str) -> list[Record]:
        """Return the records of a type that belong to ``parent``: the R of an O, the C of an R."""
        return [record for record in self.of(type) if record.parent is parent]

    def unread(self) -> Iterator[str]:
        """Yield the shortest exact path of every valued leaf that ``get`` or ``each`` never gave."""
        for name, record in self._named():
            if not record.type and () not in record.asked:
                yield name
                continue
            for path in record.unread():
                yield f"{name}.{path}"

    def passed_over(self) -> Iterator[tuple[str, str]]:
        """Yield the path of every valued leaf that nobody has to read, and why (``Record.pass_over``)."""
        for name, record in self._named():
            for path, why in record.passed_over():
                yield f"{name}.{path}", why

    def _named(self) -> Iterator[tuple[str, Record]]:
        """Yield every record with its name: ``R``, ``R[2]`` where there are more."""
        seen: Counter[str] = Counter()
        for record in self.records:
            seen[record.type] += 1
            alone = len(self.of(record.type)) == 1
            name = record.type or "?"
            yield name if alone else f"{name}[{seen[record.type]}]", record

    def set(self, path: str, value: str) -> None:
        """Write ``value`` (data, it is escaped here) at ``path``; an index that is left out means the first.

        Raises:
            Misconfigured: ``path`` names no field of a record that there is, or H.1, H.2 or another type.
            Rejected: code ``"unencodable"``, where the sender's charset has no such character.
        """
        wanted = read_path(path)
        found = self.of(wanted.record)
        number = wanted.occurrence or 1
        if wanted.field < 2 or (wanted.record, wanted.field) == ("H", 2) or number > len(found):
            raise Misconfigured(f"not a path of ASTM records: {path!r}; write R[n].F[r].C", code="bad-path")
        try:
            value.encode(self.charset)
        except UnicodeError:
            raise Rejected(
                "the sender's charset cannot hold the value", code="unencodable", where=path
            ) from None
        record = found[number - 1]
        record.write(wanted, escape(value, self.delimiters))
        self._changed.add(next(at for at, one in enumerate(self.records) if one is record))

    def serialise(self) -> bytes:
        """Return the message; records that ``set`` did not touch come out byte for byte."""
        if not self._changed:
            return self.raw
        start, stop = self.span
        parts = split_lines(self.raw[start:stop], self.delimiters.field)
        if len(parts) != len(self._pieces):  # a charset in which a line end is no byte
            parts = [one.encode(self.charset) for one in self._pieces]
        for at in self._changed:
            parts[self._places[at]] = self.records[at].text.encode(self.charset)
        return self.raw[:start] + b"".join(parts) + self.raw[stop:]

    @cached_property
    def _types(self) -> Mapping[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(record.type, []).append(record)
        return found
