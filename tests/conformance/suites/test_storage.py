"""What lies on the disk is looked through; what shows nothing is no pass."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.harness.check import Check
from conformance.harness.run import Run
from conformance.harness.verdict import Failed, NotTested, Skipped
from conformance.harness.words import Words
from conformance.suites.security import storage

NUMBER = "r0123456789abc"
FAMILY = f"密{NUMBER}"


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``tried(content)``: the target writes these bytes when the patient is created."""

    def go(content: bytes | None, place: Path | None = tmp_path, file: str = "data.db") -> None:
        def create(_run: Any, body: Any) -> Any:
            if content is not None:
                (tmp_path / file).write_bytes(content)
            return body

        monkeypatch.setattr(storage, "created", create)
        target = SimpleNamespace(setting=lambda _name, _default: str(place) if place else "")
        session = SimpleNamespace(number="r", seed=7, target=target)
        check = Check("s.at_rest", "s", "SC-48.2", Words("甲", "a"), lambda run: None)
        run = Run(check, cast(Any, session))
        run.number = NUMBER
        storage.at_rest(run)

    return go


@pytest.mark.parametrize(
    "content", [FAMILY.encode(), b"\x00" * 100 + NUMBER.encode(), FAMILY.encode("utf-16-le")]
)
def test_a_name_on_the_disk_fails(tried: Callable[..., None], content: bytes) -> None:
    with pytest.raises(Failed):
        tried(content)


def test_a_name_across_two_pieces_fails(tried: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_PIECE", 8)
    with pytest.raises(Failed):
        tried(b"12345" + FAMILY.encode() + b"678")


def test_bytes_that_nobody_can_read_pass(tried: Callable[..., None]) -> None:
    tried(bytes(range(1, 256)) * 10)


@pytest.mark.parametrize(
    "content", [gzip.compress(FAMILY.encode(), mtime=0), b"SQLite format 3\x00" + bytes(100), b"PK\x03\x04"]
)
def test_what_is_only_packed_is_not_tested(tried: Callable[..., None], content: bytes) -> None:
    with pytest.raises(NotTested):
        tried(content)


def test_a_place_where_nothing_changes_is_not_tested(
    tried: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").write_bytes(b"\x01\x02")
    monkeypatch.setattr(storage, "_changed", lambda _path: 0.0)
    with pytest.raises(NotTested):
        tried(None)


def test_a_file_that_cannot_be_read_is_not_tested(
    tried: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(NotTested, match="Permission denied"):
        tried(None, Path(__file__))


def test_a_folder_that_cannot_be_read_is_not_tested() -> None:
    with pytest.raises(NotTested, match="Permission denied"):
        storage._unreadable(PermissionError(13, "Permission denied"))


@pytest.mark.parametrize("place", [None, Path("/no/such/folder")])
def test_a_place_that_is_not_declared_is_skipped(tried: Callable[..., None], place: Path | None) -> None:
    with pytest.raises(Skipped):
        tried(b"", place)
