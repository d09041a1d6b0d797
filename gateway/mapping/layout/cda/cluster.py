"""Cluster: what the statements of one organizer (CDA R2 §4.3.6.4) say about each other.

A time that stands among them is the time of all; what stands beside one diagnosis or one result is about it;
what only stands together is held together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from gateway.mapping.layout.cda.elements import DataElement
from gateway.mapping.layout.cda.parts import Said
from gateway.mapping.layout.cda.statement import LENT, Section, Statement

_TIMED: Final = re.compile("(?:记录|测量|观察|监测|检查|检验|检测|采集|评估|巡视|执行)(?:日期时间|日期|时间)")
"""Names of a time at which the statements beside it were made; others (死亡日期) only tell of themselves."""

_DATED: Final = frozenset({"observation", "result", "procedure"})
_MAIN: Final = frozenset({"diagnosis", "result"})
_HOLDING: Final = frozenset({"procedure", "medication"})


def clustered(
    found: Sequence[Statement],
    around: Statement | None,
    elements: Mapping[str, DataElement],
    section: Section,
) -> Statement | None:
    """Tie the statements of an organizer together.

    Args:
        found: what stands in the organizer itself, not in another statement of it.
        around: the statement that the organizer is, or is in.
        elements: the data elements that become more than an Observation.

    Returns:
        The statement that holds the others, None where one of them or nothing does.
    """
    time = _time(found)
    for one in found:
        if time and one.kind in _DATED and not one.said.keys() & {"time", "start", "end"}:
            one.said["time"] = time
    plain = [one for one in found if one.kind == "observation" and one.focus is None]
    main = [one for one in found if one.kind in _MAIN]
    holding = [one for one in found if one.kind in _HOLDING]
    if len(main) == 1:
        for one in plain:
            one.focus = main[0]
            _lend(one, main[0], elements)
    elif len(holding) == 1 and not main:
        for one in plain:
            one.parent = holding[0]
    elif not main and not holding and around is None and len(plain) > 1:
        held: Said = {"label": section.title or section.name, **({"time": time} if time else {})}
        panel = Statement("observation", held)
        for one in plain:
            one.parent = panel
        return panel
    return None


def _time(found: Sequence[Statement]) -> str:
    """Return the one time that the statements have in common, ``""`` for none or several."""
    times = {
        str(one.said["moment"])
        for one in found
        if "moment" in one.said and _TIMED.search(str(one.said.get("label", "")))
    }
    return times.pop() if len(times) == 1 else ""


def _lend(one: Statement, main: Statement, elements: Mapping[str, DataElement]) -> None:
    """Let a statement say in a column of the main one what it says itself."""
    element = elements.get(str(one.said.get("code", "")))
    kind, _, column = element.becomes.partition(".") if element is not None else ("", "", "")
    if kind != main.kind or column not in LENT or column in main.said:
        return
    names = ("integer", "quantity", "moment", "value_name", "value_text", "string", "value_code")
    told = next((str(one.said[name]) for name in names if one.said.get(name)), "")
    if told:
        main.said[column] = told
