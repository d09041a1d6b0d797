"""Results that have the same code in one order, told apart by what else R.3 says of them (LIS2-A2 §9.4.3).

Many instruments send several results of one test: concentration, judgement, response of the reader. Where a
layout does not say which component tells which, those that differ do, in OBX-4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from gateway.mapping.layout.laid import LaidSegment
from gateway.mapping.layout.lay_rows import escaped
from gateway.wire.astm.records import Message, Record
from gateway.wire.astm.records.path import Path

_CODE, _SUB = 3, 4
"""Fields of OBX: the test, and what tells two of its results apart."""

_TEST = Path("R", 0, 3, 1)


def told_apart(segments: Sequence[LaidSegment], message: Message) -> None:
    """Fill OBX-4 of results that would be taken for one another; what is used of R.3 counts as read."""
    if len(message.of("R")) < 2:
        return
    alike: dict[tuple[int, str], list[LaidSegment]] = defaultdict(list)
    order = 0
    for one in segments:
        order += one.name == "OBR"
        if _is_untold(one):
            alike[order, one.fields[_CODE].partition("^")[0]].append(one)
    for same in alike.values():
        if len(same) > 1:
            _tell(same, message.delimiters.component)


def _is_untold(one: LaidSegment) -> bool:
    """Tell whether this is a result with a code, and with nothing that tells it from others of that code."""
    told_by = one.told_by
    return (
        one.name == "OBX"
        and isinstance(told_by, Record)
        and told_by.type == "R"
        and bool(one.fields[_CODE])
        and not one.fields[_SUB]
    )


def _tell(same: Sequence[LaidSegment], sign: str) -> None:
    records = [one.told_by for one in same if isinstance(one.told_by, Record)]
    parts = [record.fields[2].split(sign) for record in records]
    most = max(map(len, parts))
    texts = [[*one, *[""] * (most - len(one))] for one in parts]
    differ = [number for number in range(most) if len({one[number].strip() for one in texts}) > 1]
    for segment, record in zip(same, records, strict=True):
        said = [record.said(_TEST.part(number + 1)) for number in differ]
        segment.fields[_SUB] = escaped(" ".join(filter(None, said)))
        if segment.fields[_SUB]:
            segment.fields[_CODE] = _named(segment.fields[_CODE], segment.fields[_SUB])


def _named(test: str, sub: str) -> str:
    """Return a test with its code and what tells it apart as its name, where it has none."""
    code, *more = test.split("^")
    name = more[0] if more else ""
    return "^".join([code, name or f"{code} {sub}", *more[1:]])
