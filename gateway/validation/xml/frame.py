"""Frame: an open element while XML is read, what comes of it, and how it is named (R4 §2.6.1)."""

from __future__ import annotations

from typing import Any

from gateway.validation.xml.tables import Child, Table


class Frame:
    """An open element: what comes of it, and how far its children are."""

    __slots__ = ("at", "child", "gaps", "order", "place", "table", "text", "value")

    def __init__(self, child: Child | None, table: Table | None, value: dict[str, Any], at: int) -> None:
        self.child = child  # None: a resource
        self.table = table  # None: holds one resource
        self.value = value
        self.at = at  # place in its list, -1 outside of one
        self.order = 0
        self.place: tuple[int, int] | None = None  # where it begins, of what may turn out to be empty
        self.text: str | None = None
        self.gaps: list[str] | None = None  # lists of primitives with one that has no value


def step(frame: Frame) -> str:
    """Return the step of a path that an element is."""
    assert frame.child is not None
    return frame.child.name if frame.at < 0 else f"{frame.child.name}[{frame.at}]"


def next_place(parent: Frame, child: Child) -> int:
    """The place that a further element has in its list, -1 where it has none."""
    return len(parent.value.get(child.name, ())) if child.many else -1


def placed(parent: dict[str, Any], child: Child, made: dict[str, Any]) -> dict[str, Any]:
    """Put an object into its parent; of two where one may be the first stays."""
    if child.many:
        parent.setdefault(child.name, []).append(made)
    else:
        parent.setdefault(child.name, made)
    return made


def unprefixed(name: str) -> str:
    """``"namespace local prefix"`` without the prefix."""
    return name.rpartition(" ")[0] if name.count(" ") > 1 else name


def split(name: str) -> tuple[str, str]:
    """Namespace and local name."""
    space, _, local = unprefixed(name).rpartition(" ")
    return space, local


def is_utf8(data: bytes) -> bool:
    """Return whether bytes are UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
