"""The ledger: what is appended, what can be recomputed from outside, what is found when it was changed."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.canonical import merkle
from gateway.canonical.digest import digest
from gateway.errors import Misconfigured, Rejected
from gateway.faults import FAULTS
from gateway.store import Bookkeeping, Desk, Entered, Entry, Transact, direct, open_store
from gateway.store.ledger import tree, verify
from gateway.store.ledger.verify import Checked
from gateway.store.migrations import upgrade

Forge = Callable[..., None]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 8 entries, so that a ledger of some dozens has several."""
    for name in ("tree", "appending", "verify", "stretch"):
        monkeypatch.setattr(f"gateway.store.ledger.{name}.BLOCK", 8)
    assert tree.BLOCK == 8
    monkeypatch.setattr("gateway.store.ledger.verify.BLOCKS_AT_ONCE", 2)


def entering(at: int) -> Callable[[Desk], Entered]:
    """An act that writes a prescription of two drugs and enters it; every third one of an order alone."""

    def act(inside: Desk) -> Entered:
        encounter = {"reference": "Encounter/e1"}
        first = inside.write({"resourceType": "RequestGroup", "id": f"g{at}", "encounter": encounter})
        drugs = [
            inside.write({"resourceType": "MedicationRequest", "id": f"m{at}-{n}", "encounter": encounter})
            for n in range(2 if at % 3 else 0)
        ]
        entry = Entry("prescription", "submitted", first, [first, *drugs] if drugs else (), f"S{at}")
        return inside.append(entry)

    return act


def fill(desk: Any, count: int, first: int = 1, tenant: str = "default") -> list[Entered]:
    acts = [Transact(tenant, "t", [], act=entering(at)) for at in range(first, first + count)]
    done = desk.store.write(acts)
    assert not any(one.error for one in done)
    return [one.answer for one in done]


@pytest.fixture
def forge(desk: Any) -> Forge:
    """Changes the database as somebody would who has the file; the store is opened anew."""

    def change(sql: str, *values: Any) -> None:
        with desk.store._session.transaction() as connection:
            direct.execute(connection, sql, values)
        desk.reopen()

    return change


def recomputed(one: Entered, bodies: list[bytes]) -> tuple[str, str]:
    """The two hashes of an entry by the program that docs/ledger.md prints."""
    text = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text("utf-8")
    scope: dict[str, Any] = {}
    exec(text.partition("```python\n")[2].partition("```")[0], scope)
    seconds, micros = divmod(one.ts_us, 1_000_000)
    time = f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{micros:06d}Z"
    entry = {
        "format": "qiao-ledger/1", "tenant": one.tenant, "n": one.n, "algorithm": one.algorithm, "time": time,
        "kind": one.kind, "event": one.event, "serial": one.serial, "about": one.reference,
        "members": len(bodies), "back": one.back, "prev": one.prev.hex(),
    }  # fmt: skip
    found: tuple[str, str] = scope["recomputed"](entry, bodies)
    return found


@pytest.mark.parametrize("algorithm", ["sm3", "sha256"])
def test_an_entry_can_be_recomputed_from_what_is_answered(desk: Any, algorithm: str) -> None:
    desk.store.keep_books("default", Bookkeeping(algorithm=algorithm))
    fill(desk, 3)
    prev = bytes(32)
    for one in desk.store.ledger.entries("default"):
        bodies = [version.body for version in desk.store.ledger.members(one)]
        assert recomputed(one, bodies) == (one.sha.hex(), one.hash.hex())
        assert (one.algorithm, one.prev) == (algorithm, prev)
        prev = one.hash
    desk.reopen()
    desk.store.keep_books("default", Bookkeeping(algorithm="sha256" if algorithm == "sm3" else "sm3"))
    assert fill(desk, 1, 4)[0].algorithm == algorithm, "a ledger keeps the one that it began with"
    assert desk.store.ledger.verify("default").ok


def test_an_algorithm_that_is_none_is_refused_at_once(desk: Any) -> None:
    with pytest.raises(Misconfigured, match="sm3 or sha256"):
        desk.store.keep_books("default", Bookkeeping(algorithm="md5"))


