"""Repairs: what a profile puts right before the rows read it, what it says of that, and what is refused."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.canonical import Envelope, Translation
from gateway.errors import Misconfigured, Rejected
from gateway.mapping import Maps, load_maps
from gateway.wire import er7

CWE = """
map: "CWE[CodeableConcept]"
rows:
  - {from: CWE.1, to: "coding[1].code"}
  - {from: CWE.2, to: "coding[1].display"}
  - {from: CWE.3, to: "coding[1].version"}
"""
PID = """
map: "PID[Patient]"
rows:
  - {from: PID-3, to: extension.valueString, as: raw_text, with: {url: "http://example.org/3"}}
  - {from: PID-5, to: name.text, as: raw_text}
  - {from: PID-7, to: birthDate}
  - {from: PID-8, to: gender}
  - {from: PID-15, to: maritalStatus, as: "CWE[CodeableConcept]"}
  - {from: PID-19, to: deceasedBoolean, when: "PID-19 = never"}
  - {from: MSH-4, to: language}
"""
MESSAGE = """
message: ADT_A01
events: [ADT^A01]
rows:
  - {at: PID, map: "PID[Patient]", make: Patient, as: patient, key: {fixed: one}}
"""


@cache
def _shipped() -> Maps:
    return load_maps()


def maps(root: Path, repairs: str) -> Maps:
    files = {
        "hl7v2/datatypes/CWE-CodeableConcept.yaml": CWE,
        "hl7v2/segments/PID-Patient.yaml": PID,
        "hl7v2/messages/ADT_A01.yaml": MESSAGE,
        "senders/default.yaml": "sender: default\n",
        "senders/old.yaml": "sender: old\nmatch: {MSH-3: OLD}\nrepairs:\n" + repairs,
    }
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return load_maps(root)


def translate(maps: Maps, pid: dict[int, str], name: str = "OLD", separators: str = r"|^~\&") -> Translation:
    fields = ["PID", *(pid.get(at, "") for at in range(1, max(pid) + 1))]
    bar = separators[0]
    header = ["MSH", separators[1:], name, "", "", "", "20260306080000", "", "ADT^A01", "1", "P", "2.4"]
    raw = (
        "\r".join([bar.join(header), bar.join(fields)]).replace("ADT^A01", f"ADT{separators[1]}A01").encode()
    )
    message = er7.parse(raw)
    made = maps.translate(
        message,
        Envelope("0" * 32, "default", "his/hl7v2", "", 0, "", "", raw),
        maps.profile("his/hl7v2", "", message),
    )
    assert message.raw == raw
    assert message.serialise() == raw
    return made


def patient(made: Translation) -> dict[str, object]:
    return made.drafts[0].body


@pytest.mark.parametrize(
    ("repair", "before", "element", "after"),
    [
        ("{id: x, at: PID-5, join: '^'}", {5: "10^9/L"}, "name", [{"text": "10^9/L"}]),
        ("{id: x, at: PID-5, join: '~'}", {5: "a~b"}, "name", [{"text": "a~b"}]),
        ("{id: x, at: PID-15, split: '&'}", {15: "C1&心内科"}, "maritalStatus",
         {"coding": [{"code": "C1", "display": "心内科"}]}),
        ("{id: x, at: PID-15, split: '&'}", {15: "C1&心内科^^99"}, "maritalStatus",
         {"coding": [{"code": "C1", "display": "心内科", "version": "99"}]}),
        ("{id: x, at: PID-15, columns: 1}", {15: "C1~心内科~99"}, "maritalStatus",
         {"coding": [{"code": "C1", "display": "心内科", "version": "99"}]}),
        ("{id: x, at: PID-15, swap: [1, 2], when: 'PID-15.1 is han'}", {15: "已婚^20"}, "maritalStatus",
         {"coding": [{"code": "20", "display": "已婚"}]}),
        ("{id: x, at: PID-5, apart: [2, 1]}", {5: "LI SI^李四"}, "name",
         [{"text": "李四"}, {"text": "LI SI"}]),
        ("{id: x, at: PID-8, codes: {男: male}}", {8: "男"}, "gender", "male"),
        ("{id: x, at: PID-7, date: '%d/%m/%Y'}", {7: "20/12/1988"}, "birthDate", "1988-12-20"),
        ("{id: x, at: PID-7, date: '%Y年%m月'}", {7: "1988年12月"}, "birthDate", "1988-12"),
        ("{id: x, at: PID-8, set: female, when: 'PID-8 is numeric'}", {8: "2"}, "gender", "female"),
        ("{id: x, at: PID-8, fill: unknown}", {5: "李四"}, "gender", "unknown"),
        ("{id: x, at: MSH-4, fill: DQRM}", {5: "李四"}, "language", "DQRM"),
        ("{id: x, at: PID-7, shift: -1, when: 'PID-8 is numeric'}", {8: "19881220"}, "birthDate",
         "1988-12-20"),
        ("{id: x, at: PID-6, shift: 1}", {6: "19881220"}, "birthDate", "1988-12-20"),
        ("{id: x, at: PID-9, move: PID-8}", {9: "male"}, "gender", "male"),
        ("{id: x, at: PID-19, append: PID-3, with: {5: NNCHN}}", {3: "P1^^^H", 19: "990101199003071237"},
         "extension", [{"url": "http://example.org/3", "valueString": "P1^^^H"},
                       {"url": "http://example.org/3", "valueString": "990101199003071237^^^^NNCHN"}]),
        ("{id: x, at: 'PID-3[2]', clear: true}", {3: "P1~P2"}, "extension",
         [{"url": "http://example.org/3", "valueString": "P1"}]),
    ],
)  # fmt: skip
def test_a_repair_puts_right_what_the_rows_then_read(
    tmp_path: Path, repair: str, before: dict[int, str], element: str, after: object
) -> None:
    made = translate(maps(tmp_path, f"  - {repair}\n"), before)
    assert patient(made).get(element) == after
    assert [(one.severity, one.rule) for one in made.issues] == [("information", "old/x")]


@pytest.mark.parametrize(
    ("repair", "before"),
    [
        ("{id: x, at: PID-9, move: PID-8}", {8: "male", 9: "female"}),
        ("{id: x, at: PID-7, shift: -1}", {7: "19881220", 8: "male"}),
        ("{id: x, at: PID-7, date: '%d/%m/%Y'}", {7: "19881220", 8: "male"}),
        ("{id: x, at: PID-15, split: '&'}", {15: "C1&心内科^here", 8: "male"}),
        ("{id: x, at: PID-15, columns: 1}", {15: "C1^a~C2^b", 8: "male"}),
        ("{id: x, at: PID-8, codes: {M: male}}", {8: "male"}),
        ("{id: x, at: PID-8, fill: unknown}", {8: "male"}),
        ("{id: x, at: ZZZ-1, set: x}", {8: "male"}),
    ],
)
def test_a_repair_leaves_alone_what_does_not_have_its_form(
    tmp_path: Path, repair: str, before: dict[int, str]
) -> None:
    made = translate(maps(tmp_path, f"  - {repair}\n"), before)
    plain = translate(maps(tmp_path / "plain", f"  - {repair}\n"), before, name="OTHER")
    assert patient(made) == patient(plain)
    assert made.issues == plain.issues


def test_repairs_run_in_their_order_and_say_which_field_but_never_what_stood_there(tmp_path: Path) -> None:
    repairs = "  - {id: first, at: PID-9, move: PID-8}\n  - {id: second, at: PID-8, codes: {男: male}}\n"
    made = translate(maps(tmp_path, repairs), {9: "男"})
    assert patient(made)["gender"] == "male"
    assert [(one.where, one.rule) for one in made.issues] == [
        ("PID[1]-9", "old/first"),
        ("PID[1]-8", "old/second"),
    ]
    assert not any("男" in one.text + one.text_zh for one in made.issues)


def test_a_repair_asks_for_fields_of_other_segments(tmp_path: Path) -> None:
    repairs = "  - {id: x, at: PID-8, set: male, when: 'MSH-3 = OLD and MSH-12.1 like \"2.4%\"'}\n"
    assert patient(translate(maps(tmp_path, repairs), {8: "1"}))["gender"] == "male"


def test_repairs_work_on_other_separators(tmp_path: Path) -> None:
    made = translate(
        maps(tmp_path, "  - {id: x, at: PID-15, columns: 1}\n"), {15: "C1!心内科"}, separators=r"#*!\@"
    )
    assert patient(made)["maritalStatus"] == {"coding": [{"code": "C1", "display": "心内科"}]}


def test_another_sender_is_not_repaired(tmp_path: Path) -> None:
    made = translate(maps(tmp_path, "  - {id: x, at: PID-8, set: male}\n"), {8: "female"}, name="NEW")
    assert patient(made)["gender"] == "female"
    assert not made.issues


def test_a_profile_sets_messages_aside(tmp_path: Path) -> None:
    loaded = maps(tmp_path, "  - {id: qc, at: PID-8, quarantine: quality-control, when: PID-8 = Q}\n")
    with pytest.raises(Rejected) as caught:
        translate(loaded, {8: "Q"})
    assert caught.value.code == "quality-control"
    assert translate(loaded, {8: "male"}).drafts


ASIDE = ("quality-control", "calibration", "pooled-sample", "order-not-cancelled", "order-not-taken")
"""Why shipped profiles set a message aside."""


@settings(deadline=None)  # the first example loads the maps
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["PID", "PV1", "OBR", "OBX", "DG1"]), st.text('^~&\\\\"|A1 李/.-10', max_size=90)
        ),
        max_size=6,
    )
)
def test_the_shipped_repairs_take_whatever_comes(segments: list[tuple[str, str]]) -> None:
    rows = [["MSH", "|", "^~\\&", "X"], *([name, *text.split("|")] for name, text in segments)]
    before = [list(f) for f in rows]
    for profile in _shipped().profiles.values():
        if profile.repairs is not None:
            run: Any = SimpleNamespace(issues=[], clean=True)
            after, aside = rows, ""
            try:
                after = profile.repairs(rows, run)
            except Rejected as error:
                aside = error.code
            if aside:  # as its profile says: it waits as it came
                assert aside in ASIDE
                continue
            assert [f[0] for f in after] == [f[0] for f in rows]
            assert (after != rows) == bool(run.issues)
            assert not any("|" in text for f in after[1:] for text in f)
    assert rows == before


@pytest.mark.parametrize(
    ("repair", "why"),
    [
        ("{id: x, at: PID-8}", "one action"),
        ("{id: x, at: PID-8, set: a, clear: true}", "one action"),
        ("{id: x, at: PID-8, mend: a}", "one action"),
        ("{at: PID-8, set: a}", "'id' and 'at'"),
        ("{id: x, at: PID, set: a}", "not a source path"),
        ("{id: x, at: MSH-2, set: a}", "other than MSH-1"),
        ("{id: x, at: PID-8, set: a, when: 'PID-8 is odd'}", "after 'is'"),
        ("{id: x, at: PID-8, set: 'a|b'}", "text of a field"),
        ("{id: x, at: PID-8, join: '!'}", "one of"),
        ("{id: x, at: PID-8, columns: 0}", "number of places"),
        ("{id: x, at: PID-8.1, shift: 1}", "whole field"),
        ("{id: x, at: PID-8, swap: [1]}", "components"),
        ("{id: x, at: PID-8, codes: []}", "codes"),
        ("{id: x, at: PID-8, date: '%q'}", "date pattern"),
        ("{id: x, at: PID-8, move: PV1-2}", "field of PID"),
        ("{id: x, at: PID-8, quarantine: why}", "needs 'when'"),
        ("{id: x, at: PID-8, set: a, with: {1: b}}", "move and append"),
        ("{id: x, at: PID-8, set: a}\n  - {id: x, at: PID-8, set: b}", "duplicate repair id"),
    ],
)
def test_a_wrong_repair_is_refused_at_load_with_file_and_line(tmp_path: Path, repair: str, why: str) -> None:
    with pytest.raises(Misconfigured, match=why) as caught:
        maps(tmp_path, f"  - {repair}\n")
    assert caught.value.where.startswith("old.yaml:")


def test_a_profile_is_like_another_and_adds_what_is_different(tmp_path: Path) -> None:
    from gateway.mapping.senders import profile_file

    (tmp_path / "base.yaml").write_text(
        "sender: base\nadapters: ['lis/*']\nmatch: {MSH-3: A}\nowns: [Observation]\n"
        "namespaces: {X: 'urn:x'}\n"
        "repairs: [{id: one, at: OBX-6, clear: true}]\n"
    )
    own = tmp_path / "own.yaml"
    own.write_text(
        "sender: own\nlike: base\nmatch: {MSH-3: B}\nnamespaces: {Y: 'urn:y'}\n"
        "repairs: [{id: two, at: OBX-7, clear: true}]\n"
    )
    made = profile_file(own)
    assert (made.id, made.match, made.adapters, made.owns) == ("own", ({"MSH-3": "B"},), (), {"Observation"})
    assert made.namespaces == {"X": "urn:x", "Y": "urn:y"}
    assert made.repairs is not None
    assert [one.id for one in made.repairs.repairs] == ["own/one", "own/two"]
    own.write_text("sender: own\nlike: nobody\n")
    with pytest.raises(Misconfigured, match=r"no sender profile 'nobody' beside it") as told:
        profile_file(own)
    assert told.value.where == "own.yaml:2"
