"""Old: critical results of former days, told once for each sender: its memory, or a clock that is slow.

Each of them calls nobody; but none is passed over in silence, for a sender whose clock is days behind would
else call nobody for ever. Somebody looks at one Task, in which they are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.canonical import Resource
from gateway.canonical.elements import each, first, name_of
from gateway.feed.critical.grounds import Ground
from gateway.feed.critical.rules import Rules
from gateway.feed.critical.same import mark_of
from gateway.feed.critical.task import CODE, DISPLAY, call, is_open, named, said_of, state, told
from gateway.feed.own import named_id
from gateway.store import Desk, Occasion
from gateway.store.clock import instant

MOST = 100
"""Results that one Task counts; of more it says no more than that, and is written no more."""
NAMED = 20
"""Results, messages and values that it names, the first ones."""
STATE = "old"
"""``businessStatus`` of such a Task, and its reason."""
_LONGEST = 64
_COUNT, _KNOWN = "count", "known"

Result = tuple[Resource, Ground]
"""An Observation, and why it is critical."""


@dataclass(slots=True, frozen=True)
class _Seen:
    """What the Task of a sender says of results; ``known`` are the marks of those that it has counted."""

    count: int
    values: tuple[str, ...]
    named: tuple[Resource, ...]
    known: tuple[str, ...]


def old_id(sender: str) -> str:
    """Return the id of the Task about the old critical results of a sender; there is one for each."""
    return named_id("sender", sender, CODE)


def begin_old(
    desk: Desk, occasion: Occasion, results: Sequence[Result], rules: Rules, *, held: bool = False
) -> None:
    """Count old critical results in the Task of their sender, which is open (again) then.

    One that it knows is not counted twice: its message is tried again, or sent again.

    Args:
        results: of one message or Transact.
        held: they wait in quarantine; once they are stored they are the same.
    """
    sender = occasion.sender or occasion.source
    task = desk.read("Task", old_id(sender))
    seen = _seen(task)
    fresh = [one for one in results if mark_of(one[0]) not in seen.known]
    if not fresh or occasion.source in seen.known:
        return
    if task is None or not is_open(task):
        now = _with(_Seen(0, (), (), seen.known), fresh, occasion.source if held else "")
        _call(desk, sender, task, now, rules)
    elif seen.count < MOST:
        now = _with(seen, fresh, occasion.source if held else "")
        kept = [one for one in each(task, "input") if each(one, "type.text")[0] not in _OWN]
        said = {"description": _text(sender, now), "input": [*_inputs(sender, now), *kept]}
        desk.write({**task, **said, "lastModified": instant(desk.ts_us)})


def is_old(task: Resource) -> bool:
    """Tell whether a Task is about old critical results of a sender."""
    return each(task, "reasonCode.text") == [STATE]


def count_of(task: Resource) -> int:
    """Return how many results such a Task counts, :data:`MOST` for as many and more."""
    return int(first(_inputs_of(task, _COUNT), "valueInteger", 0))


def _call(desk: Desk, sender: str, before: Resource | None, seen: _Seen, rules: Rules) -> None:
    notes = {"note": before["note"]} if before and before.get("note") else {}
    task = {"reasonCode": {"text": STATE}, "businessStatus": state(STATE), **notes}
    call(desk, old_id(sender), _text(sender, seen), _inputs(sender, seen), rules, task, {})


def _seen(task: Resource | None) -> _Seen:
    if task is None:
        return _Seen(0, (), (), ())
    values = tuple(str(one["valueString"]) for one in _inputs_of(task, "value"))
    about = (*_inputs_of(task, "inbox"), *_inputs_of(task, "observation"))
    return _Seen(count_of(task), values, about, tuple(said_of(task, _KNOWN).split()))


def _with(seen: _Seen, fresh: Sequence[Result], message: str) -> _Seen:
    """Return it with more results, of a message that waits, or stored."""
    about = [told("inbox", message)] if message else [named("observation", name_of(one)) for one, _ in fresh]
    marks = [*([message] if message else []), *(mark_of(one) for one, _ in fresh)]
    return _Seen(
        min(seen.count + len(fresh), MOST),
        (*seen.values, *map(_value, fresh))[:NAMED],
        (*seen.named, *about)[:NAMED],
        (*seen.known, *marks)[-2 * MOST :],
    )


def _value(result: Result) -> str:
    observation, ground = result
    return f"{ground.text} {observation.get('effectiveDateTime', '')}".rstrip()


_OWN = ("sender", _COUNT, "value", "inbox", "observation", _KNOWN)
"""Inputs that are said anew each time."""


def _inputs(sender: str, seen: _Seen) -> list[Resource]:
    return [
        told("sender", sender[:_LONGEST]),
        {"type": {"text": _COUNT}, "valueInteger": seen.count},
        *(told("value", one) for one in seen.values),
        *seen.named,
        told(_KNOWN, " ".join(seen.known)),
    ]


def _inputs_of(task: Resource, name: str) -> list[Resource]:
    return [one for one in each(task, "input") if each(one, "type.text") == [name]]


def _text(sender: str, seen: _Seen) -> str:
    many = f"{seen.count} 项" if seen.count < MOST else f"{MOST} 项以上"
    head = f"{DISPLAY}（结果时间过旧，未逐项通知，请核对仪器时钟；发送方 {sender[:_LONGEST]}，{many}）"
    return f"{head}：{'；'.join(seen.values)}"
