"""Broken resources: each is a good one with one fault, and the fault is found, by its rule, at its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.validation import Validator

HERE = Path(__file__).parent
GOOD: dict[str, Any] = json.loads((HERE / "good.json").read_text("utf-8"), parse_float=Decimal)
_step = re.compile(r'"((?:[^"\\]|\\.)*)"|([A-Za-z_]+)|\[(\d+)\]')
_mutation = re.compile(r"(?:- (?P<gone>\S+)|(?P<path>\"[^\"]*\"|\S+) (?P<op>[=+]) (?P<value>.*))").fullmatch


def rows() -> Iterator[tuple[str, str, str, str]]:
    for line in (HERE / "mutations.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, mutation, rule, place = (part.strip() for part in re.split(r" \|(?: |$)", line, maxsplit=3))
            yield name, mutation, rule, place


ROWS = list(rows())


def mutated(name: str, mutation: str) -> Any:
    """Return a copy of a good resource with one mutation."""
    value = json.loads((HERE / "good.json").read_text("utf-8"), parse_float=Decimal)[name]
    match = _mutation(mutation)
    assert match is not None, mutation
    steps = [
        int(index) if index else bare or json.loads(f'"{quoted}"')
        for quoted, bare, index in _step.findall(match["gone"] or match["path"])
    ]
    above = value
    for step in steps[:-1]:
        above = above[step]
    if match["gone"]:
        del above[steps[-1]]
    elif match["op"] == "+":
        above[steps[-1]].append(json.loads(match["value"], parse_float=Decimal))
    elif isinstance(above, list):
        above[int(steps[-1])] = json.loads(match["value"], parse_float=Decimal)
    else:
        above[steps[-1]] = json.loads(match["value"], parse_float=Decimal)
    return value


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.mark.parametrize("name", GOOD)
def test_a_good_resource_has_neither_errors_nor_warnings(validator: Validator, name: str) -> None:
    assert validator.check(GOOD[name], best_practice=False) == []


@pytest.mark.parametrize(("name", "mutation", "rule", "place"), ROWS)
def test_one_fault_is_found_at_its_place(
    validator: Validator, name: str, mutation: str, rule: str, place: str
) -> None:
    value = mutated(name, mutation)
    issues = validator.check(value)
    severity, _, rule = rule.rpartition(" ")
    kind = value.get("resourceType")
    root = kind if kind in validator.definitions.resource_types() else "Resource"
    wanted = (severity or "error", rule, f"{root}.{place}" if place else root)
    assert wanted in [(issue.severity, issue.rule, issue.where) for issue in issues]
    assert all(issue.text and issue.text_zh and issue.where.isprintable() for issue in issues)


def test_there_are_many_faults() -> None:
    assert len(set(ROWS)) == len(ROWS) >= 250
