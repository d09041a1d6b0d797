"""Grouping: where each segment of a message stands, tolerant of unknown and out-of-place segments.

A :class:`Walk` is the structure's tree laid flat: leaves (segments) in order, groups as ranges of leaves.
``move(cursor, name)`` answers where the next segment goes: forward in the innermost open group, else a
new repetition of that group, else the same one group further out. A segment that the structure knows
but that comes too late stands where it belongs without moving the cursor; one that it does not know
stands in the innermost open group. Nothing is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.mapping.structures import Node


@dataclass(slots=True, frozen=True)
class Group:
    """A range of leaves: ``first`` to ``last``; ``depth`` 0 is the message."""

    name: str
    depth: int
    repeats: bool
    first: int
    last: int
    parent: Group | None


@dataclass(slots=True, frozen=True)
class Leaf:
    """A place for a segment."""

    segment: str
    repeats: bool
    group: Group


@dataclass(slots=True, frozen=True)
class Move:
    """What the next segment does.

    Attributes:
        leaf: index of its place; -1 where the structure has none.
        cursor: where the walk stands afterwards.
        keep: number of open groups to keep, the message included.
        opens: names of the groups to open below, outermost first.
    """

    leaf: int
    cursor: int
    keep: int
    opens: tuple[str, ...]


class Walk:
    """One message structure, laid flat; the moves are found once and remembered."""

    __slots__ = ("_moves", "leaves")

    def __init__(self, tree: list[Node]) -> None:
        self.leaves: list[Leaf] = []
        self._lay("", tree, False, None)
        self._moves: dict[tuple[int, str], Move] = {}

    def _lay(self, name: str, tree: list[Node], repeats: bool, parent: Group | None) -> None:
        size = _size(tree)
        first = len(self.leaves)
        depth = parent.depth + 1 if parent else 0
        group = Group(name, depth, repeats, first, first + size - 1, parent)
        for node in tree:
            if isinstance(node, str):
                self.leaves.append(Leaf(node.rstrip("*"), node.endswith("*"), group))
            else:
                for title, inner in node.items():
                    self._lay(title.rstrip("*"), inner, title.endswith("*"), group)

    def groups(self, leaf: int) -> list[str]:
        """Return the names of the groups around a leaf, outermost first, the message left out."""
        names: list[str] = []
        group: Group | None = self.leaves[leaf].group
        while group is not None and group.parent is not None:
            names.insert(0, group.name)
            group = group.parent
        return names

    def move(self, cursor: int, name: str) -> Move:
        """Return what a segment of that name does when the walk stands at ``cursor``."""
        key = (cursor, name)
        found = self._moves.get(key)
        if found is None:
            found = self._moves[key] = self._search(cursor, name)
        return found

    def _find(self, name: str, first: int, last: int) -> int:
        return next((at for at in range(first, last + 1) if self.leaves[at].segment == name), -1)

    def _search(self, cursor: int, name: str) -> Move:
        here = self.leaves[cursor]
        if here.segment == name and here.repeats:
            return Move(cursor, cursor, here.group.depth + 1, ())
        group: Group | None = here.group
        after = cursor + 1
        while group is not None:
            at = self._find(name, after, group.last)
            if at >= 0:
                again = self._begun_by(name, at, group)
                return (
                    self._into(at, group, new=False)
                    if again is None
                    else self._into(again.first, again, new=True)
                )
            at = self._find(name, group.first, after - 1) if group.repeats else -1
            if at >= 0:
                if at != group.first and self.leaves[at].repeats and self.leaves[at].group is group:
                    return self._late(cursor, name)  # DG1 before OBX: out of order, nobody else's
                return self._into(at, group, new=True)
            after = group.last + 1
            group = group.parent
        return self._late(cursor, name)

    def _into(self, at: int, group: Group, *, new: bool) -> Move:
        opens: list[str] = []
        inner: Group | None = self.leaves[at].group
        while inner is not None and inner is not group:
            opens.insert(0, inner.name)
            inner = inner.parent
        if new:
            opens.insert(0, group.name)
        return Move(at, at, group.depth + (0 if new else 1), tuple(opens))

    def _begun_by(self, name: str, at: int, inside: Group) -> Group | None:
        """Return the open group that begins anew, where the segment would open another one in its middle.

        ORC after a specimen of OML_O21 is the next order, not the prior result that no PID has begun.
        """
        opened = self.leaves[at].group
        while opened is not inside and opened.parent is not None and opened.parent is not inside:
            opened = opened.parent
        if opened is inside or self.leaves[opened.first].segment == name:
            return None
        group: Group | None = inside
        while group is not None and not (group.repeats and self.leaves[group.first].segment == name):
            group = group.parent
        return group

    def _late(self, cursor: int, name: str) -> Move:
        """A segment that comes too late: in the nearest place before, inside what is still open."""
        open_groups: set[int] = set()
        group: Group | None = self.leaves[cursor].group
        depth = group.depth if group else 0
        while group is not None:
            open_groups.add(id(group))
            group = group.parent
        best = -1
        for at in range(cursor, -1, -1):
            leaf = self.leaves[at]
            if leaf.segment == name and (best < 0 or id(leaf.group) in open_groups):
                best = at
                if id(leaf.group) in open_groups:
                    break
        return Move(best, cursor, depth + 1, ())


def _size(tree: list[Node]) -> int:
    return sum(1 if isinstance(node, str) else sum(_size(inner) for inner in node.values()) for node in tree)
