"""Page: some rows of one view as bytes, as they are committed to the inbox.

JSON, one object: ``{"view": "patient", "system": "HIS", "rows": [{"row": {"patient_no": "1", …}, "items":
[{…}]}]}``. Every value is a text or null: a decimal keeps its digits. ``control`` beside them is what MSH-10
is in HL7 v2: what has the same is the same delivery.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.errors import Rejected
from gateway.wire.rows.record import RowRecord

CONTENT_TYPE = "application/vnd.qiao.rows+json"

MOST = 10_000
"""Rows of one page."""

MOST_DETAILS = 20_000
"""Rows that belong to one row."""


@dataclass(slots=True)
class Page:
    """Rows of one view that were read together.

    Attributes:
        view: its name.
        system: who says so: what MSH-3 is in HL7 v2.
        records: its rows.
        parts: each row as the bytes of a page of its own, made when asked for.
    """

    view: str
    system: str
    records: list[RowRecord]

    def part(self, at: int) -> bytes:
        """Return one of its rows as a page."""
        record = self.records[at]
        return written(self.view, self.system, [{"row": record.row, **record.details}])


def written(view: str, system: str, rows: Sequence[Mapping[str, Any]], control: str = "") -> bytes:
    """Return the bytes of a page; each row is ``{"row": {…}, detail: [{…}]}``.

    Args:
        control: number of a delivery that may come again; ``""``: each is one of its own.
    """
    said = {"view": view, "system": system, "rows": rows}
    return orjson.dumps({**said, "control": control} if control else said)


def enclosed(view: str, system: str, row: bytes, control: str) -> bytes:
    """Return the bytes of a page of one row that is JSON already, as :func:`written` makes them."""
    head = orjson.dumps({"view": view, "system": system})[:-1]
    return b'%b,"rows":[%b],"control":%b}' % (head, row, orjson.dumps(control))


def parse(raw: bytes) -> Page:
    """Return the page in some bytes.

    Raises:
        Rejected: ``not-rows``: it is none; ``too-many-rows``.
    """
    try:
        data = orjson.loads(raw)
        page = Page(str(data["view"]), str(data.get("system", "")), [])
        if len(data["rows"]) > MOST:
            raise Rejected(f"a page has at most {MOST} rows", code="too-many-rows")
        for one in data["rows"]:
            row = one.pop("row")
            if not _is_row(row) or not all(_are_rows(rows) for rows in one.values()):
                raise Rejected("a row has texts and nulls", code="not-rows")
            page.records.append(RowRecord(page.view, row, one, str(data.get("control", ""))))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        raise Rejected("the bytes are no page of rows", code="not-rows") from None
    return page


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and all(value is None or isinstance(value, str) for value in row.values())


def _are_rows(rows: Any) -> bool:
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        return False
    if len(rows) > MOST_DETAILS:
        raise Rejected(f"a row has at most {MOST_DETAILS} rows that belong to it", code="too-many-rows")
    return True
