"""Rows of a form: worked for a message that is written out, unknown to what stores it."""

from __future__ import annotations

import shutil
from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured
from gateway.mapping import Maps, load_maps
from gateway.mapping.rows import FORMS
from gateway.wire import er7

PID = "PID|1||P1^^^H^MR||Doe^Jane||19800101|F"
PV1 = "PV1|1|I|W1^1^1" + "|" * 16 + "V1"
ADT = ("EVN||20260301083000", PID, PV1)
ORDER = (PID, "ORC|NW|PO1^H|FO1^H", "OBR|1|PO1^H|FO1^H|GLU^Glucose^L|||20260301")
OFFICIAL: dict[str, tuple[str, tuple[str, ...]]] = {
    "ADT_A01": ("ADT^A01", ADT),
    "ADT_A02": ("ADT^A02", ADT),
    "ADT_A05": ("ADT^A05", ADT),
    "ADT_A06": ("ADT^A06", ADT),
    "ADT_A09": ("ADT^A09", ADT),
    "ADT_A11": ("ADT^A11", ADT),
    "ADT_A17": ("ADT^A17", (*ADT, PID.replace("P1", "P2"), PV1.replace("V1", "V2"))),
    "MDM_T02": (
        "MDM^T02",
        (*ADT, "TXA|1|CN|TX|20260301083000||||||||D1^H|||||LA", "OBX|1|TX|N^n^L||text||||||F"),
    ),
    "OML_O21": ("OML^O21", ORDER),
    "ORM_O01": ("ORM^O01", ORDER),
    "ORU_R01": ("ORU^R01", ORDER),
    "SIU_S12": ("SIU^S12", ("SCH|1^H|2^H|||||||||^^^20260305100000|||||||||||||||Booked", PID)),
    "VXU_V04": ("VXU^V04", (PID, "ORC|RE|PO1^H|FO1^H", "RXA|0|1|20260301||08^HepB^CVX|1|mL")),
}
"""Every message of the guide, as short as it can be."""


@cache
def maps(*forms: str) -> Maps:
    return load_maps(forms=frozenset(forms))


def translate(event: str, segments: tuple[str, ...], *forms: str) -> Translation:
    raw = "\r".join((f"MSH|^~\\&|SYS|H|||20260301083015||{event}|1|P|2.5.1", *segments)).encode()
    message = er7.parse(raw)
    envelope = Envelope("", "default", "his/hl7v2", "", 0, "", "", raw)
    return maps(*forms).translate(message, envelope, maps(*forms).profile("his/hl7v2", "", message))


@pytest.mark.parametrize("name", OFFICIAL)
def test_every_message_of_the_guide_makes_its_bundle_and_header(name: str) -> None:
    event, segments = OFFICIAL[name]
    made = {draft.type: draft.body for draft in translate(event, segments, *FORMS).drafts}
    assert made["Bundle"]["type"] == "message"
    assert made["Bundle"]["timestamp"] == "2026-03-01T08:30:15+08:00"
    assert made["MessageHeader"]["eventCoding"]["code"] == event[4:]
    assert made["MessageHeader"]["focus"]


@pytest.mark.parametrize("name", OFFICIAL)
def test_what_is_stored_has_none_of_it(name: str) -> None:
    event, segments = OFFICIAL[name]
    plain, formed = translate(event, segments), translate(event, segments, *FORMS)
    types = [draft.type for draft in plain.drafts]
    assert not {"Bundle", "MessageHeader"} & set(types)
    assert types.count("Provenance") + 1 == [draft.type for draft in formed.drafts].count("Provenance")
    assert {draft.id for draft in plain.drafts} <= {draft.id for draft in formed.drafts}


def test_no_row_of_a_form_stands_in_the_maps_that_store() -> None:
    for plan in maps().messages.values():
        acts = [act for place in (*plan.places.values(), *plan.extras.values()) for act in place.acts]
        assert not [act.step.id for act in acts if act.step.form]


def copied(tmp_path: Path, old: str, new: str) -> Path:
    shipped = Path(str(files("mappings")))
    root = tmp_path / "mappings"
    shutil.copytree(shipped / "hl7v2", root / "hl7v2", ignore=shutil.ignore_patterns("guide"))
    shutil.copytree(shipped / "senders", root / "senders")
    shutil.copytree(shipped / "conceptmaps", root / "conceptmaps")
    for file in (root / "hl7v2/blocks/sender.yaml", root / "hl7v2/messages/ADT_A01.yaml"):
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(old, new), encoding="utf-8")
    return root


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("form: source", "form: letter", "form is one of"),
        ("focus: [patient, encounter]", "focus: [patient, visitor]", "visitor"),
        ("as: header", "as: header, focus: x", "unknown key 'focus'"),
    ],
)
def test_a_form_or_focus_that_is_none_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        load_maps(copied(tmp_path, old, new))


def test_a_fault_in_a_row_of_a_form_is_found(tmp_path: Path) -> None:
    root = copied(tmp_path, "transformation.entity.what: source", "transformation.entity.who: source")
    load_maps(root)
    with pytest.raises(Misconfigured, match=r"who.*sender\.yaml|sender\.yaml.*who"):
        load_maps(root, forms=frozenset(FORMS))
