"""Files to read: written as an export would write them, with the layouts that are shipped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.his.files.group import Record
from adapters.his.files.lines import Bounds, Broken
from adapters.his.files.look import look
from adapters.his.files.pattern import Pattern, pattern_of
from adapters.his.files.reader import Document, open_file
from adapters.his.files.view import View, load_views
from gateway.wire.rows import Faulty

Item = Record | Document | Faulty
Read = Callable[..., list[Item]]


@pytest.fixture(scope="session")
def views() -> dict[str, View]:
    return load_views("")


@pytest.fixture
def read(tmp_path: Path, views: dict[str, View]) -> Read:
    """``read("cf.csv", bytes, **pattern)`` → its records and faults; a file that fails as a whole ends so."""

    def reading(name: str, raw: bytes | Path, bounds: Bounds | None = None, **said: object) -> list[Item]:
        path = raw if isinstance(raw, Path) else tmp_path / name
        if isinstance(raw, bytes):
            path.write_bytes(raw)
        pattern = Pattern(**said) if said else pattern_of(name, [], views)  # type: ignore[arg-type]
        assert pattern is not None
        seen = look(path, pattern.charset)
        found: list[Item] = []
        try:
            opened = open_file(path, pattern, seen, views, bounds or Bounds())
        except Broken as error:
            return [error.faulty]
        try:
            found.extend(opened.items)
        except Broken as error:
            found.append(error.faulty)
        finally:
            opened.close()
        return found

    return reading
