"""``result.json``: what is written is read again, in one order, and a file that is not ours says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.harness.verdict import Verdict
from conformance.harness.words import Words
from conformance.result import file
from conformance.result.model import (
    SCHEMA,
    CheckResult,
    Excluded,
    Result,
    Source,
    Step,
    SuiteResult,
    Trouble,
    load,
    save,
)
from conformance.result.refused import Refused
from tests.conformance.result.rows import attested, judged, result, row, several, standing, tried

KEYS = [
    *("schema", "tool", "run", "target", "environment", "score", "coverage", "checks", "requirements"),
    *("attestations", "suites", "left", "errors", "documents"),
]


def full() -> Result:
    step = Step(
        Words("提交", "submit"), Words("201", "201"), Words("404", "404"), False, ("E0001-2", "E0001-10")
    )
    checks = [
        replace(one, steps=(step,), evidence=("E0001-10", "E0001-2")) for one in several(["pass", "fail"])
    ]
    required = judged(row(methods=("automatic", "document"), critical=True), checks, [standing()])
    return result(
        checks,
        [required],
        attestations=(attested(),),
        suites=(SuiteResult("suite", Words("套件", "suite"), {"pass": 1, "fail": 1}),),
        left=("Patient/2", "Patient/1"),
        errors=(Trouble("suites/x.py", "ImportError: no"),),
        documents=(
            Source(
                "NAT",
                Words("办法", "Measures"),
                "号",
                "cn",
                excluded=(Excluded(("第二条",), Words("a", "b")),),
            ),
        ),
    )


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    save(full(), tmp_path)
    assert load(tmp_path) == load(tmp_path / "result.json") == full().ordered()
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


def test_the_members_stand_in_the_order_of_the_contract(tmp_path: Path) -> None:
    save(full(), tmp_path / "result.json")
    said = json.loads((tmp_path / "result.json").read_text("utf-8"))
    assert list(said) == KEYS
    assert said["schema"] == "urn:qiao:conformance:result:1"
    assert list(said["checks"][0])[:6] == ["id", "suite", "requirement", "title", "critical", "verdict"]
    assert said["target"]["fhirVersion"] == "4.0.1"
    assert said["requirements"][0]["verdict"] == "partial"
    assert said["requirements"][0]["attestations"][0]["holds"] is True


def test_the_same_run_is_the_same_bytes_whatever_the_order(tmp_path: Path) -> None:
    one = full()
    other = replace(one, checks=one.checks[::-1], left=one.left[::-1])
    assert file.dumps(one.to_json()) == file.dumps(other.to_json())


def test_evidence_and_steps_keep_their_order(tmp_path: Path) -> None:
    save(full(), tmp_path)
    assert load(tmp_path).checks[0].evidence == ("E0001-10", "E0001-2")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "not JSON"),
        (b"<html>", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "another kind of file"),
        (b"{}", "another kind of file"),
        (b'{"schema": 1}', "another kind of file"),
        (b'{"schema": "urn:qiao:conformance:attestations:1"}', "another kind of file"),
        (b'{"schema": "urn:qiao:conformance:result:2"}', "of version 2, this program reads 1"),
        (b'{"schema": "urn:qiao:conformance:result:1"}', "tool: missing"),
    ],
)
def test_a_file_that_is_not_ours_says_so(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(Refused, match=told) as caught:
        load(path)
    assert caught.value.reason.zh != caught.value.reason.en


def test_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        load(tmp_path / "nothing.json")


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (("checks", 0, "verdict"), "great", r"checks\[0\].verdict: 'great' is not known here"),
        (("checks", 0, "title"), 3, r"checks\[0\].title: not a text"),
        (("checks", 0, "critical"), 1, r"checks\[0\].critical: not true or false"),
        (("checks",), {}, "checks: not a list"),
        (("checks", 0, "steps"), [7], r"checks\[0\].steps\[0\]: not an object"),
        (("score", "value"), None, "score.value: not a number"),
        (("score", "value"), float("nan"), "score.value: not a number"),
        (("score", "value"), 10**400, "score.value: not a number"),
        (("score", "value"), True, "score.value: not a number"),
        (("run", "seed"), 7.5, "run.seed: not an integer"),
        (("tool",), "qiao", "tool: not an object"),
    ],
)
def test_a_broken_file_says_where(
    tmp_path: Path, where: tuple[str | int, ...], value: object, told: str
) -> None:
    said: Any = full().to_json()
    inner = said
    for name in where[:-1]:
        inner = inner[name]
    inner[where[-1]] = value
    (tmp_path / "result.json").write_text(json.dumps(said))
    with pytest.raises(Refused, match=told):
        load(tmp_path)


def test_what_a_newer_program_adds_is_left_alone(tmp_path: Path) -> None:
    said: Any = full().to_json()
    said["weather"] = said["checks"][0]["weather"] = "fair"
    (tmp_path / "result.json").write_text(json.dumps(said))
    assert load(tmp_path) == full().ordered()


def test_half_a_character_of_a_target_and_a_large_seed_are_written(tmp_path: Path) -> None:
    hostile = tried("fail", reason=Words("\ud800 半", "\ud800 half \U0001f600"))
    one = result([hostile], run=replace(result().run, seed=10**30))
    save(one, tmp_path)
    read = load(tmp_path)
    assert read.checks[0].reason == Words("� 半", "� half \U0001f600")
    assert read.run.seed == 10**30


def test_a_write_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(full(), tmp_path)

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        save(result(), tmp_path)
    assert load(tmp_path) == full().ordered()
    assert [one.name for one in tmp_path.iterdir()] == ["result.json"]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
words = st.builds(Words, texts.filter(bool), texts.filter(bool))


steps = st.builds(Step, words, words, words, st.booleans(), st.tuples(texts))
checks = st.builds(
    CheckResult,
    texts,
    texts,
    texts,
    words,
    st.booleans(),
    st.sampled_from(Verdict),
    st.none() | words,
    st.none() | words,
    st.lists(steps, max_size=2).map(tuple),
    st.tuples(texts, texts),
    st.floats(0, 1e6),
)


@given(checks)
def test_every_check_survives(check: CheckResult) -> None:
    assert CheckResult.from_json(json.loads(file.dumps(check.to_json()))) == check


def test_the_schema_is_the_contracts() -> None:
    assert SCHEMA == "urn:qiao:conformance:result:1"
