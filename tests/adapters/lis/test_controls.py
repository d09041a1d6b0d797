"""Controls under the bar code of a patient's tube, whichever profile the sender has: they are no results."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from gateway.store import Walk

Open = Callable[..., Any]
FACILITIES = {"Mindray": "BS-800", "BC-6800": "Mindray"}


def results(sender: str, guide: str, role: str, barcode: str) -> bytes:
    """Return an OUL^R22 with one result of a sample in this role (table 0369)."""
    lines = (
        f"MSH|^~\\&|{sender}|{FACILITIES.get(sender, 'LAB')}|QIAO|LAB|20260305090000||OUL^R22^OUL_R22|r-1|P|"
        f"2.5.1|||NE|AL||UNICODE UTF-8|||{guide}",
        f"SPM|1|{barcode}||SER^Serum^HL70487|||||||{role}",
        'OBR|1|""||14749-6^Glucose^LN',
        "ORC|OK||||CM",
        "OBX|1|NM|14749-6^Glucose^LN|1|5.60|mmol/L^^UCUM|3.90-6.10|N|||F|||||||20260305090000",
    )
    return "".join(f"{one}\r" for one in lines).encode()


@pytest.mark.parametrize(
    ("sender", "guide"),
    [("IM5000", "LAB-29^IHE"), ("LIS", ""), ("X9000", ""), ("LLIS", ""), ("Mindray", ""), ("BC-6800", "")],
)
@pytest.mark.parametrize(
    ("role", "reason"),
    [
        ("Q^Control specimen^HL70369", "quality-control"),
        ("q", "quality-control"),
        (" Q ", "quality-control"),
        ("^Q", "quality-control"),
        ("QC", "quality-control"),
        ("9^Control", "quality-control"),
        ("质控", "quality-control"),
        ("C^Calibrator^HL70369", "calibration"),
        ("v", "calibration"),
        ("定标液", "calibration"),
    ],
)
def test_a_control_or_calibrator_is_kept_apart(
    laboratory: Open, texts: Any, sender: str, guide: str, role: str, reason: str
) -> None:
    async def tell() -> None:
        async with laboratory("lis/law") as lab:
            await lab.one(texts.order())
            await lab.one(results(sender, guide, role, texts.barcode))
            assert lab.states() == {"stored": 1, "quarantined": 1}
            assert lab.all("Observation") == []
            (held,) = lab.store.inbox_walk(Walk(states=("quarantined",)), 10)
            assert held.reason == reason

    asyncio.run(tell())
