"""Guesses: nothing that is tried is the good token in another form."""

from __future__ import annotations

import base64

import pytest

from conformance.suites.security.requests import _near

_UUID = "3f2b8c1e-9a4d-4c55-8e0f-a1b2c3d4e5f6"
_BASIC = base64.b64encode(b"operator:secret").decode()
_PADDED = base64.b64encode(b"operator:secrets").decode()


@pytest.mark.parametrize("token", ["abcDEF123xyz", _UUID, "1234567890", _BASIC, _PADDED])
def test_what_is_tried_names_another_token(token: str) -> None:
    for one in _near(f"Bearer {token}"):
        scheme, _, tried = one.partition(" ")
        assert scheme == "Bearer"
        assert tried not in ("", token)


def test_other_letters_are_tried_only_where_they_are_another_token() -> None:
    assert "Bearer ABCdefXYZ" in _near("Bearer abcDEFxyz")
    assert f"Bearer {_UUID.upper()}" not in _near(f"Bearer {_UUID}")
    assert "Bearer 1234567890" not in _near("Bearer 1234567890")


@pytest.mark.parametrize("token", [_BASIC, _PADDED])
def test_a_reader_of_base64_that_passes_over_what_is_left_over_reads_other_bytes(token: str) -> None:
    for one in _near(f"Basic {token}"):
        tried = one.removeprefix("Basic ").partition("=")[0]
        whole = tried[: len(tried) - (len(tried) % 4 == 1)]
        assert base64.b64decode(whole + "=" * (-len(whole) % 4)) != base64.b64decode(token)
