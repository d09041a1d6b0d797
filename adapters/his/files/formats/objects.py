"""Objects: records in JSON (RFC 8259) and NDJSON; a number keeps its digits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.his.files.formats.numbered import Lines
from adapters.his.files.lines import Broken, Line, Source, Table, Twice, Values, joined, put
from adapters.his.files.look import decoded
from gateway.errors import Rejected
from gateway.wire.rows import Faulty


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
    beside, path = Counter[str](), ""
    for name in source.pattern.records.replace("/", ".").strip(".").split("."):
        if name:
            beside.update(path + other for other in (data if isinstance(data, dict) else ()) if other != name)
            path, data = f"{path}{name}.", data.get(name) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data = [data]
    if not isinstance(data, list):
        raise Broken(Faulty("no-records"))
    return Table((), (_line(number, one) for number, one in enumerate(data, start=1)), beside=beside)


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
        except Twice:
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
        raise Twice
    return made


def _line(number: int, data: Any) -> Line | Faulty:
    if not isinstance(data, dict):
        return Faulty("not-an-object", number, {}, json.dumps(data, ensure_ascii=False)[:1000])
    text = json.dumps(data, ensure_ascii=False)
    try:
        values, nested = told(data)
    except Twice:
        return Faulty("duplicate-name", number, {}, text)
    except RecursionError:
        return Faulty("not-an-object", number, {}, text)
    return Line(number, values, nested, text)


def told(data: Mapping[str, Any], before: str = "") -> tuple[dict[str, str | None], dict[str, list[Values]]]:
    """Return the values of an object, those inside by their path, and the lists of objects in it.

    Raises:
        Twice: a path (``a.b``) is said in two ways.
    """
    values: dict[str, str | None] = {}
    nested: dict[str, list[Values]] = {}
    for name, value in data.items():
        path = before + str(name)
        if isinstance(value, dict):
            inner, lists = told(value, f"{path}.")
            for key, text in inner.items():
                put(values, key, text)
            for key, rows in lists.items():
                nested.setdefault(key, []).extend(rows)
        elif isinstance(value, list):
            rows, texts = _listed(value)
            if rows:
                nested.setdefault(path, []).extend(rows)
            if texts or not rows:
                put(values, path, "; ".join(texts) or None)
        else:
            put(values, path, _text(value))
    return values, nested


def _listed(value: list[Any]) -> tuple[list[Values], list[str]]:
    """Return the objects of a list and its texts, also those in lists inside."""
    rows: list[Values] = []
    texts: list[str] = []
    for one in value:
        if isinstance(one, dict):
            rows.append(_row(one))
        elif isinstance(one, list):
            inner, said = _listed(one)
            rows += inner
            texts += said
        elif text := _text(one):
            texts.append(text)
    return rows, texts


def _row(data: Mapping[str, Any]) -> Values:
    """Return an object of a list; what it holds many times stands in columns of its own."""
    values, nested = told(data)
    for name, rows in nested.items():
        for key, text in joined(name, rows).items():
            put(values, key, text)
    return values


def _text(value: Any) -> str | None:
    if value is None or value is True or value is False:
        return {None: None, True: "1", False: "0"}[value]
    return str(value).strip() or None
