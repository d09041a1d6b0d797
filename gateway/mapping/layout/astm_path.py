"""ASTM paths: what an expression of an ASTM layout reads of its records (LIS2-A2 §5).

==========================  ==========================================================================
``R.4``, ``R.3.4``          field and component of the record at hand, of the one above it, else inside it
``R.3.4 or R.3.1``          the first that says something
``R.9 by status``           a code, or pattern, of the layout's table ``status``; ``"*"``: any other
``R.3.1 with R.3.4``        the first, where the other says something, too
``O.3.1 without O.3.3``     the first, where the other says nothing
``R.3.4 and R.3.7``         those of them that say something, a blank between them
``R.3.4 before '/'``        the text up to a character; ``R.3.4 after '+'``: what follows its first one
``same(R.9)``               what all of them say; nothing where they differ
``written(R.6)``            the field as it was written, its delimiters included
``O.5 => .4 ^ .5``          a repetition of each repeat; the paths are components of it, ``.`` is all of it
``R.4 => written``          the same; of ``^13`` all is told, since what stands second is no value
``R``                       the whole record, as it was written
``$line``, ``$peer``        the line it came by, and the address at its other end
``$p3``, ``$p4``, ``$p5``   valued where P.3, P.4 or P.5 is told to be the hospital's number of the patient
``$o4``                     valued where bar codes are told to stand in O.4
==========================  ==========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase

from gateway.errors import Misconfigured
from gateway.mapping.layout.astm_tree import Node
from gateway.wire.astm.records import Record
from gateway.wire.astm.records.path import Path, read_path

ANY = "*"
"""Code of a table for whatever is not in it."""

Facts = Mapping[str, str]
"""What is known of the delivery (:data:`FACTS`)."""

Codes = Mapping[str, Mapping[str, str]]
"""Name of a table → code of the sender → what it is."""

Get = Callable[[Node, Facts], str]
"""Reads one text, stripped of blanks; ``""`` for none."""

FACTS = frozenset({"line", "peer", "p3", "p4", "p5", "o4"})

_SAME = re.compile(r"same\((.+)\)")
_BEFORE = re.compile(r"(.+)\s+before\s+'(.)'")
_AFTER = re.compile(r"(.+?)\s+after\s+'(.)'")
_BY = re.compile(r"(.+?)\s+by\s+([a-z][a-z0-9-]*)")
_WRITTEN = re.compile(r"written\((.+)\)")
_OR, _AND = re.compile(r"\s+or\s+"), re.compile(r"\s+and\s+")
_WITH, _WITHOUT = re.compile(r"\s+with\s+"), re.compile(r"\s+without\s+")


def reader(text: str, codes: Codes, where: str) -> Get:
    """Return what reads an expression.

    Raises:
        Misconfigured: a path, fact or table that there is not; names the place.
    """
    parts = [_joined(one.strip(), codes, where) for one in _OR.split(text.strip())]
    if len(parts) == 1:
        return parts[0]

    def first(node: Node, facts: Facts) -> str:
        for one in parts:
            if found := one(node, facts):
                return found
        return ""

    return first


def _joined(text: str, codes: Codes, where: str) -> Get:
    """Return what joins those of several texts that there are."""
    parts = [_single(one.strip(), codes, where) for one in _AND.split(text)]
    if len(parts) == 1:
        return parts[0]
    return lambda node, facts: " ".join([found for one in parts if (found := one(node, facts))])


def _single(text: str, codes: Codes, where: str) -> Get:
    if len(both := _WITHOUT.split(text)) > 1:
        told, other = _single(both[0], codes, where), _there(both[1], codes, where)
        return lambda node, facts: "" if other(node, facts) else told(node, facts)
    coded = _BY.fullmatch(text)
    if coded is not None:
        return _by(_single(coded[1], codes, where), coded[2], codes, where)
    before = _BEFORE.fullmatch(text)
    if before is not None:
        whole, sign = _single(before[1], codes, where), before[2]
        return lambda node, facts: whole(node, facts).partition(sign)[0].strip()
    after = _AFTER.fullmatch(text)
    if after is not None:
        of, mark = _single(after[1], codes, where), after[2]
        return lambda node, facts: of(node, facts).partition(mark)[2].strip()
    if len(both := _WITH.split(text)) > 1:
        said, there = _single(both[0], codes, where), _there(both[1], codes, where)
        return lambda node, facts: said(node, facts) if there(node, facts) else ""
    if text.startswith("'"):
        constant = text.strip("'")
        return lambda node, facts: constant
    if text.startswith("$"):
        name = text[1:]
        if name not in FACTS:
            raise Misconfigured(
                f"{text!r} is no fact; there are {', '.join(f'${one}' for one in sorted(FACTS))}", where=where
            )
        return lambda node, facts: facts.get(name, "")
    if (whole_field := _WRITTEN.fullmatch(text)) is not None:
        return _as_written(path_of(whole_field[1], where))
    same = _SAME.fullmatch(text)
    path = path_of(same[1] if same else text, where)
    return _same(path) if same else _first(path)


def path_of(text: str, where: str) -> Path:
    """Return a path. Raises ``Misconfigured``: it is none; names the place."""
    try:
        found = read_path(text)
    except Misconfigured as error:
        raise Misconfigured(error.reason, code=error.code, where=where) from None
    if found.occurrence:
        raise Misconfigured(f"{text!r}: which record is meant its place says", where=where)
    return found


def _first(path: Path) -> Get:
    type_, number = path.record, path.field

    def get(node: Node, facts: Facts) -> str:
        for record in node.nearest(type_):
            fields = record.fields
            there = not number or (number <= len(fields) and fields[number - 1])  # most fields hold nothing
            if there and (text := value(record, path)):
                return text
        return ""

    return get


def _as_written(path: Path) -> Get:
    def get(node: Node, facts: Facts) -> str:
        return next((text for one in node.nearest(path.record) if (text := one.written(path.field))), "")

    return get


def _same(path: Path) -> Get:
    def get(node: Node, facts: Facts) -> str:
        found = {value(one, path) for one in node.nearest(path.record)}
        return found.pop() if len(found) == 1 else ""

    return get


def _there(text: str, codes: Codes, where: str) -> Callable[[Node, Facts], bool]:
    """Return what tells whether an expression says something; a path stays unread for that."""
    if text.startswith("$") or _BY.fullmatch(text):
        get = _single(text, codes, where)
        return lambda node, facts: bool(get(node, facts))
    path = path_of(text, where)
    return lambda node, facts: any(one.has(path) for one in node.nearest(path.record))


def _by(get: Get, name: str, codes: Codes, where: str) -> Get:
    table = codes.get(name)
    if table is None:
        raise Misconfigured(f"there is no table {name!r}; codes has {', '.join(sorted(codes))}", where=where)
    other = table.get(ANY)
    patterns = [(code, said) for code, said in table.items() if code != ANY and ANY in code]

    def coded(node: Node, facts: Facts) -> str:
        text = get(node, facts)
        found = table.get(text)
        if found is None:
            found = table.get(text.upper()) if text else ""
        if found is None:
            found = next((said for code, said in patterns if fnmatchcase(text, code)), None)
        return found if found is not None else text if other is None else other

    return coded


def value(record: Record, path: Path) -> str:
    """Return the first text at a path of one record, ``""`` for none."""
    if not path.field:
        record.asked.add(())
        return record.text
    return record.said(path)


def each(record: Record, path: Path) -> Iterator[Path]:
    """Yield the path of each repeat of a field."""
    for number in range(1, record.count(path.field) + 1):
        yield Path(path.record, 0, path.field, number, path.component)
