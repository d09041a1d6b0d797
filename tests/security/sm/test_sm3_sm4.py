"""SM3 and SM4 against the examples of GB/T 32905 and GB/T 32907."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Rejected
from gateway.security.sm import hmac_sm3, sm3, sm4_decrypt, sm4_encrypt

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")


def test_the_examples_of_sm3() -> None:
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


def test_parts_are_hashed_as_one() -> None:
    assert sm3(b"a", b"bc") == sm3(b"abc")
    assert hmac_sm3(KEY, b"a", b"bc") == hmac_sm3(KEY, b"abc") != hmac_sm3(KEY, b"abd")


def test_the_example_of_sm4_is_the_first_block_under_an_empty_vector() -> None:
    iv, text = sm4_encrypt(KEY, KEY, bytes(16))
    assert iv == bytes(16)
    assert text[:16].hex() == "681edf34d206965e86b3e94f536e4246"
    assert len(text) == 32


@given(st.binary(max_size=100))
def test_what_was_encrypted_comes_back(plain: bytes) -> None:
    iv, text = sm4_encrypt(KEY, plain)
    assert sm4_decrypt(KEY, iv, text) == plain


def test_the_same_text_twice_looks_different() -> None:
    assert sm4_encrypt(KEY, b"x") != sm4_encrypt(KEY, b"x")


@pytest.mark.parametrize("text", [b"", b"x", bytes(16), bytes(17)])
def test_what_was_not_encrypted_with_the_key_is_refused(text: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        sm4_decrypt(KEY, bytes(16), text)
    assert caught.value.code == "not-encrypted"
