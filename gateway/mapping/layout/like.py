"""Like: a layout that is like another one says only what is different (``like: document``).

What both say of head, namespaces, a place or a segment is joined, the own word goes before; steps are added.
Under ``as`` the blocks that the other includes stay out: those of the message map do the same. ``without``
names further steps that stay out, by their ids.
"""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.marked import Json, read

_JOINED = ("head", "namespaces", "places", "requires", "codes", "ignored")


def liked(data: dict[str, Any], path: Path | Traversable) -> dict[str, Any]:
    """Return a layout with what it takes from the one that it is like.

    Raises:
        Misconfigured: there is no such layout beside it, or that one is like yet another.
    """
    name = data.get("like")
    if not name:
        return data
    beside = getattr(path, "parent", None)
    other = None if beside is None else beside / f"{name}.yaml"
    if other is None or not other.is_file():
        raise Misconfigured(f"no layout {name!r} beside it", where=path.name)
    base = read(other)
    if "like" in base:
        raise Misconfigured(f"{name!r} is like another layout itself", where=path.name)
    steps = base.get("steps") or []
    if "as" in data:
        steps = [one for one in steps if "include" not in one]
    without = {str(one) for one in data.get("without") or ()}
    steps = [one for one in steps if not {str(one.get("id", "")), str(one.get("include", ""))} & without]
    made = {**base, **data}
    for key in _JOINED:
        joined = {**(base.get(key) or {}), **(data.get(key) or {})}
        made[key] = {inner: one for inner, one in joined.items() if one is not None}
    made["places"] = {
        name: _place(one, (base.get("places") or {}).get(name)) for name, one in made["places"].items()
    }
    made["segments"] = _segments(_listed(base.get("segments")), _listed(data.get("segments")))
    made["steps"] = [*steps, *(data.get("steps") or [])]
    for kind in ("rows", "xml", "cda", "astm"):
        if kind in made and kind not in data:
            del made[kind]
    return made


def _place(own: Json, base: Json) -> Json:
    """Join what both say of a place."""
    if own is base or not isinstance(own, dict) or not isinstance(base, dict):
        return own
    made = {**base, **own, "segments": _segments(_listed(base.get("segments")), _listed(own.get("segments")))}
    if "places" in own and "places" in base:
        inside = {**base["places"], **own["places"]}
        made["places"] = {
            name: _place(one, base["places"].get(name)) for name, one in inside.items() if one is not None
        }
    return made


def _listed(value: Json) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []


def _segments(base: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Join the fields of a segment that both have; others of the own ones come behind."""
    said = {name: fields for one in own for name, fields in one.items() if name != "__line__"}
    made = []
    for one in base:
        for name, fields in one.items():
            if name != "__line__":
                joined = {**fields, **(said.pop(name, None) or {})}
                kept = {number: text for number, text in joined.items() if text is not None}
                made.append({name: kept})
    return [*made, *({name: fields} for name, fields in said.items())]
