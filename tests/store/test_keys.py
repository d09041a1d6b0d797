"""Posting keys: stable for ever, near each other where numbers run, bounded to 64 bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.store import types
from gateway.store.keys import neighbour_key, posting_key, signed64, system_key
from gateway.store.lru import Lru


def test_keys_never_change_because_every_database_holds_them() -> None:
    assert posting_key(1, "patient", "Patient/1") == -8902439492026125517
    assert system_key("http://loinc.org") == 1119458910
    assert system_key("") == 0
    assert (types.NUMBER["Account"], types.NUMBER["Patient"], types.NUMBER["VisionPrescription"]) == (
        1,
        103,
        146,
    )


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_values_have_different_keys(one: str, other: str) -> None:
    same = one == other
    assert (posting_key(1, "code", one) == posting_key(1, "code", other)) is same
    assert (neighbour_key(1, "identifier", one) == neighbour_key(1, "identifier", other)) is same


def test_running_numbers_are_neighbours() -> None:
    keys = {neighbour_key(1, "identifier", f"V00012345{n:02}") >> 40 for n in range(100)}
    assert len(keys) == 1


@given(st.integers(min_value=0, max_value=2**64 - 1))
def test_unsigned_keys_fit_sql(number: int) -> None:
    assert -(2**63) <= signed64(number) < 2**63
    assert signed64(number) % 2**64 == number


def test_the_cache_forgets_what_was_used_longest_ago() -> None:
    cache: Lru[str, int] = Lru(2)
    cache.update({"a": 1, "b": 2})
    assert cache.get("a") == 1
    cache.update({"c": 3})
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)
