"""Read: the parameters of one question → the searches that answer it; nothing is guessed, nothing dropped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from gateway.canonical import Record, now_us
from gateway.canonical.sample import Samples
from gateway.errors import Rejected
from gateway.mapping.asked.file import Parameter, Query, Search
from gateway.mapping.senders import Profile

MOST_VALUES = 20
"""Values of one parameter."""
LONGEST = 200
"""Characters of one value."""
MOST_IN_RANGE = 100
"""Numbers from a first to a last one."""

NOTHING = frozenset(("", "-", "--", "/", "无", "NULL", "null", '""'))
"""What is written where there is nothing."""

_WILD = re.compile(r"[*%?]")
_MOMENT = re.compile(r"(\d{4}(?:\d\d){0,5})(?:(\.\d{1,6})\d*)?([+-]\d{4})?\Z")
_RESERVED = re.compile(r"([\\$,|])")
_COUNTED = re.compile(r"(.*?)(\d{1,18})")
"""A number whose end is counted up."""
_WHOLE = "%Y%m%d%H%M%S"

Values = Mapping[str, list[tuple[str, str]]]
"""Name of a parameter → prefix (``ge``, ``le``, ``""``) and value of each."""


@dataclass(slots=True, frozen=True)
class Searched:
    """A search as it is made, without the patient.

    Attributes:
        about: parameter that takes the patient.
        otherwise: it is made only where those before it have found nothing.
        follow: element of what it finds that names what is meant, ``""``: what it finds is.
    """

    type: str
    about: str
    pairs: tuple[tuple[str, str], ...]
    otherwise: bool = False
    follow: str = ""


@dataclass(slots=True, frozen=True)
class Asked:
    """What a question asks for.

    Attributes:
        numbers: system and value (as a search takes it) of each number; all are of the same patient.
        searches: each is made; what they find is one answer.
        first: how many are wanted at most, 0 where nobody says.
        ignored: names of what was said and is not looked at.
        alone: all that is found must be of one patient.
        within_us: what was ordered longer ago is not what a number means that somebody else has by now.
        status: of what is found only this is told, none: all.
        most: so much is told at most, 0: as the gateway does without being told.
        said: parameter, or what is ignored → its first value, for the rows of the answer; with its blanks,
            since who asks looks for it as it was said.
    """

    numbers: tuple[tuple[str, str], ...]
    searches: tuple[Searched, ...]
    first: int
    ignored: tuple[str, ...]
    alone: bool = False
    status: frozenset[str] = frozenset()
    said: Mapping[str, str] = field(default_factory=dict)
    within_us: int = Samples().within_us
    most: int = 0


class _OneOf:
    """A question that says one of the values which it has at a path, and no last one of a range."""

    def __init__(self, record: Record, parameter: Parameter, value: str) -> None:
        self._record, self._path, self._to, self._value = record, parameter.path, parameter.to, value

    def get(self, path: str) -> str | None:
        return next(self.each(path), None) if path in (self._path, self._to) else self._record.get(path)

    def each(self, path: str) -> Iterator[str]:
        if path == self._path:
            return iter((self._value,))
        return iter(()) if self._to and path == self._to else self._record.each(path)

    def unread(self) -> Iterator[str]:
        return self._record.unread()


def apart(query: Query, record: Record, profile: Profile) -> list[Record]:
    """Return the questions that one is: of several samples each is asked for by itself.

    Raises:
        Rejected: as :func:`read`; ``too-broad``: a range, of who has no tests of its own.
    """
    if not query.alone:
        return [record]
    for name in query.enough:
        parameter = query.parameters[name]
        values = _values(record, parameter.path, name) if parameter.path else []
        if last := _values(record, parameter.to, name) if parameter.to else []:
            _check_own(profile)
            return [_OneOf(record, parameter, one) for one in _range(values, last, name)]
        if len(values) > 1:
            told = {one.strip(): one for one in record.each(parameter.path)}
            return [_OneOf(record, parameter, one) for key, one in told.items() if key not in NOTHING]
    return [record]


def sample_of(query: Query, record: Record) -> str:
    """Return the number of the sample that a question is about, ``""`` where it names none."""
    paths = (query.parameters[name].path for name in sorted(query.enough))
    return next((said for path in paths if path and (said := (record.get(path) or "").strip())), "")


def _range(first: Sequence[str], last: Sequence[str], name: str) -> list[str]:
    """Return the numbers from a first to a last one: those that differ in digits at their end alone.

    Raises:
        Rejected: they do not, or there are too many.
    """
    begin, end = (_COUNTED.fullmatch(one[0]) if len(one) == 1 else None for one in (first, last))
    if begin is None or end is None or begin[1] != end[1] or len(begin[2]) != len(end[2]):
        raise Rejected(
            "a range goes from one number to another of the same length, counted up in its last digits",
            code="value", where=name,
        )  # fmt: skip
    low, high, width = int(begin[2]), int(end[2]), len(begin[2])
    if not 0 <= high - low < MOST_IN_RANGE:
        raise Rejected(f"a range has 1 to {MOST_IN_RANGE} numbers", code="value", where=name)
    return [f"{begin[1]}{one:0{width}}" for one in range(low, high + 1)]


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
    if query.own:
        _check_own(profile)
    lacking = not numbers and not any(values[name] for name in query.enough)
    if lacking and not (query.own and not query.enough):
        raise Rejected(
            "say whom or what the question is about; it would be about everybody", code="too-broad"
        )
    since = _since(query, profile) if not any(values.values()) else ()
    searches = tuple(dict.fromkeys(_searched(one, values, profile, since) for one in query.searches))
    ignored = tuple(name for name, path in query.ignored.items() if _values(record, path, name))
    first, said = _first(record, query.first), _first_values(query, record)
    within = (profile.sample or Samples()).within_us
    return Asked(numbers, searches, first, ignored, query.alone, query.status, said, within, query.most)


def _check_own(profile: Profile) -> None:
    """Refuse to tell of tubes that nobody has read to who has no tests of its own."""
    if not profile.orders:
        raise Rejected(
            "say which tests are its own (orders of the sender's profile); it would hear of everybody",
            code="too-broad",
        )


def _since(query: Query, profile: Profile) -> tuple[tuple[str, str], ...]:
    """Return since when an order counts, where nothing is said of a time."""
    if not query.recent:
        return ()
    begun = now_us() - (profile.sample or Samples()).within_us
    return ((query.recent, f"ge{datetime.fromtimestamp(begun // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"),)


def _first_values(query: Query, record: Record) -> dict[str, str]:
    paths = {name: one.path for name, one in query.parameters.items() if one.path} | dict(query.ignored)
    found = {name: (record.get(path) or "") for name, path in paths.items()}
    return {name: value for name, value in found.items() if value.strip() not in NOTHING}


def _searched(
    search: Search, values: Values, profile: Profile, since: tuple[tuple[str, str], ...]
) -> Searched:
    pairs = [*search.always, *since]
    for name, parameter in search.by.items():
        kind, register, parameter = parameter.rpartition("|")
        said = values[parameter]
        within = f"{profile.systems.get(kind, kind)}|" if register else ""
        if plain := [within + value for prefix, value in said if not prefix]:
            pairs.append((name, ",".join(plain)))
        pairs += [(name, prefix + value) for prefix, value in said if prefix]
    return Searched(search.type, search.about, tuple(pairs), search.otherwise, search.follow)


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
        minute: of an hour without one; ``"59"`` of an end: it lasts until its second is over.
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
        if len(filled) == 14 and match and match[2] and minute == "00":
            text += match[2]
    zone = match[3] if match and match[3] else ""
    return text, digits.ljust(14, "0"), digits.ljust(14, "9"), f"{zone[:3]}:{zone[3:]}" if zone else ""


def _first(record: Record, path: str) -> int:
    found = _values(record, path, "first") if path else []
    return int(found[0]) if found and found[0].isdigit() and len(found[0]) < 7 else 0
