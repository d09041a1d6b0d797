"""Paths: the FHIRPath of an operation, compiled within bounds (R4 fhirpatch.html, FHIRPath 2.0).

A path comes from outside and is evaluated here, so it takes the functions that find elements, and none that
computes: ``select($this & $this)`` twenty times over is a short text and a value of many megabytes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from gateway.patch.failure import MalformedPatch
from gateway.validation.fhirpath.context import Expression, NotEvaluated

LONGEST = 500
"""Characters of a path."""

DEEPEST = 16
"""Brackets inside each other."""

FUNCTIONS = frozenset(
    {
        "all",
        "allFalse",
        "allTrue",
        "anyFalse",
        "anyTrue",
        "as",
        "children",
        "contains",
        "count",
        "descendants",
    }
    | {
        "empty",
        "endsWith",
        "exists",
        "extension",
        "first",
        "getValue",
        "hasValue",
        "is",
        "isDistinct",
        "last",
    }
    | {"length", "lower", "not", "ofType", "resolve", "single", "skip", "startsWith", "tail", "take", "trim"}
    | {"upper", "where"}
)
"""Functions that a path may call."""

WORDS = frozenset({"and", "as", "contains", "div", "implies", "in", "is", "mod", "or", "xor"})
"""Operators that are words: a bracket may follow them."""

_div = re.compile(r"('(?:[^'\\]|\\.)*')|(\.\s*)div\b", re.DOTALL)
_last_step = re.compile(r"(.+)\.([A-Za-z]\w*)", re.DOTALL).fullmatch


@lru_cache(1024)
def compiled(path: str) -> Expression:
    """Return the function of a path.

    Raises:
        MalformedPatch: it is no FHIRPath, or more than a path may be.
    """
    if len(path) > LONGEST:
        raise MalformedPatch(f"its path is longer than {LONGEST} characters", code="too-long")
    # The grammar takes long to import, and only a FHIRPath Patch needs it here.
    from gateway.validation.fhirpath.syntax import compiled as of_grammar

    # A word of the grammar and the name of an element: the official tests write Patient.text.div.
    path = _div.sub(lambda found: found[1] or f"{found[2]}`div`", path)
    _check(_tokens(path))
    try:
        return of_grammar(path)
    except (NotEvaluated, RecursionError, ValueError, ArithmeticError, LookupError):
        raise MalformedPatch("its path is no FHIRPath") from None


def _tokens(path: str) -> list[str]:
    from antlr4 import InputStream
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer

    lexer = FHIRPathLexer(InputStream(path))
    lexer.removeErrorListeners()
    return [token.text for token in lexer.getAllTokens() if token.channel == 0]


def _check(tokens: list[str]) -> None:
    depth = 0
    for before, token in pairwise(["", *tokens]):
        depth += (token in ("(", "[")) - (token in (")", "]"))
        if depth > DEEPEST:
            raise MalformedPatch("its path has too many brackets inside each other", code="too-costly")
        name = before.strip("`")
        if token == "(" and name.isidentifier() and name not in FUNCTIONS | WORDS:  # noqa: S105 (no password)
            raise MalformedPatch("its path calls a function that a patch does not take", code="not-supported")


def last_step(path: str) -> tuple[str, str] | None:
    """Return the path of what holds the last element of a path, and its name; None for another form."""
    match = _last_step(path.strip())
    return (match[1], match[2]) if match else None
