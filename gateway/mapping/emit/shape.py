"""Shape: which fields of a segment have a value, and what a condition comes to once that is known."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from gateway.mapping.raw import part, repetition
from gateway.mapping.texts import EMPTY, count_of, is_han, is_numeric, is_resident

KNOWN: dict[str, Any] = {"EMPTY": EMPTY, "part": part, "repetition": repetition, "count_of": count_of}
KNOWN |= {"is_han": is_han, "is_numeric": is_numeric, "is_resident": is_resident, "len": len}
"""What conditions call; all of it depends on its arguments only."""


@dataclass(slots=True, frozen=True)
class Shape:
    """What is known of a segment before its rows run; none of its fields is the v2 null.

    Attributes:
        valued: numbers of the fields that are not empty.
        repeats: some field may have several repetitions.
    """

    valued: frozenset[int]
    repeats: bool

    def field(self, number: int) -> str:
        """Return the expression of a raw field of the segment ``f``."""
        return f"f[{number}]" if number in self.valued else "''"

    def repetition(self, value: str, number: int) -> str:
        """Return the expression of one repetition of a raw field."""
        if value == "''" or (number > 1 and not self.repeats):
            return "''"
        if not self.repeats:
            return value
        return f"{value}.partition('~')[0]" if number == 1 else f"part({value}, '~', {number})"

    def fold(self, expression: str) -> str:
        """Return the expression without what is certain: ``'True'`` or ``'False'`` where all of it is."""
        return _folded(self, expression)


@lru_cache(maxsize=4096)
def _folded(shape: Shape, expression: str) -> str:
    return ast.unparse(_Folding(shape).visit(ast.parse(expression, mode="eval")))


class _Folding(ast.NodeTransformer):
    """Works out every part of an expression that asks for nothing but constants and valued fields."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        decides = isinstance(node.op, ast.Or)
        terms = [self.visit(one) for one in node.values]
        if any(isinstance(one, ast.Constant) and one.value is decides for one in terms):
            return ast.Constant(decides)
        left = [one for one in terms if not isinstance(one, ast.Constant)]
        return ast.BoolOp(node.op, left) if len(left) > 1 else left[0] if left else ast.Constant(not decides)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        right = node.comparators[0]
        if _is_field(node.left):
            if isinstance(right, ast.Name) and right.id == "EMPTY":
                return ast.Constant(isinstance(node.ops[0], ast.NotIn))
            if isinstance(right, ast.Constant) and right.value == '""':
                return ast.Constant(isinstance(node.ops[0], ast.NotEq))
        return _worked_out(node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name == "count_of" and _is_field(node.args[0]) and not self.shape.repeats:
            return ast.Constant(1)
        return _worked_out(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        return _worked_out(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _worked_out(node)


def _is_field(node: ast.expr) -> bool:
    """Return whether this is a field of the own segment as it stands; only valued ones are named."""
    return isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "f"


def _worked_out(node: ast.expr) -> ast.expr:
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if not names <= KNOWN.keys():
        return node
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<condition>", "eval")
    return ast.Constant(eval(code, dict(KNOWN)))  # noqa: S307 (our own expression, of constants)
