"""Functions: the table; existence, filters, sets, types and the tree (FHIRPath 2.0 §5.1–§5.4, §5.8, §6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.validation.fhirpath.context import Context, Expression, Items, NotEvaluated, single, truth
from gateway.validation.fhirpath.model import SYSTEM, Node, plain, system_type
from gateway.validation.fhirpath.operators import distinct, identity

Function = Callable[..., Items]


@dataclass(slots=True, frozen=True)
class Entry:
    """A function: called with the context, its input and its arguments (expressions; type names as text)."""

    call: Function
    least: int
    most: int
    typed: bool = False


FUNCTIONS: dict[str, Entry] = {}


def function(
    *names: str, least: int = 0, most: int | None = None, typed: bool = False
) -> Callable[[Function], Function]:
    """Register the function below under its FHIRPath names, with how many arguments it takes."""

    def register(call: Function) -> Function:
        for name in names:
            FUNCTIONS[name] = Entry(call, least, least if most is None else most, typed)
        return call

    return register


@function("empty")
def empty(_: Context, items: Items) -> Items:
    """Whether there is nothing."""
    return [not items]


@function("exists", most=1)
def exists(context: Context, items: Items, criteria: Expression | None = None) -> Items:
    """Whether there is something, or something that fits."""
    if criteria is None:
        return [bool(items)]
    return [any(truth(context.each(criteria, item, at)) for at, item in enumerate(items))]


@function("all", least=1)
def all_(context: Context, items: Items, criteria: Expression) -> Items:
    """Whether all fit."""
    return [all(truth(context.each(criteria, item, at)) for at, item in enumerate(items))]


@function("not")
def not_(_: Context, items: Items) -> Items:
    """The other boolean."""
    value = truth(items)
    return [] if value is None else [not value]


@function("count")
def count(_: Context, items: Items) -> Items:
    """How many there are."""
    return [len(items)]


def _quantifier(name: str, test: Callable[[list[bool]], bool]) -> None:
    def call(_: Context, items: Items) -> Items:
        values = [plain(item) for item in items]
        if any(type(value) is not bool for value in values):
            raise NotEvaluated(f"{name} takes booleans")
        return [test(values)]

    function(name)(call)


_quantifier("allTrue", all)
_quantifier("anyTrue", any)
_quantifier("allFalse", lambda values: not any(values))
_quantifier("anyFalse", lambda values: not all(values))


@function("where", least=1)
def where(context: Context, items: Items, criteria: Expression) -> Items:
    """Those that fit."""
    return [item for at, item in enumerate(items) if truth(context.each(criteria, item, at))]


@function("select", least=1)
def select(context: Context, items: Items, projection: Expression) -> Items:
    """What the expression makes of each."""
    return [one for at, item in enumerate(items) for one in context.each(projection, item, at)]


@function("repeat", least=1)
def repeat(context: Context, items: Items, projection: Expression) -> Items:
    """What the expression makes of each, and of what it made, until nothing is new."""
    out: dict[Any, Any] = {}
    pending = list(items)
    while pending:
        made = [one for at, item in enumerate(pending) for one in context.each(projection, item, at)]
        pending = []
        for one in made:
            # Elements are new by where they stand, computed values by what they are.
            key = (
                (id(one.value), one.kind) if type(one) is Node and type(one.value) is dict else identity(one)
            )
            if key not in out:
                out[key] = one
                pending.append(one)
    return list(out.values())


@function("iif", least=2, most=3)
def iif(
    context: Context, items: Items, criterion: Expression, yes: Expression, no: Expression | None = None
) -> Items:
    """One expression or another; they look at the input."""
    this = context.this
    if items:
        context.this = items
    try:
        if truth(criterion(context, items)):
            return yes(context, items)
        return [] if no is None else no(context, items)
    finally:
        context.this = this


@function("aggregate", least=1, most=2)
def aggregate(context: Context, items: Items, step: Expression, start: Expression | None = None) -> Items:
    """What the expression makes of all, one after the other, in ``$total``."""
    before = context.total
    context.total = [] if start is None else context.argument(start)
    try:
        for at, item in enumerate(items):
            context.total = context.each(step, item, at)
        return context.total
    finally:
        context.total = before


@function("trace", least=0, most=2)
def trace(_: Context, items: Items, *__: Expression) -> Items:
    """The input: nothing of a resource is written to a log."""
    return items


@function("first")
def first(_: Context, items: Items) -> Items:
    """The first."""
    return items[:1]


@function("last")
def last(_: Context, items: Items) -> Items:
    """The last."""
    return items[-1:]


@function("tail")
def tail(_: Context, items: Items) -> Items:
    """All but the first."""
    return items[1:]


@function("single")
def single_(_: Context, items: Items) -> Items:
    """The only one."""
    if len(items) > 1:
        raise NotEvaluated("single() found more")
    return items


@function("skip", least=1)
def skip(context: Context, items: Items, number: Expression) -> Items:
    """All after the first ``number``."""
    return items[max(_integer(context, number), 0) :]


@function("take", least=1)
def take(context: Context, items: Items, number: Expression) -> Items:
    """The first ``number``."""
    return items[: max(_integer(context, number), 0)]


def _integer(context: Context, expression: Expression) -> int:
    value = single(context.argument(expression), "the function")
    if type(value) is not int:
        raise NotEvaluated("the function takes an integer")
    return value


@function("distinct")
def distinct_(_: Context, items: Items) -> Items:
    """Without repetition."""
    return distinct(items)


@function("isDistinct")
def is_distinct(_: Context, items: Items) -> Items:
    """Whether nothing comes twice."""
    return [len({identity(item) for item in items}) == len(items)]


@function("subsetOf", least=1)
def subset_of(context: Context, items: Items, other: Expression) -> Items:
    """Whether all are in the other collection."""
    there = {identity(one) for one in context.argument(other)}
    return [all(identity(item) in there for item in items)]


@function("supersetOf", least=1)
def superset_of(context: Context, items: Items, other: Expression) -> Items:
    """Whether all of the other collection are here."""
    here = {identity(item) for item in items}
    return [all(identity(one) in here for one in context.argument(other))]


@function("intersect", least=1)
def intersect(context: Context, items: Items, other: Expression) -> Items:
    """Those in both, without repetition."""
    there = {identity(one) for one in context.argument(other)}
    return distinct([item for item in items if identity(item) in there])


@function("exclude", least=1)
def exclude(context: Context, items: Items, other: Expression) -> Items:
    """Those that are not in the other collection."""
    there = {identity(one) for one in context.argument(other)}
    return [item for item in items if identity(item) not in there]


@function("union", least=1)
def union_(context: Context, items: Items, other: Expression) -> Items:
    """Both, without repetition."""
    return distinct(items + context.argument(other))


@function("combine", least=1)
def combine(context: Context, items: Items, other: Expression) -> Items:
    """Both, with repetition."""
    return items + context.argument(other)


@function("coalesce", least=1, most=64)
def coalesce(context: Context, items: Items, *choices: Expression) -> Items:
    """The first expression that is not empty."""
    for choice in choices:
        found = choice(context, items)
        if found:
            return found
    return []


@function("children")
def children(context: Context, items: Items) -> Items:
    """The elements right below."""
    return [one for item in items for one in context.model.children(item)]


@function("descendants")
def descendants(context: Context, items: Items) -> Items:
    """All elements below."""
    out: Items = []
    pending = children(context, items)
    while pending:
        out += pending
        pending = children(context, pending)
    return out


@function("ofType", "as", least=1, typed=True)
def of_type(context: Context, items: Items, name: str) -> Items:
    """Those of a type; ``as`` of many is the same, as R4 uses it itself (dom-3)."""
    return [item for item in items if is_of(context, item, name)]


@function("is", least=1, typed=True)
def is_(context: Context, items: Items, name: str) -> Items:
    """Whether the item is of a type."""
    if len(items) > 1:
        raise NotEvaluated("is takes one value")
    return [is_of(context, item, name) for item in items]


def is_of(context: Context, item: Any, name: str) -> bool:
    """Return whether an item is of a type: ``FHIR.Patient``, ``System.String``, or a bare name (§6.3)."""
    space, _, bare = name.rpartition(".")
    if type(item) is not Node:
        return space in ("", "System") and system_type(item) == bare
    kind = item.kind
    if not kind:
        if type(item.value) is not bool:
            raise NotEvaluated("the type of the element is not known")
        kind = "boolean"
    if space != "System" and bare in context.model.ancestors(kind):
        return True
    # A primitive of FHIR stands for the System type of its value: `answer is Boolean` (que-7).
    return space != "FHIR" and SYSTEM.get(kind) == bare


@function("type")
def type_(_: Context, items: Items) -> Items:
    """The type of each, with ``namespace`` and ``name``."""
    out: Items = []
    for item in items:
        fhir = type(item) is Node
        name = item.kind if fhir else system_type(item)
        out.append(Node({"namespace": "FHIR" if fhir else "System", "name": name}, ""))
    return out
