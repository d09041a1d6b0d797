"""Conditions of rows that lead out: ``PATH valued``, ``not valued``, ``= != in (…) not in (…)``, ``and``.

A value that begins with ``.`` is a path of its own (``.text != .coding.display``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.errors import Misconfigured
from gateway.mapping.outbound.path import Path, Pool

Term = Callable[[Pool, Any, Mapping[str, str]], bool]


@dataclass(slots=True, frozen=True)
class Test:
    """A condition.

    Attributes:
        terms: all of them must hold.
        facts: that it asks for.
    """

    terms: tuple[Term, ...]
    facts: frozenset[str]

    def __call__(self, pool: Pool, here: Any, facts: Mapping[str, str]) -> bool:
        """Tell whether it holds of the element at hand."""
        return all(term(pool, here, facts) for term in self.terms)


_TERM = re.compile(
    r"(?P<path>\S+)\s+(?:(?P<not>not\s+)?valued|(?P<sign>!?=)\s+(?P<value>\S+)"
    r"|(?P<out>not\s+)?in\s+\((?P<list>[^)]*)\))\Z"
)


def condition(text: str) -> Test:
    """Return a condition.

    Raises:
        Misconfigured: it is none.
    """
    terms = [one.strip() for one in re.split(r"\s+and\s+", text.strip())]
    made = tuple(map(_term, terms))
    return Test(made, frozenset(one.split()[0][1:] for one in terms if one.startswith("$")))


def _term(text: str) -> Term:
    match = _TERM.match(text)
    if match is None:
        raise Misconfigured(f"no condition: {text!r}")
    path = Path(match["path"])
    if match["list"] is not None:
        return _among(path, {one.strip() for one in match["list"].split(",")}, not match["out"])
    if match["sign"] is None:
        wanted = not match["not"]
        return lambda pool, here, facts: bool(path.values(pool, here, facts)) is wanted
    same = match["sign"] == "="
    if match["value"].startswith("."):
        return _like(path, Path(match["value"]), same)
    return _among(path, {match["value"].strip("'\"")}, same)


def _among(path: Path, wanted: set[str], inside: bool) -> Term:
    return lambda pool, here, facts: bool(_texts(path, pool, here, facts) & wanted) is inside


def _like(path: Path, other: Path, same: bool) -> Term:
    def test(pool: Pool, here: Any, facts: Mapping[str, str]) -> bool:
        return (_texts(path, pool, here, facts) == _texts(other, pool, here, facts)) is same

    return test


def _texts(path: Path, pool: Pool, here: Any, facts: Mapping[str, str]) -> set[str]:
    return {str(one).lower() if isinstance(one, bool) else str(one) for one in path.values(pool, here, facts)}
