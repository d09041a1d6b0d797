"""The function of one map: its rows in order, skipped in blocks where the message ends before them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from gateway.errors import Misconfigured
from gateway.mapping.elements import element, is_primitive, names
from gateway.mapping.emit.converting import Converting
from gateway.mapping.emit.lines import Lines
from gateway.mapping.emit.reading import Reading
from gateway.mapping.emit.shape import Shape
from gateway.mapping.emit.world import World
from gateway.mapping.emit.writing import Writing, literal
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.paths import Source, Target, target
from gateway.mapping.rows import MapFile, Row

_BLOCK = 3
"""Rows that are worth a look at the number of fields, and fields that such a look must save."""


class Emitter:
    """Writes the function of one map.

    Args:
        shape: what is known of every segment that the function will be called with; None for nothing. A
            function for one shape has no rows that could find nothing there.
    """

    def __init__(self, file: MapFile, world: World, shape: Shape | None = None) -> None:
        self.file, self.world, self.shape = file, world, shape
        self.lines = Lines()
        self.reading = Reading(file, shape)
        self.writing = Writing(file, world, self.lines)
        self.converting = Converting(file, world, clean=shape is not None)
        self.is_segment = file.is_segment
        self.put = self.lines.put

    # -- the whole --------------------------------------------------------------------------------------

    def source(self) -> str:
        """Return the source of the function.

        Raises:
            Misconfigured: a path, condition, map, function or table is wrong; names file and line.
        """
        name = self.world.function_names[self.file.name]
        for required in self.file.requires:
            if element(self.file.target, required) is None:
                raise Misconfigured(f"{self.file.target} has no element {required!r}", where=self.file.where)
        rows = sorted(self.file.rows, key=lambda row: row.fill)
        once = self.reading.read_once(rows)
        self.rows(self.bundles(rows))
        if self.is_segment:
            known = "" if self.shape is not None else " n = len(f); clean = run.clean;"
            head = [f"def {name}(f, h, run):", f"    b = h.body;{known} L = run.L"]
            asking = "\n".join([*once, *self.lines.text])
            others = [other for other in sorted(self.reading.others) if f"{other}[" in asking]
            head += [f"    {other} = run.fields_of({other!r})" for other in others]
            tail: list[str] = []
        else:
            start = "None" if self.writing.primitive else "{}"
            head = [
                f"def {name}(v, run, s):",
                "    c = v.split(s) if s in v else (v,)",
                f"    n = len(c); clean = run.clean; L = run.L; o = {{}}; out = {start}",
                "    mark = len(run.lineage)",
            ]
            if self.converting.mentions:
                head.append("    made = len(run.mentioned)")
            tail = self.ending()
        variables = [*self.writing.keyed.values(), *self.writing.boxes.values()]
        keyed = [f"    {' = '.join(variables)} = None"] if variables else []
        return "\n".join([*head, *once, *keyed, *self.lines.text, *tail, ""])

    def ending(self) -> list[str]:
        """Return the end of a datatype map: nothing without what it requires, and its key."""
        if self.writing.primitive:
            return ["    return out"]
        missing = " or ".join(f"{name!r} not in o" for name in self.file.requires) or "not o"
        lines = [f"    if {missing}:", "        del run.lineage[mark:]"]
        if self.converting.mentions:
            lines.append("        run.unmention(made)")
        lines.append("        return None")
        if isinstance(self.file.key, list):
            where = self.file.where
            parts = [self.reading.access(text, False, where) for text in self.file.key]
            lines.append(
                f"    run.key = '|'.join(['' if is_placeholder(k) else k for k in ({', '.join(parts)},)])"
            )
        return [*lines, "    return o"]

    # -- rows -------------------------------------------------------------------------------------------

    def bundles(self, rows: Sequence[Row]) -> list[list[Row]]:
        """Return the rows in their order, those together that stand beside each other and read the same."""

        def reads(numbered: tuple[int, Row]) -> tuple[int, tuple[object, ...]]:
            number, row = numbered
            if not row.sources or row.ignore or row.clears or row.fill or self.by_whole_segment(row):
                return number + 1, ()
            if len(row.sources) > 1:
                return 0, row.sources
            at = self.reading.path(row.sources[0], row.where)
            part = 0 if self.is_segment else at.component
            return 0, (at.segment, at.field, at.repetition, part, at.variable)

        return [[row for _, row in some] for _, some in groupby(enumerate(rows), reads)]

    def rows(self, bundles: Sequence[list[Row]]) -> None:
        """Emit rows in their order.

        Rows that need more fields than a message has are skipped together: most messages end early.
        """
        if self.shape is not None:
            for bundle in bundles:
                self.bundle(bundle)
            return
        waiting: list[list[Row]] = []
        for bundle in bundles:
            if self.needed(bundle[0]) >= self.reading.guard + _BLOCK:
                waiting.append(bundle)
                continue
            self.further(waiting)
            waiting = []
            self.bundle(bundle)
        self.further(waiting)

    def further(self, bundles: Sequence[list[Row]]) -> None:
        """Emit rows that need more fields than are known to be there."""
        if len(bundles) < _BLOCK:
            for bundle in bundles:
                self.bundle(bundle)
            return
        guard, least = self.reading.guard, min(self.needed(bundle[0]) for bundle in bundles)
        with self.lines.block(f"if n {'>' if self.is_segment else '>='} {least}:"):
            self.reading.guard = least
            self.rows(bundles)
        self.reading.guard = guard

    def needed(self, row: Row) -> int:
        """Return how many fields or components there must be for the row to do anything."""
        if row.ignore or row.clears or not row.sources or self.by_whole_segment(row):
            return 0
        return min(self.reading.number(self.reading.path(text, row.where)) for text in row.sources)

    @staticmethod
    def by_whole_segment(row: Row) -> bool:
        """Return whether a function reads the segment by itself."""
        return row.convert in FUNCTIONS and FUNCTIONS[row.convert].kind == "segment"

    @staticmethod
    def by_whole_field(row: Row) -> bool:
        """Return whether a function takes the field with all its repetitions."""
        return row.convert in FUNCTIONS and FUNCTIONS[row.convert].kind == "field"

    def bundle(self, bundle: list[Row]) -> None:
        """Emit rows that read the same."""
        row, sources = bundle[0], bundle[0].sources
        paths = [self.reading.path(text, row.where) for text in sources]
        if row.ignore:
            for at in paths:
                self.reading.raw(at)
        elif row.clears:
            self.clearing(row, paths)
        elif not paths or self.by_whole_segment(row):
            self.without_source(row, paths)
        else:
            self.from_source(bundle, paths)

    def without_source(self, row: Row, paths: list[Source]) -> None:
        """Emit a constant, or a function that reads the segment by itself."""
        steps = target(self.file.target, row.to, row.where)
        test = self.test(row)
        if test == "False":
            return
        with self.lines.block():
            if test:
                self.lines.open(f"if {test}:")
            if row.fill:
                self.lines.open(f"if {steps[0].name!r} not in {self.writing.root}:")
            for at in paths:
                self.reading.raw(at)
            segment = self.by_whole_segment(row)
            self.put(f"y = F_{row.convert}(f, run)" if segment else f"y = {self.constant(row, steps)}")
            self.check(row, steps, (row.sources or (row.convert or row.to,))[0])

    def clearing(self, row: Row, paths: list[Source]) -> None:
        """Emit a row that deletes its element: ``period.end`` that part only, ``value[x]`` all its kinds."""
        stem = row.to.removesuffix("[x]")
        kinds = [
            name
            for name in names(self.file.target)
            if name.startswith(stem) and name[len(stem) : len(stem) + 1].isupper()
        ]
        cleared = kinds if stem != row.to and kinds else [row.to]
        for name in cleared:
            steps = target(self.file.target, name, row.where)
            if not self.is_segment or any(step.many or step.key for step in steps[:-1]):
                raise Misconfigured(f"{row.to!r} cannot be deleted", where=row.where)
        sources = [value for at in paths if (value := self.reading.raw(at)) != "''"]
        test = self.test(row)
        if test == "False" or (paths and not sources):
            return
        valued = " or ".join(sources)
        with self.lines.block(f"if {valued}:" if valued else ""):
            if test:
                self.lines.open(f"if {test}:")
            for name in cleared:
                self.put(f"run.clear(h, {name!r})")
            self.put(f"L({self.world.numbers[row.id]})")

    def test(self, row: Row) -> str:
        """Return the condition of a row, ``""`` where it always holds, ``"False"`` where it never does."""
        text = self.reading.test(row) if row.when else ""
        return "" if text == "True" else text

    def from_source(self, bundle: list[Row], paths: list[Source]) -> None:
        """Emit rows that read; the conditions are asked after the field: most fields are empty."""
        first = bundle[0]
        leaves = len(paths) > 1 and any(at.component if self.is_segment else at.subcomponent for at in paths)
        sources, sure = self.sources(first, paths, leaves=leaves)
        live = [(row, test) for row in bundle if (test := self.test(row)) != "False"]
        if not sources or not live:
            return
        own = self.is_segment and paths[0].segment == self.file.source and not sure
        with self.lines.block():
            if first.fill:
                self.lines.open(f"if {first.to.partition('.')[0]!r} not in {self.writing.root}:")
            self.put(f"v_ = {' or '.join(sources)}")
            if len(sources) > 1:  # a null is no value: one that has something is looked for behind it
                self.put(f"if v_ == '\"\"': v_ = first_valued({', '.join(sources)})")
            if not sure:
                self.lines.open("if v_:")
            for row, test in live:
                steps = target(self.file.target, row.to, row.where)
                with self.lines.block():
                    if test:
                        self.lines.open(f"if {test}:")
                    if own and row.clear and steps and not row.fill and not row.has_value:
                        self.put("if v_ == '\"\"':")
                        self.put(f"    run.clear(h, {steps[0].name!r})")
                        self.lines.open("else:")
                    at = self.reading.path(row.sources[0], row.where)
                    self.each(row, at, steps, leaves=leaves, sure=sure)

    def sources(self, row: Row, paths: list[Source], *, leaves: bool) -> tuple[list[str], bool]:
        """Return the expressions of what a row reads, and whether it is sure to find something, no null."""
        if leaves:
            found = [self.reading.access(text, False, row.where) for text in row.sources]
        else:
            found = [self.repeated(at) for at in paths]
        if self.shape is None:
            return found, False
        left: list[str] = []
        for at, one in zip(paths, found, strict=True):
            if one != "''":
                left.append(one)
                whole = not leaves and not (at.repetition and self.shape.repeats)
                if whole and at.segment == self.file.source:  # what comes behind it has no turn
                    return left, len(left) == 1
        return left, False

    def repeated(self, at: Source) -> str:
        """Return the expression of a field, or of the one repetition that the path names."""
        value = self.reading.raw(at)
        if not at.repetition:
            return value
        if self.shape is not None and at.segment == self.file.source and not self.shape.repeats:
            return value if at.repetition == 1 else "''"
        return f"repetition({value}, {at.repetition})"

    def each(self, row: Row, at: Source, steps: list[Target], *, leaves: bool, sure: bool) -> None:
        """Emit what a row does with every repetition that it reads."""
        fhir = steps[-1].type if steps else self.file.target
        leaf = not leaves and not self.is_whole(row, fhir)
        many = self.is_segment and not at.variable and any(s.many for s in steps) and not row.has_value
        one = sure and self.shape is not None and not self.shape.repeats
        value = "v_"
        if self.is_segment and not (one or at.variable or leaves or self.by_whole_field(row)):
            if many:
                self.lines.open("for x in (v_.split('~') if '~' in v_ else (v_,)):")
            else:
                self.put("x = repetition(v_, 1) if '~' in v_ else v_")
            value = "x"
        narrowed = value if leaves else self.reading.narrow(value, at, leaf=leaf)
        if narrowed != value:
            if narrowed == f"{value}.partition('^')[0]":  # most leaves stand alone
                narrowed = f"{narrowed} if '^' in {value} else {value}"
            self.put(f"x = {narrowed}")
            value = "x"
        if sure:
            if value == "x":
                self.lines.open("if x:")
        else:
            self.lines.open("if x and x != '\"\"':" if value == "x" else "if v_ != '\"\"':")
        if row.has_value:
            self.put(f"y = {self.constant(row, steps)}")
        else:
            self.put(f"y = {self.converting.expression(row, fhir, value, at)}")
        self.check(row, steps, row.sources[0])

    def constant(self, row: Row, steps: list[Target]) -> str:
        """Return the expression of a constant, which a function may still convert."""
        fhir = steps[-1].type if steps else self.file.target
        if isinstance(row.value, bool) and is_primitive(fhir) and fhir != "boolean":
            return literal(str(row.value).lower())  # YAML keeps no quotes: the element says what was meant
        if not row.convert:
            return self.world.constant(row.value)
        return self.converting.expression(row, fhir, literal(row.value), Source())

    def is_whole(self, row: Row, fhir: str) -> bool:
        """Return whether the conversion wants the whole repetition rather than its first component."""
        if row.convert in self.world.maps or row.convert in FUNCTIONS:
            function = FUNCTIONS.get(row.convert)
            return function is None or function.kind in ("raw", "field")
        return not is_primitive(fhir)

    def is_number(self, row: Row, steps: list[Target]) -> bool:
        """Return whether a row writes a sender's text into ``Identifier.value``: no placeholder is one."""
        own = row.has_value or any(one.startswith("$") and one != "$this" for one in row.sources)
        if own or not steps or steps[-1].name != "value":
            return False
        return (steps[-2].type if len(steps) > 1 else self.file.target) == "Identifier"

    def check(self, row: Row, steps: list[Target], path: str) -> None:
        """Emit the writing of ``y``, or the report on it where it is malformed."""
        number = self.world.numbers[row.id]
        fhir = steps[-1].type if steps else self.file.target
        shared = self.converting.is_shared(row, fhir)
        if row.has_value and not row.convert:
            self.writing.write(row, steps, shared=type(row.value) is dict)
            return
        numbers = self.is_number(row, steps)
        if numbers:
            self.put("if y and y is not BAD and is_placeholder(y): y = BAD")
        if numbers or self.converting.may_fail(row, fhir):
            self.put(f"if y is BAD: run.bad({number}, {row.id!r}, {path!r})")
            head = "elif y is not None:"
        else:
            head = "if y is not None:"
        with self.lines.block(head):
            self.writing.write(row, steps, shared=shared)
