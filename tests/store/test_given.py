"""Which ids the server gave, told from a first version."""

from __future__ import annotations

import pytest

from gateway.canonical import now_us
from gateway.store import Version
from gateway.store.given import is_given, new_id

MOMENT = now_us()


@pytest.mark.parametrize(
    ("id_", "ver", "ts_us", "given"),
    [
        (new_id(), 1, MOMENT + 3_000_000, True),
        (new_id(), 2, MOMENT, False),
        (new_id(), 1, MOMENT + 86_400_000_000, False),
        ("p1", 1, MOMENT, False),
        ("0c1f7a52-1a2b-5c3d-8e4f-0123456789ab", 1, MOMENT, False),
    ],
    ids=["given", "a later version", "another day", "a client's", "a message's"],
)
def test_an_id_of_the_server(id_: str, ver: int, ts_us: int, given: bool) -> None:
    assert is_given(Version("Patient", id_, ver, 1, ts_us, False, b"{}")) is given
