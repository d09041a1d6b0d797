"""Code tables that change while the gateway runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gateway.canonical import Envelope, new_envelope_id, now_us
from gateway.mapping import Maps, load_maps
from gateway.mapping.code_folders import Change
from gateway.wire import er7

MESSAGE = (
    "MSH|^~\\&|HIS|H|Q|Q|20260301080000+0800||ADT^A01^ADT_A01|1|P|2.5.1\r"
    "EVN|A01|20260301080000+0800\rPID|1||P1^^^HIS^MR||张^三||19900307|M||||||||{marital}\r"
    "PV1|1|I|W1^101^1|||||||||||||||V1^^^HIS^VN\r"
)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def maps(own: Path) -> Maps:
    return load_maps(codes=own)


def write(own: Path, name: str, text: str) -> None:
    """Write a file with a time of its own, however quick the test is."""
    path = own / name
    times = path.stat().st_mtime_ns + 1_000_000 if path.exists() else None
    path.write_text(text, "utf-8")
    if times:
        os.utime(path, ns=(times, times))


def settled(maps: Maps) -> Change:
    """Look twice: the first look may see a file that is still being written."""
    first = maps.refresh()
    assert first == Change()
    return maps.refresh()


def married(maps: Maps, code: str) -> list[str]:
    at = now_us()
    raw = MESSAGE.format(marital=code).encode()
    envelope = Envelope(new_envelope_id(at), "default", "his/hl7v2", "", at, "", "UTF-8", raw)
    message = er7.parse(raw)
    made = maps.translate(message, envelope, maps.profile("his/hl7v2", "", message))
    patient = next(one.body for one in made.drafts if one.type == "Patient")
    return [one["code"] for one in patient["maritalStatus"]["coding"]]


def test_a_new_file_is_taken_over_and_what_was_remembered_is_forgotten(maps: Maps, own: Path) -> None:
    before = maps.version
    assert married(maps, "7Z") == ["7Z"]
    write(own, "ours.csv", "# extends: marital-status\ncode,target,display\n7Z,M,Married\n")
    assert settled(maps).tables == ("marital-status",)
    assert married(maps, "7Z") == ["7Z", "M"]
    assert maps.version not in (before, "")
    assert maps.version == load_maps(codes=own).version  # a later process reads the lineage by it


def test_nothing_changes_while_nothing_changes(maps: Maps) -> None:
    before = maps.version
    assert maps.refresh() == maps.refresh() == Change()
    assert maps.version == before


def test_a_broken_file_keeps_the_old_table_and_is_told_once(maps: Maps, own: Path) -> None:
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,M\n")
    settled(maps)
    before = maps.version
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,\n")
    assert settled(maps).problem.startswith("ours.csv:3: a code without a target")
    assert maps.refresh() == Change()
    assert married(maps, "7Z") == ["7Z", "M"]
    assert maps.version == before
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,S\n")
    assert settled(maps) == Change(("marital-status",))
    assert married(maps, "7Z") == ["7Z", "S"]


def test_a_file_that_does_not_fit_the_others_changes_nothing(maps: Maps, own: Path) -> None:
    write(own, "route.csv", "code,target\nX,x\n")
    change = settled(maps)
    assert change.tables == ()
    assert "also in route.yaml" in change.problem
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,M\n")
    assert "also in route.yaml" in settled(maps).problem
    (own / "route.csv").unlink()
    assert settled(maps) == Change(("marital-status",))


def test_a_file_that_is_gone_takes_its_codes_with_it(maps: Maps, own: Path) -> None:
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,M\n")
    write(own, "ward.csv", "code,target\nX,x\n")
    settled(maps)
    assert "ward" in maps.tables
    (own / "ours.csv").unlink()
    (own / "ward.csv").unlink()
    assert settled(maps).tables == ("marital-status", "ward")
    assert married(maps, "7Z") == ["7Z"]
    assert "ward" not in maps.tables


def test_a_folder_that_is_gone_changes_nothing(maps: Maps, own: Path) -> None:
    write(own, "ours.csv", "# extends: marital-status\ncode,target\n7Z,M\n")
    settled(maps)
    (own / "ours.csv").rename(own.parent / "kept.csv")
    own.rmdir()
    assert "there is no folder" in settled(maps).problem
    assert married(maps, "7Z") == ["7Z", "M"]
