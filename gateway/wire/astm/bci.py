"""BCI: what VIDAS and VITEK write (bioMérieux, Bidirectional Computer Interface), as records of E1394.

``STX RS mtrsl|pi…|ci…|rt…|qn… GS checksum ETX``: two letters and their value, in one line that RS may cut
anywhere. The checksum is the sum of all from the first RS to GS. The whole line stands in M as it came.

==========================  ==================================================
``ii``, ``id``, ``sn``      H.5: the instrument
``pi pn pb ps``             P.3, P.6, P.8, P.9
``ci``, ``rt rn``           O.3 bar code, O.5 test
``s1 s2``, ``s3 s4``        O.8 collected, O.15 received; ``ss s5`` O.16
``qn`` (``y3``), ``ql``     R of aspect ``N`` and ``Q``; ``td tt`` R.13
``o1 o2``                   R of the organism, ``t1``: which isolate
``a1 a2 a3``, ``an`` ``a4``  R of an antimicrobial, its MIC and S, I or R
``nc`` other than valid     C: why the calibration is none
==========================  ==================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

RS, GS = b"\x1e", b"\x1d"
VERSION = b"BCI"
"""In H.13."""

_MAKER = b"bioMerieux"
"""Name of an instrument that does not say its own."""

_ESCAPES = ((b"&", b"&E&"), (b"|", b"&F&"), (b"\\", b"&R&"), (b"^", b"&S&"), (b"\r", b" "), (b"\n", b" "))
_NUMBER = re.compile(
    rb"([<>]?\s*\d+(?:[.,]\d+)?)(?:\s*((?![Ee]\d|[Ee][+-]\d)(?:[A-Za-z%\x80-\xff]|/[A-Za-z]).*))?"
)
"""A number, and what can be a unit behind it: no titre, no exponent, no second group of digits."""
_DATE = re.compile(rb"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")
_YEAR = re.compile(rb"\d{4}\Z")
_TIME = re.compile(rb"(\d{1,2}):(\d\d)(?::(\d\d))?")
_MONTHS = 12
_THOUSAND = 3
"""Digits behind a comma that may as well stand between thousands."""

Tag = tuple[bytes, bytes]


def is_one(inside: bytes) -> bool:
    """Tell whether what stands between STX and ETX is such a line."""
    return inside.startswith(RS)


def text_of(inside: bytes) -> bytes | None:
    """Return the line with its RS, None where its checksum is wrong or there is none."""
    text, sign, digits = inside.rpartition(GS)
    if not sign or digits.strip().upper() != b"%02X" % (sum(text + sign) & 0xFF):
        return None
    return text


def records(line: bytes) -> bytes:
    """Return the message that a line is, each record ended by CR."""
    whole = line.replace(RS, b"").strip()
    tags = [(one[:2], one[2:].strip()) for one in whole.split(b"|") if one[:2].strip()]
    said = _first(tags)
    made = [
        _record(b"H", _header(said)),
        _record(b"P", _patient(said)),
        _record(b"O", _order(said)),
        _record(b"M", {2: b"1", 3: VERSION, 4: _escaped(whole)}),
        *_results(tags, said),
        b"L|1|N",
    ]
    return b"".join(one + b"\r" for one in made)


def _header(said: Mapping[bytes, bytes]) -> dict[int, bytes]:
    name = said.get(b"ii") or said.get(b"id") or _MAKER
    return {5: _parts(name, b"", said.get(b"sn", b"")), 12: b"P", 13: VERSION}


def _patient(said: Mapping[bytes, bytes]) -> dict[int, bytes]:
    born = said.get(b"pb", b"")
    birth = _day(born) if _YEAR.search(born) else _escaped(born)  # of two digits nobody knows the century
    return {2: b"1", 3: _said(said, b"pi"), 6: _said(said, b"pn"), 8: birth, 9: _sex(said)}


def _order(said: Mapping[bytes, bytes]) -> dict[int, bytes]:
    return {
        2: b"1",
        3: _said(said, b"ci"),
        5: _parts(b"", b"", b"", said.get(b"rt", b""), said.get(b"rn", b"")),
        8: _moment(said.get(b"s1", b""), said.get(b"s2", b"")),
        15: _moment(said.get(b"s3", b""), said.get(b"s4", b"")),
        16: _parts(said.get(b"ss", b""), said.get(b"s5", b"")),
        26: _said(said, b"t4"),
    }


def _results(tags: Sequence[Tag], said: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """Yield R of each result, in their order."""
    number = 0
    for at, test in enumerate(_tests(tags)):
        about = {9: _said(test, b"t4") or b"F", 13: _moment(test.get(b"td", b""), test.get(b"tt", b""))}
        for told in (*_measured(test), *(() if at else _microbiology(tags, said))):
            number += 1
            yield _record(b"R", {2: b"%d" % number} | about | told)
        if test.get(b"nc", b"valid").lower() != b"valid":
            yield _record(b"C", {2: b"1", 3: b"I", 4: _said(test, b"nc"), 5: b"I"})


def _tests(tags: Sequence[Tag]) -> list[dict[bytes, bytes]]:
    """Return what is said of each test: of several each begins with ``rt``, and has what is before all."""
    begins = [at for at, (name, _) in enumerate(tags) if name == b"rt"]
    if len(begins) < 2:
        return [_first(tags)]
    about = _first(tags[: begins[0]])
    ends = [*begins[1:], len(tags)]
    return [about | _first(tags[begin:end]) for begin, end in zip(begins, ends, strict=True)]


def _first(tags: Sequence[Tag]) -> dict[bytes, bytes]:
    return {name: value for name, value in reversed(tags) if value}


def _measured(said: Mapping[bytes, bytes]) -> Iterator[dict[int, bytes]]:
    test, name = said.get(b"rt", b""), said.get(b"rn", b"")
    for tag, aspect in ((b"qn", b"N"), (b"ql", b"Q")):
        if value := said.get(tag):
            number, unit = _quantity(value, said.get(b"y3", b"")) if tag == b"qn" else (value, b"")
            code = _parts(b"", b"", b"", test, name, b"", b"", aspect)
            yield {3: code, 4: _escaped(number), 5: _escaped(unit)}


def _microbiology(tags: Sequence[Tag], said: Mapping[bytes, bytes]) -> Iterator[dict[int, bytes]]:
    isolate = said.get(b"t1", b"1")
    if b"o1" in said or b"o2" in said:
        organism = _parts(said.get(b"o1", b""), said.get(b"o2", b""))
        yield {3: _parts(b"", b"", b"", b"ORG", b"Organism", isolate), 4: organism}
    for drug in _drugs(tags):
        code = _parts(b"", b"", b"", drug.get(b"a1", b""), drug.get(b"a2", b""), isolate)
        yield {3: code, 4: _said(drug, b"a3"), 7: _said(drug, b"an") or _said(drug, b"a4")}


def _drugs(tags: Sequence[Tag]) -> list[dict[bytes, bytes]]:
    """Return the antimicrobials: each begins with ``ra``."""
    found: list[dict[bytes, bytes]] = []
    for name, value in tags:
        if name == b"ra":
            found.append({})
        elif found and name[:1] == b"a" and value:
            found[-1].setdefault(name, value)
    return [one for one in found if one]


def _quantity(text: bytes, unit: bytes) -> tuple[bytes, bytes]:
    """Return number and unit of ``28,94mUI/ml``; what is no such thing stays as it is."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return text, unit
    number = found[1]
    if len(number.partition(b",")[2]) != _THOUSAND:
        number = number.replace(b",", b".")
    return number, (found[2] or unit).strip()


