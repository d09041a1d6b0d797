"""Syntax: an expression becomes a function, by the grammar of ``fhirpathpy`` (FHIRPath 2.0, appendix B).

Only the grammar is taken from there. Its engine counts the second half of a primitive (``_birthDate``) as a
second value, forgets ``$this`` after a nested expression, reads past a syntax error, and takes time with the
square of a resource's size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gateway.validation.fhirpath import fhir, texts  # noqa: F401 (they fill the table of functions)
from gateway.validation.fhirpath.context import Context, Expression, Items, NotEvaluated, single, truth
from gateway.validation.fhirpath.functions import FUNCTIONS, is_
from gateway.validation.fhirpath.functions import of_type as as_
from gateway.validation.fhirpath.model import Node
from gateway.validation.fhirpath.operators import OPERATORS, negative
from gateway.validation.fhirpath.system import Quantity, moment, time

__all__ = ["compiled"]

_escape = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"r": "\r", "n": "\n", "t": "\t", "f": "\f"}


def compiled(expression: str) -> Expression:
    """Return the function of an expression.

    Raises:
        NotEvaluated: it is malformed, or calls a function that nobody defines.
    """
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.error.ErrorListener import ErrorListener
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc]  # no type information
        def syntaxError(self, *_: Any) -> None:  # noqa: N802 (antlr4 calls it so)
            raise NotEvaluated("the expression is malformed")

    lexer = FHIRPathLexer(InputStream(expression))
    parser = FHIRPathParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(Strict())
    tree: Any = parser
    return _build(tree.entireExpression().getChild(0))


def _build(tree: Any) -> Expression:
    return _BUILD[type(tree).__name__](tree)


def _only(tree: Any) -> Expression:
    return _build(tree.getChild(0))


def _inner(tree: Any) -> Expression:
    return _build(tree.getChild(1))


def _step(tree: Any) -> Expression:
    left, right = _build(tree.getChild(0)), _build(tree.getChild(2))
    return lambda context, items: right(context, left(context, items))


def _indexer(tree: Any) -> Expression:
    left, index = _build(tree.getChild(0)), _build(tree.getChild(2))

    def at(context: Context, items: Items) -> Items:
        place = single(index(context, context.this), "an index")
        return left(context, items)[place : place + 1] if type(place) is int and place >= 0 else []

    return at


def _polarity(tree: Any) -> Expression:
    operand = _build(tree.getChild(1))
    if tree.getChild(0).getText() == "+":
        return operand
    return lambda context, items: negative(operand(context, items))


def _binary(tree: Any) -> Expression:
    left, right = _build(tree.getChild(0)), _build(tree.getChild(2))
    operator = OPERATORS[tree.getChild(1).getText()]
    return lambda context, items: operator(left(context, items), right(context, items))


def _logic(tree: Any) -> Expression:
    left, right = _build(tree.getChild(0)), _build(tree.getChild(2))
    table = _LOGIC[tree.getChild(1).getText()]

    def decide(context: Context, items: Items) -> Items:
        one = truth(left(context, items))
        known = table(one, None)
        # What the left side settles alone needs no right side, which may not be evaluable then.
        answer = known if known is not None else table(one, truth(right(context, items)))
        return [] if answer is None else [answer]

    return decide


def _and(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return None if one is None or other is None else True


def _or(one: bool | None, other: bool | None) -> bool | None:
    if one is True or other is True:
        return True
    return None if one is None or other is None else False


def _xor(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one != other


def _implies(one: bool | None, other: bool | None) -> bool | None:
    return _or(None if one is None else not one, other)


_LOGIC: dict[str, Callable[[bool | None, bool | None], bool | None]] = {
    "and": _and,
    "or": _or,
    "xor": _xor,
    "implies": _implies,
}


def _typed(tree: Any) -> Expression:
    left, name = _build(tree.getChild(0)), _name(tree.getChild(2).getText())
    test = is_ if tree.getChild(1).getText() == "is" else as_
    return lambda context, items: test(context, left(context, items), name)


def _name(text: str) -> str:
    return text.replace("`", "")


def _member(tree: Any) -> Expression:
    name = _name(tree.getText())
    capital = name[:1].isupper()

    def member(context: Context, items: Items) -> Items:
        if capital:
            # The name of a type at the start of a path means the element itself (§2.1.1).
            return [
                item for item in items if type(item) is Node and name in context.model.ancestors(item.kind)
            ]
        select = context.model.select
        return [one for item in items for one in select(item, name)]

    return member


def _this(_: Any) -> Expression:
    return lambda context, items: context.this


def _index(_: Any) -> Expression:
    return lambda context, items: context.index


def _total(_: Any) -> Expression:
    return lambda context, items: context.total


def _call(tree: Any) -> Expression:
    tree = tree.getChild(0)
    name = _name(tree.getChild(0).getText())
    listed = tree.getChild(2)
    given = (
        [listed.getChild(at) for at in range(0, listed.getChildCount(), 2)] if listed.getText() != ")" else []
    )
    entry = FUNCTIONS.get(name)
    if entry is None or not entry.least <= len(given) <= entry.most:
        raise NotEvaluated(f"there is no function {name} of {len(given)} arguments")
    call = entry.call
    arguments = [_name(one.getText()) if entry.typed else _build(one) for one in given]
    return lambda context, items: call(context, items, *arguments)


def _constant(tree: Any) -> Expression:
    name = _string(tree.getText()[1:]) if "'" in tree.getText() else _name(tree.getText()[1:])
    return lambda context, items: context.constant(name)


def _literal(value: Any) -> Expression:
    items = [] if value is None else [value]
    return lambda _, __: items


def _number(text: str) -> Decimal | int:
    return Decimal(text) if "." in text else int(text)


def _string(text: str) -> str:
    def plain(match: re.Match[str]) -> str:
        code = match[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

    return _escape.sub(plain, text[1:-1])


def _quantity(tree: Any) -> Expression:
    parts = tree.getChild(0)
    unit = parts.getChild(1).getText() if parts.getChildCount() > 1 else "'1'"
    return _literal(Quantity(Decimal(parts.getChild(0).getText()), unit.strip("'")))


_BUILD: dict[str, Callable[[Any], Expression]] = {
    "TermExpressionContext": _only,
    "InvocationTermContext": _only,
    "LiteralTermContext": _only,
    "ParenthesizedTermContext": _inner,
    "ExternalConstantTermContext": _constant,
    "InvocationExpressionContext": _step,
    "IndexerExpressionContext": _indexer,
    "PolarityExpressionContext": _polarity,
    "MultiplicativeExpressionContext": _binary,
    "AdditiveExpressionContext": _binary,
    "UnionExpressionContext": _binary,
    "InequalityExpressionContext": _binary,
    "EqualityExpressionContext": _binary,
    "MembershipExpressionContext": _binary,
    "TypeExpressionContext": _typed,
    "AndExpressionContext": _logic,
    "OrExpressionContext": _logic,
    "ImpliesExpressionContext": _logic,
    "MemberInvocationContext": _member,
    "ThisInvocationContext": _this,
    "IndexInvocationContext": _index,
    "TotalInvocationContext": _total,
    "FunctionInvocationContext": _call,
    "NullLiteralContext": lambda _: _literal(None),
    "BooleanLiteralContext": lambda tree: _literal(tree.getText() == "true"),
    "StringLiteralContext": lambda tree: _literal(_string(tree.getText())),
    "NumberLiteralContext": lambda tree: _literal(_number(tree.getText())),
    "DateTimeLiteralContext": lambda tree: _literal(moment(tree.getText()[1:])),
    "TimeLiteralContext": lambda tree: _literal(time(tree.getText()[1:])),
    "QuantityLiteralContext": _quantity,
}
