"""Emit: a shape becomes the source of Python functions, one for each type and backbone element.

A function looks at the keys that are there, not at those that could be: the price of a check grows with the
resource, not with its definition. What the text names stands in the namespace that :class:`Emitter` fills::

    def t_Period(v, c):
        if type(v) is not dict: return [["", NOT_OBJECT]]
        out = None
        for k, x in v.items():
            h = K_Period.get(k)
            …
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.validation.binding import CODED, QUANTITIES, Binding
from gateway.validation.faults import EVERYTHING, Level, Rule
from gateway.validation.invariants import INLINE, native
from gateway.validation.primitives import CHECKS
from gateway.validation.rules import (
    EMPTY_LIST,
    URN,
    ambiguous,
    few,
    form,
    invariant,
    missing,
    not_evaluated,
)
from gateway.validation.runtime import only_halves
from gateway.validation.shapes import Constraint, Element, TypeRef

SIMPLE = "http://hl7.org/fhir/StructureDefinition/SimpleQuantity"
SQTY_1 = Constraint(
    "sqty-1", "error", "The comparator is not used on a SimpleQuantity", "comparator.empty()", False
)

HOOKS = {"Bundle": "bundle", "Coding": "coding", "Reference": "reference"} | dict.fromkeys(
    QUANTITIES, "quantity"
)
"""Types with a check of their own beside what the definition says."""

REMEMBERED = {"CodeableConcept": "concept_key", "Coding": "coding_key"}
"""Types whose values come again and again, and what makes a key of one."""

TEXT = "type({x}) is str and {x} != '' and ({x}.isprintable() or unfit({x}) is None) and len({x}) <= LONGEST"
"""What is printable is fit: that answer is three times as fast, and no for a few texts more."""

INLINED = {
    "string": TEXT,
    "markdown": TEXT,
    "boolean": "{x} is True or {x} is False",
}
"""Checks worth writing out: the others are calls."""

SHORT = 1000
"""Codes of a value set that are looked through while a check is written."""


def title(path: str) -> str:
    """Return a path as part of a Python name."""
    return path.replace(".", "_").replace("[x]", "")


class Emitter:
    """The source of one type, and the constants that it names.

    Args:
        root: shape of the type.
        resource: True for a resource type: it may say ``resourceType``.
        bind: makes the check of a binding, None where there is nothing to check.
        fhirpath: makes the check of an invariant that has no native form.
        level: what is worth naming; invariants, bindings and codings are not checked for anything milder.
    """

    def __init__(
        self,
        root: Element,
        resource: bool,
        bind: Callable[[str, str], Binding | None],
        fhirpath: Callable[[Constraint, str], Any],
        level: Level = EVERYTHING,
    ) -> None:
        self._level = level
        self._root = root
        self._resource = resource
        self._bind = bind
        self._fhirpath = fhirpath
        self.constants: dict[str, Any] = {}
        self.needs: set[str] = set()
        self.tables: dict[str, dict[str, str]] = {}
        self.primitives: dict[str, dict[str, bool]] = {}
        self.valueless: dict[str, dict[str, list[tuple[Any, Rule]]]] = {}
        self.elements: dict[str, Element] = {}
        self._text: list[str] = []
        self._names: dict[tuple[type, Hashable], str] = {}
        self._bound: dict[tuple[str, str], Binding | None] = {}

    def source(self) -> str:
        """Return the text of all functions of the type."""
        for one in _walk(self._root):
            self._type(one)
        return self._written()

    def _is_resource(self, element: Element) -> bool:
        return self._resource and element is self._root

    def _written(self) -> str:
        text = "\n".join(self._text)
        self._text = []
        return text

    def _type(self, element: Element) -> None:
        self._tables(element)
        name = title(element.path)
        put = self._text.append
        put(f"def t_{name}(v, c):")
        put("    if type(v) is not dict: return [['', NOT_OBJECT]]")
        self._shortcut(element)
        put("    out = None")
        put("    for k, x in v.items():")
        put(f"        h = K_{name}.get(k)")
        put(f"        r = stray(v, k, x, c, P_{name}, N_{name}) if h is None else h(x, v, c)")
        put("        if r is not None: out = join(out, r)")
        self._content(element)
        for child in element.children:
            self._presence(child)
        for constraint in element.constraints:
            self._constraint(constraint, element.path, "v", "''", "    ")
        self._hook(element)
        if element.path in REMEMBERED:
            put("    if out is None: remembered.add(key)")
        put("    return out\n")

    def _hook(self, element: Element) -> None:
        if element.path in HOOKS:
            self._text.append(f"    r = {HOOKS[element.path]}(v, c)")
            self._text.append("    if r is not None and (r := named(r)) is not None: out = join(out, r)")

    def _tables(self, element: Element) -> None:
        """The handler of each JSON name, and what is known of the primitives among them."""
        name = title(element.path)
        self.elements[name] = element
        table: dict[str, str] = {}
        primitives: dict[str, bool] = {}
        if self._is_resource(element):
            table["resourceType"] = "pass_"
        for child in element.children:
            for key, type_ in child.names():
                table[key] = f"h_{name}_{key}"
                if type_.code in CHECKS:
                    primitives[key] = child.many
                self._handler(name, child, key, type_)
        self.tables[f"K_{name}"] = table
        self.primitives[f"P_{name}"] = primitives
        self.valueless[f"N_{name}"] = self._valueless(element, primitives)

    def _shortcut(self, element: Element) -> None:
        """Values that need no look at their parts."""
        put = self._text.append
        if element.path in REMEMBERED:
            put(f"    if kept_{element.path}.get(id(v)) is v: return None")
            put(f"    key = {REMEMBERED[element.path]}(v)")
            put("    if key in remembered:")
            put(f"        shared_{element.path}.again(key, v)")
            put("        return None")
            return
        if element.path == "Reference":
            put("    if plain(v, c): return None")
        put(f"    s = S_{title(element.path)}[tuple(v)]")
        put("    if s is not None: return s(v, c)")

    def _content(self, element: Element, keys: Iterable[str] | None = None) -> None:
        """An element has something in it beside its id (ele-1); ``keys`` are known to be something."""
        put = self._text.append
        if self._is_resource(element):
            if keys is None:
                put("    if not v: out = note(out, '', EMPTY)")
        else:
            if keys is None:
                put("    if not v or (len(v) == 1 and 'id' in v): out = note(out, '', EMPTY)")
            if keys is None or "id" in keys:
                put("    if 'id' in v and type(v['id']) is str and spaced(v['id']):")
                put("        out = note(out, 'id', SPACED)")
        if element is self._root and element.path in QUANTITIES:
            self._units(element)

    def _units(self, element: Element) -> None:
        """Age, Distance and Duration are bound as types: advice, as their element may say otherwise."""
        for _, value_set in element.bindings:
            binding = self._bind("extensible", value_set)
            if binding is not None and self._level.names(binding.rule):
                self._text.append(f"    r = {self._constant(binding)}.quantity(v)")
                self._text.append("    if r is not None: out = join(out, [['', one] for one in r])")

    def _presence(self, child: Element) -> None:
        if child.least == 0:
            return
        keys = [key for key, _ in child.names()]
        keys += ["_" + key for key, type_ in child.names() if type_.code in CHECKS]
        rule = self._constant(missing(child.path))
        if len(keys) == 1:
            self._text.append(f"    if {keys[0]!r} not in v: out = note(out, {child.name!r}, {rule})")
        elif len(keys) == 2:
            test = f"{keys[0]!r} not in v and {keys[1]!r} not in v"
            self._text.append(f"    if {test}: out = note(out, {child.name!r}, {rule})")
        else:
            group = self._constant(frozenset(keys))
            self._text.append(f"    if {group}.isdisjoint(v): out = note(out, {child.name!r}, {rule})")

    def _handler(self, name: str, child: Element, key: str, type_: TypeRef) -> None:
        put = self._text.append
        put(f"def h_{name}_{key}(x, v, c):")
        put("    out = None")
        if child.choice and len(child.types) > 1:
            others = self._constant(
                frozenset(other for one, _ in child.names() for other in (one, "_" + one))
            )
            rule = self._constant(ambiguous(child.path))
            put(f"    if several(v, {others}): out = [[{key!r}, {rule}]]")
        if child.many:
            put(f"    if type(x) is not list: return [[{key!r}, NOT_LIST]]")
            put(f"    if not x: return [[{key!r}, {self._constant(EMPTY_LIST)}]]")
            if child.most is not None:
                rule = self._constant(few(child.path, child.most))
                put(f"    if len(x) > {child.most}: out = [[{key!r}, {rule}]]")
            put("    i = 0")
            put("    for y in x:")
            self._item(child, key, type_, "y", f"f'{key}[{{i}}]'", "        ")
            put("        i += 1")
        else:
            put(f"    if type(x) is list: return [[{key!r}, IS_LIST]]")
            self._item(child, key, type_, "x", repr(key), "    ")
        put("    return out\n")

    def _item(
        self, child: Element, key: str, type_: TypeRef, x: str, place: str, pad: str, halved: bool = True
    ) -> None:
        """One value; ``halved`` is False where no second half can stand beside it."""
        put = self._text.append
        if type_.code in CHECKS:
            if child.many and halved:
                put(f"{pad}if {x} is None and extended(v, {'_' + key!r}, i):")
                put(f"{pad}    i += 1")
                put(f"{pad}    continue")
            self._primitive(child, type_, x, place, pad)
        elif type_.code == "Reference" and type_.targets:
            named = _targets(type_.targets)
            targets = self._constant(named)
            put(f"{pad}if not aimed({x}, c, {'TYPES' if 'Resource' in named else targets}):")
            put(f"{pad}    r = {self._call(child, type_, x)}")
            put(f"{pad}    if r is not None: out = under(out, r, {place})")
            put(f"{pad}    r = target({x}, c, {targets})")
            put(f"{pad}    if r is not None: out = note(out, {place}, r)")
        else:
            again = type_.code in REMEMBERED and not child.reference
            kept = f"kept_{type_.code}"  # what it answers for nothing must not be null
            asked = f"None if {kept}.get(id({x}), {kept}) is {x} else " if again else ""
            put(f"{pad}r = {asked}{self._call(child, type_, x)}")
            put(f"{pad}if r is not None: out = under(out, r, {place})")
            self._coded(child, type_, x, place, pad)
        for constraint in child.constraints if not child.own else ():
            self._constraint(constraint, child.reference or type_.code, x, place, pad)
        if SIMPLE in type_.profiles:
            self._constraint(SQTY_1, type_.code, x, place, pad)

    def _call(self, child: Element, type_: TypeRef, x: str) -> str:
        if child.reference:
            return f"t_{title(child.reference)}({x}, c)"
        if child.own:
            return f"t_{title(child.path)}({x}, c)"
        if type_.code == "Resource":
            return f"inside({x}, v, c)" if child.name == "contained" else f"entry({x}, v, c)"
        if type_.code == "Extension":
            return f"extension({x}, c, {child.path!r}, v)"
        self.needs.add(type_.code)
        return f"t_{title(type_.code)}({x}, c)"

    def _primitive(self, child: Element, type_: TypeRef, x: str, place: str, pad: str) -> None:
        put = self._text.append
        bindings = list(self._bindings(child))
        listed = self._listed(type_, bindings)
        if listed is not None:  # a code of the value set has the form of a code
            put(f"{pad}if type({x}) is not str or {x} not in {self._constant(listed)}:")
            pad += "    "
        test = INLINED.get(type_.code, f"p_{type_.code}({{x}})").format(x=x)
        rule = self._constant(form(type_.code))
        put(f"{pad}if not ({test}): out = note(out, {place}, NULL if {x} is None else {rule})")
        if type_.code in ("uri", "url", "canonical") and self._level.names(URN):
            put(f"{pad}elif {x}[:4] == 'urn:' and not is_urn({x}): out = note(out, {place}, URN)")
        if type_.code == "xhtml":
            put(f"{pad}else:")
            put(f"{pad}    r = narrative({x})")
            put(f"{pad}    if r is not None: out = note(out, {place}, r)")
        if bindings:
            put(f"{pad}else:")
        for binding in bindings:
            held = self._constant(binding)
            if binding.all is not None:
                known = self._constant(binding.all)
                put(f"{pad}    if {x} not in {known}: out = note(out, {place}, {held}.rule)")
            else:
                put(f"{pad}    r = {held}.code({x})")
                put(f"{pad}    if r is not None: out = note(out, {place}, r)")

    def _listed(self, type_: TypeRef, bindings: Sequence[Binding]) -> frozenset[str] | None:
        """Return the codes of which each is right, where a short list says which they are."""
        codes = bindings[0].all if len(bindings) == 1 else None
        if type_.code != "code" or codes is None or len(codes) > SHORT:
            return None
        return codes if all(map(CHECKS["code"], codes)) else None

    def _coded(self, child: Element, type_: TypeRef, x: str, place: str, pad: str) -> None:
        method = CODED.get(type_.code)
        if method is None:
            return
        for binding in self._bindings(child):
            self._text.append(f"{pad}r = {self._constant(binding)}.{method}({x})")
            self._text.append(f"{pad}if r is not None: out = join(out, [[{place}, one] for one in r])")

    def _bindings(self, child: Element) -> Iterator[Binding]:
        for strength, value_set in child.bindings:
            pair = (strength, value_set)
            if pair not in self._bound:
                self._bound[pair] = self._bind(strength, value_set)
            binding = self._bound[pair]
            if binding is not None and self._level.names(binding.rule):
                yield binding

    def _valueless(
        self, element: Element, primitives: Mapping[str, bool]
    ) -> dict[str, list[tuple[Any, Rule]]]:
        """The invariants that need a primitive, for where it has only an extension: FHIRPath must tell."""
        found: dict[str, list[tuple[Any, Rule]]] = {}
        for constraint in element.constraints:
            known = native(constraint.expression)
            for need in known.needs if known is not None else ():
                if need in primitives:
                    # What cannot be told without the value is let pass.
                    said = constraint.expression
                    lenient = replace(constraint, expression=f"({said}).empty() or ({said})")
                    found.setdefault(need, []).append(
                        (self._fhirpath(lenient, element.path), invariant(constraint))
                    )
        for child in element.children:
            if child.choice and len(child.types) > 1:
                names = frozenset(name for name, _ in child.names())
                for name in names & primitives.keys():
                    found.setdefault(name, []).append((only_halves(name, names), ambiguous(child.path)))
        return found

    def _constraint(
        self, constraint: Constraint, kind: str, x: str, place: str, pad: str, keys: Iterable[str] = ()
    ) -> None:
        """An invariant of ``x``; of ``v`` the keys may be known."""
        known = native(constraint.expression)
        if constraint.key in INLINE or (keys and known is not None and not set(known.needs) <= set(keys)):
            return
        broken = invariant(constraint)
        if not self._level.names(broken):
            return
        rule = self._constant(broken)
        put = self._text.append
        if known is None:
            check = self._constant(self._fhirpath(constraint, kind))
            put(f"{pad}r = {check}({x}, c, {rule})")
            put(f"{pad}if r is not None: out = note(out, {place}, r)")
            return
        tests = [f"{need!r} in {x}" for need in known.needs if need not in keys]
        # eld-3 is the one invariant on a primitive whose native form takes its value.
        tests = ([f"type({x}) is {'str' if kind in CHECKS else 'dict'}"] if x != "v" else []) + tests
        test = " and ".join([*tests, f"not {self._constant(known.holds)}({x}, c)"])
        put(f"{pad}try:")
        put(f"{pad}    if {test}: out = note(out, {place}, {rule})")
        # The JSON is not of the types that the invariant takes for granted; that is a fault already.
        unknown = self._constant(not_evaluated(constraint.key))
        put(f"{pad}except Exception: out = note(out, {place}, {unknown})")

    def _constant(self, value: Hashable) -> str:
        known = self._names.get((type(value), value))
        if known is None:
            known = self._names[(type(value), value)] = f"C_{title(self._root.path)}_{len(self._names)}"
            self.constants[known] = value
        return known


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        if child.own:
            yield from _walk(child)


def _targets(targets: tuple[str, ...]) -> frozenset[str]:
    return frozenset(target.rpartition("/")[2] for target in targets)
