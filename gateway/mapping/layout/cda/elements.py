"""Data elements of WS 363 (``DE04.01.119.00``) by code: what they are called and what they become.

The table is ``mappings/cda/data-elements.csv``. An element that is not in it is an Observation under the name
that the document gives it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path

from gateway.errors import Misconfigured

COLUMNS = ["code", "zh", "en", "becomes"]


@dataclass(slots=True, frozen=True)
class DataElement:
    """One row of the table.

    Attributes:
        becomes: ``""`` for an Observation of its own, else column of a statement: ``"diagnosis.code"``.
    """

    code: str
    zh: str
    en: str
    becomes: str = ""


def data_elements(path: Path | Traversable, known: Mapping[str, frozenset[str]]) -> dict[str, DataElement]:
    """Return the table, empty where there is no file.

    Args:
        known: kind → the columns that an element may become.

    Raises:
        Misconfigured: it is no such table; names file and line.
    """
    if not path.is_file():
        return {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misconfigured("not UTF-8; save the file in that encoding", where=path.name) from None
    rows = csv.reader(line for line in io.StringIO(text, newline="") if not line.startswith("#"))
    if next(rows, None) != COLUMNS:
        raise Misconfigured(f"the first line names the columns: {','.join(COLUMNS)}", where=path.name)
    found: dict[str, DataElement] = {}
    for row in rows:
        if not row:
            continue
        if len(row) != len(COLUMNS):
            raise Misconfigured(f"{row[0]}: a line has {len(COLUMNS)} columns", where=path.name)
        one = DataElement(*(cell.strip() for cell in row))
        kind, _, column = one.becomes.partition(".")
        if one.becomes and column not in known.get(kind, ()):
            raise Misconfigured(f"{one.code}: nothing becomes {one.becomes!r}", where=path.name)
        if one.code in found:
            raise Misconfigured(f"{one.code} is there twice", where=path.name)
        found[one.code] = one
    return found
