"""About: rows that are about something else now (another visit, another code), and what they said before.

The id of a diagnosis is made of visit and code, and so on: what is put right becomes another resource, and
the one that it was would stand for ever.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from adapters.his.sql_view.groups import Group
from adapters.his.sql_view.reader import Reader
from adapters.his.sql_view.state import GONE, Known
from adapters.his.sql_view.values import before, kind_of, sorts, text_of, unpacked
from adapters.his.sql_view.views import View
from adapters.his.sql_view.withdrawal import told_by

_TIMES = frozenset("tzds")
"""Kinds of marks that may be times."""

_DIGIT = re.compile(r"\d")
_TO_THE_SECOND = len("YYYYMMDDHHMMSS")


def elsewhere(view: View, reader: Reader, groups: Sequence[Group], known: Mapping[str, Known]) -> set[str]:
    """Return the keys of rows that are about something else than when they were delivered.

    Not those that the view has twice (a number that begins anew with each visit, a view that keeps what was):
    what was delivered may be said by the other row.

    Raises:
        Unanswered: the database does not answer.
    """
    found = {
        one.key: one.heads[0].key
        for one in groups
        if (was := known.get(one.key)) is not None and _differs(view, was, one.heads[-1].row)
    }
    if not found:
        return set()
    once = reader.at_most_once([*found.values()])
    return {key for key, native in found.items() if native in once}


def _differs(view: View, was: Known, row: Mapping[str, Any]) -> bool:
    if not (view.about and was.kept) or was.hash == GONE:
        return False
    said = orjson.loads(was.kept)["row"]
    return told_by(said, view.about) != told_by(row, view.about)


def earlier(was: Known, group: Group) -> str:
    """Return a time between what was delivered and what stands now, ``""`` where there is none.

    What is taken back at such a time is older than what stands: where both are one resource after all (the
    patient was merged, the kind of the visit is told by another word), it changes nothing.
    """
    if not (was.mark and group.mark):
        return ""
    then, now = unpacked(was.mark), unpacked(group.mark)
    if kind_of(then) != kind_of(now) or kind_of(now) not in _TIMES or not sorts(now):
        return ""
    if not isinstance(now, datetime) and len(_DIGIT.findall(str(now))) < _TO_THE_SECOND:
        return ""  # a day: other rows have said things since the midnight before it
    try:
        between = before(now, 1)
    except (ValueError, OverflowError):  # a text that is no day; the first moment that there is
        return ""
    return text_of(between) or "" if between >= then else ""  # type: ignore[operator]
