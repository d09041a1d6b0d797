"""Merkle trees: against the vectors of Certificate Transparency, and against RFC 9162 as it is written."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.canonical import merkle
from gateway.canonical.digest import digest
from gateway.errors import Misconfigured

HASHED = digest("sha256")
DATA = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")] + [
    bytes(range(0x60, 0x70))
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(data: list[bytes]) -> bytes:
    """MTH of §2.1.1, word for word."""
    if not data:
        return sha256(b"").digest()
    if len(data) == 1:
        return sha256(b"\x00" + data[0]).digest()
    k = 1
    while 2 * k < len(data):
        k *= 2
    return sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def leaves(count: int) -> list[bytes]:
    return [merkle.leaf(b"%d" % at, HASHED) for at in range(count)]


def part_of(hashes: list[bytes]) -> merkle.Part:
    return lambda low, high: merkle.root(hashes[low:high], HASHED)


@pytest.mark.parametrize("size", range(9))
def test_the_vectors_of_certificate_transparency(size: int) -> None:
    assert merkle.root([merkle.leaf(one, HASHED) for one in DATA[:size]], HASHED).hex() == ROOTS[size]


def test_the_vector_of_sm3() -> None:
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digest("sm3")(b"abc").hex() == expected
    with pytest.raises(Misconfigured):
        digest("md5")


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_root_is_what_the_standard_says(data: list[bytes]) -> None:
    assert merkle.root([merkle.leaf(one, HASHED) for one in data], HASHED) == mth(data)


@given(st.integers(1, 70), st.data())
def test_an_entry_that_is_there_is_proved_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    root = merkle.root(hashes, HASHED)
    path = merkle.inclusion(index, size, part_of(hashes))
    assert merkle.included(index, size, hashes[index], path, root, HASHED)
    other = data.draw(st.integers(0, size))
    assert other == index or not merkle.included(other, size, hashes[index], path, root, HASHED)
    assert not merkle.included(index, size, merkle.leaf(b"x", HASHED), path, root, HASHED)
    assert not merkle.included(index, size, hashes[index], [*path, root], root, HASHED)
    for at in range(len(path)):
        assert not merkle.included(index, size, hashes[index], path[:at] + path[at + 1 :], root, HASHED)


@given(st.integers(0, 70), st.integers(0, 70), st.data())
def test_only_a_beginning_is_consistent(before: int, more: int, data: st.DataObject) -> None:
    size = before + more
    hashes = leaves(size)
    first, second = merkle.root(hashes[:before], HASHED), merkle.root(hashes, HASHED)
    path = merkle.consistency(before, size, part_of(hashes))
    assert merkle.consistent(before, size, first, second, path, HASHED)
    if not before or not more:
        return
    changed = data.draw(st.integers(0, before - 1))
    forged = [*hashes[:changed], merkle.leaf(b"x", HASHED), *hashes[changed + 1 :]]
    other = merkle.root(forged, HASHED)
    assert not merkle.consistent(before, size, first, other, path, HASHED)
    proof = merkle.consistency(before, size, part_of(forged))
    assert not merkle.consistent(before, size, first, other, proof, HASHED)
    assert not merkle.consistent(before, size, first, second, path[:-1], HASHED)
