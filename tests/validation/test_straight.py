"""Shorter ways to the same answer: straight checks of known keys, validators that look for errors only."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.canonical import Issue
from gateway.validation import Validator, straight
from gateway.validation.faults import Level

HERE = Path(__file__).parent
TEXT = (HERE / "good.json").read_text("utf-8")
VALUES: list[Any] = [
    *(None, True, 0, "", " ", "\x01", "a\nb", "x y", "2020-13-40", "urn:oid:x", "Patient/1", "#gone"),
    *([], [None], {}, [{}], [[]], {"id": " "}, {"id": "x"}, {"url": "urn:x"}, {"text": "x"}),
]
COUNT = 2500


def broken(random: Random) -> Iterator[Any]:
    """Good resources, then copies with one or two places changed, taken away, doubled or moved."""
    good = json.loads(TEXT, parse_float=Decimal)
    yield from good.values()
    for _ in range(COUNT):
        value = copy.deepcopy(random.choice(list(good.values())))
        for _ in range(random.choice((1, 1, 2))):
            change(random, random.choice(list(containers(value))))
        yield value


def containers(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list) and value:
        yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from containers(one)


def change(random: Random, inside: Any) -> None:
    at = random.choice(list(inside) if isinstance(inside, dict) else range(len(inside)))
    how = random.randrange(5)
    if how < 2:
        inside[at] = copy.deepcopy(random.choice(VALUES))
    elif how == 2:
        del inside[at]
    elif isinstance(inside, list):
        inside.append(copy.deepcopy(inside[at]))
    elif how == 3:
        inside[at] = inside.pop(at)
    else:
        inside[random.choice(["_" + at, "id", "extension", "valueString"])] = copy.deepcopy(
            random.choice(VALUES)
        )


def found(validator: Validator, value: Any, level: Level | None = None) -> list[Issue]:
    return validator.check(value, (), level.best_practice, level.mildest) if level else validator.check(value)


def often(monkeypatch: pytest.MonkeyPatch, validator: Validator, times: int) -> Validator:
    """Return a validator that compiles straight checks of what came so often."""
    whole = validator.check

    def check(*arguments: Any) -> list[Issue]:
        with monkeypatch.context() as patch:
            patch.setattr(straight, "OFTEN", times)
            return whole(*arguments)

    monkeypatch.setattr(validator, "check", check)
    return validator


@pytest.mark.parametrize("level", [None, Level("error", best_practice=False), Level("warning")])
def test_the_answer_is_the_same(monkeypatch: pytest.MonkeyPatch, level: Level | None) -> None:
    never = often(monkeypatch, Validator(), 10**9)
    first = often(monkeypatch, Validator(level=level) if level else Validator(), 1)
    values = list(broken(Random(7)))
    wrong = [value for value in values if found(never, value, level) != found(first, value, level)]
    assert wrong == []
    again = [value for value in values[:500] if found(never, value, level) != found(first, value, level)]
    assert again == []


def test_what_is_kept_of_rare_keys_is_bounded() -> None:
    made: list[tuple[str, ...]] = []
    known = {f"k{at}" for at in range(5000)}
    straights = straight.Straights(known, made.append)
    for at in range(4000):
        assert straights[(f"k{at}",)] is None
    assert straights[("unknown",)] is None
    assert len(straights._met) <= straight.MOST_MET
    for at in range(100):
        for _ in range(straight.OFTEN):
            assert straights[(f"k{at}",)] is None
    assert len(straights) == len(made) == straight.MOST
