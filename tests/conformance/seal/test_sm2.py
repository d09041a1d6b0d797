"""SM2 against the example of GB/T 32918.5, and against what is no signature."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.seal.sm2 import N, public_key, sign, verify

PRIVATE = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
PUBLIC = (
    0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020,
    0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13,
)
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
"""GB/T 32918.5-2017, annex A, over ``message digest``."""


def test_the_example_of_the_standard() -> None:
    assert public_key(PRIVATE) == PUBLIC
    assert sign(PRIVATE, b"message digest", nonce=NONCE) == SIGNATURE
    assert verify(PUBLIC, b"message digest", SIGNATURE)


@given(st.integers(1, N - 2), st.binary(max_size=100), st.integers(0, 511))
@settings(max_examples=20, deadline=None)
def test_what_was_signed_verifies_and_nothing_else_does(private: int, data: bytes, bit: int) -> None:
    public, value = public_key(private), sign(private, data)
    assert verify(public, data, value)
    assert not verify(public, data + b"x", value)
    assert not verify(PUBLIC, data, value) or public == PUBLIC
    broken = bytearray(value)
    broken[bit // 8] ^= 1 << bit % 8
    assert not verify(public, data, bytes(broken))


def test_numbers_out_of_range_are_no_signature() -> None:
    for value in (b"", bytes(64), b"\xff" * 64, SIGNATURE[:32] + bytes(32), SIGNATURE + b"x"):
        assert not verify(PUBLIC, b"message digest", value)
    assert not verify((PUBLIC[0], PUBLIC[1] + 1), b"message digest", SIGNATURE)
