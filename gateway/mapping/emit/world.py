"""What a map may refer to while its function is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.errors import Misconfigured
from gateway.mapping.codes import Table
from gateway.mapping.elements import is_primitive
from gateway.mapping.paths import Target, target
from gateway.mapping.rows import MapFile


@dataclass(slots=True)
class World:
    """The other maps, the code tables, and the numbers of all rows.

    Attributes:
        filled: (type, top-level element) that some row writes only where there is none.
        coded: (concept or coding, map, table) that a generated function calls.
        whole: (type, dotted path) of complex elements that some row writes at once, ``""`` for ``$this``.
    """

    maps: Mapping[str, MapFile]
    tables: Mapping[str, Table]
    numbers: dict[str, int]
    function_names: dict[str, str] = field(default_factory=dict)
    filled: set[tuple[str, str]] = field(default_factory=set)
    coded: set[tuple[str, str, str]] = field(default_factory=set)
    whole: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        for file in self.maps.values():
            for row in file.rows:
                if row.fill:
                    self.filled.add((file.target, row.to.split(".")[0]))
                if row.to and not row.clears and not row.ignore and (row.convert or row.codes):
                    self._note_whole(file.target, row.to, row.where)

    def _note_whole(self, type_name: str, path: str, where: str) -> None:
        try:
            steps = target(type_name, path, where)
        except Misconfigured:
            return  # it is reported when the row itself is read
        if not (steps and is_primitive(steps[-1].type)) and not is_primitive(type_name):
            self.whole.add((type_name, dotted(steps)))

    def may_be_shared(self, type_name: str, path: str, *, below: bool) -> bool:
        """Return whether what stands at a dotted path may belong to other messages too.

        Args:
            below: only where it came with something above it.
        """
        if (type_name, "") in self.whole or (not below and (type_name, path) in self.whole):
            return True
        names = path.split(".")
        return any((type_name, ".".join(names[:at])) in self.whole for at in range(1, len(names)))


def dotted(steps: Iterable[Target]) -> str:
    """Return the path of steps without their keys."""
    return ".".join(step.name for step in steps)
