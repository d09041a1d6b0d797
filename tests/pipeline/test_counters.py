"""Counters: what each door delivered ends in one of the ends, and their sum is what was received."""

from __future__ import annotations

from gateway.canonical import NotUnderstood, Quarantined, Refused, Stored
from gateway.errors import Retry
from gateway.pipeline.counters import Counters


def test_each_door_has_its_own_ends_and_together_they_are_all() -> None:
    counters = Counters()
    counters.ended("his/cda", b"", Stored([]))
    counters.ended("his/cda", b"", Quarantined("no-patient", []))
    counters.ended("his/hl7v2", b"", Refused([]))
    counters.ended("his/hl7v2", b"", NotUnderstood("not-hl7", []))
    counters.ended("his/hl7v2", b"", None)
    counters.ended("his/hl7v2", Retry("busy"), None)
    counters.not_kept("his/xml_http", "not-xml")
    assert {name: dict(ends) for name, ends in counters.doors.items()} == {
        "his/cda": {"stored": 1, "quarantined": 1},
        "his/hl7v2": {"refused": 1, "rejected": 1, "repeats": 1, "busy": 1},
        "his/xml_http": {"rejected": 1},
    }
    assert counters.received == sum(ends.total() for ends in counters.doors.values()) == 7
    assert (counters.stored, counters.refused, counters.repeats, counters.busy) == (1, 1, 1, 1)
