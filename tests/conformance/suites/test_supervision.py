"""What the suites about ledger, feed and serials compute by themselves."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.harness.feed import Told
from conformance.harness.verdict import Skipped
from conformance.simulators.regulator import ledger
from conformance.simulators.regulator.book import Entry
from conformance.simulators.regulator.message import Message
from conformance.suites.supervision.proof import consistent, included
from conformance.suites.supervision.pulled import (
    gaps,
    twice,
    untold,
    wrong_hashes,
    wrong_links,
    wrong_members,
)
from conformance.suites.supervision.serial import check_digits_fit
from conformance.suites.supervision.tasks import instant


def told(n: int, about: str = "RequestGroup/a/_history/1", event: str = "submitted", back: int = 0) -> Told:
    return Told(n, "prescription", event, "", about, "", "", back, {})


def test_numbers_that_are_missing_are_found_at_the_beginning_and_in_the_middle() -> None:
    assert gaps([3, 4, 6], 1) == [2, 5]
    assert gaps([2, 3], 1) == []
    assert gaps([], 5) == []


def test_the_same_step_twice_is_found_and_a_later_step_of_one_version_is_none() -> None:
    assert twice([told(1), told(2)]) == ["RequestGroup/a/_history/1"]
    assert twice([told(1), told(2, back=1), told(3, event="cancelled", back=2)]) == []
    assert twice([told(1, event="purged"), told(2, event="purged")]) == []


def test_documents_of_which_nothing_was_told_are_found() -> None:
    assert untold(["RequestGroup/a", "Encounter/b"], [told(1)]) == ["Encounter/b"]


def chain(bodies: list[bytes]) -> list[tuple[Entry, list[str], dict[str, bytes]]]:
    """Return the entries of a ledger as docs/ledger.md makes them."""
    made, prev = [], ledger.FIRST
    for n, body in enumerate(bodies, 1):
        about = f"Consent/c{n}/_history/1"
        values: dict[str, Any] = {
            "tenant": "default", "n": n, "algorithm": "sm3", "time": "2026-03-06T01:00:00.000000Z",
            "kind": "consent", "event": "effective", "serial": "", "about": about, "members": 1,
            "sha": ledger.members_hash("sm3", [body]), "back": 0, "prev": prev,
        }  # fmt: skip
        prev = ledger.entry_hash(values)
        made.append((Entry(values, prev, about.partition("/_")[0]), [about], {about: body}))
    return made


def message(entries: list[tuple[Entry, list[str], dict[str, bytes]]]) -> list[Message]:
    members = {one.n: names for one, names, _ in entries}
    bodies = {name: body for _, _, known in entries for name, body in known.items()}
    return [Message("m", [one for one, _, _ in entries], members, bodies, None, {})]


def changed(entry: Entry, **values: object) -> Entry:
    return Entry({**entry.values, **values}, entry.hash, entry.document)


BODIES = [b'{"a":1}', b'{"a":2}', b'{"a":3}', b'{"a":4}']


def test_a_good_ledger_is_found_good() -> None:
    made = message(chain(BODIES))
    assert wrong_hashes(made) == [] == wrong_links(made)
    assert wrong_members(made) == (4, [])


def test_an_edited_entry_is_found_by_its_hash() -> None:
    made = chain(BODIES)
    made[1] = (changed(made[1][0], kind="visit"), *made[1][1:])
    assert wrong_hashes(message(made)) == [2]


def test_entries_that_changed_places_break_the_chain() -> None:
    made = chain(BODIES)
    first, second = made[1][0], made[2][0]
    made[1] = (Entry({**second.values, "n": 2}, second.hash, ""), *made[1][1:])
    made[2] = (Entry({**first.values, "n": 3}, first.hash, ""), *made[2][1:])
    assert wrong_links(message(made)) == [2, 3, 4]


def test_a_gap_alone_is_no_broken_chain() -> None:
    made = chain(BODIES)
    assert wrong_links(message([made[0], made[2], made[3]])) == []


def test_a_document_that_was_exchanged_is_found() -> None:
    made = chain(BODIES)
    made[2] = (made[2][0], made[2][1], {made[2][1][0]: b'{"a":9}'})
    assert wrong_members(message(made)) == (4, [3])
    made[2] = (made[2][0], made[2][1], {})
    assert wrong_members(message(made)) == (3, [])


LEAVES = [hashlib.sha256(bytes([n])).hexdigest() for n in range(1, 20)]


def path(leaves: list[str], at: int) -> list[str]:
    """Return the audit path of a leaf (RFC 9162 §2.1.3.1), by its recursive definition."""
    if len(leaves) == 1:
        return []
    half = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:half], leaves[half:]
    if at < half:
        return [*path(left, at), ledger.root("sha256", right)]
    return [*path(right, at - half), ledger.root("sha256", left)]


def subproof(old: int, leaves: list[str], whole: bool = True) -> list[str]:
    """Return a consistency proof (RFC 9162 §2.1.4.1), by its recursive definition."""
    if old == len(leaves):
        return [] if whole else [ledger.root("sha256", leaves)]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:half], leaves[half:]
    if old <= half:
        return [*subproof(old, left, whole), ledger.root("sha256", right)]
    return [*subproof(old - half, right, False), ledger.root("sha256", left)]


@pytest.mark.parametrize("size", range(1, 20))
def test_a_proof_of_inclusion_holds_for_its_entry_alone(size: int) -> None:
    leaves = LEAVES[:size]
    root = ledger.root("sha256", leaves)
    for at in range(size):
        proof = path(leaves, at)
        assert included("sha256", leaves[at], at + 1, size, proof, root)
        assert not included("sha256", leaves[at][::-1], at + 1, size, proof, root)
        assert not included("sha256", leaves[at], at + 1, size, proof, root[::-1])
        assert not included("sha256", leaves[at], size + 1, size, proof, root)
        assert not proof or not included("sha256", leaves[at], at + 1, size, proof[:-1], root)


@pytest.mark.parametrize("size", range(2, 20))
def test_a_proof_of_consistency_holds_for_the_true_beginning_alone(size: int) -> None:
    root = ledger.root("sha256", LEAVES[:size])
    for old in range(1, size):
        first = (old, ledger.root("sha256", LEAVES[:old]))
        proof = subproof(old, LEAVES[:size])
        assert consistent("sha256", first, (size, root), proof)
        assert not consistent("sha256", (old, first[1][::-1]), (size, root), proof)
        assert not consistent("sha256", first, (size, root[::-1]), proof)
        assert not consistent("sha256", first, (size, root), proof[:-1])
    assert consistent("sha256", (size, root), (size, root), [])
    assert not consistent("sha256", (0, root), (size, root), [])


def test_check_characters_of_both_schemes() -> None:
    good = ledger.with_check_character("CQP00099010100120260306000001")
    assert check_digits_fit("mod-37-36", good)
    assert not check_digits_fit("mod-37-36", good[:-1] + ("A" if good[-1] != "A" else "B"))
    assert check_digits_fit("mod-11-2", "07940")  # the example of ISO/IEC 7064
    assert not check_digits_fit("mod-11-2", "07941")
    assert not check_digits_fit("mod-11-2", "07A40")
    with pytest.raises(Skipped):
        check_digits_fit("mod-97-10", "0794")


def test_moments_of_any_form_are_read_and_what_is_none_is_none() -> None:
    assert instant("2026-03-06T09:00:00+08:00") == datetime(2026, 3, 6, 1, tzinfo=UTC)
    assert instant("2026-03-06") == datetime(2026, 3, 6, tzinfo=UTC)
    assert instant(None) is None
    assert instant("soon") is None
