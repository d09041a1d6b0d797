"""Group: lines → records; lines that say the same in the grouping columns are one record with its details.

A record of which one line cannot be read waits as a whole: half a prescription would look like a whole one.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from adapters.his.files.columns import Columns, Row
from adapters.his.files.lines import Broken, Line
from adapters.his.files.moment import order
from gateway.wire.rows import Faulty
from gateway.wire.rows.objects import Twice

MOST_APART = 50_000
"""Lines that are kept in memory because others stand between them and their record."""

MOST = 20_000
"""Lines of one record."""

_PART = 500_000
"""Keys that are compared at a time."""

Key = tuple[str, ...]


@dataclass(slots=True, frozen=True)
class Record:
    """One row with the rows that belong to it.

    Attributes:
        line: number of its first line.
    """

    line: int
    row: Row
    details: dict[str, list[Row]]


@dataclass(slots=True)
class _Open:
    """A record whose lines are coming in."""

    key: Key
    lines: list[Line] = field(default_factory=list)
    spoilt: bool = False


def records(
    lines: Iterable[Line | Faulty], columns: Columns, apart: frozenset[int]
) -> Iterator[Record | Faulty]:
    """Yield the records of a file, and what cannot be read of it.

    Args:
        apart: :func:`keys_apart`; their records come last.
    """
    if not columns.group:
        yield from (_alone(one, columns) if isinstance(one, Line) else one for one in lines)
        return
    kept: dict[Key, _Open] = {}
    open_: _Open | None = None
    loose: list[Faulty] = []
    for one in lines:
        if isinstance(one, Faulty):
            if open_ is not None and _names(one, open_.key):
                open_.spoilt = True
            else:
                loose.append(one)
            yield one
            continue
        key = _key(one, columns)
        if _left_blank(key, open_.key if open_ is not None else None):
            if open_ is not None:
                open_.spoilt = True
            yield Faulty("no-group", one.number, {}, one.text)
            continue
        if open_ is not None and open_.key == key:
            open_.spoilt = open_.spoilt or bool(loose)  # what cannot be read stands among its lines
        else:
            if open_ is not None and hash(open_.key) not in apart:
                yield _ended(open_, columns)
            open_ = kept.setdefault(key, _Open(key)) if hash(key) in apart else _Open(key)
            open_.spoilt = open_.spoilt or any(_names(faulty, key) for faulty in loose)
        loose.clear()
        if len(open_.lines) < MOST + 1:
            open_.lines.append(one)
    if open_ is not None and hash(open_.key) not in apart:
        yield _ended(open_, columns)
    yield from (_ended(one, columns) for one in kept.values())


def _alone(one: Line, columns: Columns) -> Record | Faulty:
    try:
        return Record(one.number, *columns.told(one))
    except Twice as twice:
        return Faulty("duplicate-name", one.number, {"name": twice.name}, one.text)


def keys_apart(lines: Iterable[Line | Faulty], columns: Columns) -> frozenset[int]:
    """Return the hashes of the keys whose lines do not stand together.

    Raises:
        Broken: ``unsorted``: there are too many of these lines.
    """
    hashes, lengths = array("q"), array("L")
    last: Key | None = None
    for one in lines:
        if isinstance(one, Faulty):
            continue
        key = _key(one, columns)
        if key == last:
            lengths[-1] += 1
        elif any(key):
            hashes.append(hash(key))
            lengths.append(1)
            last = key
    twice = _twice(hashes)
    if sum(length for one, length in zip(hashes, lengths, strict=True) if one in twice) > MOST_APART:
        said = {"limit": str(MOST_APART), "columns": ", ".join(columns.group)}
        raise Broken(Faulty("unsorted", 0, said))
    return twice


def _twice(hashes: Sequence[int]) -> frozenset[int]:
    """Return what is there more than once; a set of all would cost a gigabyte of a long file."""
    found = set[int]()
    parts = len(hashes) // _PART + 1
    for part in range(parts):
        seen = set[int]()
        for one in hashes:
            if one % parts == part:
                (found if one in seen else seen).add(one)
        if len(found) > MOST_APART:
            break  # too many in any case
    return frozenset(found)


def _key(line: Line, columns: Columns) -> Key:
    return tuple(line.values.get(heading) or "" for heading in columns.group)


def _left_blank(key: Key, before: Key | None) -> bool:
    """Tell whether a line does not say which record it is of.

    A cell that is merged over several lines stands in the first of them; in the others it is empty.
    """
    if not any(key):
        return True
    return (
        before is not None
        and key != before
        and all(one in ("", was) for one, was in zip(key, before, strict=True))
    )


def _names(faulty: Faulty, key: Key) -> bool:
    """Tell whether a line that cannot be read names the key of a record in any of its cells."""
    cells = {one.strip().strip("\"'") for one in faulty.cells} or {faulty.text}
    return all(one in cells for one in key)


def _ended(one: _Open, columns: Columns) -> Record | Faulty:
    first = one.lines[0].number
    text = "\n".join(line.text for line in one.lines[:MOST])
    if one.spoilt:
        return Faulty("incomplete-group", first, {}, text)
    if len(one.lines) > MOST:
        return Faulty("too-many-rows", first, {"limit": str(MOST)}, text)
    row: Row = {}
    details: dict[str, list[Row]] = {}
    for line in one.lines:
        try:
            head, inside = columns.told(line)
        except Twice as twice:
            return Faulty("duplicate-name", line.number, {"name": twice.name}, text)
        for name, value in head.items():
            if row.get(name) is None:
                row[name] = value
            elif name == columns.view.changed:
                row[name] = max(row[name], value, key=order)
            elif value is not None and value != row[name]:
                return Faulty("contradicting-rows", line.number, {"columns": name}, text)
        for detail, rows in inside.items():
            details.setdefault(detail, []).extend(rows)
    return Record(first, row, details)
