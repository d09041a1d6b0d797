"""Fingerprint: what a mutant's finding depends on; where none of it changed it need not be tried again.

The gateway is not among it: it changes all the time, and who wants every mutant tried on it anew says so.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
from functools import cache
from pathlib import Path

from mutants.mutant import Mutant
from mutants.proof import suites

from conformance.runner.definitions import tool

HERE = Path(__file__).parent
_SHARED = (HERE / "mutant.py", HERE / "proof.py", HERE.parent / "standing.py")
_DECLARING = ("mutant", "dropped")


@cache
def fingerprint(one: Mutant) -> str:
    """Return a hash of a mutant, of what its file shares with others, of suites and harness."""
    closure = inspect.getclosurevars(one.switch).nonlocals
    own = [
        one.name,
        one.requirement,
        one.jurisdiction,
        inspect.getsource(one.switch),
        repr(sorted(closure.items())),
    ]
    file = Path(inspect.getfile(one.switch))
    return hashlib.sha256("\0".join([*own, shared(file), harness()]).encode()).hexdigest()[:24]


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


@cache
def harness() -> str:
    """Return a hash of suites, harness, and what makes mutants."""
    made = tool(suites()).definitions
    files = [hashlib.sha256(one.read_bytes()).hexdigest() for one in _SHARED]
    return hashlib.sha256(repr((sorted(made.suites.items()), made.harness, files)).encode()).hexdigest()
