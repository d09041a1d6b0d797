"""Sift: sums below a table are no records, and a number that Excel has shortened is somebody else's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from adapters.his.files.columns import Columns
from adapters.his.files.lines import Line
from gateway.wire.rows import Faulty

_SUM = re.compile(r"(?:本\w{1,2})?[合总小共累]\s*计(?:\s*[:：(（\d].*)?", re.DOTALL)
"""What begins a line of sums, or stands where a record has its number."""
_SHORTENED = re.compile(r"\d(?:\.\d+)?[Ee]\+\d{2,3}")
"""What Excel shows of a number of twelve digits and more, and saves in a CSV."""


def sifted(
    lines: Iterable[Line | Faulty], columns: Columns, left_out: Counter[str]
) -> Iterator[Line | Faulty]:
    """Yield the lines; a fault for each that is a sum or whose numbers are shortened.

    Args:
        left_out: counts the columns of which a workbook said nothing, for it has rounded them.
    """
    telling = {("", one) for one in (*columns.view.key, *columns.view.required)}
    for one in lines:
        if isinstance(one, Faulty):
            yield one
            continue
        wrong = _shortened(one, columns)
        if one.rounded and not wrong:
            wrong = next((heading for heading in one.rounded if columns.place(heading) in telling), "")
            left_out.update(() if wrong else one.rounded)
        if wrong:
            cells = tuple(text or "" for text in one.values.values())
            yield Faulty("shortened-number", one.number, {"column": wrong}, one.text, cells)
        elif _is_sum(one, columns, telling):
            cells = tuple(text or "" for text in one.values.values())
            yield Faulty("sum-line", one.number, {}, one.text, cells)
        else:
            yield one


def _is_sum(line: Line, columns: Columns, telling: set[tuple[str, str]]) -> bool:
    if "计" not in line.text:
        return False
    first = next(filter(None, line.values.values()), "")
    if _SUM.fullmatch(first):
        return True
    said = (text for heading, text in line.values.items() if text and columns.place(heading) in telling)
    return any(map(_SUM.fullmatch, said))


def _shortened(line: Line, columns: Columns) -> str:
    """Return the heading of a number or code that stands as ``2.02603E+15``, ``""`` where none does."""
    if "+" not in line.text:
        return ""
    numbers, single = columns.view.numbers, columns.single(line)
    for heading, text in line.values.items():
        if text and _SHORTENED.fullmatch(text) and columns.placed(heading, single) in numbers:
            return heading
    for name, detail in columns.lists(line).items():
        for row in line.nested[name]:
            for heading, text in row.items():
                if text and _SHORTENED.fullmatch(text) and columns.inner(detail, heading) in numbers:
                    return heading
    return ""
