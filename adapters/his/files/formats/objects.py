"""Objects: records in JSON (RFC 8259) and NDJSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from adapters.his.files.formats.numbered import Lines
from adapters.his.files.lines import Broken, Line, Source, Table
from adapters.his.files.look import decoded
from gateway.errors import Rejected
from gateway.wire.rows import Faulty, objects


def read_ndjson(source: Source) -> Table:
    """Open a file with one JSON object a line.

    Raises:
        Broken: it is no text.
    """
    if source.look.binary:
        raise Broken(Faulty("not-text"))
    lines = Lines(source)
    return Table((), _lines(lines), close=lines.close)


def read_json(source: Source) -> Table:
    """Open a JSON file: a list of objects, one object, or either at the path of the records.

    Raises:
        Broken: it is too long, no JSON, has nothing at that path or two things.
    """
    limit = source.bounds.whole
    if source.look.size > limit:
        raise Broken(Faulty("json-too-large", 0, {"limit": str(limit)}))
    try:
        data = objects.read(decoded(source.path, source.look.charset).decode())
    except Rejected:
        raise Broken(Faulty("undecodable")) from None
    except ValueError:
        raise Broken(Faulty("not-json")) from None
    beside = Counter[str]()
    data = _at(data, source.pattern.records, beside)
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise Broken(Faulty("no-records"))
    return Table((), (_line(number, one) for number, one in enumerate(data, start=1)), beside=beside)


def _at(data: Any, records: str, beside: Counter[str]) -> Any:
    """Return what stands at the path of the records; counts what stands beside it."""
    path = ""
    for name in records.replace("/", ".").strip(".").split("."):
        if not name:
            continue
        here = data if isinstance(data, dict) else {}
        beside.update(path + other for other in here if other != name)
        try:
            path, data = f"{path}{name}.", objects.member(here, name)
        except objects.Twice as twice:
            raise Broken(Faulty("duplicate-name", 0, {"name": twice.name})) from None
    return data


def _lines(lines: Lines) -> Iterator[Line | Faulty]:
    while (found := lines.next()) is not None:
        if isinstance(found, Faulty):
            yield found
            continue
        number, text = found
        if not text.strip():
            continue
        try:
            yield _line(number, objects.read(text), text)
        except ValueError:
            yield Faulty("not-an-object", number, {}, text)


def _line(number: int, data: Any, text: str = "") -> Line | Faulty:
    """Return one record.

    Args:
        text: as it stood; ``""``: it is written anew.
    """
    try:
        text = text or objects.written(data)
        if not isinstance(data, dict):
            return Faulty("not-an-object", number, {}, text)
        values, nested = objects.told(data)
    except objects.Twice as twice:
        return Faulty("duplicate-name", number, {"name": twice.name}, text)
    except RecursionError:
        return Faulty("not-an-object", number, {}, text)
    return Line(number, values, nested, text)
