"""Rows in the answers of services that are asked, in JSON: each object is one, with what belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.his.xml_http.failed import Failed
from gateway.errors import Rejected
from gateway.wire.rows import CONTENT_TYPE, Faulty, objects, written
from gateway.wire.rows.faulty import CONTENT_TYPE as FAULTY
from gateway.wire.text import decode

_ROW = "row"
"""How ``gateway.wire.rows`` calls the columns of a record: nothing that belongs to it is called so."""


def read(raw: bytes, charset: str) -> Any:
    """Return what an answer in JSON says, its numbers as texts.

    Raises:
        Failed: it is none.
    """
    try:
        return objects.read(decode(raw, charset).text)
    except (Rejected, ValueError):
        raise Failed("no JSON") from None


def is_good(data: Any, good: str) -> bool:
    """Tell whether an answer says that it is good: ``code = 0`` (a path, and what stands there).

    Raises:
        Failed: as :func:`at`.
    """
    path, _, wanted = good.partition("=")
    said = at(data, path)
    if isinstance(said, bool):
        said = "true" if said else "false"
    return isinstance(said, str | None) and (said or "") == wanted.strip()


def at(data: Any, path: str) -> Any:
    """Return what stands at a path (``data.list``), None for null.

    Raises:
        Failed: nothing stands there, or two things.
    """
    for name in path.strip().split("."):
        if data is None:
            return None
        if not isinstance(data, dict) or name not in data:
            raise Failed(f"nothing at {path.strip()}")
        try:
            data = objects.member(data, name)
        except objects.Twice as twice:
            raise Failed(f"the name {twice.name} comes twice, with different values") from None
    return data


def pages(found: list[Any], view: str, name: str) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of each row, and their content type; what cannot be read goes into quarantine.

    Args:
        view: name of the layout; ``name``: of the poll.

    Raises:
        Failed: a row is too deep.
    """
    for one in found:
        try:
            row, details = objects.told(one)
            for key, text in objects.joined(_ROW, details.pop(_ROW, ())).items():
                objects.put(row, key, text)
        except RecursionError:
            raise Failed("objects are too deep inside each other") from None
        except objects.Twice as twice:
            faulty = Faulty("duplicate-name", 0, {"name": twice.name}, objects.written(one))
            yield faulty.written(name, view), FAULTY
        else:
            yield written(view, name, [{_ROW: row, **details}]), CONTENT_TYPE
