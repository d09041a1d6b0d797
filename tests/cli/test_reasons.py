"""Why a message waits or was given back is told in Chinese, too, whichever door it came through."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gateway import registry
from gateway.cli.words.ends import REASONS
from gateway.mapping import load_maps
from gateway.pipeline.steps import WAITING

DOORS = (
    "adapters/his",
    "gateway/wire/rows",
    "gateway/wire/xml",
    "gateway/mapping/asked",
    "gateway/mapping/layout",
)
OWN = frozenset({"value"})
"""Of one condition of a question: it comes with a sentence of its own."""


def rejected() -> Iterator[str]:
    """Every code with which a door gives something back."""
    for folder in DOORS:
        for path in (registry.one_root() / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Rejected":
                    said = [one.value for one in node.keywords if one.arg == "code"]
                    yield from (str(one.value) for one in said if isinstance(one, ast.Constant))


def test_every_code_of_the_doors_has_its_chinese() -> None:
    assert {*rejected(), *WAITING} - OWN - REASONS.keys() == set()


def test_every_reason_of_the_maps_has_its_chinese() -> None:
    maps = load_maps()
    asked = {reason for one in maps.messages.values() for reason in one.file.requires.values()}
    assert asked - REASONS.keys() == set()
