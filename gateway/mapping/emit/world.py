"""What a map may refer to while its function is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.codes import Table
from gateway.mapping.elements import is_primitive, is_type
from gateway.mapping.marked import Json
from gateway.mapping.paths import Target, target
from gateway.mapping.rows import MapFile, Row


@dataclass(slots=True)
class World:
    """The other maps, the code tables, and the numbers of all rows.

    Attributes:
        filled: (type, top-level element) that some row writes only where there is none.
        coded: (concept or coding, map, table) that a generated function calls.
        whole: (type, dotted path) of complex elements that some row writes at once, ``""`` for ``$this``.
        constants: name in the generated functions → JSON object that a row writes.
    """

    maps: Mapping[str, MapFile]
    tables: Mapping[str, Table]
    numbers: dict[str, int]
    function_names: dict[str, str] = field(default_factory=dict)
    filled: set[tuple[str, str]] = field(default_factory=set)
    coded: set[tuple[str, str, str]] = field(default_factory=set)
    whole: set[tuple[str, str]] = field(default_factory=set)
    constants: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for file in self.maps.values():
            for row in file.rows:
                if row.fill:
                    self.filled.add((file.target, row.to.split(".")[0]))
                if row.to and not row.clears and not row.ignore:
                    self._note_whole(file.target, row)

    def _note_whole(self, type_name: str, row: Row) -> None:
        try:
            steps = target(type_name, row.to, row.where)
        except Misconfigured:
            return  # it is reported when the row itself is read
        constant = type(row.value) is dict
        primitive = is_primitive(type_name) or (steps and is_primitive(steps[-1].type))
        if not primitive and (row.convert or row.codes or constant):
            self.whole.add((type_name, dotted(steps)))
        for name, value in row.constants.items():
            if type(value) is dict:
                self.whole.add((type_name, dotted([*holder(steps), Target(name, "", False, "")])))

    def constant(self, value: Json) -> str:
        """Return the expression of a JSON constant.

        An object is made once, has a name that says what it is, and is shared by all messages: nobody changes
        it, as with what is remembered (``gateway.mapping.memory``).
        """
        text = repr(value)
        if type(value) is not dict:
            return text
        name = f"K_{blake2b(text.encode(), digest_size=8).hexdigest()}"
        self.constants.setdefault(name, value)
        return name

    def may_be_shared(self, type_name: str, path: str, *, below: bool) -> bool:
        """Return whether what stands at a dotted path may belong to other messages too.

        Args:
            below: only where it came with something above it.
        """
        if (type_name, "") in self.whole or (not below and (type_name, path) in self.whole):
            return True
        names = path.split(".")
        return any((type_name, ".".join(names[:at])) in self.whole for at in range(1, len(names)))


def holder(steps: list[Target]) -> list[Target]:
    """Return the way to what the constants of ``with`` are written into: the innermost list element."""
    if steps and steps[-1].many and is_type(steps[-1].type):
        return steps
    lists = [at for at, step in enumerate(steps[:-1], 1) if step.many]
    return steps[: lists[-1]] if lists else steps[:-1]


def dotted(steps: Iterable[Target]) -> str:
    """Return the path of steps without their keys."""
    return ".".join(step.name for step in steps)
