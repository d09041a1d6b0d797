"""Source text: JSON bytes become a resource, and places in the resource become lines and columns.

Strict where Python's parser is lenient: duplicate keys, NaN, Infinity and other charsets are named
(R4 §2.6.2, RFC 8259). Bounded in size and depth.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any, NoReturn

from gateway.canonical import Issue
from gateway.validation.faults import Rule

LARGEST = 64 * 1024 * 1024
"""Bytes of one text, unless a caller says otherwise."""

EMPTY = Rule("json", "fatal", "structure", "write a resource: the text is empty", "内容为空，应为一个资源")
TOO_LONG = Rule(
    "json",
    "fatal",
    "too-long",
    "send less at once: the text is larger than this door takes",
    "内容超过允许的大小，请分批发送",
)
TOO_DEEP = Rule("json", "fatal", "structure", "nest the text less deeply", "JSON 嵌套过深")
NOT_UTF8 = Rule("json", "fatal", "structure", "write the text in UTF-8", "应使用 UTF-8 编码")
NOT_JSON = Rule("json", "fatal", "structure", "mend the JSON at this place", "请修正此处的 JSON 语法")
NUMBER = Rule(
    "json",
    "fatal",
    "value",
    "write a number: NaN, Infinity and endless digits are none in JSON",
    "JSON 不允许 NaN、Infinity 或过长的数字",
)
BOM = Rule("json", "warning", "structure", "leave the byte order mark out", "请去掉字节顺序标记（BOM）")
TWICE = Rule(
    "json-duplicate",
    "error",
    "structure",
    "write each name once in an object: readers keep either one",
    "同一对象中键不能重复",
)

Steps = tuple[str | int, ...]
Twice = dict[int, tuple[dict[str, Any], Sequence[str]]]

_space = re.compile(r"[ \t\r\n]*").match
_name = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}").fullmatch
_step = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


class Unreadable(Exception):
    """The text is no JSON: no resource came of it.

    Attributes:
        issue: what is wrong, with the place in ``line`` and ``column`` where it is known (from 1, else 0).
    """

    def __init__(self, rule: Rule, line: int = 0, column: int = 0) -> None:
        super().__init__(rule.text)
        self.issue = Issue(rule.severity, rule.code, "", rule.id, rule.text, rule.text_zh)
        self.line = line
        self.column = column


@dataclass(slots=True)
class SourceText:
    """A resource and the text that it was read from.

    Attributes:
        value: the JSON, numbers with a point as ``Decimal``.
        text: the characters, for :meth:`places`.
        faults: what is wrong with the text itself, as ``(path, rule)``.
    """

    value: Any
    text: str
    faults: list[tuple[str, Rule]] = field(default_factory=list)

    def places(self, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return line and column (from 1) of each path (``"name[0].family"``) or of what is above."""
        wanted = {path: tuple(_steps(path)) for path in paths}
        try:
            found = _offsets(self.text, set(wanted.values()))
        except RecursionError:  # nested as deeply as can just be read
            return dict.fromkeys(wanted, (0, 0))
        lines = _Lines(self.text)
        return {path: lines.place(found[steps]) for path, steps in wanted.items()}


def read(data: bytes, most: int = LARGEST) -> SourceText:
    """Return the JSON of ``data``.

    Raises:
        Unreadable: too long, too deep, not UTF-8, not JSON.
    """
    if len(data) > most:
        raise Unreadable(TOO_LONG)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:4]:
        raise Unreadable(NOT_UTF8)
    marked = data.startswith(b"\xef\xbb\xbf")
    try:
        text = data[3 if marked else 0 :].decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        before = data[data.rfind(b"\n", 0, error.start) + 1 : error.start]
        raise Unreadable(NOT_UTF8, line, len(before.decode("utf-8", "replace")) + 1) from None
    if not text.strip():
        raise Unreadable(EMPTY)
    twice: Twice = {}
    value = _parsed(text, twice)
    faults = [("", BOM)] if marked else []
    if twice:
        faults += [(place, TWICE) for place in _duplicates(value, twice)]
    return SourceText(value, text, faults)


