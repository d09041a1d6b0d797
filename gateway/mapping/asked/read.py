"""Read: the parameters of one question → the searches that answer it; nothing is guessed, nothing dropped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.canonical import Record
from gateway.errors import Rejected
from gateway.mapping.asked.file import Parameter, Query, Search
from gateway.mapping.senders import Profile

MOST_VALUES = 20
"""Values of one parameter."""
LONGEST = 200
"""Characters of one value."""

NOTHING = frozenset(("", "-", "--", "/", "无", "NULL", "null", '""'))
"""What is written where there is nothing."""

_WILD = re.compile(r"[*%?]")
_MOMENT = re.compile(r"(\d{4}(?:\d\d){0,5})(?:\.\d+)?([+-]\d{4})?\Z")
_RESERVED = re.compile(r"([\\$,|])")
_WHOLE = "%Y%m%d%H%M%S"

Values = Mapping[str, list[tuple[str, str]]]
"""Name of a parameter → prefix (``ge``, ``le``, ``""``) and value of each."""


@dataclass(slots=True, frozen=True)
class Searched:
    """A search as it is made, without the patient.

    Attributes:
        about: parameter that takes the patient.
    """

    type: str
    about: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(slots=True, frozen=True)
class Asked:
    """What a question asks for.

    Attributes:
        numbers: system and value (as a search takes it) of each number; all are of the same patient.
        searches: each is made; what they find is one answer.
        first: how many are wanted at most, 0 where nobody says.
        ignored: names of what was said and is not looked at.
    """

    numbers: tuple[tuple[str, str], ...]
    searches: tuple[Searched, ...]
    first: int
    ignored: tuple[str, ...]


def read(query: Query, record: Record, profile: Profile) -> Asked:
    """Return what a question asks for.

    Args:
        profile: of who asks: its registers of numbers, and the zone of its times.

    Raises:
        Rejected: ``too-broad``: it is about everybody; ``value``: a value that means nothing here.
    """
    if strange := next((name for name, path in query.refused.items() if _values(record, path, name)), ""):
        raise Rejected("this register of numbers is not known here", code="value", where=strange)
    numbers = tuple(
        (profile.systems.get(kind, kind), _RESERVED.sub(r"\\\1", one))
        for kind, path in query.patient.items()
        for one in _values(record, path, kind)
    )
    values = {name: _said(record, one, name, profile.zone) for name, one in query.parameters.items()}
    if not numbers and not any(values[name] for name in query.enough):
        raise Rejected(
            "say whom or what the question is about; it would be about everybody", code="too-broad"
        )
    searches = tuple(dict.fromkeys(_searched(one, values) for one in query.searches))
    ignored = tuple(name for name, path in query.ignored.items() if _values(record, path, name))
    return Asked(numbers, searches, _first(record, query.first), ignored)


def _searched(search: Search, values: Values) -> Searched:
    pairs = list(search.always)
    for name, parameter in search.by.items():
        said = values[parameter]
        if plain := [value for prefix, value in said if not prefix]:
            pairs.append((name, ",".join(plain)))
        pairs += [(name, prefix + value) for prefix, value in said if prefix]
    return Searched(search.type, search.about, tuple(pairs))


def _said(record: Record, parameter: Parameter, name: str, zone: str) -> list[tuple[str, str]]:
    if parameter.path:
        return [("", _coded(parameter, one, name)) for one in _values(record, parameter.path, name)]
    ends = [_values(record, path, name)[:1] if path else [] for path in (parameter.low, parameter.high)]
    low, high = (
        _moment(found[0], name, fill) if found else None
        for found, fill in zip(ends, ("00", "59"), strict=True)
    )
    if low and high and low[1] > high[2]:
        raise Rejected("the time begins after its end", code="value", where=name)
    made = [("ge", low)] if low else []
    made += [("le", high)] if high else []
    return [(prefix, f"{one[0]}{(one[3] or zone) if 'T' in one[0] else ''}") for prefix, one in made]


def _coded(parameter: Parameter, value: str, name: str) -> str:
    if parameter.codes is None:
        return _RESERVED.sub(r"\\\1", value)
    if value not in parameter.codes:
        known = ", ".join(parameter.codes)
        raise Rejected(f"this code is not known here; known are {known}", code="value", where=name)
    return parameter.codes[value]


def _values(record: Record, path: str, name: str) -> list[str]:
    found = list(dict.fromkeys(one.strip() for one in record.each(path)))
    found = [one for one in found if one not in NOTHING]
    if len(found) > MOST_VALUES or any(len(one) > LONGEST for one in found):
        raise Rejected("a question names at most 20 values of 200 characters", code="value", where=name)
    if any(_WILD.search(one) for one in found):
        raise Rejected("there are no wildcards; give the whole value", code="value", where=name)
    return found


def _moment(said: str, name: str, minute: str) -> tuple[str, str, str, str]:
    """Return a moment as FHIR has it, its first and last second as 14 digits, and its zone.

    Args:
        minute: of an hour without one.
    """
    match = _MOMENT.match(re.sub(r"(?<=\d)[-: T/](?=\d)", "", said) if len(said) > 5 else said)
    digits = match[1] if match else ""
    filled = digits + (minute if len(digits) == 10 else "")
    try:
        datetime.strptime(filled + "00000101000000"[len(filled) :], _WHOLE)  # noqa: DTZ007 -- only its form
    except ValueError:
        raise Rejected(
            "this is no time; write 20260305 or 20260305142200", code="value", where=name
        ) from None
    parts = [filled[:4], filled[4:6], filled[6:8]]
    text = "-".join(filter(None, parts))
    if len(filled) > 8:
        text += "T" + ":".join(filter(None, (filled[8:10], filled[10:12], filled[12:14])))
    zone = match[2] if match and match[2] else ""
    return text, digits.ljust(14, "0"), digits.ljust(14, "9"), f"{zone[:3]}:{zone[3:]}" if zone else ""


def _first(record: Record, path: str) -> int:
    found = _values(record, path, "first") if path else []
    return int(found[0]) if found and found[0].isdigit() and len(found[0]) < 7 else 0
