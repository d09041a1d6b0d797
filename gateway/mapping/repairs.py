"""Repairs: what one kind of sender writes wrongly is put right before the rows read it, as its profile says.

A repair changes a copy of the parsed fields, never the bytes; what it changed is told by its id and its path
(``Issue`` of severity information), never by a value. The format: docs/add-a-mapping.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.canonical import Issue
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import edits
from gateway.mapping.conditions import condition
from gateway.mapping.edits import MOST_FIELDS, Change, Edit
from gateway.mapping.marked import Json, plain
from gateway.mapping.paths import Source, source
from gateway.mapping.texts import EMPTY, count_of, is_han, is_numeric, is_resident

if TYPE_CHECKING:
    from gateway.mapping.run import Run

Segments = list[list[str]]
"""The fields of every segment, in the order of the message, written with the default separators."""

Test = Callable[[Segments, int], bool]
"""Whether the segment at that place is to be repaired."""

KEYS = frozenset({"id", "at", "when", "note", "with", "__line__"})
ACTIONS = frozenset(
    {"join", "split", "columns", "apart", "swap", "shift", "move", "append"}
    | {"codes", "date", "set", "fill", "clear", "quarantine"}
)
"""The closed table of what a repair can do."""

_REASON = re.compile(r"[a-z][a-z-]{2,39}")


@dataclass(slots=True, frozen=True)
class Repair:
    """One compiled repair.

    Attributes:
        id: full id, ``lis-legacy/obx-units``, which the account shows.
        at: where it acts.
        test: condition, None for always.
        change: what it does, None where it sets the message aside.
        escapes: it may write escape sequences.
        reason: of the quarantine.
    """

    id: str
    at: Source
    test: Test | None
    change: Change | None
    escapes: bool = False
    reason: str = ""


def _near(rows: Segments, index: int, segment: str, field: int) -> str:
    """Return a field of the nearest such segment before a place, else of the first behind it."""
    for f in (*reversed(rows[:index]), *rows[index + 1 :]):
        if f[0] == segment:
            return f[field] if len(f) > field else ""
    return ""


_SCOPE: dict[str, Any] = {"EMPTY": EMPTY, "near": _near, "read_at": edits.read_at}
_SCOPE |= {"count_of": count_of, "is_numeric": is_numeric, "is_han": is_han, "is_resident": is_resident}


def _test(when: str, segment: str, where: str) -> Test:
    scope = dict(_SCOPE)

    def access(text: str, _: bool) -> str:
        at = source(text, where)
        if not at.segment:
            raise Misconfigured(f"a repair asks for fields: {text!r}", where=where)
        name = f"at{len(scope)}"
        if at.segment == segment:
            scope[name] = at
            return f"read_at(rows[index], {name})"
        # read_at takes a field by its number: here it gets one field alone, as number 0
        scope[name] = Source(at.segment, 0, at.repetition, at.component, at.subcomponent)
        return f"read_at([near(rows, index, {at.segment!r}, {at.field})], {name})"

    made: Test = eval(f"lambda rows, index: {condition(when, access, where)}", scope)  # noqa: S307 (checked)
    return made


class Repairs:
    """The repairs of one sender profile, in their order."""

    def __init__(self, repairs: list[Repair]) -> None:
        self.repairs = repairs
        self._segments = frozenset(repair.at.segment for repair in repairs)

    def __call__(self, rows: Segments, run: Run) -> Segments:
        """Return the message as it was meant; what changed is told in ``run.issues``.

        Args:
            rows: left as they are; segments that a repair may touch are copied.

        Raises:
            Rejected: a repair sets this message aside; the code is its reason.
        """
        copies = [list(f) if f[0] in self._segments else f for f in rows]
        places: dict[str, list[int]] = {}
        for index, f in enumerate(copies):
            if f[0] in self._segments:
                places.setdefault(f[0], []).append(index)
        for repair in self.repairs:
            changed = [
                number
                for number, index in enumerate(places.get(repair.at.segment, ()), 1)
                if (repair.test is None or repair.test(copies, index)) and _apply(repair, copies[index])
            ]
            if changed:
                run.issues.append(_told(repair, changed))
                if repair.escapes:
                    run.clean = False  # the texts are no longer those that were looked through
        return copies


def _apply(repair: Repair, f: list[str]) -> bool:
    if repair.change is None:
        raise Rejected(
            f"the sender's profile sets such messages aside ({repair.id})",
            code=repair.reason,
            where=f"{repair.at.segment}-{repair.at.field}",
        )
    return repair.change(f)


def _told(repair: Repair, changed: list[int]) -> Issue:
    """Return what the account says of a repair: which fields, never what stood there."""
    at, count = repair.at, len(changed)
    where = f"{at.segment}[{changed[0]}]-{at.field}" if count == 1 else f"{at.segment}-{at.field}"
    return Issue(
        "information",
        "informational",
        where,
        repair.id,
        "repaired as the sender's profile says" + (f", in {count} segments" if count > 1 else ""),
        "已按发送方配置修复" + (f"，共 {count} 段" if count > 1 else ""),
    )


def _number(value: Json, where: str, least: int = 1) -> int:
    number = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if not number or not least <= number <= MOST_FIELDS:
        raise Misconfigured(f"not a number of places: {value!r}", where=where)
    return number


def _numbers(value: Json, where: str, count: int = 0) -> list[int]:
    listed = value if isinstance(value, list) else []
    if len(listed) < 2 or (count and len(listed) != count):
        raise Misconfigured(f"it takes the numbers of {count or 'the'} components: [1, 2]", where=where)
    return [_number(one, where) for one in listed]


def _separator(value: Json, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise Misconfigured(f"it takes one of {' '.join(known)}, not {value!r}", where=where)
    return str(value)


def _text(value: Json, where: str) -> str:
    if isinstance(value, dict | list) or value is None or "\r" in str(value) or "|" in str(value):
        raise Misconfigured("it takes the text of a field", where=where)
    return str(value)


def _table(value: Json, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise Misconfigured("it takes codes and what they mean: {H: I}", where=where)
    return {str(code): _text(meant, where) for code, meant in value.items()}


def _pattern(value: Json, where: str) -> str:
    pattern, moment = str(value), datetime(2026, 11, 30, 13, 14, 15)  # noqa: DTZ001
    try:
        back = datetime.strptime(moment.strftime(pattern), pattern)  # noqa: DTZ007
    except ValueError:
        back = None
    if back is None or "%Y" not in pattern or (back.year, back.month) != (2026, 11) or "%z" in pattern:
        raise Misconfigured(f"not a date pattern such as %d/%m/%Y %H:%M: {value!r}", where=where)
    return pattern


_BETWEEN = ("&", " ", ",", "，", "-", "/", "_", ":")


def _edit(action: str, value: Json, where: str) -> tuple[Edit, bool] | None:
    """Return what an action does with a text, and whether with every repetition by itself."""
    match action:
        case "join":
            separator = _separator(value, ("^", "&", "~"), where)
            return edits.join(separator), separator != "~"
        case "split":
            return edits.split(_separator(value, _BETWEEN, where)), True
        case "columns":
            return edits.columns(_number(value, where)), False
        case "apart":
            return edits.apart(_numbers(value, where)), False
        case "swap":
            one, other = _numbers(value, where, 2)
            return edits.swap(one, other), True
        case "codes":
            return edits.codes(_table(plain(value), where)), True
        case "date":
            return edits.date(_pattern(value, where)), True
    return None


def _change(action: str, value: Json, at: Source, extra: Json, where: str) -> Change:
    """Return the change of one action of the closed table."""
    found = _edit(action, value, where)
    if found is not None:
        return edits.edited(at, found[0], every=found[1])
    match action:
        case "shift":
            return edits.shift(at, _number(value, where, -MOST_FIELDS))
        case "move" | "append":
            return _move(action == "append", value, at, extra, where)
        case "fill":
            return edits.filled(at, _text(value, where))
        case "clear":
            return edits.cleared(at)
    text = _text(value, where)
    return lambda f: edits.write_at(f, at, text)


def _move(append: bool, value: Json, at: Source, extra: Json, where: str) -> Change:
    to = _field(str(value), where)
    if to.segment != at.segment or (append and (to.repetition or to.component)):
        raise Misconfigured(f"it takes a field of {at.segment}, not {value!r}", where=where)
    parts = {_number(n, where): _text(text, where) for n, text in plain(extra or {}).items()}
    return edits.moved(at, to, parts, append=append)


def _field(text: str, where: str) -> Source:
    at = source(text, where)
    if not at.field or (at.segment == "MSH" and at.field < 3):
        raise Misconfigured(f"a repair names a field other than MSH-1 and MSH-2, not {text!r}", where=where)
    return at


def _repair(sender: str, data: Mapping[str, Json], file: str) -> Repair:
    where = f"{file}:{data.get('__line__', 0)}"
    actions = [key for key in data if key not in KEYS]
    if len(actions) != 1 or actions[0] not in ACTIONS:
        known = ", ".join(sorted(ACTIONS))
        raise Misconfigured(f"a repair has one action of {known}, not {actions}", where=where)
    if not data.get("id") or not data.get("at"):
        raise Misconfigured("a repair needs 'id' and 'at'", where=where)
    action, at = actions[0], _field(str(data["at"]), where)
    if action in ("shift", "columns", "apart") and (at.repetition or at.component):
        raise Misconfigured(f"{action} takes a whole field, not {data['at']!r}", where=where)
    if "with" in data and action not in ("move", "append"):
        raise Misconfigured("'with' goes with move and append", where=where)
    ident, value = f"{sender}/{data['id']}", data[action]
    test = _test(str(data["when"]), at.segment, where) if "when" in data else None
    if action == "quarantine":
        if test is None or not _REASON.fullmatch(str(value)):
            raise Misconfigured(
                "quarantine takes a reason (small letters, hyphens) and needs 'when'", where=where
            )
        return Repair(ident, at, test, None, reason=str(value))
    return Repair(ident, at, test, _change(action, value, at, data.get("with"), where), action == "join")


def compile_repairs(sender: str, raw: Json, file: str) -> Repairs | None:
    """Return the repairs of a profile, None for none.

    Args:
        raw: the list as YAML gives it, with its line marks.

    Raises:
        Misconfigured: an unknown action or key, a path, condition or id that is wrong; names file and line.
    """
    if not raw:
        return None
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise Misconfigured("'repairs' takes a list of {…}", where=file)
    made = [_repair(sender, one, file) for one in raw]
    seen: set[str] = set()
    for repair, data in zip(made, raw, strict=True):
        if repair.id in seen:
            raise Misconfigured(f"duplicate repair id {data['id']!r}", where=f"{file}:{data['__line__']}")
        seen.add(repair.id)
    return Repairs(made)