def test_what_is_read(desk: Any) -> None:
    entered = fill(desk, 20)
    ledger = desk.store.ledger
    assert ledger.entries("default") == entered
    assert ledger.entries("default", 5, 3) == entered[5:8]
    assert ledger.entry("default", 7) == entered[6]
    assert ledger.entry("default", 21) is None
    assert ledger.entry("default", 0) is None
    assert ledger.of_serial("default", "S7") == [entered[6]]
    assert ledger.of_serial("default", "") == []
    assert ledger.of_serial("default", "S99") == []
    assert ledger.about("default", "RequestGroup", "g7") == [entered[6]]
    assert ledger.about("default", "RequestGroup", "g7", 2) == []
    assert [one.id for one in ledger.members(entered[6])] == ["g7", "m7-0", "m7-1"]
    assert [len(found) for found in ledger.members_of(entered[5:8])] == [1, 3, 3]
    assert (entered[6].reference, entered[6].kind, entered[6].back) == (
        "RequestGroup/g7/_history/1", "prescription", 0,
    )  # fmt: skip
    assert ledger.entries("nobody") == []
    assert ledger.head("nobody").size == 0
    assert ledger.verify("nobody").ok


def test_heads_proofs_and_days(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = 1_772_769_600_000_000  # 2026-03-06T12:00:00+08:00
    for day, count in enumerate((5, 11, 9)):
        monkeypatch.setattr("gateway.store.clock.now_us", lambda at=start + day * 86_400_000_000: at)
        fill(desk, count, 100 * day)
    ledger, hashed = desk.store.ledger, digest("sm3")
    leaves = [merkle.leaf(one.hash, hashed) for one in ledger.entries("default")]
    for size in range(26):
        head = ledger.head("default", size)
        assert head.root == merkle.root(leaves[:size], hashed)
        proof = ledger.consistency("default", size)
        assert (proof.before, proof.after) == (head, ledger.head("default"))
        assert proof.holds()
    for n in range(1, 26):
        for size in (n, 25):
            proof = ledger.proof("default", n, size)
            assert proof.holds()
            assert (proof.entry.n, proof.head.size) == (n, size)
    for wrong in (0, 26):
        with pytest.raises(Rejected):
            ledger.proof("default", wrong)
    days = ledger.days("default")
    assert [(one.day, one.size, one.closed) for one in days] == [
        ("2026-03-06", 5, True), ("2026-03-07", 16, True), ("2026-03-08", 25, False),
    ]  # fmt: skip
    assert all(one.root == merkle.root(leaves[: one.size], hashed) for one in days)
    assert ledger.days("default", "2026-03-07", "2026-03-07") == days[1:2]
    desk.reopen()
    fill(desk, 1, 500)
    found = desk.store.ledger.verify("default")
    assert found.ok
    assert found.root == desk.store.ledger.head("default").root
    for sql in ("UPDATE ledger_day SET head = root", "DELETE FROM ledger_day"):
        with desk.store._session.transaction() as connection:
            direct.execute(connection, sql)
        found = desk.store.ledger.verify("default")
        assert (found.ok, found.first_bad) == (False, 5)
        assert "the head of its day" in found.reason


def test_another_zone_leaves_the_days_as_they_are(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    start = 1_772_769_600_000_000  # 2026-03-06T12:00:00+08:00
    for at in (start, start + 15 * 3_600_000_000):  # 04:00Z and 19:00Z of the same day
        monkeypatch.setattr("gateway.store.clock.now_us", lambda at=at: at)
        fill(desk, 1, at)
    days = desk.store.ledger.days("default")
    assert [one.day for one in days] == ["2026-03-06", "2026-03-07"]
    desk.store.close()
    try:
        upgrade(desk.url, zone="Z", progress=lambda *_: None)
        with closing(open_store(desk.url, zone="Z")) as store:
            assert store.ledger.days("default") == days
            assert store.ledger.verify("default").ok
    finally:
        upgrade(desk.url, progress=lambda *_: None)
        desk.store = open_store(desk.url)


def test_a_restart_goes_on_where_it_was(desk: Any) -> None:
    for at in range(30):
        fill(desk, 1, at)
        desk.reopen()
    found = desk.store.ledger.verify("default")
    assert (found.ok, found.entries) == (True, 30)


FORGERIES: list[tuple[str, int, str]] = [
    ("UPDATE ledger SET event = 'cancelled' WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET serial = 'S6' WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET ts_us = ts_us + 1 WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET members = (SELECT members FROM ledger WHERE n = 8) WHERE n = 5", 5, "about"),
    ("UPDATE ledger SET sha = (SELECT sha FROM ledger WHERE n = 6) WHERE n = 5", 5, "its hash"),
    ("DELETE FROM ledger WHERE n = 5", 5, "missing"),
    ("DELETE FROM ledger WHERE n = 1", 1, "missing"),
    ("UPDATE ledger SET hash = (SELECT hash FROM ledger WHERE n = 6) WHERE n = 5", 5, "its hash"),
    ("DELETE FROM version WHERE fhir_id = 'm11-1'", 11, "missing"),
    (
        "UPDATE version SET body = (SELECT body FROM version WHERE fhir_id = 'g4') WHERE fhir_id = 'g5'",
        5,
        "body says",
    ),
    ("UPDATE version SET fhir_id = 'other' WHERE fhir_id = 'm5-0'", 5, "body says"),
    ("UPDATE version SET fhir_id = 'other' WHERE fhir_id = 'g5'", 5, "another version"),
    ("UPDATE version SET ver = 2 WHERE fhir_id = 'm5-0'", 5, "body says"),
    ("UPDATE version SET ts_us = ts_us - 1 WHERE fhir_id = 'm5-0'", 5, "body says"),
    ("UPDATE version SET method = 1 WHERE fhir_id = 'm5-0'", 5, "body says"),
    ("UPDATE ledger SET members = substr(members, 1, length(members) - 1) WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET members = 'abcdefgh' WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET sha = 'abcdefgh' WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET prev = 'abcdefgh' WHERE n = 5", 5, "follow"),
    ("UPDATE ledger SET ts_us = 9223372036854775807 WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET ts_us = -9223372036854775807 WHERE n = 5", 5, "its hash"),
    ("UPDATE ledger SET algorithm = 'md5' WHERE n = 1", 1, "its hash"),
    ("DELETE FROM ledger_block WHERE n = 2", 9, "block"),
    ("UPDATE ledger_block SET root = hash FROM ledger WHERE ledger_block.n = 2 AND ledger.n = 2", 9, "block"),
]


@pytest.mark.parametrize(("sql", "bad", "reason"), FORGERIES)
def test_what_was_changed_is_found(desk: Any, forge: Forge, sql: str, bad: int, reason: str) -> None:
    fill(desk, 21)
    assert desk.store.ledger.verify("default").ok
    forge(sql)
    found = desk.store.ledger.verify("default")
    assert (found.ok, found.first_bad) == (False, bad), found.reason
    assert reason in found.reason


def test_a_changed_body_is_found(desk: Any, forge: Forge) -> None:
    fill(desk, 12)
    (row,) = desk.execute("SELECT body FROM version WHERE fhir_id = 'm5-1'")
    forge("UPDATE version SET body = ? WHERE fhir_id = 'm5-1'", bytes(row[0]).replace(b"e1", b"e2"))
    found = desk.store.ledger.verify("default")
    assert (found.ok, found.first_bad, found.reason) == (False, 5, "what it is about was changed")
    assert desk.store.ledger.verify("default", start=9).ok, "what is before the start is not looked at"


def test_two_entries_that_changed_places_are_found(desk: Any, forge: Forge) -> None:
    fill(desk, 10)
    forge("UPDATE ledger SET n = 100 WHERE n = 4")
    forge("UPDATE ledger SET n = 4 WHERE n = 5")
    forge("UPDATE ledger SET n = 5 WHERE n = 100")
    found = desk.store.ledger.verify("default")
    assert (found.ok, found.first_bad) == (False, 4)


def test_every_reason_has_its_chinese() -> None:
    folder = Path(verify.__file__).parent
    text = "".join((folder / name).read_text("utf-8") for name in ("verify.py", "stretch.py"))
    reasons = set(re.findall(r'"((?:it|what|the|a) [a-z ,]+)"', text))
    assert len(reasons) == 16
    assert reasons <= FAULTS.keys()


def rewrite(desk: Any, keep: int) -> None:
    """Cut a ledger and go on with other documents, every hash right: what only a countersigned head finds."""
    with desk.store._session.transaction() as connection:
        direct.execute(connection, "DELETE FROM ledger WHERE n > ?", (keep,))
        direct.execute(connection, "DELETE FROM ledger_block WHERE n > ?", (keep // 8,))
        direct.execute(connection, "DELETE FROM ledger_day")
    desk.reopen()


def test_a_countersigned_head_finds_what_was_cut_or_written_anew(desk: Any) -> None:
    fill(desk, 12)
    ledger = desk.store.ledger
    ledger.countersign("default", ledger.head("default"), "regulator", b"signature")
    exported = ledger.countersigned("default")
    fill(desk, 5, 50)
    good = desk.store.ledger.verify("default")
    assert (good.ok, good.signed, good.entries) == (True, 12, 17)
    rewrite(desk, 14)
    assert desk.store.ledger.verify("default").ok, "nobody has vouched for what came after it"
    rewrite(desk, 10)
    cut = desk.store.ledger.verify("default")
    assert (cut.ok, cut.first_bad, cut.reason) == (False, 11, "the ledger ends before a head that it has had")
    fill(desk, 10, 70)
    anew = desk.store.ledger.verify("default")
    assert (anew.ok, anew.first_bad, anew.reason) == (False, 12, "the countersigned head is another")
    with desk.store._session.transaction() as connection:
        direct.execute(connection, "DELETE FROM ledger_head")
    assert desk.store.ledger.verify("default").ok
    mine = [Checked(one.size, one.root, one.head) for one in exported]
    assert desk.store.ledger.verify("default", heads=mine).first_bad == 12, (
        "the regulator's own copy finds it"
    )


def test_only_a_head_that_was_is_countersigned_and_none_is_replaced(desk: Any) -> None:
    fill(desk, 3)
    ledger = desk.store.ledger
    head = ledger.head("default", 2)
    ledger.countersign("default", head, "regulator", b"one")
    ledger.countersign("default", head, "regulator", b"two")
    ledger.countersign("default", head, "auditor", b"three")
    assert [(one.signer, one.signature) for one in ledger.countersigned("default")] == [
        ("auditor", b"three"), ("regulator", b"one"),
    ]  # fmt: skip
    other = type(head)("default", 3, head.root, head.head, 0, "sm3")
    with pytest.raises(Rejected, match="never had"):
        ledger.countersign("default", other, "regulator", b"")


def test_a_purge_leaves_hash_and_tombstone(desk: Any, forge: Forge) -> None:
    (entered,) = fill(desk, 1)

    def end(inside: Desk) -> object:
        group = inside.delete("RequestGroup", "g1")
        assert group is not None
        inside.append(Entry("prescription", "cancelled", group, serial="S1", back=1))
        for id_ in ("m1-0", "m1-1"):
            inside.delete("MedicationRequest", id_)
        return inside.purge(inside.entries("S1")[0])

    def too_early(inside: Desk) -> object:
        return inside.purge(inside.entries("S1")[0])

    (refused,) = desk.store.write([Transact("default", "t", [], act=too_early)])
    assert refused.error is not None
    assert refused.error.code == "conflict"
    (done,) = desk.store.write([Transact("default", "t", [], act=end)])
    assert done.error is None, done.error
    assert (done.answer.event, done.answer.back, done.answer.sha) == ("purged", 1, entered.sha)
    gone = desk.store.vread("default", "RequestGroup", "g1", 1)
    assert (gone.deleted, gone.body) == (True, b"")
    found = desk.store.ledger.verify("default")
    assert (found.ok, found.entries, found.purged) == (True, 3, 1)
    fill(desk, 1, 2)
    forge("UPDATE version SET body = ?, method = 1 WHERE fhir_id IN ('g2', 'm2-0', 'm2-1')", b"")
    quiet = desk.store.ledger.verify("default")
    assert (quiet.ok, quiet.first_bad) == (False, 4), "a body that went without an entry"


def test_what_no_entry_may_say(desk: Any) -> None:
    def wrong(make: Callable[[Any], Entry]) -> Callable[[Desk], object]:
        def act(inside: Desk) -> object:
            version = inside.write({"resourceType": "Basic", "id": "b"})
            return inside.append(make(version))

        return act

    for make in (
        lambda version: Entry("Prescription", "submitted", version),
        lambda version: Entry("visit", "", version),
        lambda version: Entry("visit", "submitted", version, serial="a\nb"),
        lambda version: Entry("visit", "submitted", version, back=1),
        lambda version: Entry("visit", "submitted", version, back=-1),
    ):
        (done,) = desk.store.write([Transact("default", "t", [], act=wrong(make))])
        assert done.error is not None
        assert done.error.code == "value"
    assert desk.store.ledger.head("default").size == 0


def test_each_tenant_has_its_own(desk: Any) -> None:
    fill(desk, 4, tenant="one")
    fill(desk, 3, tenant="two")
    assert desk.store.ledger.head("one").size == 4
    assert [one.n for one in desk.store.ledger.entries("two")] == [1, 2, 3]
    assert desk.store.ledger.verify("one").ok
    assert desk.store.ledger.verify("two").ok


@pytest.mark.parametrize("column", ["signature", "root", "at_us"])
def test_a_countersignature_that_was_written_by_hand_is_found(tmp_path: Path, column: str) -> None:
    """SQLite takes a text where bytes or a number belong."""
    store = open_store(f"sqlite:///{tmp_path / 'qiao.db'}")
    with closing(store):
        body = {"resourceType": "Basic", "id": "a"}
        store.write(
            [
                Transact(
                    "default",
                    "t",
                    [],
                    act=lambda desk: desk.append(Entry("visit", "submitted", desk.write(body))),
                )
            ]
        )
        store.ledger.countersign("default", store.ledger.head("default"), "regulator", b"signature")
        with closing(sqlite3.connect(tmp_path / "qiao.db")) as connection, connection:
            connection.execute(f"UPDATE ledger_head SET {column} = 'text'")
        found = store.ledger.verify("default")
        assert (found.ok, found.first_bad, found.entries) == (False, 1, 1)
        assert store.ledger.countersigned("default")
