"""Objects: records in JSON (RFC 8259) and NDJSON; a number keeps its digits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from adapters.his.files.formats.numbered import Lines
from adapters.his.files.lines import Broken, Line, Source, Table
from adapters.his.files.look import decoded
from gateway.errors import Rejected
from gateway.wire.rows import Faulty


class _Twice(ValueError):
    """An object has a name twice."""


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
        Broken: it is too long, no JSON, or has nothing at that path.
    """
    limit = source.bounds.whole
    if source.look.size > limit:
        raise Broken(Faulty("json-too-large", 0, {"limit": str(limit)}))
    try:
        data = _loads(decoded(source.path, source.look.charset).decode())
    except Rejected:
        raise Broken(Faulty("undecodable")) from None
    except (ValueError, RecursionError):
        raise Broken(Faulty("not-json")) from None
    for name in source.pattern.records.replace("/", ".").strip(".").split("."):
        if name:
            data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise Broken(Faulty("no-records"))
    return Table((), (_line(number, one) for number, one in enumerate(data, start=1)))


def _lines(lines: Lines) -> Iterator[Line | Faulty]:
    while (found := lines.next()) is not None:
        if isinstance(found, Faulty):
            yield found
            continue
        number, text = found
        if not text.strip():
            continue
        try:
            made = _line(number, _loads(text))
        except _Twice:
            made = Faulty("duplicate-name", number, {}, text)
        except (ValueError, RecursionError):
            made = Faulty("not-an-object", number, {}, text)
        if isinstance(made, Line):
            made.text = text
        yield made


def _loads(text: str) -> Any:
    return json.loads(
        text, parse_float=str, parse_int=str, parse_constant=_no_number, object_pairs_hook=_object
    )


def _no_number(text: str) -> Any:
    raise ValueError(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _line(number: int, data: Any) -> Line | Faulty:
    if not isinstance(data, dict):
        return Faulty("not-an-object", number, {}, json.dumps(data, ensure_ascii=False)[:1000])
    values, nested = told(data)
    return Line(number, values, nested, json.dumps(data, ensure_ascii=False))


def told(data: Mapping[str, Any], before: str = "") -> tuple[dict[str, str | None], dict[str, Sequence[Any]]]:
    """Return the values of an object, those inside by their path, and the lists of objects in it."""
    values: dict[str, str | None] = {}
    nested: dict[str, Sequence[Any]] = {}
    for name, value in data.items():
        path = before + str(name)
        if isinstance(value, dict):
            inner, lists = told(value, f"{path}.")
            values |= inner
            nested |= lists
        elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
            nested[path] = [told(one)[0] for one in value if isinstance(one, dict)]
        elif isinstance(value, list):
            values[path] = "; ".join(text for one in value if (text := _text(one))) or None
        else:
            values[path] = _text(value)
    return values, nested


def _text(value: Any) -> str | None:
    if value is None or value is True or value is False:
        return {None: None, True: "1", False: "0"}[value]
    return str(value).strip() or None
