"""Slicing: which slice a value belongs to (R4 §5.1.0.12: discriminators)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple, Protocol

from gateway.validation.profiles.matching import fits, same
from gateway.validation.profiles.overlay import Discriminator, Node, steps
from gateway.validation.profiles.values import Found, Values, is_type
from gateway.validation.scope import Scope
from gateway.validation.shapes import TypeRef

_call = re.compile(r"(\w+)\(\s*['\"]?([^'\")]*)['\"]?\s*\)").fullmatch

Item = tuple[Found, Scope]


class Judge(Protocol):
    """What slicing must ask the checker of profiles."""

    def conforms(self, value: Any, profile: str, scope: Scope) -> bool:
        """Return whether a value has no error against a profile."""

    def members(self, value_set: str, value: Any) -> bool | None:
        """Return whether a code, Coding or CodeableConcept is in a value set; None where nobody knows."""

    def profile_type(self, profile: str) -> str:
        """Return the type that a profile constrains."""

    def profile_root(self, profile: str) -> Node | None:
        """Return the tree of a profile."""

    def resolve(self, value: Any, scope: Scope) -> Item | None:
        """Return what a Reference means, with its own scope."""

    def target_type(self, value: Any, scope: Scope) -> str | None:
        """Return the type of what a Reference means, None where nobody can tell."""


class Asked(NamedTuple):
    """What a slice says at the end of a discriminator's path; ``target``: of what the Reference means."""

    node: Node
    target: bool = False

    def profiles(self) -> Iterator[str]:
        """Yield the profiles on it."""
        for type_ in self.node.types or ():
            yield from type_.targets if self.target else type_.profiles


Alternative = list[Asked]
"""Everything here must agree; of several alternatives (several profiles on one element) one is enough."""


class Slices:
    """Decides which slice of an element a value is in.

    Args:
        judge: the checker of profiles.
        values: finds values below values.
    """

    def __init__(self, judge: Judge, values: Values) -> None:
        self._judge = judge
        self._values = values

    @staticmethod
    def discriminators(element: Node) -> tuple[Discriminator, ...]:
        """Return what tells its slices apart; unsaid, extensions are told by url, choices by type."""
        if element.slicing is not None and element.slicing.discriminators:
            return element.slicing.discriminators
        if element.name in ("extension", "modifierExtension"):
            return (Discriminator("value", "url"),)
        return (Discriminator("type", "$this"),) if element.name.endswith("[x]") else ()

    def position(
        self, element: Node, told: tuple[Discriminator, ...], found: Found, scope: Scope
    ) -> int | None:
        """Return which slice of ``element`` the value is in, None for none."""
        for at, one in enumerate(element.slices):
            if not one.slice.endswith("@default") and all(self._fits(one, found, by, scope) for by in told):
                return at
        return None

    def _fits(self, cut: Node, found: Found, by: Discriminator, scope: Scope) -> bool:
        named = [url.partition("|")[0] for type_ in cut.types or () for url in type_.profiles]
        if by.path == "url" and named and type(found.value) is dict:
            return found.value.get("url") in named  # the url of an extension is that of its profile
        items: list[Item] = [(found, scope)]
        asked: list[Alternative] = [[Asked(cut)]]
        for step in steps(by.path):
            items = [below for one in items for below in self._step(one, step, by.type == "type")]
            asked = [below for one in asked for below in self._alternatives(one, step)]
        return any(self._agree(one, items, by.type) for one in asked)

    def _agree(self, asked: Alternative, items: list[Item], by: str) -> bool:
        if by == "exists":
            return bool(items) != any(one.node.most == 0 for one in asked)
        if by == "type":
            return bool(items) and all(any(self._is_type(item[0], one) for one in asked) for item in items)
        if by == "profile":
            urls = [url for one in asked for url in one.profiles()]
            return any(self._judge.conforms(item[0].value, url, item[1]) for item in items for url in urls)
        telling = [one.node for one in asked if _tells(one.node)]
        return bool(telling) and all(any(self._has(item[0], node) for item in items) for node in telling)

    def _has(self, found: Found, node: Node) -> bool:
        """Return whether a value is what a slice fixes here or below."""
        if node.fixed or node.pattern:
            return all(same(found.value, one) for one in node.fixed) and all(
                fits(found.value, one) for one in node.pattern
            )
        required = [url for strength, url in node.bindings if strength == "required"]
        if required:
            return all(self._judge.members(url, found.value) for url in required)
        below = chain(node.children.values(), *(one.slices for one in node.children.values()))
        return all(
            any(self._has(one, child) for one in self._values.below(found, child.name))
            for child in below
            if _tells(child)
        )

    def _is_type(self, found: Found, asked: Asked) -> bool:
        for type_ in asked.node.types or _named(asked.node):
            if asked.target:
                wanted = {self._judge.profile_type(url) for url in type_.targets}
            else:
                wanted = {type_.code, *(self._judge.profile_type(url) for url in type_.profiles)}
            if found.kind in wanted or (found.type and is_type(found.type, type_.code)):
                return True
            if "Resource" in wanted:
                return True
        return False

    def _step(self, item: Item, step: str, type_only: bool) -> Iterator[Item]:
        found, scope = item
        call = _call(step)
        if call is None:
            below = list(self._values.below(found, step)) or self._values.below(found, step + "[x]")
            yield from ((one, within(found, one, scope)) for one in below)
        elif call.group(1) == "extension":
            for one in self._values.below(found, "extension"):
                if type(one.value) is dict and one.value.get("url") == call.group(2):
                    yield one, scope
        elif call.group(1) == "resolve":
            target = self._judge.resolve(found.value, scope)
            if target is not None:
                yield target
            elif type_only:
                named = self._judge.target_type(found.value, scope)
                if named is not None:
                    yield Found("", {"resourceType": named}, "", named), scope
        elif call.group(1) == "ofType" and call.group(2) in (found.kind, found.type):
            yield item

    def _alternatives(self, asked: Alternative, step: str) -> list[Alternative]:
        """What the slice says one step below."""
        call = _call(step)
        if call is not None and call.group(1) == "resolve":
            return [[Asked(one.node, target=True) for one in asked]]
        if call is not None and call.group(1) == "ofType":
            return [[Asked(typed) for one in asked for typed in _of_type(one.node, call.group(2))]]
        out: list[Alternative] = [[]]
        for one in asked:
            roots = [root for root in map(self._judge.profile_root, one.profiles()) if root is not None]
            own = [] if one.target else [one.node]
            ways = [[*own, root] for root in roots] or [own]
            out = [
                [*before, *(Asked(below) for node in way for below in _below(node, step))]
                for before in out
                for way in ways
            ]
        return out


