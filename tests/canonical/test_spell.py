"""Spell: a trouble is told of when it begins, changes and ends, however long it lasts."""

from __future__ import annotations

import logging

import pytest

from gateway.canonical.spell import Spell


def test_a_trouble_that_lasts_is_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    spell = Spell(logging.getLogger("qiao.test"), "the relay")
    spell.over()
    for _ in range(100):
        spell.on("Retry")
    spell.on("OSError")
    spell.over()
    spell.over()
    spell.on("Retry")
    assert [one.getMessage() for one in caplog.records] == [
        "the relay: Retry",
        "the relay: OSError",
        "the relay: goes on, after 101 failures",
        "the relay: Retry",
    ]
