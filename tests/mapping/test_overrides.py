"""Overrides: what one sender's profile adds to the maps, changes or drops, and what is refused at load."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway import registry
from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import Maps, Tracer, load_maps
from gateway.wire import er7

Load = Callable[[str], Maps]

ADMIT = (
    "MSH|^~\\&|{sender}|DQRM|QIAO|DQRM|20260307090000||ADT^A01|77|P|2.4|||||CHN|UNICODE UTF-8\r"
    "PID|1||2000512^^^DQRM^MR||孟秋禾||19710215|2|||渡口街2号^^渡桥市||10000077512\r"
    "PV1|1|I|W0304^305^12|||||||||||||||VIP|ZY2026000801^^^DQRM^VN\r"
    "ZPI|1|孟知远|10000077513|3级护理\r"
)


@pytest.fixture
def load(tmp_path: Path) -> Load:
    root = tmp_path / "mappings"
    shutil.copytree(registry.one_root() / "mappings", root, ignore=shutil.ignore_patterns("__pycache__"))

    def make(profile: str) -> Maps:
        (root / "senders" / "my-his.yaml").write_text(profile, "utf-8")
        return load_maps(root)

    return make


def translate(maps: Maps, raw: bytes) -> Translation:
    message = er7.parse(raw)
    envelope = Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw)
    return maps.translate(message, envelope, maps.profile("his/hl7v2", "", message))


def admitted(maps: Maps, sender: str = "MYHIS") -> Translation:
    return translate(maps, ADMIT.format(sender=sender).encode())


def first(made: Translation, type_name: str) -> dict[str, Any]:
    return next(draft.body for draft in made.drafts if draft.type == type_name)


PROFILE = "sender: my-his\nmatch: {MSH-3: MYHIS}\n"


def test_rows_are_changed_dropped_and_added_for_that_sender_only(load: Load) -> None:
    maps = load(
        PROFILE
        + """
overrides:
  rows:
    "PID[Patient]/PID-8": {codes: null, value: other}
    "PID[Patient]/PID-13": null
  add:
    "PID[Patient]": [{from: PV1-18, to: "extension(http://example.org/vip).valueString"}]
"""
    )
    own, other = first(admitted(maps), "Patient"), first(admitted(maps, "HIS1"), "Patient")
    assert own["gender"] == "other"
    assert "telecom" not in own
    assert own["extension"] == [{"url": "http://example.org/vip", "valueString": "VIP"}]
    assert (other["gender"], other["telecom"][0]["value"]) == ("female", "10000077512")
    assert "extension" not in other
    assert "PID-13" in str(admitted(maps).unmapped)


def test_a_changed_datatype_map_reaches_every_map_that_calls_it(load: Load) -> None:
    maps = load(PROFILE + 'overrides: {rows: {"XAD[Address]/XAD.3": null}}\n')
    assert "city" not in first(admitted(maps), "Patient")["address"][0]
    assert first(admitted(maps, "HIS1"), "Patient")["address"][0]["city"] == "渡桥市"
    assert "city" not in first(admitted(maps), "Patient")["address"][0]


def test_rows_of_a_message_map_change_their_key_or_go(load: Load) -> None:
    maps = load(
        PROFILE
        + """
overrides:
  rows:
    "ADT_A01/patient.PID": {key: {fixed: somebody}}
    "ADT_A01/visit.PV1": null
