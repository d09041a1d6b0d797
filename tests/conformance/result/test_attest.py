"""Attestations: what may be recorded, what holds on a day, and that a changed file shows nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.result import attest, proof
from conformance.result.attest import add, load, save
from conformance.result.judge import judge
from conformance.result.model import Attestation, State
from conformance.result.refused import Refused
from conformance.result.standing import in_force, standings
from tests.conformance.result.rows import DAY, STACK, attested, catalogue, row

ROWS = catalogue(
    row("NAT-1", methods=("document",)),
    row("NAT-2", methods=("automatic",)),
    row("NAT-3", methods=("automatic", "onsite")),
)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "等保 证书(2026).pdf"
    path.write_bytes(b"%PDF-1.7 level 3")
    return path


@pytest.fixture
def register(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "attestations.json"


def verdict(register: Path, day: date = DAY) -> tuple[State, str]:
    held = standings(load(register), ROWS, day, register.parent)
    found = judge(ROWS, (), held, stack=STACK, day=day)[0]
    return found.verdict, found.reason.en


def test_what_is_recorded_holds_and_keeps_a_copy(register: Path, paper: Path) -> None:
    recorded = add(register, attested(until="2027-01-05"), [paper], ROWS, DAY)
    (kept,) = recorded.evidence
    assert kept.file.startswith("evidence/attested/") and kept.file.endswith("-等保_证书_2026_.pdf")
    assert (register.parent / kept.file).read_bytes() == paper.read_bytes()
    assert load(register) == load(register.parent) == (recorded,)
    assert verdict(register) == (
        State.CONFORMANT,
        "document review: 王评审 (评审员) found it conformant on 2026-01-05",
    )


def test_more_are_added_and_the_same_one_only_once(register: Path, paper: Path) -> None:
    add(register, attested(), [paper], ROWS, DAY)
    add(register, attested(), [paper], ROWS, DAY)
    add(register, attested("nonconformant", when="2026-02-01"), [paper], ROWS, DAY)
    assert [one.when for one in load(register)] == ["2026-01-05", "2026-02-01"]
    assert verdict(register)[0] is State.NONCONFORMANT
    assert len(list((register.parent / "evidence" / "attested").iterdir())) == 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"requirement": "NAT-9"}, "there is no requirement NAT-9"),
        ({"requirement": "NAT-2"}, "NAT-2 is shown by: automatic; not by document review"),
        ({"requirement": "NAT-3"}, "NAT-3 is shown by: automatic, on site; not by document review"),
        ({"when": "2026-03-07"}, "in the future"),
        ({"when": "2026-13-01"}, "no day"),
        ({"when": "20260105"}, "no day"),
        ({"until": "2026-01-05"}, "ends before it begins"),
        ({"until": "2025-01-05"}, "ends before it begins"),
        ({"until": ""}, "no day"),
        ({"who": " "}, "who is empty"),
        ({"role": ""}, "role is empty"),
        ({"note": "\x1b[2J"}, "control characters"),
        ({"note": "x" * 5000}, "too long"),
        ({"finding": State.PARTIAL}, "either conformant or nonconformant"),
    ],
)
def test_what_cannot_be_recorded(register: Path, paper: Path, change: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused, match=told) as caught:
        add(register, replace(attested(), **change), [paper], ROWS, DAY)
    assert caught.value.reason.zh != caught.value.reason.en
    assert not register.parent.exists()


def test_a_document_review_needs_a_file_and_a_visit_at_least_a_note(register: Path) -> None:
    with pytest.raises(Refused, match="nothing shows it"):
        add(register, attested(), [], ROWS, DAY)
    visit = attested(method="onsite", requirement="NAT-3")
    with pytest.raises(Refused, match="nothing shows it"):
        add(register, replace(visit, note=""), [], ROWS, DAY)
    assert add(register, visit, [], ROWS, DAY).evidence == ()


def test_files_that_cannot_be_kept(register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    empty, large = tmp_path / "empty", tmp_path / "large"
    empty.write_bytes(b"")
    large.write_bytes(b"12345")
    monkeypatch.setattr(proof, "LARGEST", 4)
    for path, told in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
        (empty, "empty"),
        (large, "larger"),
    ):
        with pytest.raises(Refused, match=told):
            add(register, attested(), [path], ROWS, DAY)
    assert not register.exists()
    assert not (register.parent / "evidence").exists()


def test_it_holds_to_the_end_of_its_last_day(register: Path, paper: Path) -> None:
    add(register, attested(until="2026-06-30"), [paper], ROWS, DAY)
    assert verdict(register, date(2026, 6, 30))[0] is State.CONFORMANT
    state, reason = verdict(register, date(2026, 7, 1))
    assert state is State.NOT_TESTED
    assert "attestation expired on 2026-06-30 (document review, 王评审)" in reason


def test_it_does_not_hold_before_it_was_made(register: Path, paper: Path) -> None:
    add(register, attested(), [paper], ROWS, DAY)
    assert verdict(register, date(2026, 1, 4))[0] is State.NOT_TESTED
    assert verdict(register, date(2026, 1, 5))[0] is State.CONFORMANT


@pytest.mark.parametrize("change", ["edited", "removed"])
def test_a_file_that_was_touched_shows_nothing(register: Path, paper: Path, change: str) -> None:
    recorded = add(register, attested(), [paper], ROWS, DAY)
    kept = register.parent / recorded.evidence[0].file
    if change == "edited":
        kept.write_bytes(kept.read_bytes() + b" ")
    else:
        kept.unlink()
    state, reason = verdict(register)
    assert state is State.NOT_TESTED
    assert ("was changed after it was recorded" if change == "edited" else "cannot be read") in reason
    assert "attestation void" in reason


def test_a_report_takes_along_what_is_intact(register: Path, paper: Path, tmp_path: Path) -> None:
    good = add(register, attested(), [paper], ROWS, DAY)
    paper.write_bytes(b"another")
    bad = add(register, attested(when="2026-02-02"), [paper], ROWS, DAY)
    (register.parent / bad.evidence[0].file).write_bytes(b"edited")
    report = tmp_path / "report"
    assert proof.carry(load(register), register.parent, report) == good.evidence
    assert (report / good.evidence[0].file).read_bytes() == b"%PDF-1.7 level 3"
    assert not (report / bad.evidence[0].file).exists()


def test_an_attestation_of_no_row_does_not_hold(register: Path, tmp_path: Path) -> None:
    (held,) = standings([attested(requirement="NAT-9")], ROWS, DAY, tmp_path)
    assert not held.holds and held.reason is not None and "NAT-9" in held.reason.en


def written(register: Path, change: dict[str, Any]) -> None:
    one: Attestation = attested(evidence=())
    entry = {**one.to_json(), "evidence": [{"file": "evidence/attested/a.pdf", "sha256": "0" * 64}], **change}
    said = {"schema": attest.SCHEMA, "attestations": [{k: v for k, v in entry.items() if v != "drop"}]}
    register.parent.mkdir()
    register.write_text(json.dumps(said), "utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"method": "telepathy"}, r"attestations\[0\].method: 'telepathy' is not known"),
        ({"method": "automatic"}, r"attestations\[0\]: what a machine tests"),
        ({"finding": "partial"}, r"attestations\[0\]: it is either"),
        ({"untill": "2026-01-01"}, r"attestations\[0\].untill: not known here"),
        ({"who": "drop"}, r"attestations\[0\].who: missing"),
        ({"when": "soon"}, r"attestations\[0\]: when: no day"),
        ({"evidence": []}, r"attestations\[0\]: nothing shows it"),
        ({"evidence": [{"file": "a", "sha256": "0"}]}, "sha256"),
        ({"evidence": [{"file": "a", "sha256": "0" * 64, "url": ""}]}, r"evidence\[0\].url: not known"),
        ({"evidence": [{"file": "../../a", "sha256": "0" * 64}]}, "leads out of"),
        ({"evidence": [{"file": "/a", "sha256": "0" * 64}]}, "leads out of"),
    ],
)
def test_a_register_that_is_not_as_it_should_be(register: Path, change: dict[str, Any], told: str) -> None:
    written(register, change)
    with pytest.raises(Refused, match=told):
        load(register)


def test_a_register_that_cannot_be_read_is_not_written_over(register: Path, paper: Path) -> None:
    register.parent.mkdir()
    register.write_text("{")
    with pytest.raises(Refused, match="not JSON"):
        add(register, attested(), [paper], ROWS, DAY)
    assert register.read_text() == "{"


def test_what_is_saved_is_read_again(register: Path) -> None:
    register.parent.mkdir()
    several = [attested(method="onsite", requirement="NAT-3"), attested(method="onsite", requirement="NAT-1")]
    save(several, register)
    assert [one.requirement for one in load(register)] == ["NAT-1", "NAT-3"]


def test_an_attestation_that_says_nothing_of_it_holds_a_year() -> None:
    one = attested(when="2025-03-05")
    assert in_force(one, ROWS, date(2026, 3, 6)) is None
    why = in_force(one, ROWS, date(2026, 3, 7))
    assert why is not None and "expired on 2026-03-06" in why.en
    assert in_force(attested(when="2025-03-05", until="2030-01-01"), ROWS, date(2026, 3, 7)) is None
