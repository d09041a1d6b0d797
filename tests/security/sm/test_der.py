"""DER: what was written is read, and nothing that a stranger sends raises anything but Rejected."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import Rejected
from gateway.security.sm.der import OCTET_STRING, SEQUENCE, der_signature, raw_signature, read, write
from gateway.security.sm.keys import read_subject_key


@given(st.lists(st.binary(max_size=400), max_size=4))
def test_what_was_written_is_read(parts: list[bytes]) -> None:
    found = read(write(SEQUENCE, *(write(OCTET_STRING, one) for one in parts)) + b"behind")
    assert [one.content for one in found.children()] == parts


@given(st.binary(max_size=80))
def test_strangers_bytes_are_refused_and_nothing_else(data: bytes) -> None:
    for reading in (
        lambda: read(data).children(),
        lambda: raw_signature(data),
        lambda: read_subject_key(data),
    ):
        with suppress(Rejected):
            reading()


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_goes_there_and_back(raw: bytes) -> None:
    assert raw_signature(der_signature(raw)) == raw


@pytest.mark.parametrize("data", ["3080", "308100", "30820001aa", "30850000000001aa", "3003", "04"])
def test_lengths_that_der_does_not_write_are_refused(data: str) -> None:
    with pytest.raises(Rejected):
        read(bytes.fromhex(data))
