"""The arithmetic of a ledger, written from the document alone, is the gateway's."""

from __future__ import annotations

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from conformance.simulators.regulator import ledger
from gateway.canonical import merkle
from gateway.store.serials.check import mod_37_36

TEXT = st.text(alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=40)


@given(TEXT)
def test_check_characters_are_those_of_the_gateway(text: str) -> None:
    assert ledger.with_check_character(text) == text + mod_37_36(text)


@given(TEXT, st.data())
def test_a_changed_character_is_found(text: str, data: st.DataObject) -> None:
    whole = ledger.with_check_character(text)
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(
        st.sampled_from([one for one in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" if one != whole[at]])
    )
    assert not ledger.check_character(whole[:at] + other + whole[at + 1 :])


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=70), st.sampled_from(["sm3", "sha256"]))
def test_roots_are_those_of_the_gateway(hashes: list[bytes], algorithm: str) -> None:
    def digest(data: bytes) -> bytes:
        return hashlib.new(algorithm, data).digest()

    leaves = [merkle.leaf(one, digest) for one in hashes]
    assert ledger.root(algorithm, [one.hex() for one in hashes]) == merkle.root(leaves, digest).hex()
