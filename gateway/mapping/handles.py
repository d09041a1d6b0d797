"""Resources in the making, and the groups of the message in which they are named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NO_FIELDS: list[str] = []


class Frame:
    """One open group: the resources that were named in it and the segments that stood in it.

    ``inside`` has the first segment of each name that stands in a group below, with that group's name;
    ``found`` what :meth:`settled` has looked up from the groups below.
    """

    __slots__ = ("found", "group", "inside", "names", "parent", "segments")

    def __init__(self, group: str, parent: Frame | None) -> None:
        self.group, self.parent = group, parent
        self.names: dict[str, Handle] = {}
        self.segments: dict[str, list[str]] = {}
        self.inside: dict[str, tuple[str, list[str]]] = {}
        self.found: dict[str, Handle | None] | None = None

    def place(self, name: str, fields: list[str]) -> None:
        """Note a segment of this group, and that the groups around it have it inside."""
        self.segments.setdefault(name, fields)
        child, frame = self.group, self.parent
        while frame is not None and name not in frame.inside:  # further out it is known then, too
            frame.inside[name] = (child, fields)
            child, frame = frame.group, frame.parent

    def find(self, name: str) -> Handle | None:
        """Return the resource of that name, from this group outwards."""
        frame: Frame | None = self
        while frame is not None:
            handle = frame.names.get(name)
            if handle is not None:
                return handle
            frame = frame.parent
        return None

    def settled(self, name: str) -> Handle | None:
        """Return the same as :meth:`find` when all rows have run: groups side by side look outwards once."""
        handle, around = self.names.get(name), self.parent
        if handle is not None or around is None:
            return handle
        if around.found is None:
            around.found = {}
        if name not in around.found:
            around.found[name] = around.find(name)
        return around.found[name]


NOWHERE = Frame("", None)
"""Where a resource stands when its message is done."""

NEW, SETTLING, SETTLED, LEFT_OUT = range(4)
"""States of a resource in the making: its identity is open, being settled, known, or impossible."""


class Handle:
    """A resource in the making.

    Attributes:
        type: resource type.
        body: what has been written so far.
        keyed: list elements that later maps of the same resource find again (``[@key]``).
        fills: elements to write only where the store has none.
        cleared: elements that the sender deleted.
        id: seed id, ``""`` until the whole message has been read.
        reference: ``"Patient/<id>"``, from then on.
        key: what the ``ident`` table knows it by.
        bare: id by its code alone where ``key`` is its name (``again: named``), ``""`` where nothing else has
            the code; None for all others.
        subject: the Patient that it is about.
        stub: never overwrites.
    """

    __slots__ = (
        *(
            "bare",
            "body",
            "cleared",
            "fields",
            "fills",
            "frame",
            "id",
            "key",
            "keyed",
            "mark",
            "number",
            "state",
            "step",
        ),
        *("reference", "stub", "subject", "type"),
    )

    def __init__(self, type_name: str, frame: Frame, step: Any, fields: list[str], number: int) -> None:
        self.type = type_name
        self.body: dict[str, Any] = {"resourceType": type_name, "id": ""}
        self.keyed: dict[str, dict[str, Any]] | None = None
        self.fills: set[str] | None = None
        self.cleared: list[str] | None = None
        self.id = ""
        self.bare: str | None = None
        self.key: tuple[str, str] | None = None
        self.subject: Handle | None = None
        self.stub = False
        self.frame, self.step, self.fields, self.number = frame, step, fields, number
        self.state = NEW
        self.mark = b""
        self.reference = ""

    def settle(self) -> None:
        """Take ``id`` as the identity."""
        self.state = SETTLED
        self.body["id"] = self.id
        self.reference = f"{self.type}/{self.id}"


def rank_of(identifier: Mapping[str, Any], kinds: tuple[str, ...]) -> int:
    """Return the place of an identifier's type code among these, their number where it is none of them."""
    codes = [coding.get("code") for coding in identifier.get("type", {}).get("coding", ())]
    return min((kinds.index(code) for code in codes if code in kinds), default=len(kinds))


def pick_identifier(body: Mapping[str, Any], kinds: tuple[str, ...]) -> tuple[str, str] | None:
    """Return ``(system, value)`` of the identifier with the first of these type codes, else of the first."""
    best: tuple[int, str, str] | None = None
    found = body.get("identifier")
    for one in found if isinstance(found, list) else [found] if found else ():
        value = one.get("value")
        if not value:
            continue
        rank = rank_of(one, kinds)
        if best is None or rank < best[0]:
            best = (rank, one.get("system", ""), value)
            if rank == 0:
                break
    return None if best is None else best[1:]


def display_of(body: Mapping[str, Any]) -> str:
    """Return the name by which a person reads a reference to this resource, ``""`` for none."""
    name = body.get("name")
    if isinstance(name, str):
        return name
    if not name:  # a PractitionerRole is read by the name of its practitioner
        return str(body.get("practitioner", {}).get("display", ""))
    first = name[0]
    if "text" in first:
        return str(first["text"])
    return " ".join([*first.get("given", ()), *([first["family"]] if "family" in first else [])])