def _parsed(text: str, twice: Twice) -> Any:
    def object_(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            counts = Counter(name for name, _ in pairs)
            # Kept alive: an object that a repeated key threw away would leave its id to another.
            twice[id(made)] = made, sorted(name for name, count in counts.items() if count > 1)
        return made

    def constant(_: str) -> NoReturn:
        raise Unreadable(NUMBER)

    try:
        return json.loads(text, parse_float=Decimal, parse_constant=constant, object_pairs_hook=object_)
    except json.JSONDecodeError as error:
        raise Unreadable(NOT_JSON, error.lineno, error.colno) from None
    except RecursionError:
        raise Unreadable(TOO_DEEP) from None
    except (ValueError, ArithmeticError):  # more digits than an int or an exponent may have
        raise Unreadable(NUMBER) from None


def _duplicates(value: Any, twice: Twice) -> Iterator[str]:
    pending: list[tuple[str, Any]] = [("", value)]
    while pending:
        place, one = pending.pop()
        if type(one) is dict:
            yield from (_member(place, name) for name in twice.get(id(one), (one, ()))[1])
            pending += [
                (_member(place, name), below) for name, below in one.items() if type(below) in (dict, list)
            ]
        elif type(one) is list:
            pending += [
                (f"{place}[{at}]", below) for at, below in enumerate(one) if type(below) in (dict, list)
            ]


def _member(place: str, name: str) -> str:
    """The place of a member; one whose name would break the path has the place of its object."""
    if _name(name) is None:
        return place
    return f"{place}.{name}" if place else name


def _steps(path: str) -> Iterator[str | int]:
    for name, at in _step.findall(path):
        yield int(at) if at else name


def _offsets(text: str, wanted: set[Steps]) -> dict[Steps, int]:
    """Offsets of all wanted paths in one pass: what nobody asks for is skipped by the C parser."""
    start = _skip(text, 0)
    found = dict.fromkeys(wanted, (0, start))
    pending = [(start, sorted(wanted, key=len), 0)]
    while pending:
        at, paths, depth = pending.pop()
        groups: dict[str | int, list[Steps]] = {}
        for path in paths:
            # What stands below an element may be in either half of it: the deeper find counts.
            if depth >= found[path][0]:
                found[path] = depth, at
            if len(path) > depth:
                groups.setdefault(path[depth], []).append(path)
        if groups and text[at] in "{[":
            members = _named if text[at] == "{" else _listed
            pending += [(begin, groups[name], depth + 1) for name, begin in members(text, at, groups)]
    return {path: at for path, (_, at) in found.items()}


_value = json.JSONDecoder(parse_float=str, parse_int=str).raw_decode


def _listed(text: str, at: int, wanted: Mapping[str | int, Any]) -> Iterator[tuple[str | int, int]]:
    """Yield index and offset of each wanted item of the array at ``at``."""
    number, last = 0, len(wanted)
    at = _skip(text, at + 1)
    while text[at] != "]" and last:
        if number in wanted:
            last -= 1
            yield number, at
        at = _behind(text, at)
        number += 1


def _named(text: str, at: int, wanted: Mapping[str | int, Any]) -> Iterator[tuple[str | int, int]]:
    """Yield name and offset of each wanted member of the object at ``at``; of repeated ones the last."""
    halves: dict[str | int, int] = {}
    members: dict[str | int, int] = {}
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = scanstring(text, at + 1)
        at = _skip(text, _skip(text, at) + 1)
        if name in wanted:
            members[name] = at
        elif name[:1] == "_" and name[1:] in wanted:
            halves[name[1:]] = at  # the second half of a primitive stands for the element
        at = _behind(text, at)
    yield from members.items()
    yield from halves.items()


def _behind(text: str, at: int) -> int:
    """Return where the next member begins, or the end of the list or object."""
    at = _skip(text, _value(text, at)[1])
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    found = _space(text, at)
    return found.end() if found else at


class _Lines:
    """Offsets as lines and columns, both from 1."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_left(self._ends, offset)
        return line + 1, offset - (self._ends[line - 1] if line else -1)
