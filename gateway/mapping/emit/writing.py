"""How a generated function writes: the way to an element, the element itself, its constants and lineage."""

from __future__ import annotations

from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.elements import element, is_primitive, is_type
from gateway.mapping.emit.lines import Lines
from gateway.mapping.emit.world import World, dotted
from gateway.mapping.paths import Target
from gateway.mapping.rows import MapFile, Row

CONTINUES = {"lines": "\n", "behind": " "}
"""Functions whose text continues the one that is there → what stands between them."""


def literal(value: Any) -> str:
    """Return the Python source of a JSON constant."""
    return repr(value)


class Writing:
    """The statements that put ``y`` where the rows of one map say.

    Attributes:
        keyed: trail of a list element with a merge key → its variable.
        boxes: dotted path of an element that is no list → its variable.
        bare: variable of a keyed list element → its dotted path without keys.
    """

    def __init__(self, file: MapFile, world: World, lines: Lines) -> None:
        self.file, self.world, self.lines = file, world, lines
        self.is_segment = file.is_segment
        self.primitive = is_primitive(file.target)
        self.root = "b" if file.is_segment else "o"
        self.keyed: dict[str, str] = {}
        self.boxes: dict[str, str] = {}
        self.bare: dict[str, str] = {}

    def write(self, row: Row, steps: list[Target], *, shared: bool) -> None:
        """Emit the writing of ``y`` to the row's target, its constants and its lineage.

        Args:
            shared: ``y`` may belong to other messages too, and is copied before anything is added to it.
        """
        put, number = self.lines.put, self.world.numbers[row.id]
        self.check(row, steps)
        if not steps:
            put("out = y" if self.primitive else f"{self.root}.update(y)")
            self.replaced("")
            put(f"L({number})")
            return
        top, last = steps[0].name, steps[-1]
        if self.is_segment and not row.fill and (self.file.target, top) in self.world.filled:
            # What an earlier map wrote as a default gives way to what this one knows.
            with self.lines.block(f"if h.fills and {top!r} in h.fills:"):
                put(f"h.fills.discard({top!r}); b.pop({top!r}, None)")
        here, inner = self.container(steps)
        if row.convert in CONTINUES:
            put(f"if {last.name!r} in {here}: y = {here}[{last.name!r}] + {CONTINUES[row.convert]!r} + y")
        if shared and row.constants and last.many and not last.key and is_type(last.type):
            put("y = y.copy()")
        written = self.last(steps, here)
        self.constants(row, written or inner or here)
        if row.fill and self.is_segment:
            put("if h.fills is None: h.fills = set()")
            put(f"h.fills.add({top!r})")
        put(f"L({number})")

    def container(self, steps: list[Target]) -> tuple[str, str]:
        """Emit the way to the parent of the last step; return its variable and the innermost list element."""
        here, inner, loose = self.root, "", False
        for at, step in enumerate(steps[:-1]):
            if step.many:
                here = inner = self.element_of(steps[: at + 1], here, loose=loose)
                loose = loose or not step.key
                continue
            here = self.box(steps[: at + 1], here, always=not inner)
        return here, inner

    def box(self, steps: list[Target], here: str, *, always: bool) -> str:
        """Emit the way into an element that is no list; what came from elsewhere is copied first, once.

        Args:
            always: it is the same one for all rows, not one in some list element.
        """
        put, name, path = self.lines.put, steps[-1].name, dotted(steps)
        inside = self.lines.fresh("p")
        if always:
            inside = self.boxes.setdefault(path, f"c{len(self.boxes)}")
        taken = "own({0})" if self.world.may_be_shared(self.file.target, path, below=False) else "{0}"
        with self.lines.block(f"if {inside} is None:" if always else ""):
            put(f"{inside} = {here}.get({name!r})")
            put(f"{inside} = {here}[{name!r}] = {{}} if {inside} is None else {taken.format(inside)}")
        return inside

    def replaced(self, path: str) -> None:
        """Emit that an element was written at once: what was found inside it before is looked for again."""
        stale = [box for known, box in self.boxes.items() if not path or (known + ".").startswith(path + ".")]
        stale += [key for key, bare in self.bare.items() if path and bare.startswith(path + ".")]
        if stale:
            self.lines.put(" = ".join(stale) + " = None")

    def element_of(self, steps: list[Target], here: str, *, loose: bool) -> str:
        """Emit the list element of the last of ``steps``: found again by its key, else new.

        Args:
            loose: it stands in an element that is new for every source value, so it is new itself.
        """
        put, step = self.lines.put, steps[-1]
        trail = "/" + "/".join(one.name + one.key for one in steps)
        new = "{'url': " + repr(step.key[4:]) + "}" if step.key.startswith("url:") else "{}"
        if not step.key or loose:
            name = self.lines.fresh("e")
            put(f"{name} = {new}")
            self.append(steps, here, name)
            return name
        if step.key.startswith("@"):
            if not self.is_segment:
                raise Misconfigured("[@key] names an element of the whole resource", where=self.file.where)
            name = self.lines.fresh("e")
            put("if h.keyed is None: h.keyed = {}")
            put(f"{name} = h.keyed.get({trail!r})")
            with self.lines.block(f"if {name} is None:"):
                put(f"{name} = h.keyed[{trail!r}] = {new}")
                self.append(steps, here, name)
            return name
        name = self.keyed.setdefault(trail, f"k{len(self.keyed)}")
        self.bare[name] = dotted(steps)
        with self.lines.block(f"if {name} is None:"):
            put(f"{name} = {new}")
            self.append(steps, here, name)
        return name

    def append(self, steps: list[Target], here: str, value: str) -> None:
        """Emit the appending of a list element; a list that came from elsewhere is continued as a new one."""
        name = steps[-1].name
        if self.world.may_be_shared(self.file.target, dotted(steps), below=True):
            self.lines.put(f"{here}[{name!r}] = [*{here}.get({name!r}, ()), {value}]")
        else:
            self.lines.put(f"{here}.setdefault({name!r}, []).append({value})")

    def last(self, steps: list[Target], here: str) -> str:
        """Emit the last step; return the variable of the list element that was written, if it is one."""
        put, step = self.lines.put, steps[-1]
        if not step.many:
            if is_primitive(step.type):
                put(f"{here}[{step.name!r}] = y")
                return ""
            put(f"o1 = {here}.get({step.name!r})")
            put(f"{here}[{step.name!r}] = y if o1 is None else {{**o1, **y}}")
            self.replaced(dotted(steps))
            return ""
        if step.key and is_type(step.type):
            name = self.element_of(steps, here, loose=any(s.many and not s.key for s in steps[:-1]))
            put(f"{name}.update(y)")
            return name
        self.append(steps, here, "y")
        return "y" if is_type(step.type) else ""

    def check(self, row: Row, steps: list[Target]) -> None:
        """Refuse constants that the element cannot hold.

        Raises:
            Misconfigured: names file and line.
        """
        fhir = steps[-1].type if steps else self.file.target
        if row.has_value and not row.convert and isinstance(row.value, dict | list) == is_primitive(fhir):
            raise Misconfigured(f"{row.value!r} is no value for a {fhir}", where=row.where)
        if row.fill and len(steps) > 1:
            raise Misconfigured(f"'fill' is for whole elements, not for {row.to!r}", where=row.where)
        lists = [step.type for step in steps if step.many]
        around = steps[-2].type if len(steps) > 1 else self.file.target
        inside = lists[-1] if lists and is_type(lists[-1]) else around
        for name in row.constants:
            if element(inside, name) is None:
                raise Misconfigured(f"{inside} has no element {name!r} (in 'with')", where=row.where)

    def constants(self, row: Row, element: str) -> None:
        """Emit the constants of ``with``, where they are absent."""
        for name, value in row.constants.items():
            self.lines.put(
                f"if {name!r} not in {element}: {element}[{name!r}] = {self.world.constant(value)}"
            )
