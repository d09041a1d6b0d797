"""FHIRPath over a resource, through ``fhirpathpy`` with the types of R4 (FHIRPath 2.0, R4 §2.9)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

from conformance.simulators.exact import Number, Resource
from conformance.testscript.looking.resolving import resolver
from conformance.testscript.unusable import Unusable

LONGEST = 4096


def fhirpath(resource: Resource, expression: str) -> list[Any]:
    """Return the collection that an expression gives.

    Raises:
        Unusable: it is no FHIRPath, or cannot be evaluated on this resource.
    """
    if len(expression) > LONGEST:
        raise Unusable("FHIRPath 表达式过长", "the FHIRPath expression is too long")
    _well_formed(expression)
    import fhirpathpy
    from fhirpathpy.models import models

    plain = _plain(resource)
    options = {
        "traceFn": lambda *_: None,
        "userInvocationTable": {"resolve": {"fn": resolver(plain), "arity": {0: []}}},
    }
    try:
        given = {"resource": plain, "context": plain}
        found = fhirpathpy.evaluate(plain, expression, given, models["r4"], options)
    except Unusable:
        raise
    except Exception as error:  # the library raises Exception itself
        why = str(error) or type(error).__name__
        raise Unusable(f"FHIRPath 无法执行：{why}", f"the FHIRPath cannot be evaluated: {why}") from error
    return [_said(one) for one in found]


@lru_cache(maxsize=1024)
def _well_formed(expression: str) -> None:
    """The library passes over what it cannot parse: ``name.(`` would be ``name``."""
    from antlr4 import CommonTokenStream, InputStream
    from antlr4.error.ErrorListener import ErrorListener
    from fhirpathpy.parser.generated.FHIRPathLexer import FHIRPathLexer
    from fhirpathpy.parser.generated.FHIRPathParser import FHIRPathParser

    class Strict(ErrorListener):  # type: ignore[misc]  # no type information
        def syntaxError(self, *_: Any) -> None:  # noqa: N802 -- antlr4 calls it so
            raise Unusable("FHIRPath 语法错误", "the FHIRPath is malformed")

    lexer = FHIRPathLexer(InputStream(expression))
    parser = FHIRPathParser(CommonTokenStream(lexer))
    for part in (lexer, parser):
        part.removeErrorListeners()
        part.addErrorListener(Strict())
    try:
        parser.entireExpression()  # type: ignore[no-untyped-call]
    except RecursionError as error:
        raise Unusable("FHIRPath 嵌套过深", "the FHIRPath is nested too deeply") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Number):
        return Decimal(str.__str__(value))
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _said(value: Any) -> Any:
    if isinstance(value, Decimal | float):
        return Number(str(value))
    return value if isinstance(value, dict | bool | int | str) else str(value)
