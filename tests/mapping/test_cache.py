"""Cache: it saves work, never changes what is made, and is trusted only where nobody else can write."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mapping.cache import Cache


def made(path: Path | None, *sources: bytes) -> tuple[list[bytes], list[object]]:
    """Return what had to be made anew, and what came out."""
    cache, work = Cache(path), []

    def make(source: bytes) -> dict[str, object]:
        work.append(source)
        return {"of": source, "list": [1, 2.5, None]}

    cache.begin()
    found = [cache.get(b"test", source, lambda source=source: make(source)) for source in sources]  # type: ignore[misc]
    cache.save()
    return work, found


def test_the_second_load_makes_nothing_anew(tmp_path: Path) -> None:
    path = tmp_path / "qiao" / "maps.bin"
    work, first = made(path, b"a", b"b")
    assert work == [b"a", b"b"]
    work, second = made(path, b"a", b"b", b"c")
    assert work == [b"c"]
    assert second[:2] == first
    assert made(path, b"c")[0] == []
    assert made(path, b"a")[0] == [], "a load that makes nothing forgets nothing"


@pytest.mark.parametrize("damage", [b"", b"\x00", b"not a cache", b"i\x01\x00\x00\x00"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "maps.bin"
    path.write_bytes(damage)
    assert made(path, b"a")[0] == [b"a"]
    assert made(path, b"a")[0] == []


def test_a_file_that_others_may_write_to_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "maps.bin"
    made(path, b"a")
    path.chmod(0o666)
    assert made(path, b"a")[0] == [b"a"]
    tmp_path.chmod(0o777)
    assert made(path, b"a")[0] == [b"a"]


def test_without_a_home_it_works_all_the_same() -> None:
    assert made(None, b"a", b"a")[0] == [b"a"]
