"""Held results come free by themselves: the writer ends them when the order of their sample is committed."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.canonical import Draft, Samples, Translation
from gateway.wire import er7

Rig = Any  # tests/pipeline/conftest.py


def sender(message: er7.Message) -> Translation:
    """Read MSH-10: ``R…`` is a result of the sample in PID-3, ``O…`` the order of it."""
    bar, control = message.get("PID-3.1") or "", message.control_id
    number = {"system": "urn:bar", "value": bar}
    subject = {"reference": "Patient/p1"}
    if control.startswith("O"):
        patient = Draft("Patient", "p1", {"resourceType": "Patient", "id": "p1"})
        specimen = {"resourceType": "Specimen", "id": f"s-{bar}", "identifier": [number], "subject": subject}
        return Translation([patient, Draft("Specimen", f"s-{bar}", specimen, ("urn:bar", bar), "p1")])
    unnamed = Draft("Patient", "u", {"resourceType": "Patient", "id": "u"}, ("urn:qiao:unnamed", bar))
    about = {"reference": "Patient/u"}
    specimen = {"resourceType": "Specimen", "id": f"x-{bar}", "identifier": [number], "subject": about}
    result = {"resourceType": "Observation", "id": f"o-{control}", "status": "final", "subject": about}
    drafts = [unnamed, Draft("Specimen", f"x-{bar}", specimen, ("urn:bar", bar), "u"),
              Draft("Observation", f"o-{control}", result, subject="u")]  # fmt: skip
    return Translation(drafts, samples=Samples(unnamed=frozenset({"u"})))


def test_the_writer_ends_what_an_order_has_released(rig: Rig) -> None:
    rig.maps.make = sender

    async def go() -> None:
        async with rig.engine() as engine:
            answers = await rig.deliver(engine, *(rig.adt(f"R{at}", pid=f"B{at}") for at in range(5)))
            assert answers == ["AA"] * 5, "they are safe: sending them again would not help"
            assert rig.store.states == {"quarantined": 5}
            assert await rig.deliver(engine, rig.adt("O1", pid="B3")) == ["AA"]
            await rig.deliver(engine, rig.adt("O2", pid="X"))  # those that came free go first
            assert rig.store.states == {"quarantined": 4, "stored": 3}
            assert rig.store.store.read("default", "Observation", "o-R3") is not None
            assert rig.store.store.read("default", "Patient", "u") is None

    asyncio.run(go())


def test_what_a_stop_left_released_is_ended_at_the_next_start(rig: Rig) -> None:
    rig.maps.make = sender

    async def go() -> None:
        async with rig.engine() as engine:
            await rig.deliver(engine, rig.adt("R1", pid="B1"))
            rig.store.released = lambda: False  # it stops before it looks
            await rig.deliver(engine, rig.adt("O1", pid="B1"))
        assert rig.store.states == {"received": 1, "stored": 1}
        async with rig.engine():
            assert rig.store.states == {"stored": 2}

    asyncio.run(go())
