"""A report whose results come one by one, through maps and store: one report with all of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway import registry
from gateway.canonical import Envelope, Quarantined, Stored, Translation, new_envelope_id, now_us
from gateway.mapping import load_maps
from gateway.pipeline import steps
from gateway.store import Receive, Settle, Store, Version, open_store

SAMPLES = registry.one_root() / "adapters/lis/hl7v2/samples"
ORDER = (
    "MSH|^~\\&|HIS|DQRM|LIS|DQRM|20260306120000||OML^O21|9|P|2.5.1||||||UNICODE UTF-8\r"
    "PID|1||2000311^^^DQRM^MR||顾长亭||19631104|M\rORC|NW|JY1|||||||20260306120000\r"
    "OBR|1|JY1||CHEM^生化^99LIS\rSPM|1|BC2603060031||SER^血清^99LIS\r"
)


def put(store: Store, raw: bytes, number: int) -> Stored:
    spec, moment, maps = registry.find()["lis/hl7v2"], now_us(), load_maps()
    envelope = Envelope(new_envelope_id(moment), "default", spec.id, "", moment, spec.content_type, "", raw)
    made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
    assert isinstance(made, Translation), made
    settle = Settle(envelope, made, lambda _: b"")
    outcome = store.write([Receive(envelope, str(number), b"%016d" % number, number), settle])[1].outcome
    assert isinstance(outcome, Stored), outcome
    return outcome


def reports(store: Store, *outcomes: Stored) -> list[dict[str, Any]]:
    names = dict.fromkeys(ref.partition("/_history")[0] for one in outcomes for ref in one.refs)
    found = [
        store.read("default", *name.split("/")) for name in names if name.startswith("DiagnosticReport/")
    ]
    return [json.loads(one.body) for one in found if isinstance(one, Version)]


def test_the_tests_of_one_bar_code_are_one_report(tmp_path: Path) -> None:
    glucose, urea = (
        (SAMPLES / f"{name}.hl7").read_bytes()
        for name in ("54-mindray-bs-glucose", "55-mindray-bs-same-sample-urea")
    )
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}", synchronous="OFF")
    try:
        put(store, ORDER.encode(), 9)
        first, second = put(store, glucose, 1), put(store, urea, 2)
        (report,) = reports(store, first, second)
        assert len(report["result"]) == 2
        corrected = glucose.replace(b"|7.93|mmol/L|3.90-6.10|H|||F", b"|7.83|mmol/L|3.90-6.10|H|||C")
        third = put(store, corrected.replace(b"ORU^R01|1|", b"ORU^R01|3|"), 3)
        assert reports(store, first, second, third)[0]["result"] == report["result"], "none twice, none lost"
        changed = [ref for ref in third.refs if ref.startswith("Observation/")]
        assert [ref.rpartition("/")[2] for ref in changed] == ["2"]
    finally:
        store.close()


def test_a_quarantined_message_still_says_what_was_repaired() -> None:
    raw = (SAMPLES / "54-mindray-bs-glucose.hl7").read_bytes()
    without = b"\r".join(line for line in raw.split(b"\r") if line[:3] != b"PID").replace(
        b"BC2603060031", b""
    )
    spec, maps = registry.find()["lis/hl7v2"], load_maps()
    envelope = Envelope("0" * 32, "default", spec.id, "", 0, spec.content_type, "", without)
    made = steps.translate(maps, envelope, steps.read(spec, maps, envelope))
    assert isinstance(made, Quarantined)
    assert made.issues[0].severity == "error"
    assert {issue.rule for issue in made.issues[1:]} == {
        f"mindray-bs/{one}" for one in ("test-name", "test-system", "panel", "panel-system")
    }
