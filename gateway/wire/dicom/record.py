"""Header: the data set of a DICOM object without its pixels; a Record read by keywords.

Paths: ``PatientName``, ``0010,0010``; ``ReferencedRequestSequence[2].AccessionNumber`` (items from 1; without
a number the first one for :meth:`Header.get`, all for :meth:`Header.each`); ``PatientName.ideographic``,
``PatientName.family``; of a private block ``0029,"SIEMENS CSA HEADER",10``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from gateway.errors import Rejected
from gateway.wire.dicom import person_name
from gateway.wire.dicom.charset import Charset, Text
from gateway.wire.dicom.element import BULK, CHARSET, SINGLE, TEXT, WIDTHS, Element, name_of, tag_of
from gateway.wire.dicom.values import checked, numbers

_STEP = re.compile(
    r'(?:([0-9A-Fa-f]{4}),(?:([0-9A-Fa-f]{4})|"([^"]+)",([0-9A-Fa-f]{2}))|(\w+))(?:\[(\d+)\])?'
)
_BACKSLASH = "\\"


class Step(NamedTuple):
    """One step of a path.

    Attributes:
        tag: of the element; of a private block its group and number, with ``creator``.
        item: which item, from 1; 0 for none said.
        group: of a person's name, -1 for none.
        component: the same.
    """

    tag: int
    creator: str
    item: int
    group: int = -1
    component: int = -1


@lru_cache(maxsize=4096)
def path_of(path: str) -> tuple[Step, ...]:
    """Return a path in steps.

    Raises:
        Rejected: ``bad-path``: it is none, or has a keyword that PS3.6 has not.
    """
    steps: list[Step] = []
    at = 0
    while at < len(path):
        found = _STEP.match(path, at)
        word = found[5] if found else None
        if steps and word in person_name.GROUPS:
            steps[-1] = steps[-1]._replace(group=person_name.GROUPS.index(word))
        elif steps and word in person_name.COMPONENTS:
            steps[-1] = steps[-1]._replace(component=person_name.COMPONENTS.index(word))
        elif found is not None:
            steps.append(_step(found, path))
        at = found.end() + 1 if found else len(path) + 1
        if found is None or (at <= len(path) and path[at - 1] != "."):
            raise Rejected(f"{path!r} is no path of a DICOM object", code="bad-path", where="path")
    return tuple(steps)


def _step(found: re.Match[str], path: str) -> Step:
    item = int(found[6] or 0)
    if found[5]:
        tag = tag_of(found[5])
        if tag is None:
            raise Rejected(f"{found[5]!r} is no keyword of PS3.6 ({path})", code="bad-path", where="path")
        return Step(tag, "", item)
    group = int(found[1], 16) << 16
    return Step(group | int(found[2] or found[4], 16), found[3] or "", item)


class Header:
    """A data set, or an item of a sequence.

    Args:
        parent: what it is an item of.

    Attributes:
        elements: tag → element, as they were written.
        meta: the meta information of its file, None of an item and of what came without.
        damage: why the reading ended early, ``""`` where it did not.
        told: what the sender means by the character sets that it declares (:class:`charset.Charset`).
        flaws: path → what is wrong with a value that was asked for: ``malformed``, or the character set that
            its bytes look like.
    """

    __slots__ = ("_charset", "damage", "elements", "flaws", "meta", "parent", "told")

    def __init__(self, parent: Header | None = None) -> None:
        self.elements: dict[int, Element] = {}
        self.parent = parent
        self.meta: Header | None = None
        self.damage = ""
        self.told: Mapping[str, str] = {}
        self.flaws: dict[str, str] = {}
        self._charset: Charset | None = None

    def get(self, path: str) -> str | None:
        """Return the first value at a path, None where there is none, or it is malformed."""
        return next(self.each(path), None)

    def each(self, path: str) -> Iterator[str]:
        """Yield every value at a path that says something and is not malformed."""
        yield from self._each(path_of(path), path)

    def _each(self, steps: tuple[Step, ...], path: str) -> Iterator[str]:
        step, *rest = steps
        found = self._find(step)
        if found is None:
            return
        if not rest:
            found.read = True
            for value in self.values(found, path):
                if said := _part(value, step):
                    yield said
            return
        for item in self.items_of(found, step.item):
            yield from item._each(tuple(rest), path)  # noqa: SLF001 -- the same class

    def items(self, path: str) -> list[Header]:
        """Return the items of the sequences at a path."""
        found = [self]
        for step in path_of(path):
            found = [
                item
                for one in found
                if (element := one._find(step)) is not None  # noqa: SLF001 -- the same class
                for item in one.items_of(element, step.item)
            ]
        return found

    @staticmethod
    def items_of(element: Element, number: int = 0) -> list[Header]:
        """Return the items of a sequence: all, or the one of a number from 1."""
        items = element.items or []
        return items[number - 1 : number] if number else items

    def values(self, element: Element, path: str = "") -> list[str]:
        """Return the values of one element as text, those that are empty or malformed left out."""
        if element.items is not None or element.left is not None:
            return []
        binary = numbers(element.value, element.vr)
        if binary is not None:
            return binary
        if element.vr in BULK:
            return []
        if element.vr in WIDTHS:
            self._flaw(path, "malformed")
            return []
        said = self.text(element)
        if said.text is None:
            self._flaw(path, said.suspect or "undecodable")
            return []
        parts = [said.text] if element.vr in SINGLE else said.text.split(_BACKSLASH)
        made = []
        for part in parts:
            value = checked(part, element.vr)
            if value is None:
                self._flaw(path, "malformed")
            elif value:
                made.append(value)
        return made

    def text(self, element: Element) -> Text:
        """Return the text of an element, its values not taken apart."""
        if element.vr in TEXT:
            return self.charset.decode(element.value.rstrip(b"\0"), name=element.vr == "PN")
        try:
            return Text(element.value.decode("ascii"))
        except UnicodeDecodeError:
            return Text(None)

    @property
    def charset(self) -> Charset:
        """The character sets of this data set, or of that around it (PS3.3 section C.12.1.1.2)."""
        if self._charset is None:
            own = self.elements.get(CHARSET)
            if own is None and self.parent is not None:
                return self.parent.charset
            declared = (
                own.value.decode("ascii", "replace").split(_BACKSLASH) if own and own.value.strip() else []
            )
            self._charset = Charset(declared, self.root.told)
        return self._charset

    @property
    def root(self) -> Header:
        """The data set that this is an item of, itself where it is none."""
        return self if self.parent is None else self.parent.root

    def _flaw(self, path: str, what: str) -> None:
        self.root.flaws.setdefault(path, what)

    def _find(self, step: Step) -> Element | None:
        if not step.creator:
            return self.elements.get(step.tag)
        group = step.tag & 0xFFFF0000
        for block in range(0x10, 0x100):
            creator = self.elements.get(group | block)
            if creator is not None and creator.value.strip(b" \0") == step.creator.encode():
                return self.elements.get(group | block << 8 | step.tag & 0xFF)
        return None

    def unread(self) -> Iterator[str]:
        """Yield the paths of the valued elements that nothing has asked for, items numbered from 1."""
        for tag, element in self.elements.items():
            if element.items is not None:
                for number, item in enumerate(element.items, 1):
                    for path in item.unread():
                        yield f"{name_of(tag)}[{number}].{path}"
            elif not element.read and (element.value.strip(b" \0") or element.left):
                yield name_of(tag)

    def left(self) -> Iterator[tuple[str, int]]:
        """Yield path and length of each value that was left out."""
        for tag, element in self.elements.items():
            if element.left is not None:
                yield name_of(tag), element.left
            for number, item in enumerate(element.items or (), 1):
                for path, length in item.left():
                    yield f"{name_of(tag)}[{number}].{path}", length


def _part(value: str, step: Step) -> str:
    """Return what a step wants of a value: a group or component of a name, else all of it."""
    if step.component >= 0:
        groups = (step.group,) if step.group >= 0 else (1, 0, 2)
        return person_name.component(value, step.component, groups)
    return person_name.group(value, step.group) if step.group >= 0 else value
