"""The topics that qiao ships fire when what they are named after happens, and not again."""

from __future__ import annotations

import asyncio
from typing import Any


def numbers(rig: Any, receiver: Any, topic: str, *bodies: dict[str, Any], **more: Any) -> list[int]:
    """Write resources one after another; return how many events each has made."""
    made = []

    async def go() -> None:
        async with rig.working() as worker:
            rig.subscribe(receiver.url, criteria=f"urn:qiao:topic:{topic}", **more)
            for body in bodies:
                before = len(receiver.numbers)
                rig.put(body)
                await worker.settle()
                made.append(len(receiver.numbers) - before)

    asyncio.run(go())
    return made


def report(status: str, category: str = "LAB") -> dict[str, Any]:
    coding = {"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": category}
    return {
        "resourceType": "DiagnosticReport",
        "id": f"r-{category}",
        "status": status,
        "category": [{"coding": [coding]}],
        "code": {"text": "x"},
    }


def test_a_laboratory_report_is_told_once_for_each_final_state(rig: Any, receiver: Any) -> None:
    states = ("registered", "preliminary", "final", "amended", "corrected")
    bodies = [report(state) for state in states]
    assert numbers(rig, receiver, "lab-report-final", *bodies) == [0, 0, 1, 1, 1]


def test_a_report_that_is_written_final_at_once_is_told(rig: Any, receiver: Any) -> None:
    again = {**report("final"), "conclusion": "another one"}
    radiology = report("final", "RAD")
    assert numbers(rig, receiver, "lab-report-final", report("final"), again, radiology) == [1, 0, 0]


def test_a_prescription_is_told_when_it_becomes_active(rig: Any, receiver: Any) -> None:
    bodies = [
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": status,
            "intent": "order",
            "medicationCodeableConcept": {"text": "x"},
            "subject": {"reference": "Patient/p1"},
        }
        for status in ("draft", "active", "completed", "active")
    ]
    assert numbers(rig, receiver, "prescription-active", *bodies) == [0, 1, 0, 1]


def test_filters_narrow_a_topic(rig: Any, receiver: Any) -> None:
    bodies = [
        {**report("final"), "id": f"r{who}", "subject": {"reference": f"Patient/{who}"}} for who in ("a", "b")
    ]
    filters = ("DiagnosticReport?patient=Patient/b",)
    assert numbers(rig, receiver, "lab-report-final", *bodies, filters=filters) == [0, 1]


def test_a_critical_value_is_told_when_it_is_to_be_acknowledged_and_again(rig: Any, receiver: Any) -> None:
    coding = {"system": "urn:qiao:codes:task-code", "code": "critical-value"}
    task = {"resourceType": "Task", "id": "t1", "intent": "order", "code": {"coding": [coding]}}
    bodies = [{**task, "status": one} for one in ("requested", "completed", "requested")]
    other = {**task, "id": "t2", "status": "requested", "code": {"text": "x"}}
    noted = {**bodies[2], "description": "corrected"}
    assert numbers(rig, receiver, "critical-value", *bodies, noted, other) == [1, 0, 1, 0, 0]
