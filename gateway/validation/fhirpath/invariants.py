"""Invariants in FHIRPath: the check of one, compiled when it is first needed (R4 §2.26.7).

An invariant holds where its expression is true; false and empty break it, as the HL7 validator has it.
One that cannot be evaluated is reported, never taken as true.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from gateway.validation.faults import Rule
from gateway.validation.fhirpath.context import Context, Expression, FindMembers, Items, NotEvaluated
from gateway.validation.fhirpath.model import Model, node
from gateway.validation.r4 import Definitions
from gateway.validation.scope import Scope
from gateway.validation.shapes import Constraint

Evaluate = Callable[[Any, Scope, Rule], Rule | None]


def _no_members(_: str) -> None:
    return None


class FHIRPath:
    """Evaluates expressions about elements.

    Args:
        definitions: the types.
        members: finds the codes of a value set by its URL, for ``memberOf``.

    Attributes:
        model: the types, as FHIRPath sees them.
    """

    def __init__(self, definitions: Definitions, members: FindMembers = _no_members) -> None:
        self.model = Model(definitions)
        self._members = members

    def check(self, constraint: Constraint, kind: str = "") -> Evaluate:
        """Return the check of an invariant.

        Args:
            constraint: the invariant.
            kind: type of the element that it is on (``"HumanName"``), or its path for a backbone element;
                a resource says its own.
        """
        key, expression = constraint.key, constraint.expression

        def evaluate(value: Any, scope: Scope, rule: Rule) -> Rule | None:
            try:
                holds = self.holds(expression, value, kind, scope)
            except Exception:  # noqa: BLE001 (whatever the expression raises, the invariant was not evaluated)
                return _not_evaluated(key)
            if holds is None:
                return _not_evaluated(key)
            return None if holds else rule

        return evaluate

    def holds(self, expression: str, value: Any, kind: str, scope: Scope) -> bool | None:
        """Return whether an expression is true of an element; None where it asks for what is not here.

        Raises:
            NotEvaluated: the expression is malformed, or is not for such values.
        """
        context = Context(self.model, node(value, kind), scope, self._members)
        items = _compiled(expression)(context, [context.focus])
        holds = _true(items)
        return None if context.unresolved and not holds else holds

    def values(self, expression: str, value: Any, kind: str, scope: Scope) -> Items:
        """Return the items that an expression finds in an element.

        Raises:
            NotEvaluated: the expression is malformed, or is not for such values.
        """
        context = Context(self.model, node(value, kind), scope, self._members)
        return _compiled(expression)(context, [context.focus])


@cache
def _compiled(expression: str) -> Expression:
    # The grammar takes long to import, and most resources need none of it.
    from gateway.validation.fhirpath.syntax import compiled

    try:
        return compiled(expression)
    except (NotEvaluated, RecursionError) as error:
        return _malformed(str(error))


def _malformed(why: str) -> Expression:
    def fail(_: Context, __: Items) -> Items:
        raise NotEvaluated(why)

    return fail


@cache
def _not_evaluated(key: str) -> Rule:
    return Rule(
        key,
        "warning",
        "processing",
        f"{key} was not evaluated: its expression asks for what is not here, or is not for this element",
        f"未能评估 {key}：其表达式所需的内容此处没有，或不适用于该元素",
    )


def _true(items: Items) -> bool:
    """Return a result as the HL7 validator reads it: nothing is false, a boolean itself, the rest true."""
    if len(items) != 1:
        return bool(items)
    item = items[0]
    value = item if type(item) is bool else getattr(item, "value", None)
    return value if type(value) is bool else True
