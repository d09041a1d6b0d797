"""Emit: one segment or datatype map becomes the source of one Python function.

A segment map becomes ``m(f, h, run)``: fields, resource in the making, run. A datatype map becomes
``m(v, run, s)``: one raw repetition, run, the separator of its components; it returns the FHIR value or
None. Generated functions are about twice as fast as closures, and they are never written to disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.codes import Table
from gateway.mapping.conditions import condition
from gateway.mapping.elements import is_primitive, is_resource, is_type, names
from gateway.mapping.functions import FUNCTIONS
from gateway.mapping.paths import Source, Target, source, target
from gateway.mapping.rows import MapFile, Row

CODED = {"CodeableConcept": "CWE[CodeableConcept]", "Coding": "CWE[Coding]"}
"""Datatype map of a coded element whose row names a code table and no ``as``."""


@dataclass(slots=True)
class World:
    """What a map may refer to: the other maps, the code tables, and the numbers of all rows."""

    maps: Mapping[str, MapFile]
    tables: Mapping[str, Table]
    numbers: dict[str, int]
    function_names: dict[str, str] = field(default_factory=dict)
    filled: set[tuple[str, str]] = field(default_factory=set)
    coded: set[tuple[str, str, str]] = field(default_factory=set)


def literal(value: Any) -> str:
    """Return the Python source of a JSON constant."""
    return repr(value)


def piece(value: str, separator: str, number: int) -> str:
    """Return the expression of one part of a raw text; the first part needs no function call."""
    if number == 1:
        return f"{value}.partition({separator!r})[0]"
    return f"part({value}, {separator!r}, {number})"


class Emitter:
    """Writes the function of one map."""

    def __init__(self, file: MapFile, world: World) -> None:
        self.file, self.world = file, world
        self.lines: list[str] = []
        self.depth = 1
        self.temp = 0
        self.keyed: dict[str, str] = {}
        self.known: set[int] = set()
        self.others: set[str] = set()
        self.asked: Counter[str] = Counter()
        self.is_segment = file.is_segment
        self.primitive = is_primitive(file.target)

    # -- text -------------------------------------------------------------------------------------------

    def put(self, line: str) -> None:
        self.lines.append("    " * self.depth + line)

    def fresh(self, prefix: str) -> str:
        self.temp += 1
        return f"{prefix}{self.temp}"

    # -- reading ----------------------------------------------------------------------------------------

    def path(self, text: str, where: str) -> Source:
        """Parse a source path and check that it fits this kind of map."""
        parsed = source(text, where)
        if self.is_segment and not parsed.segment and not parsed.variable:
            raise Misconfigured(f"{text!r} is a datatype path in a segment map", where=where)
        if not self.is_segment and parsed.segment:
            raise Misconfigured(f"{text!r} is a segment path in a datatype map", where=where)
        return parsed

    def raw(self, at: Source) -> str:
        """Return the expression of the raw field or component, without repetition and sub-component."""
        if at.variable:
            return "v" if at.variable == "this" else f"run.variable({at.variable!r})"
        if not self.is_segment:
            return f"(c[{at.component - 1}] if n >= {at.component} else '')"
        if at.segment != self.file.source:
            self.others.add(at.segment)
            return f"({at.segment}[{at.field}] if len({at.segment}) > {at.field} else '')"
        self.known.add(at.field)
        return f"(f[{at.field}] if n > {at.field} else '')"

    def narrow(self, value: str, at: Source, *, leaf: bool) -> str:
        """Return the expression that narrows one repetition to the component that the path names."""
        if at.variable:
            return value
        if not self.is_segment:
            return piece(value, "&", at.subcomponent) if at.subcomponent else value
        component = at.component or (1 if leaf else 0)
        if component:
            value = piece(value, "^", component)
        return piece(value, "&", at.subcomponent) if at.subcomponent else value

    def access(self, text: str, whole: bool, where: str) -> str:
        """Return the expression of a path inside a condition (see ``conditions.Access``)."""
        at = self.path(text, where)
        value = self.raw(at)
        if at.variable or (whole and self.is_segment and not at.component and not at.repetition):
            return value
        if self.is_segment:
            value = piece(value, "~", at.repetition or 1)
        value = self.narrow(value, at, leaf=True)
        self.asked[value] += 1
        return value

    # -- converting -------------------------------------------------------------------------------------

    def kind(self, row: Row, steps: list[Target]) -> str:
        """Return the FHIR type that the row must make."""
        return steps[-1].type if steps else self.file.target

    def convert(self, row: Row, fhir: str, value: str, at: Source) -> str:
        """Return the expression that makes the FHIR value of the raw text ``value``."""
        separator = "'&'" if at.component else "'^'"
        if not self.is_segment and at.variable == "this":
            separator = "s"
        if row.codes:
            return self.coded(row, fhir, value, separator)
        how = row.convert or (fhir if is_primitive(fhir) else "")
        if how in self.world.maps:
            return self.by_map(row, fhir, how, value, separator)
        function = FUNCTIONS.get(how)
        if function is None:
            what = f"unknown map or function {how!r}" if how else f"{fhir} needs 'as'"
            raise Misconfigured(f"{what}; functions are {', '.join(sorted(FUNCTIONS))}", where=row.where)
        if function.kind == "segment":
            raise Misconfigured(f"{how} works on a whole segment", where=row.where)
        if function.kind in ("raw", "field"):
            return f"F_{how}({value}, run)"
        if how in ("string", "text", "markdown"):
            return f"({value}.strip() or None if clean else F_string(run.unescape({value}), run))"
        return f"F_{how}({value} if clean else run.unescape({value}), run)"

    def by_map(self, row: Row, fhir: str, how: str, value: str, separator: str) -> str:
        made = self.world.maps[how].target
        call = f"{self.world.function_names[how]}({value}, run, {separator})"
        if is_resource(made):
            if fhir != "Reference":
                raise Misconfigured(f"{how} makes a {made}; {row.to!r} is a {fhir}", where=row.where)
            return "R_" + call
        both_primitive = is_primitive(made) and is_primitive(fhir)
        if made != fhir and not both_primitive and not self.compatible(made, fhir):
            raise Misconfigured(f"{how} makes a {made}; {row.to!r} is a {fhir}", where=row.where)
        return call

    @staticmethod
    def compatible(made: str, fhir: str) -> bool:
        quantities = {"Quantity", "SimpleQuantity", "Age", "Duration", "Count", "Distance", "Money"}
        return made in quantities and fhir in quantities

    def coded(self, row: Row, fhir: str, value: str, separator: str) -> str:
        table = self.world.tables.get(row.codes)
        if table is None:
            raise Misconfigured(f"unknown code table {row.codes!r}", where=row.where)
        name = f"T_{row.codes.replace('-', '_')}"
        if is_primitive(fhir):
            return f"run.code({name}, {value})"
        how = row.convert or CODED.get(fhir, "")
        if how in FUNCTIONS:
            return f"run.concept({name}, F_{how}({value} if clean else run.unescape({value}), run))"
        if how not in self.world.maps:
            raise Misconfigured(f"{fhir} needs 'as' to be coded", where=row.where)
        function = self.world.function_names[how]
        kind = "coding" if fhir == "Coding" else "concept"
        self.world.coded.add((kind, how, row.codes))
        return f"{kind}_{function}_{name}({value}, run, {separator})"

    # -- writing ----------------------------------------------------------------------------------------

    def container(self, steps: list[Target], root: str) -> tuple[str, str]:
        """Emit the way to the parent of the last step; return its variable and the innermost list element."""
        here, inner = root, ""
        trail = ""
        for step in steps[:-1]:
            trail += "/" + step.name + step.key
            if not step.many:
                name = self.fresh("p")
                self.put(f"{name} = {here}.get({step.name!r})")
                self.put(f"if {name} is None: {name} = {here}[{step.name!r}] = {{}}")
                here = name
                continue
            here = inner = self.element_of(step, here, trail)
        return here, inner

    def element_of(self, step: Target, here: str, trail: str) -> str:
        """Emit the list element of a step: found again by its key, else new."""
        new = "{'url': " + repr(step.key[4:]) + "}" if step.key.startswith("url:") else "{}"
        if not step.key:
            name = self.fresh("e")
            self.put(f"{name} = {new}")
            self.put(f"{here}.setdefault({step.name!r}, []).append({name})")
            return name
        if step.key.startswith("@"):
            name = self.fresh("e")
            self.put(f"{name} = h.keyed.get({trail!r})")
            self.put(f"if {name} is None:")
            self.put(f"    {name} = h.keyed[{trail!r}] = {new}")
            self.put(f"    {here}.setdefault({step.name!r}, []).append({name})")
            return name
        name = self.keyed.setdefault(trail, f"k{len(self.keyed)}")
        self.put(f"if {name} is None:")
        self.put(f"    {name} = {new}")
        self.put(f"    {here}.setdefault({step.name!r}, []).append({name})")
        return name

    def write(self, row: Row, steps: list[Target], root: str) -> None:
        """Emit the writing of ``y`` to the row's target, its constants and its lineage."""
        number = self.world.numbers[row.id]
        if not steps:
            self.put("out = y" if self.primitive else f"{root}.update(y)")
            self.put(f"L({number})")
            return
        top, last = steps[0].name, steps[-1]
        if self.is_segment and not row.fill and (self.file.target, top) in self.world.filled:
            self.put(f"if h.fills: h.fills.discard({top!r})")
        here, inner = self.container(steps, root)
        if row.convert == "lines":
            self.put(f"if {last.name!r} in {here}: y = {here}[{last.name!r}] + '\\n' + y")
        written = self.last(last, here, "/".join(s.name + s.key for s in steps))
        self.constants(row, written or inner or here)
        if row.fill:
            self.put(f"h.fills.add({top!r})")
        self.put(f"L({number})")

    def last(self, step: Target, here: str, trail: str) -> str:
        """Emit the last step; return the variable of the list element that was written, if it is one."""
        if not step.many:
            if is_primitive(step.type):
                self.put(f"{here}[{step.name!r}] = y")
                return ""
            self.put(f"o1 = {here}.get({step.name!r})")
            self.put(f"if o1 is None: {here}[{step.name!r}] = y")
            self.put("else: o1.update(y)")
            return ""
        if step.key and is_type(step.type):
            name = self.element_of(step, here, "/" + trail)
            self.put(f"{name}.update(y)")
            return name
        self.put(f"{here}.setdefault({step.name!r}, []).append(y)")
        return "y" if is_type(step.type) else ""

    def constants(self, row: Row, element: str) -> None:
        for name, value in row.constants.items():
            self.put(f"if {name!r} not in {element}: {element}[{name!r}] = {literal(value)}")

    # -- rows -------------------------------------------------------------------------------------------

    def row(self, row: Row) -> None:
        """Emit one row."""
        paths = [self.path(text, row.where) for text in row.sources]
        if row.ignore:
            for at in paths:
                self.raw(at)
            return
        if row.clears:
            self.clearing(row, paths)
            return
        steps = target(self.file.target, row.to, row.where)
        root = "b" if self.is_segment else "o"
        start = self.depth
        segment_wide = row.convert in FUNCTIONS and FUNCTIONS[row.convert].kind == "segment"
        if row.when and (segment_wide or not paths):
            self.test(row)
        if row.fill:
            self.put(f"if {steps[0].name!r} not in b:")
            self.depth += 1
        if segment_wide:
            self.by_segment(row, paths, steps, root)
        elif not paths:
            self.put(f"y = {self.constant(row, steps)}")
            self.check(row, steps, root, row.to)
        else:
            self.from_source(row, paths, steps, root)
        self.depth = start

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
        start = self.depth
        if paths:
            self.put("if " + " or ".join(self.raw(at) for at in paths) + ":")
            self.depth += 1
        if row.when:
            self.test(row)
        for name in cleared:
            self.put(f"run.clear(h, {name!r})")
        self.put(f"L({self.world.numbers[row.id]})")
        self.depth = start

    def test(self, row: Row) -> None:
        """Emit the condition of a row."""
        test = condition(row.when, lambda text, whole: self.access(text, whole, row.where), row.where)
        self.put(f"if {test}:")
        self.depth += 1

    def by_segment(self, row: Row, paths: list[Source], steps: list[Target], root: str) -> None:
        for at in paths:
            self.raw(at)
        self.put(f"y = F_{row.convert}(f, run)")
        self.check(row, steps, root, row.sources[0] if row.sources else row.convert)

    def from_source(self, row: Row, paths: list[Source], steps: list[Target], root: str) -> None:
        own = self.is_segment and paths[0].segment == self.file.source
        leaves = len(paths) > 1 and any(at.component if self.is_segment else at.subcomponent for at in paths)
        if leaves:
            self.put("v_ = " + " or ".join(self.access(text, False, row.where) for text in row.sources))
        else:
            self.put("v_ = " + " or ".join(self.raw(at) for at in paths))
        self.put("if v_:")
        self.depth += 1
        if row.when:
            # After the look at the field: most fields of most messages are empty.
            self.test(row)
        if own and row.clear and steps and not row.fill and not row.has_value:
            self.put("if v_ == '\"\"':")
            self.put(f"    run.clear(h, {steps[0].name!r})")
            self.put("else:")
            self.depth += 1
        fhir = self.kind(row, steps)
        at = paths[0]
        many = self.is_segment and not at.variable and any(s.many for s in steps) and not row.has_value
        if not self.is_segment or at.variable or leaves or row.convert == "lines":
            self.put("x = v_")
        elif at.repetition or not many:
            self.put(f"x = repetition(v_, {at.repetition or 1}) if '~' in v_ else v_")
        else:
            self.put("for x in (v_.split('~') if '~' in v_ else (v_,)):")
            self.depth += 1
        leaf = not self.is_whole(row, fhir)
        narrowed = "x" if leaves else self.narrow("x", at, leaf=leaf)
        if narrowed != "x":
            self.put(f"x = {narrowed}")
        self.put("if x and x != '\"\"':")
        self.depth += 1
        self.put(f"y = {self.constant(row, steps) if row.has_value else self.convert(row, fhir, 'x', at)}")
        self.check(row, steps, root, row.sources[0])

    def constant(self, row: Row, steps: list[Target]) -> str:
        """Return the expression of a constant, which a function may still convert."""
        if not row.convert:
            return literal(row.value)
        return self.convert(row, self.kind(row, steps), literal(row.value), Source())

    def is_whole(self, row: Row, fhir: str) -> bool:
        """Return whether the conversion wants the whole repetition rather than its first component."""
        if row.convert in self.world.maps or row.convert in FUNCTIONS:
            function = FUNCTIONS.get(row.convert)
            return function is None or function.kind in ("raw", "field")
        return not is_primitive(fhir)

    def check(self, row: Row, steps: list[Target], root: str, path: str) -> None:
        number = self.world.numbers[row.id]
        if row.has_value and not row.convert:
            self.write(row, steps, root)
            return
        self.put(f"if y is BAD: run.bad({number}, {row.id!r}, {path!r})")
        self.put("elif y is not None:")
        self.depth += 1
        self.write(row, steps, root)
        self.depth -= 1

    # -- whole ------------------------------------------------------------------------------------------

    def source(self) -> str:
        """Return the source of the function."""
        name = self.world.function_names[self.file.name]
        rows = sorted(self.file.rows, key=lambda row: row.fill)
        for row in rows:
            self.row(row)
        body, self.lines, self.depth = self.lines, [], 0
        if self.is_segment:
            head = [f"def {name}(f, h, run):", "    b = h.body; n = len(f); clean = run.clean; L = run.L"]
            head += [f"    {other} = run.fields_of({other!r})" for other in sorted(self.others)]
            tail: list[str] = []
        else:
            start = "None" if self.primitive else "{}"
            head = [
                f"def {name}(v, run, s):",
                "    c = v.split(s) if s in v else (v,)",
                f"    n = len(c); clean = run.clean; L = run.L; o = {{}}; out = {start}",
                "    mark = len(run.lineage)",
            ]
            tail = self.ending()
            once, body, tail = self.read_once(body, tail)
            head += once
        head += [f"    {key} = None" for key in self.keyed.values()]
        return "\n".join([*head, *body, *tail, ""])

    def read_once(self, body: list[str], tail: list[str]) -> tuple[list[str], list[str], list[str]]:
        """Return lines that read once what several conditions ask for, and the rest with their names."""
        text, end, head = "\n".join(body), "\n".join(tail), []
        often = sorted((value for value, times in self.asked.items() if times > 1), key=len, reverse=True)
        for at, value in enumerate(often):
            name = f"r{at}"
            text, end = text.replace(value, name), end.replace(value, name)
            head.append(f"    {name} = {value}")
            for test in ("is_han", "is_resident"):
                if text.count(f"{test}({name})") > 1:
                    text = text.replace(f"{test}({name})", f"{name}_{test}")
                    head.append(f"    {name}_{test} = {test}({name})")
        return head, text.split("\n"), end.split("\n")

    def ending(self) -> list[str]:
        if self.primitive:
            return ["    return out"]
        missing = " or ".join(f"{name!r} not in o" for name in self.file.requires) or "not o"
        lines = [f"    if {missing}:", "        del run.lineage[mark:]", "        return None"]
        if isinstance(self.file.key, list):
            where = self.file.where
            parts = [self.access(text, False, where) for text in self.file.key]
            lines.append(f"    run.key = '|'.join(({', '.join(parts)},))")
        return [*lines, "    return o"]
