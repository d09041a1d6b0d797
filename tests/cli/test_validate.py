"""``qiao validate``: what is wrong in which file, line and column, for people and for programs."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main

GOOD = (
    '{"resourceType": "Organization", "name": "x", "text": {"status": "empty",'
    ' "div": "<div xmlns=\\"http://www.w3.org/1999/xhtml\\">x</div>"}}'
)
BAD = '{\n  "resourceType": "Patient",\n  "gender": "Male",\n  "nickname": "x"\n}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.json").write_text(GOOD)
    (tmp_path / "b.json").write_text(BAD)
    (tmp_path / "below").mkdir()
    lines = [GOOD, "", '{"resourceType": "Patient", "gender": "Male"}', "{"]
    (tmp_path / "below" / "c.ndjson").write_text("\n".join(lines))
    (tmp_path / "notes.txt").write_text("no resource")
    (tmp_path / "package.json").write_text('{"name": "a.fhir.package"}')
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str]]:
    code = main(["validate", *arguments])
    return code, capsys.readouterr().out.splitlines()


def objects(lines: list[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines]


def test_each_fault_is_one_line_with_its_place(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(folder / "b.json")
    code, lines = run(capsys, file, "--level", "error")
    assert code == 1
    assert [line.partition(" error: ")[0] for line in lines] == [f"{file}:3:13:", f"{file}:4:15:"]
    assert lines[0].endswith("[binding]") and "Patient.gender: use one of male | female" in lines[0]
    (folder / "c.json").write_bytes(b"\xff\xfe{\x00")
    assert run(capsys, str(folder / "c.json"))[1] == [
        f"{folder / 'c.json'}: fatal: write the text in UTF-8 [json]"
    ]


def test_a_good_file_is_silent_and_its_code_is_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, str(folder / "a.json")) == (0, [])


def test_json_is_one_object_per_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = run(capsys, str(folder), "--json", "--level", "error")
    found = objects(lines)
    assert code == 1
    assert [(Path(one["file"]).name, one.get("record"), one["valid"]) for one in found] == [
        ("a.json", None, True),
        ("b.json", None, False),
        ("c.ndjson", 1, True),
        ("c.ndjson", 3, False),
        ("c.ndjson", 4, False),
    ]
    assert found[1]["issues"][0] == {
        "severity": "error",
        "code": "code-invalid",
        "rule": "binding",
        "location": "Patient.gender",
        "line": 3,
        "column": 13,
        "message": found[1]["issues"][0]["message"],
    }
    assert [issue["line"] for issue in found[3]["issues"]] == [3]
    assert found[4]["issues"][0]["severity"] == "fatal"


def test_the_level_hides_what_is_milder_and_changes_no_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "w.json").write_text('{"resourceType": "Patient", "active": true}')
    counts = []
    for level in ("error", "warning", "information"):
        code, lines = run(capsys, str(folder / "w.json"), "--json", "--level", level)
        assert code == 0
        counts.append(len(objects(lines)[0]["issues"]))
    assert counts == [0, 1, 1]
    code, lines = run(capsys, str(folder / "w.json"), "--no-best-practice")
    assert (code, lines) == (0, [])


def test_standard_input_is_a_dash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    code, lines = run(capsys, "-", "--json", "--level", "error")
    assert code == 1
    assert (objects(lines)[0]["file"], len(objects(lines)[0]["issues"])) == ("-", 2)


def test_standard_input_may_hold_one_resource_per_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines_of = b'{"resourceType":"Patient"}\n\n{"resourceType":"Patient","x":1}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines_of)))
    code, lines = run(capsys, "-", "--json", "--level", "error")
    assert code == 1
    assert [(one["record"], one["valid"]) for one in objects(lines)] == [(1, True), (3, False)]


def test_messages_are_chinese_where_chinese_is_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QIAO_LANG", "zh")
    _, lines = run(capsys, str(folder / "b.json"), "--json", "--level", "error")
    assert [one["message"] for one in objects(lines)[0]["issues"]][1] == "R4 此处无该元素，请更正名称或删除"
    _, lines = run(capsys, str(folder / "b.json"), "--json")
    assert "不满足约束 dom-6：建议资源带有叙述（text）" in [
        one["message"] for one in objects(lines)[0]["issues"]
    ]


def test_a_file_that_is_not_there_is_said_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "no-such-file.json"]) not in (0, 1)
    assert "no-such-file.json" in capsys.readouterr().err


def test_a_profile_that_nobody_defines_is_said_at_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["validate", str(folder / "a.json"), "--profile", "http://example.org/none"])
    assert code not in (0, 1)
    assert "http://example.org/none" in capsys.readouterr().err


def test_names_of_any_kind_can_be_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "x.json").write_text('{"resourceType": "\\ud800", "\\ud800\\u001b": 1}')
    code, lines = run(capsys, str(folder / "x.json"))
    assert code == 1 and len(lines) == 1


def test_a_file_beyond_the_limit_is_refused_without_being_read_whole(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.validation.source_text.LARGEST", 100)
    big = folder / "big.ndjson"
    big.write_text(GOOD.replace("x", "y" * 2000) + "\n" + '{"resourceType": "Patient"}\n')
    code, lines = run(capsys, str(big), "--json", "--level", "error")
    found = objects(lines)
    assert code == 1
    assert [one["record"] for one in found] == [1, 2]
    assert found[1]["valid"]


def test_xml_is_checked_like_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        '<Patient xmlns="http://hl7.org/fhir">\n <nickname value="x"/>\n <gender value="Male"/>\n</Patient>'
    )
    (folder / "below" / "d.xml").write_text(text)
    code, lines = run(capsys, str(folder / "below" / "d.xml"), "--level", "error")
    assert code == 1
    file = str(folder / "below" / "d.xml")
    assert [line.partition(" error: ")[0] for line in lines] == [f"{file}:2:2:", f"{file}:3:2:"]
    assert lines[0].endswith("[xml-element]") and lines[1].endswith("[binding]")
    _, lines = run(capsys, str(folder), "--json")
    assert file in {one["file"] for one in objects(lines)}
    (folder / "below" / "d.xml").write_text(text.replace("\n <nick", "<nick").replace("</P", "</p"))
    assert run(capsys, file)[1][0].startswith(f"{file}:3:3: fatal: mend the XML")
