"""Rules are the hospital's own file or the shipped one; a file that is wrong is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.canonical.rule_file import rule_file
from gateway.errors import Misconfigured
from gateway.feed.critical import load_rules as critical
from gateway.feed.laboratory import load_delta_rules as delta
from gateway.matching import load_rules as matching

LOADERS = (critical, delta, matching)


def test_what_ships_is_read_and_named() -> None:
    said, where = rule_file(None, "laboratory", "critical.yaml")
    assert (said["critical"], where) == ("Observation", "mappings/laboratory/critical.yaml")


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize(
    ("raw", "reason", "line"),
    [
        (b"a: 1\nb: ]\n", "not YAML", ":2"),
        (b"a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n", "c is there twice", ":5"),
        ("危急: 值".encode("gb18030"), "not UTF-8", ""),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tmp_path: Path, load: object, raw: bytes, reason: str, line: str
) -> None:
    file = tmp_path / "own.yaml"
    file.write_bytes(raw)
    with pytest.raises(Misconfigured, match=reason) as caught:
        load(file)  # type: ignore[operator]
    assert str(caught.value.where) == f"{file}{line}"


@pytest.mark.parametrize("load", LOADERS)
def test_one_that_is_not_there_and_one_that_says_nothing(tmp_path: Path, load: object) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load(tmp_path / "none.yaml")  # type: ignore[operator]
    (tmp_path / "empty.yaml").write_text("", "utf-8")
    with pytest.raises(Misconfigured):
        load(tmp_path / "empty.yaml")  # type: ignore[operator]
