"""ASTM tree: the records of a message as they belong to each other, H › P › O › R (LIS2-A2).

A level that a sender leaves out is there all the same, without a record: results that stand directly under P
are those of an order that says nothing of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gateway.wire.astm.records import Message, Record, is_same_sample
from gateway.wire.astm.records.levels import LEVELS

_WAY = ("H", "P", "O", "R")
"""The levels that are there even where nobody writes them."""


@dataclass(slots=True, eq=False)
class Node:
    """One place in the tree.

    Attributes:
        type: of its record.
        record: None of a level that the sender leaves out.
        parent: None of H.
        inside: what belongs to it, in the order of the message.
        also: further O of the same sample, whose results are taken together with its own.
    """

    type: str
    record: Record | None
    parent: Node | None = None
    inside: list[Node] = field(default_factory=list)
    also: list[Record] = field(default_factory=list)

    def of(self, type: str) -> list[Node]:
        """Return what belongs to it and is of a type, a level between them that is left out included."""
        found: list[Node] = []
        gathered: Node | None = None
        for one in self.inside:
            if one.type == type:
                if not (found and type == "O" and found[-1].takes(one)):
                    found.append(one)
                gathered = None
            elif _is_above(type, one.type):
                if gathered is None:
                    gathered = Node(type, None, self)
                    found.append(gathered)
                gathered.inside.append(one)
            elif type in _WAY:
                found += one.of(type) if _is_above(one.type, type) else []
        return found

    def takes(self, other: Node) -> bool:
        """Take over what another O has, if it is of the same sample: tests that were ordered by themselves.

        What it says like this one counts as read.
        """
        if self.record is None or other.record is None or not is_same_sample(self.record, other.record):
            return False
        if other.record not in self.also:
            for number in range(1, len(other.record.fields) + 1):
                if other.record.fields[number - 1 : number] == self.record.fields[number - 1 : number]:
                    other.record.asked.add((number,))
            self.also.append(other.record)
            self.inside = [*self.inside, *other.inside]
        return True

    def nearest(self, type: str) -> Sequence[Record]:
        """Return the records of a type: its own, the one above it, else those inside."""
        node: Node | None = self
        while node is not None:
            if node.type == type:
                return (node.record, *node.also) if node.record is not None else ()
            node = node.parent
        return [one.record for one in self.all() if one.type == type and one.record is not None]

    def above(self, type: str) -> Node | None:
        """Return the node of a type that it stands in, None where there is none."""
        node = self.parent
        while node is not None and node.type != type:
            node = node.parent
        return node

    def all(self) -> Iterator[Node]:
        """Yield everything inside, as it stands."""
        for one in self.inside:
            yield one
            yield from one.all()


def _is_above(type: str, other: str) -> bool:
    """Tell whether records of one type have those of the other below them."""
    return type in _WAY and other in _WAY and LEVELS[type] < LEVELS[other]


def tree_of(message: Message) -> Node:
    """Return the records of a message as a tree; the root is H."""
    nodes: dict[int, Node] = {}
    root = Node("H", message.records[0])
    nodes[id(message.records[0])] = root
    for record in message.records[1:]:
        parent = nodes.get(id(record.parent), root)
        node = Node(record.type, record, parent)
        nodes[id(record)] = node
        parent.inside.append(node)
    return root
