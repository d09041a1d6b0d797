"""Withdrawal: what is kept of a row, and what takes it, or rows that belong to it, back when they vanish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from adapters.his.sql_view.state import Known
from adapters.his.sql_view.views import View


def kept_of(names: Sequence[str], said: Mapping[str, Any]) -> str:
    """Return the columns by which a row can be taken back, as JSON."""
    if not names:
        return ""
    row = {name: said["row"][name] for name in names if name in said["row"]}
    kept: dict[str, Any] = {"row": row}
    for name in names:
        detail, dot, column = name.partition(".")
        if dot:
            rows = said.get(detail, [])
            into = kept.setdefault(detail, [{} for _ in rows])
            for one, full in zip(into, rows, strict=True):
                if column in full:
                    one[column] = full[column]
    return orjson.dumps(kept).decode()


def taken_back(view: View, one: Known, moment: str) -> dict[str, Any]:
    """Return what a row says that has vanished: what was kept of it, and that it is withdrawn."""
    said: dict[str, Any] = orjson.loads(one.kept) if one.kept else {"row": {}}
    said["row"] = {**said["row"], **_set(view.gone, "")}
    if view.changed:
        said["row"][view.changed] = moment
    for name, rows in said.items():
        if name != "row":
            said[name] = [{**row, **_set(view.gone, f"{name}.")} for row in rows]
    return said


def returned(view: View, said: dict[str, Any], moment: str) -> dict[str, Any]:
    """Return what a row says that is there again, or whose time went back, so that it holds from now on."""
    row = said["row"]
    back = {name: value for name, value in view.back.items() if not row.get(name)}
    return {**said, "row": {**row, **back, **({view.changed: moment} if view.changed else {})}}


def vanished(view: View, kept: str, said: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of each detail that were there before and are not now, as they are taken back.

    Two that cannot be told apart are counted: of three alike of which one is gone, one is taken back.

    Args:
        kept: what :func:`kept_of` returned before.
        said: what the row says now, each with its details.
    """
    before: dict[str, Any] = orjson.loads(kept) if kept and view.same else {}
    found: dict[str, list[dict[str, Any]]] = {}
    for name, columns in view.same.items():
        there = Counter(told_by(row, columns) for one in said for row in one.get(name, ()))
        for row in before.get(name, ()):
            told = told_by(row, columns)
            if there[told]:
                there[told] -= 1
            elif any(told):
                found.setdefault(name, []).append({**row, **_set(view.gone, f"{name}.")})
    return found


def emptied(kept: str, said: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a detail had rows before and has none now."""
    before: dict[str, Any] = orjson.loads(kept) if kept else {}
    return any(
        name != "row" and rows and not any(one.get(name) for one in said) for name, rows in before.items()
    )


def told_by(row: Mapping[str, Any], columns: Sequence[str | Sequence[str]]) -> tuple[str, ...]:
    """Return by what a row is told: of several columns in a list the first that is valued."""
    several = [[one] if isinstance(one, str) else one for one in columns]
    return tuple(next((value for one in names if (value := row.get(one) or "")), "") for names in several)


def _set(gone: Mapping[str, str], prefix: str) -> dict[str, str]:
    if prefix:
        return {name.removeprefix(prefix): value for name, value in gone.items() if name.startswith(prefix)}
    return {name: value for name, value in gone.items() if "." not in name}
