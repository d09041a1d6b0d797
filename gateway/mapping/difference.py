"""Difference: two ends of one message, made with two sets of maps, compared resource by resource.

A pure function; nothing here reads a file or a store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from gateway.canonical import Draft, Merge, NotUnderstood, Quarantined, Refused, Resource, Translation
from gateway.canonical.json import dumps

End = Translation | Quarantined | Refused | NotUnderstood

Kind = Literal["added", "gone", "changed", "outcome"]

_NAMES = ("resourceType", "id")
_MISSING = object()


class Change(NamedTuple):
    """One thing that the other maps would do otherwise.

    Attributes:
        kind: of a whole resource, an identity that is joined, or the outcome (``added``, ``gone``,
            ``outcome``), or of one element (``changed``).
        resource: ``Patient/<seed id>``, ``""`` for the outcome.
        path: element, with the place in its lists (``name[0].family``); ``(cleared)``, ``(fills)`` and
            ``(owns)`` are what the draft tells the store; ``""`` for a whole resource.
        old, new: JSON values, None where there is none.
    """

    kind: Kind
    resource: str
    path: str = ""
    old: Any = None
    new: Any = None


@dataclass(slots=True, frozen=True)
class _Versions:
    """The versions of both maps: where a resource names the one that made it, that is no difference."""

    old: str
    new: str

    def same(self, old: Any, new: Any) -> bool:
        if isinstance(old, str) and isinstance(new, str) and self.old and self.old in old:
            return old == new or old.replace(self.old, self.new) == new
        return type(old) is type(new) and bool(old == new) and str(old) == str(new)  # 5.60 is not 5.6


def compare(old: End, new: End) -> list[Change]:
    """Return what changes between two ends of the same message, in the order of the old one."""
    before, after = outcome(old), outcome(new)
    changes = [Change("outcome", "", "", before, after)] if before != after else []
    if not isinstance(old, Translation) or not isinstance(new, Translation):
        return changes
    versions = _Versions(old.map_version, new.map_version)
    earlier, later = _drafts(old), _drafts(new)
    for name, draft in earlier.items():
        if name in later:
            changes += _of_draft(name, draft, later[name], versions)
        else:
            changes.append(Change("gone", name))
    changes += [Change("added", name) for name in later if name not in earlier]
    joins = {_join(one) for one in old.merges}, {_join(one) for one in new.merges}
    changes += [Change("gone", one, "(merge)") for one in sorted(joins[0] - joins[1])]
    changes += [Change("added", one, "(merge)") for one in sorted(joins[1] - joins[0])]
    return changes


def outcome(end: End) -> str:
    """Return how a message ends, with the reason why it writes nothing."""
    if isinstance(end, Translation):
        return "translated"
    if isinstance(end, Refused):
        return "refused"
    return f"{'quarantined' if isinstance(end, Quarantined) else 'rejected'}: {end.reason}"


def element(path: str) -> str:
    """Return a path without places in lists, to count by: ``name[0].family`` → ``name.family``."""
    return "".join(part.partition("]")[2] if at else part for at, part in enumerate(path.split("[")))


def _drafts(translation: Translation) -> dict[str, Draft]:
    return {f"{draft.type}/{draft.id}": draft for draft in translation.drafts}


def _join(merge: Merge) -> str:
    return f"{merge.type}/{merge.retired} {merge.kind} {merge.type}/{merge.survivor}"


def _of_draft(name: str, old: Draft, new: Draft, versions: _Versions) -> Iterator[Change]:
    for path, before, after in _of_objects("", _body(old), _body(new), versions):
        yield Change("changed", name, path, before, after)
    said = (
        ("cleared", old.cleared, new.cleared),
        ("fills", old.fills, new.fills),
        ("owns", old.owns, new.owns),
    )
    for what, before, after in said:
        first, second = (sorted(one) if isinstance(one, tuple) else one for one in (before, after))
        if first != second:
            yield Change("changed", name, f"({what})", first, second)


def _body(draft: Draft) -> Resource:
    return {name: value for name, value in draft.body.items() if name not in _NAMES}


def _of_values(path: str, old: Any, new: Any, versions: _Versions) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _of_objects(path, old, new, versions)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _of_lists(path, old, new, versions)
    elif not versions.same(old, new):
        yield path, _shown(old), _shown(new)


def _shown(value: Any) -> Any:
    return None if value is _MISSING else value


def _of_objects(
    path: str, old: Resource, new: Resource, versions: _Versions
) -> Iterator[tuple[str, Any, Any]]:
    for name in [*old, *(name for name in new if name not in old)]:
        below = f"{path}.{name}" if path else name
        yield from _of_values(below, old.get(name, _MISSING), new.get(name, _MISSING), versions)


def _of_lists(
    path: str, old: list[Any], new: list[Any], versions: _Versions
) -> Iterator[tuple[str, Any, Any]]:
    """Pair equal entries first, so that one more at the front is one change and not one for each."""
    left, right = list(enumerate(old)), list(enumerate(new))
    if len(left) != len(right):
        known = {dumps(one): at for at, one in right}
        for at, one in list(left):
            twin = known.pop(dumps(one), None)
            if twin is not None:
                left.remove((at, one))
                right = [other for other in right if other[0] != twin]
    for number in range(max(len(left), len(right))):
        at, before = left[number] if number < len(left) else (right[number][0], _MISSING)
        after = right[number][1] if number < len(right) else _MISSING
        yield from _of_values(f"{path}[{at}]", before, after, versions)
