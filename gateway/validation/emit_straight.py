"""Emit straight checks: the source of functions for objects whose keys are known (see ``straight.py``)::

def straight(v, c):
    x0, x1, = v.values()
    out = None
    …
"""

from __future__ import annotations

from gateway.validation.emit import Emitter
from gateway.validation.rules import EMPTY_LIST, few
from gateway.validation.shapes import Element, TypeRef


class StraightEmitter(Emitter):
    """An emitter that also writes the checks of one type for objects with certain keys."""

    def straight(self, name: str, keys: tuple[str, ...]) -> str:
        """Return the text of ``straight(v, c)``: the check of an object that has these keys in this order.

        It says the same as ``t_…(v, c)``. What the keys alone decide is decided here; ``""`` where they may
        be wrong already.

        Args:
            name: one of :attr:`elements`.
            keys: JSON names of the element's children; where one is a second half there is no such check.
        """
        element = self.elements[name]
        if not self._fit(element, frozenset(keys)):
            return ""
        put = self._text.append
        put("def straight(v, c):")
        put(f"    {', '.join(f'x{at}' for at in range(len(keys)))}, = v.values()")
        put("    out = None")
        children = {key: (child, type_) for child in element.children for key, type_ in child.names()}
        for at, key in enumerate(keys):
            if key in children:
                self._value(*children[key], key, f"x{at}")
        self._content(element, keys)
        for constraint in element.constraints:
            self._constraint(constraint, element.path, "v", "''", "    ", keys)
        self._hook(element)
        put("    return out\n")
        return self._written()

    def _fit(self, element: Element, keys: frozenset[str]) -> bool:
        """Return whether nothing is missing or halved, no choice has two types, and it is not only an id."""
        if any(key[0] == "_" for key in keys):
            return False
        for child in element.children:
            names = {key for key, _ in child.names()}
            if (child.least and names.isdisjoint(keys)) or len(names & keys) > 1:
                return False
        return bool(keys) and (keys != {"id"} or self._is_resource(element))

    def _value(self, child: Element, type_: TypeRef, key: str, x: str) -> None:
        """What :meth:`_handler` says of a key that may be there, of one that is."""
        put = self._text.append
        if not child.many:
            put(f"    if type({x}) is list: out = note(out, {key!r}, IS_LIST)")
            put("    else:")
            self._item(child, key, type_, x, repr(key), "        ", halved=False)
            return
        put(f"    if type({x}) is not list: out = note(out, {key!r}, NOT_LIST)")
        put(f"    elif not {x}: out = note(out, {key!r}, {self._constant(EMPTY_LIST)})")
        put("    else:")
        if child.most is not None:
            rule = self._constant(few(child.path, child.most))
            put(f"        if len({x}) > {child.most}: out = note(out, {key!r}, {rule})")
        put("        i = 0")
        put(f"        for y in {x}:")
        self._item(child, key, type_, "y", f"f'{key}[{{i}}]'", "            ", halved=False)
        put("            i += 1")
