"""Shift: rows of the right width whose cells stand in their neighbours' columns, by the dates in them.

``P3,F,1990-01-01,13800000000,`` has as many cells as ``no,name,sex,birth_date,phone``. What is no date stands
where a date belongs, and beside it a date where none does: such a row would become somebody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from adapters.his.files.columns import Columns
from adapters.his.files.lines import Line
from gateway.wire.rows import Faulty

_YEAR = r"(?:19|20)\d\d"
_SAID = re.compile(
    rf"{_YEAR}[-/.年]\d{{1,2}}[-/.月]\d{{1,2}}日?(?:[ T].*)?"
    rf"|{_YEAR}[01]\d[0-3]\d(?:[0-2]\d[0-5]\d[0-5]\d)?"
)
"""What is a date to everybody."""
_PERHAPS = re.compile(r"(?=.*\d)(?:.*[-/.年月: ].*|\d{4,8}|\d{12}|\d{14})", re.DOTALL)
"""What may be one in some style: it is not for us to say that it is none."""
_NOTHING = re.compile(r"\W+|0|无|空|不[详明]|未[知填]|null|none|n/?a|nil", re.IGNORECASE)
"""What is written where there is no date."""


def unshifted(
    lines: Iterable[Line | Faulty], columns: Columns, headings: Sequence[str]
) -> Iterator[Line | Faulty]:
    """Yield the lines of a table; a fault for each whose dates stand beside their columns."""
    beside = _beside(columns, headings)
    for one in lines:
        wrong = _shifted(one, beside) if isinstance(one, Line) else ""
        if wrong and isinstance(one, Line):
            cells = tuple(text or "" for text in one.values.values())
            yield Faulty("shifted-values", one.number, {"column": wrong}, one.text, cells)
        else:
            yield one


def _beside(columns: Columns, headings: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return the headings of dates, each with those beside it that are none."""
    plain = [columns.place(one) not in columns.view.dates for one in headings]
    found = []
    for at, heading in enumerate(headings):
        if not plain[at]:
            near = [other for other in (at - 1, at + 1) if 0 <= other < len(headings) and plain[other]]
            found.append((heading, [headings[other] for other in near]))
    return found


def _shifted(line: Line, beside: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the heading of a column of dates that holds something else while one beside it holds a date."""
    for heading, others in beside:
        text = line.values.get(heading)
        if not text or _NOTHING.fullmatch(text) or _PERHAPS.fullmatch(text):
            continue
        if any(_is_date(line.values.get(one)) for one in others):
            return heading
    return ""


def _is_date(text: str | None) -> bool:
    return text is not None and _SAID.fullmatch(text) is not None
