"""Fingerprint: what a mutant is; where it is another one than before, all checks are tried on it again."""

from __future__ import annotations

import ast
import hashlib
import inspect
from functools import cache
from pathlib import Path

from mutants.mutant import Mutant

_DECLARING = ("mutant", "dropped")


@cache
def fingerprint(one: Mutant) -> str:
    """Return a hash of a mutant, and of what its file shares with others."""
    closure = inspect.getclosurevars(one.switch).nonlocals
    own = [
        one.name,
        one.requirement,
        one.jurisdiction,
        inspect.getsource(one.switch),
        repr(sorted(closure.items())),
    ]
    file = Path(inspect.getfile(one.switch))
    return hashlib.sha256("\0".join([*own, shared(file)]).encode()).hexdigest()[:24]


@cache
def shared(file: Path) -> str:
    """Return the source of a file without its mutants."""
    tree = ast.parse(file.read_text("utf-8"))
    tree.body = [one for one in tree.body if not _declares(one)]
    return ast.unparse(tree)


def _declares(node: ast.stmt) -> bool:
    calls = [*getattr(node, "decorator_list", ()), *([node.value] if isinstance(node, ast.Expr) else ())]
    named = {one.func.id for one in calls if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)}
    return not named.isdisjoint(_DECLARING)
