"""Overlays: what a profile asks beyond its type, as a tree (R4 §5.1, §5.3).

A differential is laid over the tree of its base, so that a slice that only the base tells apart stays known;
the type at the bottom is checked by the walker. A snapshot serves where the base is not loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.validation.fhirpath.model import Model
from gateway.validation.invariants import INLINE
from gateway.validation.r4 import Json
from gateway.validation.shapes import Constraint, TypeRef, bindings, constraints

_step = re.compile(r"(?:[^.()]|\([^)]*\))+")


@dataclass(slots=True, frozen=True)
class Discriminator:
    """What tells slices apart: ``type`` (value, pattern, type, profile, exists) at ``path``."""

    type: str
    path: str


@dataclass(slots=True)
class Slicing:
    """How a list is cut into slices; ``rules``: open, closed, openAtEnd."""

    discriminators: tuple[Discriminator, ...]
    rules: str
    ordered: bool


@dataclass(slots=True)
class Node:
    """What a profile says about one element, or one slice of it.

    Attributes:
        name: JSON name; a choice ends in ``[x]``.
        path: as the profile writes it, with slices, for messages.
        slice: name of the slice, ``""`` for the element itself.
        least, most: how often; None where the profile says nothing (``most``: -1 for ``*``).
        fixed, pattern: the values that it must equal, or contain; a base and its profile may both say one.
        types: the types that are left, None where all are.
        bindings: ``(strength, value set)``.
        constraints: invariants of the profile.
        must_support: whether the profile asks systems to support it.
        longest: most characters, None for no limit.
        lowest, highest: bounds of the value (``minValue[x]``, ``maxValue[x]``), None for none.
        children, slices, slicing: what is below.
        short: types named by a shortened path (``valueQuantity`` for ``value[x]``), which leave no others.
    """

    name: str
    path: str
    slice: str = ""
    least: int | None = None
    most: int | None = None
    fixed: tuple[Any, ...] = ()
    pattern: tuple[Any, ...] = ()
    types: tuple[TypeRef, ...] | None = None
    bindings: tuple[tuple[str, str], ...] = ()
    constraints: tuple[Constraint, ...] = ()
    must_support: bool = False
    longest: int | None = None
    lowest: Any = None
    highest: Any = None
    children: dict[str, Node] = field(default_factory=dict)
    slices: list[Node] = field(default_factory=list)
    slicing: Slicing | None = None
    short: tuple[TypeRef, ...] = ()

    def child(self, name: str) -> Node:
        """Return the node of a child, made now if there was none."""
        if name not in self.children:
            self.children[name] = Node(name, f"{self.path}.{name}")
        return self.children[name]

    def cut(self, name: str) -> Node:
        """Return the node of a slice, made now if there was none; ``a/b`` is the slice b within a."""
        above, _, _ = name.rpartition("/")
        parent = self.cut(above) if above else self
        for one in parent.slices:
            if one.slice == name:
                return one
        made = Node(self.name, f"{self.path}:{name}", name)
        parent.slices.append(made)
        return made


def lay(elements: list[Json], root: Node, model: Model) -> None:
    """Lay the elements of a differential or snapshot over the tree of its base.

    Args:
        model: tells a shortened path (``valueQuantity``) from a name.

    Raises:
        ValueError: an element is malformed; the message names it.
    """
    slices: dict[str, str] = {}
    for item in elements:
        try:
            node, kind = root, root.name
            for name, cut in _address(item, slices):
                node, kind = _below(node, kind, name, cut, model)
            _fill(node, item)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"{item.get('id') or item.get('path')}: {error}") from None


def _below(node: Node, kind: str, name: str, cut: str, model: Model) -> tuple[Node, str]:
    """Return the node of a child or of its slice, and its type as far as it can be told."""
    members = model.members(kind) or {}
    if name not in members and not name.endswith("[x]"):
        for stem, pairs in members.items():
            for key, type_ in pairs:
                if key == name and len(pairs) > 1:
                    choice = node.child(stem + "[x]")
                    if not cut and type_ not in [one.code for one in choice.short]:
                        choice.short += (TypeRef(type_),)
                    return choice.cut(cut or name), type_
    pairs = members.get(name.removesuffix("[x]"), ())
    found = node.child(name)
    if cut:
        found = found.cut(cut)
    named = [type_ for key, type_ in pairs if key == cut] or [one.code for one in found.types or ()]
    if len(pairs) == 1 and pairs[0][1] != "Resource":
        return found, pairs[0][1]
    return found, named[0] if len(named) == 1 else ""


def _address(item: Json, slices: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Steps below the root, each with its slice: from the id, else from the order of the elements."""
    path: str = item["path"]
    steps = path.split(".")
    if "id" in item and item["id"].count(".") == len(steps) - 1:
        for step in item["id"].split(".")[1:]:
            name, _, cut = step.partition(":")
            yield name, cut
        return
    for known in [one for one in slices if one == path or one.startswith(path + ".")]:
        del slices[known]
    if "sliceName" in item:
        slices[path] = item["sliceName"]
    for end in range(2, len(steps) + 1):
        yield steps[end - 1], slices.get(".".join(steps[:end]), "")


def _fill(node: Node, item: Json) -> None:
    if "min" in item:
        node.least = max(int(item["min"]), node.least or 0)
    if "max" in item:
        most = -1 if item["max"] == "*" else int(item["max"])
        node.most = most if node.most in (None, -1) or 0 <= most < (node.most or 0) else node.most
    for name, value in item.items():
        if name.startswith("fixed"):
            node.fixed += (value,)
        elif name.startswith("pattern"):
            node.pattern += (value,)
        elif name.startswith("minValue"):
            node.lowest = value
        elif name.startswith("maxValue"):
            node.highest = value
    if "type" in item:
        node.types = tuple(
            TypeRef(one["code"], tuple(one.get("profile", ())), tuple(one.get("targetProfile", ())))
            for one in item["type"]
        )
    node.bindings += tuple(one for one in bindings(item.get("binding", {})) if one not in node.bindings)
    node.constraints += tuple(
        one for one in constraints(item) if one.key not in INLINE and one not in node.constraints
    )
    node.must_support = node.must_support or item.get("mustSupport", False) is True
    node.longest = item.get("maxLength", node.longest)
    if "slicing" in item:
        slicing = item["slicing"]
        node.slicing = Slicing(
            tuple(Discriminator(one["type"], one["path"]) for one in slicing.get("discriminator", ())),
            slicing.get("rules", "open"),
            slicing.get("ordered", False) is True,
        )


def steps(path: str) -> list[str]:
    """Return the steps of a discriminator's path: ``resolve().code`` is ``["resolve()", "code"]``."""
    return [] if path in ("$this", "") else [step for step in _step.findall(path) if step != "$this"]
