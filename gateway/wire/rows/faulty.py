"""Faulty: a line of a table that is no row, or a file that is none, as bytes that can be kept and shown.

Whoever fills a folder cannot be answered. So what cannot be read goes the way of every message all the same,
and ends in quarantine, where an operator sees why. JSON: ``{"fault": "shifted-columns", "file": "cf.csv",
"line": 7, "view": "prescription", "said": {"cells": "5", "wanted": "6"}, "text": "…"}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import orjson

from gateway.errors import Rejected
from gateway.faults import in_chinese

CONTENT_TYPE = "application/vnd.qiao.faulty+json"

LONGEST = 65_536
"""Characters of a line that are kept beside the file."""

SENTENCES: dict[str, str] = {
    "shifted-columns": "a row has {cells} cells where the heading has {wanted}",
    "shifted-values": "no date stands under {column}, but one does beside it: the row is shifted",
    "shortened-number": "the number under {column} has lost digits in Excel; "
    "make the column a text and export it again",
    "sum-line": "the line is a sum and no record; leave such lines out with ignore: in a pattern",
    "zero-byte": "a line holds bytes that are zero",
    "unclosed-quote": "a quotation mark is not closed, or something follows the closing one",
    "undecodable": "the bytes are text in no known charset",
    "line-too-long": "a line is longer than {limit} bytes",
    "damaged-cell": "a cell says {said} instead of a value",
    "not-an-object": "a record is no JSON object",
    "duplicate-name": "a record says two things by the name {name}",
    "no-group": "the column that groups the rows is empty; fill it in every row, also where cells are merged",
    "incomplete-group": "a row that belongs to it cannot be read; the record waits as a whole",
    "contradicting-rows": "rows of one record contradict each other in {columns}",
    "unsorted": "more than {limit} rows lie apart from those of their record; sort the file by {columns}",
    "too-many-rows": "more than {limit} rows belong to one record",
    "empty-file": "the file is empty",
    "unknown-file": "nothing says what the file is; add a pattern, or head its columns as a layout does",
    "unknown-format": "files that end so are not read; save it as one of {known}",
    "no-heading": "the file ends before the line of its heading",
    "missing-columns": "columns that the layout needs are missing: {columns}; "
    "it has {found}, and {unknown} headings that are not known",
    "duplicate-heading": "two columns are headed alike: {columns}",
    "not-the-records": "no record has a column that the layout needs: {columns}; "
    "say in a pattern where the records are (records:) or what its columns are called (columns:)",
    "several-kinds": "elements of several kinds stand side by side: {found}; "
    "say in a pattern which of them are the records (records:)",
    "no-records": "nothing is found at the path of the records",
    "not-text": "the file is not text: it holds bytes that are zero",
    "json-too-large": "a JSON file longer than {limit} bytes; write one record a line (.ndjson)",
    "not-json": "the file is not JSON",
    "not-xml": "the file is no well-formed XML",
    "has-doctype": "a document type or an entity is not taken",
    "old-excel": "an Excel workbook before 2007 (.xls), or one with a password; save it as .xlsx or CSV",
    "html-table": "the file is named .xls and is a web page; save it as .xlsx or CSV",
    "not-xlsx": "the file is no Excel workbook (.xlsx)",
    "xlsx-bomb": "the workbook would be {size} bytes when unpacked, more than {limit}",
    "no-sheet": "the workbook has no sheet of this name",
    "too-large": "the file is longer than {limit} bytes",
    "too-many-columns": "the heading has more than {limit} columns",
    "unreadable-file": "the file cannot be read: {why}",
    "fault-of-ours": "reading it failed with {kind}: report it with this entry",
}
"""Fault → what is said of it."""


@dataclass(slots=True, frozen=True)
class Faulty:
    """What cannot be read, and why.

    Attributes:
        fault: key of :data:`SENTENCES`.
        line: of the file, from 1; 0 for the file as a whole.
        said: what the sentence leaves open; never what stood in a cell.
        text: the line as it stood, ``""`` for a file as a whole.
        cells: its cells as far as they can be told apart; not kept.
    """

    fault: str
    line: int = 0
    said: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    cells: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Why, in English and without patient data."""
        return SENTENCES[self.fault].format_map(_Open(self.said))

    @property
    def reason_zh(self) -> str:
        """The same in Chinese."""
        return in_chinese(self.reason)

    def written(self, file: str, view: str) -> bytes:
        """Return the bytes that are kept of it."""
        kept = {key: value for key, value in asdict(self).items() if key != "cells"}
        return orjson.dumps({**kept, "text": self.text[:LONGEST], "file": file, "view": view})

    def refuse(self, file: str) -> Rejected:
        """Return what a codec raises of it."""
        return Rejected(self.reason, code=self.fault, where=f"{file}:{self.line}" if self.line else file)


class _Open(dict[str, str]):
    """What a sentence leaves open; what nobody said stays open."""

    def __missing__(self, key: str) -> str:
        return "?"


def parse(raw: bytes) -> Rejected:
    """Return the fault that some bytes tell of.

    Raises:
        Rejected: ``not-rows``: they are none of :meth:`Faulty.written`.
    """
    try:
        data = orjson.loads(raw)
        found = Faulty(str(data["fault"]), int(data["line"]), dict(data["said"]))
        return found.refuse(str(data["file"]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
        raise Rejected("the bytes are no page of rows", code="not-rows") from None
