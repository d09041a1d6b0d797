"""Groups: rows that stand at one position of a view: one, unless a key is there twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from adapters.his.sql_view.head import Head
from adapters.his.sql_view.state import GONE, Known, key_text
from adapters.his.sql_view.values import key_of, kind_of, packed, unpacked


@dataclass(slots=True)
class Group:
    """Rows with one key.

    Attributes:
        key: as JSON; ``mark``: what they are read forward by, packed, ``""`` for nothing.
    """

    key: str
    mark: str
    heads: list[Head] = field(default_factory=list)

    @property
    def position(self) -> tuple[str, str]:
        """Where a reading that has ended here goes on, as the state keeps it."""
        return self.mark, orjson.dumps([packed(one) for one in self.heads[-1].key]).decode()


def grouped(heads: Sequence[Head], *, by_key: bool) -> Iterator[Group]:
    """Yield the rows that stand at one position together; they come in order."""
    open_: Group | None = None
    position: Any = None
    for head in heads:
        at = head.key if by_key else (head.changed, head.key)
        if open_ is None or at != position:
            if open_ is not None:
                yield open_
            mark = packed(head.changed) if head.changed is not None else ""
            open_, position = Group(key_text(key_of(head.key)), mark), at
        open_.heads.append(head)
    if open_ is not None:
        yield open_


def newest(group: Group) -> Group:
    """Return a group that was read by its key; of rows with several times those of the last: they hold."""
    times = [one.changed for one in group.heads]
    if len(times) < 2 or None in times or len({kind_of(one) for one in times}) > 1:
        return group
    last = max(times)
    return Group(group.key, packed(last), [one for one in group.heads if one.changed == last])


def is_older(group: Group, was: Known | None) -> bool:
    """Tell whether something newer of the key was delivered: the view keeps what a row was before."""
    if was is None or not was.mark or not group.mark or was.mark == group.mark or was.hash == GONE:
        return False
    mine, theirs = unpacked(group.mark), unpacked(was.mark)
    return kind_of(mine) == kind_of(theirs) and mine < theirs  # type: ignore[operator]