"""
    )
    assert first(admitted(maps), "Patient")["id"] != first(admitted(maps, "HIS1"), "Patient")["id"]
    assert "Encounter" not in {draft.type for draft in admitted(maps).drafts}
    assert "Encounter" in {draft.type for draft in admitted(maps, "HIS1").drafts}


def test_the_trace_names_the_senders_own_rows(load: Load) -> None:
    maps = load(PROFILE + 'overrides: {rows: {"PID[Patient]/PID-8": {codes: null, value: other}}}\n')
    rules = [line["rule"] for line in Tracer(maps).trace(admitted(maps))]
    assert "PID[Patient]/PID-8@my-his" in rules
    assert "PID[Patient]/PID-8" not in rules
    assert "PID[Patient]/PID-8" in [line["rule"] for line in Tracer(maps).trace(admitted(maps, "HIS1"))]


def test_another_profile_is_another_version_of_the_maps(load: Load) -> None:
    assert (
        load(PROFILE).version != load(PROFILE + 'overrides: {rows: {"PID[Patient]/PID-13": null}}\n').version
    )


def test_the_documented_z_segment_works_as_it_is_written(load: Load) -> None:
    text = (registry.one_root() / "docs/add-a-mapping.md").read_text("utf-8")
    section = text.partition("### A custom Z-segment")[2].partition("\n## ")[0]
    blocks = dict(re.findall(r"```(hl7|yaml)\n(.*?)```", section, re.DOTALL))
    raw = blocks["hl7"].strip().replace("\n", "\r").encode()
    assert [path for path in translate(load(PROFILE), raw).unmapped if path.startswith("ZPI")] == [
        "ZPI-1", "ZPI-2", "ZPI-3", "ZPI-4"
    ]  # fmt: skip
    made = translate(load(blocks["yaml"]), raw)
    contact = {"name": {"text": "孟知远"}, "telecom": [{"value": "10000077512", "system": "phone"}]}
    assert first(made, "Patient")["contact"] == [contact]
    assert not [path for path in made.unmapped if path.startswith("ZPI")]


SMALL = {
    "hl7v2/datatypes/CWE-CodeableConcept.yaml": 'map: "CWE[CodeableConcept]"\n'
    "rows: [{from: CWE.1, to: text}]\n",
    "hl7v2/segments/PID-Patient.yaml": 'map: "PID[Patient]"\nrows: [{from: PID-8, to: gender, codes: sex}]\n',
    "hl7v2/messages/ADT_A01.yaml": "message: ADT_A01\nevents: [ADT^A01]\nrows:\n"
    '  - {at: PID, map: "PID[Patient]", make: Patient, as: patient, key: {fixed: one}}\n',
    "hl7v2/codes/sex.yaml": "table: sex\ncodes: {M: male}\n",
    "senders/default.yaml": "sender: default\n",
}


@pytest.mark.parametrize(
    ("text", "why", "line"),
    [
        ('overrides:\n  rows:\n    "PID[Patient]/PID-99": null\n', "no row", 4),
        ('overrides:\n  rows:\n    "PID[Patient]/PID-8": {codes: nowhere}\n', "nowhere", 5),
        ('overrides:\n  rows:\n    "PID[Patient]/PID-8": {to: gendr}\n', "gendr", 5),
        ('overrides:\n  rows:\n    "PID[Patient]/PID-8": male\n', "keys that change", 4),
        ('overrides:\n  add:\n    "PIX[Patient]": [{from: PID-1, to: id}]\n', "no map", 4),
        ('overrides:\n  add:\n    "PID[Patient]":\n      - {from: PID-23, to: addres.text}\n', "addres", 6),
        ("overrides:\n  drop: [a]\n", "unknown key", 4),
        ("overrides: [a]\n", "takes names", 0),
        ('maps:\n  "ZPI[Patent]": []\n', "new segment maps", 4),
        ('maps:\n  "PID[Patient]": []\n', "new segment maps", 4),
        ("overrides: {rows: {ADT_A01/PV9: null}}\n", "no row", 3),
        ("overrides: {rows: {ADT_A01/PID: {make: Person}}}\n", "only key, when", 3),
        ("messages:\n  ADT_A99: []\n", "no message map", 4),
        ('messages:\n  "ADT_*":\n    - {at: ZPI, map: "PID[Patient]", into: patiant}\n', "no row makes", 5),
        ('messages:\n  ADT_A01:\n    - {at: ZPI, map: "ZPI[Patient]", into: patient}\n', "unknown map", 5),
        ('messages:\n  ADT_A01:\n    - {at: ZPI, map: "PID[Patient]", into: patiant}\n', "no row makes", 5),
    ],
)
def test_a_wrong_override_is_refused_at_load(tmp_path: Path, text: str, why: str, line: int) -> None:
    for name, content in {**SMALL, "senders/my-his.yaml": PROFILE + text}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(Misconfigured, match=why) as caught:
        load_maps(tmp_path)
    assert caught.value.where.startswith("my-his.yaml")
    if line:
        assert caught.value.where == f"my-his.yaml:{line}", caught.value
