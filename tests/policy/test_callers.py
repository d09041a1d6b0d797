"""Whatever event the packs have rules for, somebody in the gateway asks it: else they decide nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from gateway.feed.kinds import FAMILIES, event_of
from gateway.policy import EVENTS, load_policy
from gateway.policy.policy import pack_files

GATEWAY = Path(__file__).parents[2] / "gateway"
ASKING = {"decide", "gate", "Case"}
"""Functions that are given an event."""


@cache
def asked() -> frozenset[str]:
    """Return the events that are given to one of them, in the whole of the gateway."""
    return frozenset(_asked())


def _asked() -> Iterator[str]:
    """Yield the events that are given to one of them outside of the policy, by name or by a table of them."""
    yield from (one.event for one in FAMILIES.values())
    yield event_of({"resourceType": "ServiceRequest", "category": _category("referral")})
    for path in GATEWAY.rglob("*.py"):
        if "policy" in path.relative_to(GATEWAY).parts[:1]:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _name(node.func) in ASKING:
                yield from _texts(node)
            elif isinstance(node, ast.AnnAssign) and "Event" in ast.unparse(node.annotation) and node.value:
                yield from _texts(node.value)


def _category(kind: str) -> list[object]:
    return [{"coding": [{"system": "urn:qiao:codes:request-kind", "code": kind}]}]


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _texts(node: ast.AST) -> Iterator[str]:
    return (
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_the_packs_is_asked(event: str) -> None:
    packs = load_policy([name for name in pack_files() if name != "cn"]).packs
    named = any(event in rule.on for pack in packs for rule in pack.rules)
    assert not named or event in asked()
