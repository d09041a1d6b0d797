"""A message without an essential identity waits with its reason, and is stored once the profile is mended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Stored, new_envelope_id, now_us
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.pipeline.recovery import replay
from gateway.store import Receive, Settle, open_store

HEADER = "MSH|^~\\&|MYHIS|DQRM|QIAO|DQRM|20260307090000||{type}|77|P|2.4|||||CHN|UNICODE UTF-8\r"
NO_PATIENT = HEADER + "EVN|A01|20260307090000\rPID|1||||孟秋禾||19710215|2||2000512\rPV1|1|I|W0304\r"
NO_ORDER = HEADER + (
    "PID|1||2000512^^^DQRM^MR||孟秋禾||19710215|2\r"
    "OBR|1|||||||||||||||||BG2026030700512\r"
    "OBX|1|NM|GLU^血糖^99LIS||5.1|mmol/L|3.9-6.1||||F\r"
)
PROFILE = "sender: my-his\nmatch: {MSH-3: MYHIS}\n"


@pytest.mark.parametrize(
    ("text", "reason", "repair"),
    [
        (NO_PATIENT.format(type="ADT^A01"), "no-patient", "at: PID-10, move: PID-3, with: {4: DQRM, 5: MR}"),
        (NO_ORDER.format(type="ORU^R01"), "no-order-number", "at: OBR-18, move: OBR-3"),
    ],
)
def test_it_is_quarantined_with_the_reason_and_replays_after_the_profile_is_mended(
    tmp_path: Path, text: str, reason: str, repair: str
) -> None:
    root = tmp_path / "mappings"
    shutil.copytree(registry.one_root() / "mappings", root)
    profile = root / "senders" / "my-his.yaml"
    profile.write_text(PROFILE, "utf-8")
    adapters, maps = registry.find(), load_maps(root)
    moment, spec = now_us(), adapters["his/hl7v2"]
    envelope = Envelope(
        new_envelope_id(moment), "default", spec.id, "", moment, spec.content_type, "", text.encode()
    )
    reading = steps.read(spec, maps, envelope)
    result = steps.translate(maps, envelope, reading)
    assert isinstance(result, Quarantined), result
    assert result.reason == reason
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    try:
        store.write([Receive(envelope, "77", b"0" * 16, 1), Settle(envelope, result, lambda _: b"")])
        again = store.write([replay(maps, adapters, envelope)])[0].outcome
        assert isinstance(again, Quarantined)
        profile.write_text(f"{PROFILE}repairs:\n  - {{id: number, {repair}}}\n", "utf-8")
        ended = store.write([replay(load_maps(root), adapters, envelope)])[0].outcome
        assert isinstance(ended, Stored), ended
        assert any(ref.startswith("Patient/") for ref in ended.refs)
        assert ("my-his/number", "information") in [(one.rule, one.severity) for one in ended.issues]
        assert store.counts("default").inbox["stored"] == 1
    finally:
        store.close()
