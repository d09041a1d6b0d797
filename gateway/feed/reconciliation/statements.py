"""Statements: how many documents a source or a platform says that there are, as JSON, Parameters or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.errors import Rejected
from gateway.feed.calendar import day
from gateway.feed.reconciliation.kinds import KINDS
from gateway.store.reconciliation import Party, Statement

MOST = 100_000
"""Statements, or numbers of one, that are taken at once."""

LONGEST = 128
"""Characters of a name or number."""

COLUMNS = ("day", "kind", "source", "count", "number")
"""Columns of the CSV: a line with ``count``, or one for each ``number``; a platform has ``receiver``."""

_KEYS = frozenset({"day", "kind", "source", "receiver", "count", "numbers"})


def of_json(data: object) -> list[Statement]:
    """Return the statements of ``{"counts": [{day, kind, source | receiver, count?, numbers?}, ...]}``.

    Raises:
        Rejected: names what is wrong, and in which of them.
    """
    said = data.get("counts") if isinstance(data, dict) else data
    if not isinstance(said, list) or not said:
        raise Rejected('the body is {"counts": [{"day", "kind", "source", "count"}, ...]}', code="invalid")
    if len(said) > MOST:
        raise Rejected(f"at most {MOST} counts at once", code="too-costly")
    return _distinct([_statement(one, f"counts[{at}]") for at, one in enumerate(said)])


def of_parameters(data: Mapping[str, Any]) -> list[Statement]:
    """Return the statements of a Parameters resource with a part ``count`` for each.

    Raises:
        Rejected: as :func:`of_json`.
    """
    parts = data.get("parameter")
    if not isinstance(parts, list):
        raise Rejected("the body must be a Parameters resource", code="invalid")
    return of_json(
        [dict(_named(one)) for one in parts if isinstance(one, dict) and one.get("name") == "count"]
    )


def of_csv(text: str, source: str = "") -> list[Statement]:
    """Return the statements of a CSV with a header: ``day,kind,source,count`` or ``day,kind,source,number``.

    Args:
        source: of lines without one.

    Raises:
        Rejected: names the line.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    if reader.fieldnames is None or not {"day", "kind"} <= set(reader.fieldnames):
        raise Rejected(f"the first line names the columns: {', '.join(COLUMNS)}", code="invalid", where="1")
    gathered: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for at, row in enumerate(reader, 2):
        _gather(gathered, row, source, f"line {at}")
    return of_json(list(gathered.values()))


def _gather(
    gathered: dict[tuple[str, str, str, str], dict[str, Any]], row: Mapping[str, Any], source: str, where: str
) -> None:
    said = {
        key: value.strip() for key, value in row.items() if key and isinstance(value, str) and value.strip()
    }
    if not said:
        return
    who = "receiver" if "receiver" in said else "source"
    name = said.get(who, source)
    made = gathered.setdefault(
        (said.get("day", ""), said.get("kind", ""), who, name),
        {"day": said.get("day"), "kind": said.get("kind"), who: name},
    )
    if "number" in said:
        made.setdefault("numbers", []).append(said["number"])
    if "count" in said:
        if "count" in made or not (said["count"].isascii() and said["count"].isdigit()):
            raise Rejected("one whole number for a day, kind and source", code="value", where=where)
        made["count"] = int(said["count"])


def _statement(said: object, where: str) -> Statement:
    if not isinstance(said, dict) or set(said) - _KEYS:
        raise Rejected(f"takes {', '.join(sorted(_KEYS))}", code="invalid", where=where)
    if ("source" in said) == ("receiver" in said):
        raise Rejected("says its source, or the receiver whose count it is", code="invalid", where=where)
    party: Party = "source" if "source" in said else "platform"
    name = _text(said["source" if party == "source" else "receiver"], where)
    kind = said.get("kind")
    if kind not in KINDS:
        raise Rejected(f"is one of {', '.join(KINDS)}", code="value", where=f"{where}.kind")
    numbers = _numbers(said.get("numbers"), where)
    count = said.get("count", None if numbers is None else len(numbers))
    if type(count) is not int or not 0 <= count < 10**12:
        raise Rejected("is a whole number, 0 or more", code="value", where=f"{where}.count")
    if numbers is not None and len(numbers) != count:
        raise Rejected("is not how many numbers there are", code="value", where=f"{where}.count")
    return Statement(day(str(said.get("day")), f"{where}.day").isoformat(), kind, party, name, count, numbers)


def _numbers(said: object, where: str) -> tuple[str, ...] | None:
    if said is None:
        return None
    if not isinstance(said, list) or len(said) > MOST:
        raise Rejected(f"is a list of at most {MOST} numbers", code="value", where=f"{where}.numbers")
    return tuple(sorted({_text(one, f"{where}.numbers") for one in said}))


def _text(said: object, where: str) -> str:
    text = said.strip() if isinstance(said, str) else ""
    if not text or len(text) > LONGEST or not text.isprintable():
        raise Rejected(f"is a text of 1 to {LONGEST} characters", code="value", where=where)
    return text


def _named(part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what one parameter ``count`` says: ``day``, ``kind``, ``source``, ``count``, ``number``*."""
    numbers: list[Any] = []
    for one in part.get("part", ()):
        value = next((value for key, value in one.items() if key.startswith("value")), None)
        if one.get("name") == "number":
            numbers.append(value)
        else:
            yield str(one.get("name")), value
    if numbers:
        yield "numbers", numbers


def _distinct(found: Sequence[Statement]) -> list[Statement]:
    keys = [(one.day, one.kind, one.party, one.name) for one in found]
    if len(set(keys)) != len(keys):
        raise Rejected("one count for a day, kind and source", code="value", where="counts")
    return list(found)
