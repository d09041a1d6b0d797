"""Context: what an expression knows while it is evaluated (FHIRPath 2.0 §7, R4 §2.26.7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from gateway.validation.fhirpath.model import Model, Node, node, plain
from gateway.validation.scope import Scope

Items = list[Any]
"""A collection: nodes of the resource and computed values."""


class NotEvaluated(Exception):
    """The expression cannot be evaluated here; the text says why."""


class Members(Protocol):
    """The codes of a value set."""

    def contains(self, system: str, code: str) -> bool | None:
        """Return whether the coding is a member; None where that cannot be known here."""

    def has_code(self, code: str) -> bool | None:
        """Return whether a code without a system is a member; None where that cannot be known here."""


FindMembers = Callable[[str], Members | None]


class Context:
    """One evaluation.

    Attributes:
        model: the types.
        focus: the element that the expression is about (``%context``).
        scope: the resource around it.
        this: ``$this``, as a collection.
        index: ``$index``.
        total: ``$total``.
        members: finds the codes of a value set.
        unresolved: True once a reference was followed to something that is not here.
    """

    __slots__ = ("focus", "index", "members", "model", "now", "scope", "this", "total", "unresolved")

    def __init__(self, model: Model, focus: Node, scope: Scope, members: FindMembers) -> None:
        self.model = model
        self.focus = focus
        self.scope = scope
        self.members = members
        self.this: Items = [focus]
        self.index: Items = []
        self.total: Items = []
        self.unresolved = False
        self.now: datetime | None = None

    def clock(self) -> datetime:
        """Return the time of this evaluation: it does not move on while it lasts (§5.9)."""
        if self.now is None:
            self.now = datetime.now().astimezone()
        return self.now

    def argument(self, expression: Expression) -> Items:
        """Return the value of an argument: it looks at ``$this``, not at the input of the function."""
        return expression(self, self.this)

    def each(self, expression: Expression, item: Any, index: int) -> Items:
        """Return the value of an expression about one item of the input."""
        this, at = self.this, self.index
        self.this, self.index = [item], [index]
        try:
            return expression(self, self.this)
        finally:
            self.this, self.index = this, at

    def constant(self, name: str) -> Items:
        """Return an environment variable, e.g. ``%resource``.

        Raises:
            NotEvaluated: nobody defines it.
        """
        if name == "context":
            return [self.focus]
        if name == "resource":
            return [node(self.scope.resource, "")]
        if name == "rootResource":
            return [node(self.scope.root, "")]
        if name in CONSTANTS:
            return [CONSTANTS[name]]
        for prefix, base in (("vs-", "ValueSet/"), ("ext-", "StructureDefinition/")):
            if name.startswith(prefix):
                return ["http://hl7.org/fhir/" + base + name[len(prefix) :]]
        raise NotEvaluated(f"%{name} is not defined")


CONSTANTS = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}

Expression = Callable[[Context, Items], Items]


def single(items: Items, what: str) -> Any:
    """Return the one value of a collection, None of an empty one.

    Raises:
        NotEvaluated: there are more.
    """
    if not items:
        return None
    if len(items) > 1:
        raise NotEvaluated(f"{what} takes one value")
    return plain(items[0])


def truth(items: Items) -> bool | None:
    """Return a collection as a boolean: one that is no boolean is true, none is None (§4.5).

    Raises:
        NotEvaluated: there are more.
    """
    value = single(items, "a condition")
    return value if value is None or type(value) is bool else True
