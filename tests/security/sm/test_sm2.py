"""SM2 against the example of GB/T 32918.5, against OpenSSL both ways, and against what is no signature."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import Misconfigured, Rejected
from gateway.security.sm import IDENTITY, public_key, sign, verify
from gateway.security.sm.curve import INFINITY, G, Multiples, N, P, add, affine, double, multiple, on_curve
from gateway.security.sm.der import der_signature, raw_signature
from gateway.security.sm.keys import private_pem, read_private_pem, read_subject_key, subject_key

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
"""GB/T 32918.5-2017, annex A: message and identity are below."""


@pytest.fixture
def openssl(require: Callable[..., str], tmp_path: Path) -> Callable[..., None]:
    """OpenSSL in a folder of its own, as an independent implementation."""
    program = require("openssl", binary="openssl")

    def run(*arguments: str) -> None:
        subprocess.run([program, *arguments], cwd=tmp_path, check=True, capture_output=True)

    return run


def test_the_example_of_the_standard() -> None:
    assert public_key(PRIVATE) == PUBLIC
    assert sign(PRIVATE, b"message digest", nonce=NONCE) == SIGNATURE
    assert verify(PUBLIC, b"message digest", SIGNATURE)


@given(st.integers(1, N - 2), st.binary(max_size=200))
@settings(max_examples=20, deadline=None)
def test_what_was_signed_verifies_and_nothing_else_does(private: int, data: bytes) -> None:
    public, value = public_key(private), sign(private, data)
    assert verify(public, data, value)
    assert not verify(public, data + b"x", value)
    assert not verify(PUBLIC, data, value)
    assert not verify(public, data, value, identity=b"someone else")
    assert not verify(public, data, value[:-1] + bytes([value[-1] ^ 1]))


def test_two_signatures_of_the_same_differ_since_their_nonces_are_random_too() -> None:
    assert sign(PRIVATE, b"x") != sign(PRIVATE, b"x")


def test_a_key_that_recurs_is_verified_by_its_table_with_the_same_result() -> None:
    private = 0x1234567890ABCDEF
    public = public_key(private)
    for number in range(8):
        data = bytes([number])
        assert verify(public, data, sign(private, data))
        assert not verify(public, b"other", sign(private, data))


@pytest.mark.parametrize(
    "value",
    [
        b"",
        bytes(64),
        SIGNATURE[:63],
        SIGNATURE + b"\0",
        bytes(32) + SIGNATURE[32:],
        SIGNATURE[:32] + bytes(32),
        N.to_bytes(32) + SIGNATURE[32:],
        SIGNATURE[:32] + N.to_bytes(32),
        SIGNATURE[:32] + (N - int.from_bytes(SIGNATURE[:32])).to_bytes(32),
        b"\xff" * 64,
    ],
)
def test_what_is_no_signature_is_refused_without_an_error(value: bytes) -> None:
    assert not verify(PUBLIC, b"message digest", value)


@pytest.mark.parametrize("point", [(0, 0), (1, 1), (PUBLIC[0], P - 1), (PUBLIC[0] + P, PUBLIC[1])])
def test_a_key_that_is_no_point_verifies_nothing(point: tuple[int, int]) -> None:
    assert not verify(point, b"message digest", SIGNATURE)


@given(st.integers(1, N - 1), st.sampled_from([2, 3, 5, 8]))
@settings(max_examples=12, deadline=None)
def test_every_way_to_multiply_gives_the_same_point(scalar: int, width: int) -> None:
    slowly = INFINITY
    for bit in f"{scalar:b}":
        slowly = double(slowly)
        if bit == "1":
            slowly = add(slowly, (G,))
    expected = affine([slowly])[0]
    assert on_curve(expected)
    assert affine([add(INFINITY, Multiples(G, width).of(scalar))])[0] == expected
    assert affine([multiple(G, scalar)])[0] == expected


def test_adding_a_point_to_itself_and_to_its_opposite() -> None:
    opposite = (G[0], P - G[1])
    assert affine([add((*G, 1), (G,))])[0] == affine([double((*G, 1))])[0]
    assert add((*G, 1), (opposite,))[2] == 0
    assert affine([add((*G, 1), (opposite, G))])[0] == G


def test_openssl_verifies_what_was_signed_here(openssl: Callable[..., None], tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_bytes(private_pem(PRIVATE))
    (tmp_path / "data").write_bytes(b"prescription")
    (tmp_path / "value").write_bytes(der_signature(sign(PRIVATE, b"prescription")))
    openssl("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
    openssl(
        *("dgst", "-sm3", "-verify", "public.pem", "-sigopt", f"distid:{IDENTITY.decode()}"),
        *("-signature", "value", "data"),
    )


def test_what_openssl_signed_is_verified_here(openssl: Callable[..., None], tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", "key.pem")
    (tmp_path / "data").write_bytes(b"prescription")
    openssl(
        *(
            "dgst",
            "-sm3",
            "-sign",
            "key.pem",
            "-sigopt",
            f"distid:{IDENTITY.decode()}",
            "-out",
            "value",
            "data",
        ),
    )
    private = read_private_pem((tmp_path / "key.pem").read_bytes())
    assert private is not None
    value = raw_signature((tmp_path / "value").read_bytes())
    assert verify(public_key(private), b"prescription", value)
    assert not verify(public_key(private), b"Prescription", value)


def test_keys_of_both_forms_that_openssl_writes_are_read(
    openssl: Callable[..., None], tmp_path: Path
) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", "key.pem")
    openssl("ec", "-in", "key.pem", "-out", "ec.pem")
    one, other = ((tmp_path / name).read_bytes() for name in ("key.pem", "ec.pem"))
    assert read_private_pem(one) == read_private_pem(other) is not None


def test_a_key_comes_back_from_its_file_and_from_its_certificate() -> None:
    assert read_private_pem(private_pem(PRIVATE)) == PRIVATE
    assert read_subject_key(subject_key(PUBLIC)) == PUBLIC


def test_a_file_with_another_key_is_left_to_others_and_a_broken_one_is_said() -> None:
    assert read_private_pem(b"nothing") is None
    with pytest.raises(Misconfigured, match="is no private key"):
        read_private_pem(b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----")


def test_a_key_of_a_certificate_that_is_no_point_is_refused() -> None:
    x, y = PUBLIC
    with pytest.raises(Rejected, match="no point"):
        read_subject_key(subject_key((x, y ^ 1)))
