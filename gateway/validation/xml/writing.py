"""Writing: the JSON of a resource becomes XML, elements in the order of their definition (R4 §2.6.1)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from gateway.validation.xml.div import NotXhtml, written
from gateway.validation.xml.elements import DEEPEST
from gateway.validation.xml.tables import FHIR, Child, Table, Tables, tables
from gateway.validation.xml.values import Unwritable, attribute, text_of

Json = dict[str, Any]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_DEEP = "it is nested too deeply"


def to_xml(resource: Json, pretty: bool = False) -> bytes:
    """Return a resource as XML in UTF-8.

    Args:
        resource: parsed JSON; a number with a point is a ``Decimal`` (a float: in its shortest form).
        pretty: whether each element has a line of its own.

    Raises:
        Unwritable: it has what R4 does not define, a value of another JSON type than its element, an empty
            list or object, or a character that XML forbids.
    """
    out: list[str] = [_HEAD]
    try:
        _Writer(tables(), out, pretty).resource(resource, "\n" if pretty else "", f' xmlns="{FHIR}"')
    except RecursionError:
        raise Unwritable(_DEEP) from None
    return "".join(out).encode()


class _Writer:
    """Writes one resource; ``pad`` is the line break and indentation before a tag, or nothing."""

    def __init__(self, known: Tables, out: list[str], pretty: bool) -> None:
        self._tables = known
        self._element = known.get("Element")
        self._put = out.append
        self._step = "  " if pretty else ""
        self._depth = 0

    def resource(self, value: Any, pad: str, namespace: str = "") -> None:
        """Write a resource as an element of its type's name."""
        kind = value.get("resourceType") if type(value) is dict else None
        if type(kind) is not str or not self._tables.is_resource(kind):
            raise Unwritable("it is no resource of R4")
        self._put(f"{pad}<{kind}{namespace}")
        self._rest(value, self._tables.get(kind), kind, pad)

    def _rest(self, value: Json, table: Table, tag: str, pad: str) -> None:
        """Write what follows after the name of a start tag: attributes, all that is below, the end tag."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise Unwritable(_DEEP)
        for name in table.attributes:
            if name in value:
                self._put(f' {name}="{text_of(value[name], name)}"')
        found = _members(value, table)
        if not found:
            self._put("/>")
        else:
            self._put(">")
            for _, name, child in found:
                try:
                    self._member(value, name, child, pad + self._step)
                except Unwritable as error:
                    raise error.under(name) from None
            self._put(f"{pad}</{tag}>")
        self._depth -= 1

    def _member(self, parent: Json, name: str, child: Child, pad: str) -> None:
        value, extra = parent.get(name), parent.get(f"_{name}")
        write = self._writes(child)
        if not child.many:
            write(name, child, value, extra, pad)
            return
        values, extras = _list(value), _list(extra)
        if not values and not extras:
            raise Unwritable("it is an empty list")
        for at, (one, more) in enumerate(zip_longest(values, extras)):
            try:
                write(name, child, one, more, pad)
            except Unwritable as error:
                raise error.under(f"[{at}]") from None

    def _writes(self, child: Child) -> Callable[[str, Child, Any, Any, str], None]:
        if child.kind == "object":
            return self._object
        if child.kind == "resource":
            return self._holder
        return self._div if child.kind == "div" else self._primitive

    def _object(self, name: str, child: Child, value: Any, _extra: None, pad: str) -> None:
        if type(value) is not dict or not value:
            raise Unwritable("it must be an object that is not empty")
        self._put(f"{pad}<{name}")
        self._rest(value, self._tables.get(child.below), name, pad)

    def _holder(self, name: str, _child: Child, value: Any, _extra: None, pad: str) -> None:
        self._put(f"{pad}<{name}>")
        self.resource(value, pad + self._step)
        self._put(f"{pad}</{name}>")

    def _div(self, _name: str, _child: Child, value: Any, _extra: None, pad: str) -> None:
        try:
            self._put(pad + written(text_of(value, "", escaped=False)))
        except NotXhtml:
            raise Unwritable("it must be one well-formed div in the XHTML namespace") from None

    def _primitive(self, name: str, child: Child, value: Any, extra: Any, pad: str) -> None:
        self._put(
            f"{pad}<{name}" if value is None else f'{pad}<{name} value="{attribute(value, child.kind)}"'
        )
        if extra is None:
            if value is None:
                raise Unwritable("it has neither a value nor an extension")
            self._put("/>")
        elif type(extra) is not dict or not extra:
            raise Unwritable("what stands beside a value must be an object that is not empty")
        else:
            self._rest(extra, self._element, name, pad)


def _members(value: Json, table: Table) -> list[tuple[int, str, Child]]:
    """Return order, name and element of all members but attributes, in the order of the definition."""
    found = []
    for name in value:
        child = table.members.get(name)
        if child is not None:
            if child.name == name or child.name not in value:
                found.append((child.order, child.name, child))
        elif name not in table.attributes and not (table.resource and name == "resourceType"):
            raise Unwritable("R4 defines no such element here").under(name)
    found.sort()
    return found


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if type(value) is not list:
        raise Unwritable("it must be a list")
    return value
