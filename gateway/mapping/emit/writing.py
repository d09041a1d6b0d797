"""How a generated function writes: the way to an element, the element itself, its constants and lineage."""

from __future__ import annotations

from typing import Any

from gateway.mapping.elements import is_primitive, is_type
from gateway.mapping.emit.lines import Lines
from gateway.mapping.emit.world import World, dotted
from gateway.mapping.paths import Target
from gateway.mapping.rows import MapFile, Row


def literal(value: Any) -> str:
    """Return the Python source of a JSON constant."""
    return repr(value)


class Writing:
    """The statements that put ``y`` where the rows of one map say.

    Attributes:
        keyed: trail of a list element with a merge key → its variable.
    """

    def __init__(self, file: MapFile, world: World, lines: Lines) -> None:
        self.file, self.world, self.lines = file, world, lines
        self.is_segment = file.is_segment
        self.primitive = is_primitive(file.target)
        self.root = "b" if file.is_segment else "o"
        self.keyed: dict[str, str] = {}

    def write(self, row: Row, steps: list[Target], *, shared: bool) -> None:
        """Emit the writing of ``y`` to the row's target, its constants and its lineage.

        Args:
            shared: ``y`` may belong to other messages too, and is copied before anything is added to it.
        """
        put, number = self.lines.put, self.world.numbers[row.id]
        if not steps:
            put("out = y" if self.primitive else f"{self.root}.update(y)")
            put(f"L({number})")
            return
        top, last = steps[0].name, steps[-1]
        if self.is_segment and not row.fill and (self.file.target, top) in self.world.filled:
            put(f"if h.fills: h.fills.discard({top!r})")
        here, inner = self.container(steps)
        if row.convert == "lines":
            put(f"if {last.name!r} in {here}: y = {here}[{last.name!r}] + '\\n' + y")
        if shared and row.constants and last.many and not last.key and is_type(last.type):
            put("y = y.copy()")
        written = self.last(steps, here)
        self.constants(row, written or inner or here)
        if row.fill:
            put("if h.fills is None: h.fills = set()")
            put(f"h.fills.add({top!r})")
        put(f"L({number})")

    def container(self, steps: list[Target]) -> tuple[str, str]:
        """Emit the way to the parent of the last step; return its variable and the innermost list element."""
        here, inner, trail = self.root, "", ""
        for at, step in enumerate(steps[:-1]):
            trail += "/" + step.name + step.key
            if step.many:
                here = inner = self.element_of(step, here, trail)
                continue
            name = self.lines.fresh("p")
            self.lines.put(f"{name} = {here}.get({step.name!r})")
            self.lines.put(f"if {name} is None: {name} = {here}[{step.name!r}] = {{}}")
            if (self.file.target, dotted(steps[: at + 1])) in self.world.whole:
                self.lines.put(f"else: {name} = {here}[{step.name!r}] = own({name})")
            here = name
        return here, inner

    def element_of(self, step: Target, here: str, trail: str) -> str:
        """Emit the list element of a step: found again by its key, else new."""
        put = self.lines.put
        new = "{'url': " + repr(step.key[4:]) + "}" if step.key.startswith("url:") else "{}"
        if not step.key:
            name = self.lines.fresh("e")
            put(f"{name} = {new}")
            put(f"{here}.setdefault({step.name!r}, []).append({name})")
            return name
        if step.key.startswith("@"):
            name = self.lines.fresh("e")
            put("if h.keyed is None: h.keyed = {}")
            put(f"{name} = h.keyed.get({trail!r})")
            put(f"if {name} is None:")
            put(f"    {name} = h.keyed[{trail!r}] = {new}")
            put(f"    {here}.setdefault({step.name!r}, []).append({name})")
            return name
        name = self.keyed.setdefault(trail, f"k{len(self.keyed)}")
        put(f"if {name} is None:")
        put(f"    {name} = {new}")
        put(f"    {here}.setdefault({step.name!r}, []).append({name})")
        return name

    def last(self, steps: list[Target], here: str) -> str:
        """Emit the last step; return the variable of the list element that was written, if it is one."""
        put, step = self.lines.put, steps[-1]
        if not step.many:
            if is_primitive(step.type):
                put(f"{here}[{step.name!r}] = y")
                return ""
            put(f"o1 = {here}.get({step.name!r})")
            put(f"{here}[{step.name!r}] = y if o1 is None else {{**o1, **y}}")
            return ""
        if step.key and is_type(step.type):
            trail = "/" + "/".join(s.name + s.key for s in steps)
            name = self.element_of(step, here, trail)
            put(f"{name}.update(y)")
            return name
        put(f"{here}.setdefault({step.name!r}, []).append(y)")
        return "y" if is_type(step.type) else ""

    def constants(self, row: Row, element: str) -> None:
        """Emit the constants of ``with``, where they are absent."""
        for name, value in row.constants.items():
            self.lines.put(f"if {name!r} not in {element}: {element}[{name!r}] = {literal(value)}")
