"""Memory: what was remembered from other messages changes nothing in the next one."""

from __future__ import annotations

import copy
from dataclasses import asdict
from typing import Any

import pytest

from conformance.simulators.day import hospital_day
from gateway.canonical import Envelope, Translation
from gateway.errors import Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

DOORS = {"HIS": "his/hl7v2", "LIS": "lis/hl7v2", "RIS": "pacs/ris_hl7v2"}


def translated(maps: Maps, raw: bytes, adapter: str) -> Translation:
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", adapter, "", 1_780_000_000_000_000, "", "", raw)
    return maps.translate(message, envelope, maps.profile(adapter, "", message))


def told(translation: Translation) -> dict[str, Any]:
    """Return what a translation says; ``mark`` only tells that something was said before."""
    said = asdict(translation)
    for draft in said["drafts"]:
        del draft["mark"]
    return said


@pytest.fixture(scope="module")
def messages() -> list[tuple[bytes, str]]:
    return [(event.message, DOORS[event.sender]) for event in hospital_day(7, patients=8)]


def test_a_message_means_the_same_whatever_came_before(messages: list[tuple[bytes, str]]) -> None:
    warm = load_maps()
    first: list[dict[str, Any]] = []
    kept: list[tuple[Translation, dict[str, Any]]] = []
    for raw, door in messages:
        try:
            translation = translated(warm, raw, door)
        except Rejected:
            continue
        kept.append((translation, copy.deepcopy(told(translation))))
    again = load_maps()
    for raw, door in reversed(messages):
        try:
            first.append(told(translated(again, raw, door)))
        except Rejected:
            continue
    assert [before for _, before in kept] == first[::-1]
    assert all(told(translation) == before for translation, before in kept), "a later message changed it"