def _sex(said: Mapping[bytes, bytes]) -> bytes:
    sex = said.get(b"ps", b"").upper()
    return sex if sex in (b"M", b"F") else b""


def _moment(day: bytes, time: bytes) -> bytes:
    made, clock = _day(day), _TIME.fullmatch(time)
    if not made.isdigit() or clock is None:
        return made
    return made + b"%02d%b%b" % (int(clock[1]), clock[2], clock[3] or b"00")


def _day(text: bytes) -> bytes:
    """Return a day as YYYYMMDD where it can be one only; else as it is: the instrument has the order."""
    found = _DATE.fullmatch(text)
    if found is None:
        return _escaped(text)
    first, second = int(found[1]), int(found[2])
    if min(first, second) > _MONTHS or (max(first, second) <= _MONTHS and first != second):
        return _escaped(text)
    day, month = (first, second) if first > _MONTHS else (second, first)
    year = found[3] if len(found[3]) > 2 else b"20" + found[3]
    return b"%b%02d%02d" % (year, month, day)


def _said(said: Mapping[bytes, bytes], tag: bytes) -> bytes:
    return _escaped(said.get(tag, b""))


def _escaped(text: bytes) -> bytes:
    for sign, written in _ESCAPES:
        text = text.replace(sign, written)
    return text


def _parts(*texts: bytes) -> bytes:
    return b"^".join(map(_escaped, texts)).rstrip(b"^")


def _record(kind: bytes, fields: Mapping[int, bytes]) -> bytes:
    written = [fields.get(number, b"") for number in range(1, max(fields) + 1)]
    written[0] = kind
    if kind == b"H":
        written[1] = b"\\^&"
    return b"|".join(written).rstrip(b"|")