def within(parent: Found, found: Found, scope: Scope) -> Scope:
    """Return the scope of a value: a resource in an entry has its own, a contained one its container's."""
    value, above = found.value, parent.value
    if type(value) is not dict or "resourceType" not in value or type(above) is not dict:
        return scope
    if found.place.startswith("contained["):
        return inside(scope, value)
    url = above.get("fullUrl")
    return Scope(value, scope.entries, url if type(url) is str else "", scope.transaction)


def inside(scope: Scope, resource: Any) -> Scope:
    """Return the scope of a resource that is contained in the root of ``scope``."""
    made = Scope(scope.root, scope.entries, scope.base, scope.transaction)
    made.resource = resource
    return made


def _below(node: Node, step: str) -> Iterator[Node]:
    call = _call(step)
    if call is not None:
        for cut in node.children["extension"].slices if "extension" in node.children else ():
            url = call.group(2)
            named = any(url in type_.profiles for type_ in cut.types or ())
            if named or url in (cut.children["url"].fixed if "url" in cut.children else ()):
                yield cut
        return
    for name in (step, step + "[x]"):
        if name in node.children:
            child = node.children[name]
            yield child
            # What must be there as a slice is said of the list as well (component.code.coding:loinc).
            yield from (cut for cut in child.slices if cut.least)
    for whole, exact in (*((one, True) for one in node.fixed), *((one, False) for one in node.pattern)):
        if isinstance(whole, dict) and step in whole:
            yield from _parts(Node(step, f"{node.path}.{step}"), whole[step], exact=exact)


def _parts(inner: Node, whole: Any, *, exact: bool) -> Iterator[Node]:
    """The value of a pattern's element; each item of a list is said of one value."""
    for one in whole if isinstance(whole, list) else [whole]:
        part = Node(inner.name, inner.path)
        part.fixed, part.pattern = ((one,), ()) if exact else ((), (one,))
        yield part


def _of_type(node: Node, name: str) -> Iterator[Node]:
    yield node
    yield from (cut for cut in node.slices if cut.slice.endswith(name))


def _tells(node: Node) -> bool:
    """Whether a node, or one below, says what its value is."""
    return bool(
        node.fixed
        or node.pattern
        or any(one == "required" for one, _ in node.bindings)
        or any(_tells(one) for one in node.children.values())
        or any(_tells(cut) for one in node.children.values() for cut in one.slices if cut.least)
    )


def _named(node: Node) -> Iterator[TypeRef]:
    """The type that a slice of a choice is named after (``valueQuantity``)."""
    stem = node.name.removesuffix("[x]")
    if node.slice.startswith(stem):
        end = node.slice[len(stem) :]
        yield TypeRef(end)
        yield TypeRef(end[:1].lower() + end[1:])
