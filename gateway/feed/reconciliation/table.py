"""Table: a reconciliation as CSV, a line for each day, kind and receiver; what is not stated stays empty."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from gateway.feed.reconciliation.model import Line, Reconciliation

COLUMNS = (
    "day", "kind", "stated", "ledger", "entries", "receiver", "sent", "acknowledged", "refused", "held",
    "given-up", "open", "taken", "platform", "differences",
)  # fmt: skip


def as_csv(reconciliation: Reconciliation) -> str:
    """Return it as CSV with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for day in reconciliation.days:
        for line in day.lines:
            wrong = sum(one.counts for one in day.differences if one.kind == line.kind)
            writer.writerows(_rows(day.day, line, wrong))
    return out.getvalue()


def _rows(day: str, line: Line, wrong: int) -> Iterator[list[object]]:
    head: list[object] = [
        day,
        line.kind,
        "" if line.total is None else line.total,
        line.documents,
        line.entries,
    ]
    if not line.receivers:
        yield [*head, *[""] * 9, wrong]
    for name, standing in line.receivers.items():
        row = standing.row()
        said = [row[key] for key in COLUMNS[6:13]]
        yield [*head, name, *said, "" if standing.platform is None else standing.platform, wrong]
